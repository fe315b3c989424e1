"""A CSV file of ratings, one row a subject, one column a rater.

Knows: what can be wrong with such a file, and what in it is no rating, in words. Does not know: statistics, separators.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from refine.analysis.csv_file import CsvError, as_number, is_number, read_cells

ID_NAMES = {
    *(
        "",
        "id",
        "ids",
        "index",
        "idx",
        "row",
        "rows",
        "no",
        "no.",
        "nr",
        "nr.",
        "number",
        "#",
        "unnamed: 0",
        "rownames",
    ),
    *(
        "subject",
        "subjects",
        "subject_id",
        "case",
        "case_id",
        "item",
        "item_id",
        "participant",
        "trial",
        "target",
        "key",
    ),
}
"""Names of a first column that tells which subject a row is of, in small letters."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """`table` is (n subjects, k raters). `names` are the raters', empty if the file does not name them.

    `notes` say, in sentences, what of the file was left out or may have been mistaken for ratings.
    """

    table: NDArray[np.float64]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_ratings(path: Path) -> Ratings:
    """Read ratings from a CSV file.

    The first line holds names if none of its cells is a number, or if it counts 0, 1, 2, ... as pandas does for
    columns without names. A first column of ids is left out: one without a name or named as ids are, or without any number.
    Raises `CsvError`.
    """
    rows = read_cells(path)
    notes = []
    first = rows[0][1]
    if len(first) < 2:
        raise CsvError(f"{path} has one column only. Agreement needs at least two raters, separated by commas.")
    counting = _counts([cell for cell in first if cell], 0) and len(rows) > 1
    names = first if counting or not any(map(is_number, first)) else []
    if counting:
        notes.append(
            f"The first row counts {', '.join(cell for cell in first[:4] if cell)}, ...: it is taken for names, not for ratings."
        )
    elif not names:
        notes.append(
            "The first row holds numbers and is taken for ratings: if it names the raters, write the names as words."
        )
    ratings = rows[1:] if names else rows
    if not ratings:
        raise CsvError(f"{path} has names of raters, but no ratings below them.")
    why = _why_ids(names[:1], [row[0] for _, row in ratings])
    if why:
        notes.append(
            f"The first column{f' ({names[0]})' if names and names[0] else ''} {why}: it is left out, as no rater."
        )
        if len(first) < 3:
            raise CsvError(
                f"{path} has one column of ratings only, beside one of ids. Agreement needs at least two raters."
            )
    elif _counts_rows([row[0] for _, row in ratings]):
        notes.append(
            f"The first column{f' ({names[0]})' if names else ''} counts the rows and is taken for a rater: if it numbers the "
            "subjects, name it id or leave it out."
        )
    skip = int(bool(why))
    table = [
        [_rating(cell, line, column, names) for column, cell in enumerate(row) if column >= skip]
        for line, row in ratings
    ]
    return Ratings(np.array(table), tuple(names[skip:]), tuple(notes))


def _counts(cells: list[str], start: int) -> bool:
    return len(cells) > 1 and cells == [str(i) for i in range(start, start + len(cells))]


def _counts_rows(cells: list[str]) -> bool:
    return len(cells) > 2 and (_counts(cells, 0) or _counts(cells, 1))


def _why_ids(name: list[str], cells: list[str]) -> str:
    """Why the first column tells which subject a row is of, in words; empty if it does not."""
    if name and name[0].lower() in ID_NAMES:
        return "has no name, as an index" if not name[0] else "is named as ids are"
    if len(cells) > 1 and not any(is_number(cell) or cell.lower() in ("", "nan") for cell in cells):
        return "holds no number"
    return ""


def _rating(cell: str, line: int, column: int, names: list[str]) -> float:
    place = f"Row {line}, column {column + 1}" + (f" ({names[column]})" if names else "")
    try:
        return as_number(place, cell)
    except CsvError as fault:
        missing = not cell or cell.lower() in ("nan", "na", "none", "null")
        raise CsvError(f"{fault} Leave out subjects with missing ratings." if missing else str(fault)) from fault
