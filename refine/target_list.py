"""The list of a folder of targets, `targets.json`: its form, its one reader and its one writer.

Knows: what an entry must be, so that it can name a file of its folder and nothing else. Does not know: any picture.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from refine.files import write_whole

LIST = "targets.json"

IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What an id must be: it is part of the names of files, and a key in databases."""


class TargetListError(ValueError):
    """A list of targets that cannot be used. The message is a sentence on what is wrong where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One target. `file` is relative to the folder, `pixel_hash` is of the picture as it is read (see `protocol`).

    `grade` is how hard the target is said to be; empty where nothing is said.
    """

    id: str
    subject: str
    prompt: str
    file: str
    pixel_hash: str
    grade: str = ""


def is_inside(file: str) -> bool:
    """Whether a name means a file in or below its folder, on any system: not absolute, and without `..`."""
    parts = PurePosixPath(file.replace("\\", "/")).parts
    return bool(parts) and ".." not in parts and parts[0] != "/" and not PureWindowsPath(file).drive


def read_list(path: Path) -> list[Entry]:
    """The entries of a list. Raises `OSError`, or `TargetListError` that names the entry and what is wrong with it."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise TargetListError(f"it is no JSON text ({fault})") from fault
    if not isinstance(rows, list) or not rows:
        raise TargetListError("it is not a JSON list of targets")
    entries = [_entry(number, row) for number, row in enumerate(rows, start=1)]
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise TargetListError(f"two targets have the id {entry.id!r}")
        seen.add(entry.id)
    return entries


def write_list(path: Path, entries: Sequence[Entry]) -> None:
    """Write a list as a whole. Raises `OSError`."""
    rows = [{name: value for name, value in asdict(entry).items() if value} for entry in entries]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    write_whole(path, text.encode() + b"\n")


def _entry(number: int, row: Any) -> Entry:
    names = [field.name for field in fields(Entry) if field.name != "grade"]
    if not isinstance(row, dict):
        raise TargetListError(f"entry {number} is not an object with {', '.join(names)}")
    for name in names:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise TargetListError(f"entry {number} has no text as its {name}")
    if not isinstance(row.get("grade", ""), str):
        raise TargetListError(f"entry {number} has a grade that is no text")
    entry = Entry(**{name: row[name] for name in names}, grade=row.get("grade", ""))
    if not IDENTITY.fullmatch(entry.id):
        raise TargetListError(
            f"entry {number} has the id {entry.id!r}: use at most 64 letters (a to z), digits, dots, dashes and underscores"
        )
    if not is_inside(entry.file):
        raise TargetListError(f"entry {number} names the file {entry.file!r}, which is not in the folder")
    return entry
