"""Atomic writing of files: each is there as a whole or not at all, whatever happens meanwhile.

Knows: the file system. Does not know: what a file holds.
"""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, and its folder if need be; when this returns, it is on disk. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk: a new file's name is an entry of its folder. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partial(folder: Path) -> None:
    """Remove what processes left in a folder that were killed while they wrote. Nobody else may be writing.

    Raises `OSError`.
    """
    for partial in folder.rglob(".*.part"):
        partial.unlink(missing_ok=True)
