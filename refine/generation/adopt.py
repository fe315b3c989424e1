"""Targets made from pictures and a table of prompts that somebody brings.

Knows: the table, and how a picture comes to the size of the drawings. Does not know: file formats (foreign_pictures), or
who reads the folder.

The rule of sizes: the largest middle part that has the shape of the drawings is kept, and scaled (Lanczos) to their size.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

from PIL import Image, ImageOps

from refine.files import write_whole
from refine.foreign_pictures import PictureError, read_foreign
from refine.generation.generator import GenerationError
from refine.protocol import pixel_hash
from refine.target_list import IDENTITY, LIST, Entry, is_inside, write_list

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
NEEDED = ("file", "prompt")
NO_SUBJECT = "other"
TOLD = 10
"""Faults told at once; there may be thousands."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a picture, what it shows in words, and what it counts among."""

    number: int
    file: str
    prompt: str
    subject: str
    id: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was made: files whose edges were cut, that had to be enlarged, and pictures that no line of the table names."""

    targets: int
    cut: tuple[str, ...]
    enlarged: tuple[str, ...]
    unnamed: tuple[str, ...]


def read_table(table: Path) -> list[Line]:
    """The lines of a CSV file in UTF-8 with columns `file` and `prompt`, and perhaps `subject` and `id`.

    Columns are separated by commas, semicolons or tabs. Without `subject` all pictures count as "other", without `id`
    each has the name of its file. Raises `GenerationError` that lists what is wrong, by line.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise GenerationError(f"{table} is not in UTF-8: save it as CSV in UTF-8.") from fault
    except OSError as fault:
        raise GenerationError(f"{table} cannot be read: {fault.strerror}.") from fault
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter=max(",;\t", key=header.count), strict=True, skipinitialspace=True)
    lacking = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if lacking:
        raise GenerationError(
            f"{table} has no column {' and no column '.join(lacking)}: its first line must name the columns file and prompt, "
            "and may name subject and id."
        )
    lines, surplus = [], []
    try:
        for row in rows:
            lines.append(_line(rows.line_num, row))
            # What stands beyond the last column, under no name: empty if a spreadsheet wrote it.
            if any(value.strip() for value in row.get(None) or ()):
                surplus.append(
                    f"line {rows.line_num}: there are more values than columns; put quotes around a prompt with commas"
                )
    except csv.Error as fault:
        raise GenerationError(f"{table} cannot be read at line {rows.line_num}: {fault}.") from fault
    _refuse(table, [*_faults(lines), *surplus])
    return lines


def adopt(pictures: Path, table: Path, folder: Path, size: tuple[int, int]) -> Adopted:
    """Make a folder of targets of `size` (width, height) from the files in `pictures` that the table names.

    Raises `GenerationError` before anything is written if the table or a picture cannot be used.
    """
    if folder.exists() and (folder.resolve() == pictures.resolve() or any(folder.iterdir())):
        raise GenerationError(f"{folder} is not empty: give --out a new folder, so that nothing is written over.")
    lines = read_table(table)
    made: list[tuple[Entry, bytes]] = []
    faults, cut, enlarged = [], [], []
    for line in lines:
        try:
            picture = read_foreign(pictures / line.file)
        except FileNotFoundError:
            faults.append(f"line {line.number}: there is no {line.file} in {pictures}")
            continue
        except PictureError as fault:
            faults.append(f"line {line.number}: {line.file} {fault}")
            continue
        fitted = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
        if picture.width * size[1] != picture.height * size[0]:
            cut.append(line.file)
        if picture.width < size[0] or picture.height < size[1]:
            enlarged.append(line.file)
        content = BytesIO()
        fitted.save(content, "PNG")
        entry = Entry(line.id, line.subject, line.prompt, f"{line.id}.png", pixel_hash(fitted))
        made.append((entry, content.getvalue()))
    _refuse(table, faults)
    try:
        for entry, png in made:
            write_whole(folder / entry.file, png)
        write_list(folder / LIST, [entry for entry, _ in made])
    except OSError as fault:
        raise GenerationError(f"The targets could not be written to {folder}: {fault}.") from fault
    named = {Path(line.file) for line in lines}
    there = (path.relative_to(pictures) for path in pictures.rglob("*") if path.suffix.lower() in ENDINGS)
    return Adopted(
        len(made), tuple(cut), tuple(enlarged), tuple(sorted(str(path) for path in there if path not in named))
    )


def _line(number: int, row: dict[str, str | None]) -> Line:
    values = {name: (row.get(name) or "").strip() for name in ("file", "prompt", "subject", "id")}
    named = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(values["file"]).stem).strip("-._")
    return Line(number, values["file"], values["prompt"], values["subject"] or NO_SUBJECT, values["id"] or named)


def _faults(lines: list[Line]) -> Iterator[str]:
    if not lines:
        yield "there is no line below the names of the columns"
    seen: dict[str, int] = {}
    for line in lines:
        if not line.file or not is_inside(line.file):
            yield f"line {line.number}: {line.file!r} is no file in the folder of pictures"
        if not line.prompt:
            yield f"line {line.number}: there is no prompt; say in words what the picture shows"
        if not IDENTITY.fullmatch(line.id):
            yield (
                f"line {line.number}: the id {line.id!r} must have 1 to 64 letters (a to z), digits, dots, dashes and "
                "underscores; give it in a column id"
            )
        # Some systems do not tell the case of file names apart.
        if (first := seen.setdefault(line.id.lower(), line.number)) != line.number:
            yield f"line {line.number}: line {first} has the id {line.id!r} too; give them different ones in a column id"


def _refuse(table: Path, faults: list[str] | Iterator[str]) -> None:
    found = list(faults)
    if found:
        more = [f"and {len(found) - TOLD} more"] if len(found) > TOLD else []
        raise GenerationError("\n".join([f"{table} cannot be used:", *found[:TOLD], *more]))
