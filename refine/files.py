"""Atomic writing of files: each is there as a whole or not at all, whatever happens meanwhile.

Knows: the file system. Does not know: what a file holds.
"""

import os
import secrets
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file, and its folder if need be; when this returns, it is on disk. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with half.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    # The name is an entry of the folder, which must reach the disk as well.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
