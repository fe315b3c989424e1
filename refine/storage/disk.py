"""What kind of disk a folder is on, and what it survives.

Knows: mounts and Spaces. Does not know: what is kept on the disk.
"""

import os
from pathlib import Path

from refine.storage.errors import StorageError

NETWORKED = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "gluster", "lustre")


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


def survives(folder: Path) -> str:
    """One sentence on what the data in `folder` survives."""
    kind, mounted_at = _mount(folder.resolve())
    if kind == "tmpfs":
        return "memory (tmpfs): data is lost when the machine restarts"
    if kind.startswith(NETWORKED):
        return f"a network folder ({kind}): data outlives restarts, but SQLite needs a local disk to be safe"
    if os.environ.get("SPACE_ID") and mounted_at == Path("/"):
        return "a Space's own disk: data is lost at every restart of the Space"
    return f"a disk ({kind}): data outlives restarts"


def _mount(folder: Path) -> tuple[str, Path]:
    """File system type and mount point of the folder (on systems without /proc: unknown)."""
    mounts: dict[Path, str] = {}
    try:
        for line in Path("/proc/mounts").read_text().splitlines():
            _, point, kind = line.split()[:3]
            mounts[Path(point.replace("\\040", " "))] = kind
    except OSError:
        return "unknown kind", Path("/")
    for parent in (folder, *folder.parents):
        if parent in mounts:
            return mounts[parent], parent
    return "unknown kind", Path("/")
