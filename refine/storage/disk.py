"""The data folder's disk: what kind it is, what it survives, whose the folder is, and files whose faults are told.

Knows: mounts, locks and Spaces. Does not know: what is kept on the disk.
"""

import fcntl
import logging
import os
from pathlib import Path

from refine import files
from refine.storage.errors import StorageError

log = logging.getLogger(__name__)

NETWORKED = ("fuse.", "nfs", "cifs", "smb", "9p", "ceph", "gluster", "lustre", "virtiofs")
"""How the kinds of file systems begin that are no local disk: locks and fsync may do nothing there."""

MOUNTS = Path("/proc/mounts")
"""The system's table of what is mounted where (not on every system)."""


class FolderLock:
    """A folder that is this process's own until it ends, however it ends: the system gives the lock back."""

    def __init__(self, folder: Path) -> None:
        """Take the folder. Raises `StorageError` if another process has it."""
        path = folder / ".lock"
        try:
            self._file = path.open("a+")
        except OSError as fault:
            raise StorageError(
                f"{path} cannot be opened ({fault.strerror}). Check the folder's permissions."
            ) from fault
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            owner = path.read_text() or "unknown"
            raise StorageError(
                f"The data folder {folder} is in use by another server (process {owner}). "
                "Stop that one, or set REFINE_DATA_DIR to another folder."
            ) from fault
        except OSError as fault:
            log.warning("%s cannot be locked (%s): see that no second server uses it", folder, fault.strerror)
            return
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Give the folder back."""
        self._file.close()


def make_folder(folder: Path) -> None:
    """Make the folder if needed and write to it once.

    Raises `StorageError` with a plain sentence if that is not possible.
    """
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("x")
        probe.unlink()
    except OSError as fault:
        raise StorageError(
            f"The data folder {folder} cannot be written to ({fault.strerror}). "
            "Set REFINE_DATA_DIR to a folder that can, and see that its disk is not full."
        ) from fault


def keep_file(path: Path, content: bytes) -> None:
    """Write a file so that it is either there as a whole or not at all. Raises `StorageError` if it cannot be written."""
    try:
        files.write_whole(path, content)
    except OSError as fault:
        raise StorageError(f"{path} cannot be written: {fault.strerror}.") from fault


def tidy(folder: Path) -> None:
    """Remove what processes left in a folder that were killed while they wrote. Nobody else may be writing.

    Raises `StorageError` if something cannot be removed.
    """
    try:
        files.remove_partial(folder)
    except OSError as fault:
        raise StorageError(f"{folder} cannot be tidied up: {fault.strerror}.") from fault


def survives(folder: Path) -> str:
    """One sentence on what the data in `folder` survives."""
    kind, _ = _mount(folder.resolve())
    if kind == "tmpfs":
        return "memory (tmpfs): data is lost when the machine restarts"
    if is_wiped(folder):
        return "a Space's own disk: data is lost at every restart of the Space"
    if kind.startswith(NETWORKED):
        return f"a network folder or bucket ({kind}): data outlives restarts"
    return f"a disk ({kind}): data outlives restarts"


def is_wiped(folder: Path) -> bool:
    """Whether a restart takes what is in `folder`."""
    kind, mounted_at = _mount(folder.resolve())
    return kind == "tmpfs" or (bool(os.environ.get("SPACE_ID")) and mounted_at == Path("/"))


def hazard(folder: Path) -> str:
    """One sentence on why a SQLite file is in danger in `folder`, or empty if it is not."""
    kind, _ = _mount(folder.resolve())
    if not kind.startswith(NETWORKED):
        return ""
    return (
        f"{folder} is a network folder or a mounted bucket ({kind}), where SQLite files have been corrupted. Set "
        "REFINE_DATA_DIR to a folder on a local disk, or REFINE_DATABASE_URL to a PostgreSQL database."
    )


def _mount(folder: Path) -> tuple[str, Path]:
    """File system type and mount point of the folder (on systems without `MOUNTS`: unknown)."""
    mounts: dict[Path, str] = {}
    try:
        for line in MOUNTS.read_text().splitlines():
            _, point, kind = line.split()[:3]
            mounts[Path(point.replace("\\040", " "))] = kind
    except OSError:
        return "unknown kind", Path("/")
    for parent in (folder, *folder.parents):
        if parent in mounts:
            return mounts[parent], parent
    return "unknown kind", Path("/")
