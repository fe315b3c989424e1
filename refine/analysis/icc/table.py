"""A CSV file of ratings, one row a subject, one column a rater.

Knows: what can be wrong with such a file, in words. Does not know: statistics.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class TableError(ValueError):
    """What is wrong with the file, as a sentence that names the row and the column."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """`table` is (n subjects, k raters). `names` are the raters', empty if the file does not name them."""

    table: NDArray[np.float64]
    names: tuple[str, ...]


def read_ratings(path: Path) -> Ratings:
    """Read ratings from a CSV file.

    The first line holds names if none of its cells is a number, or if it counts 0, 1, 2, ... as pandas does for
    columns without names. Raises `TableError`.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            # The number of a row is that of the file's line, so that it can be found in an editor.
            rows = [(reader.line_num, row) for reader in [csv.reader(file)] for row in reader if row]
    except FileNotFoundError as error:
        raise TableError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} cannot be read as a CSV table: {error}.") from error
    if not rows:
        raise TableError(f"{path} is empty. It needs one row a subject and one column a rater.")
    width = len(rows[0][1])
    if width < 2:
        raise TableError(f"{path} has one column only. Agreement needs at least two raters, separated by commas.")
    names = rows[0][1] if _is_header(rows[0][1]) else []
    ratings = rows[1:] if names else rows
    if not ratings:
        raise TableError(f"{path} has names of raters, but no ratings below them.")
    for line, row in ratings:
        if len(row) != width:
            raise TableError(f"Row {line} of {path} has {len(row)} columns, the first row has {width}.")
    table = [[_number(cell, line, column, names) for column, cell in enumerate(row)] for line, row in ratings]
    return Ratings(np.array(table), tuple(name.strip() for name in names))


def _is_header(cells: list[str]) -> bool:
    return cells == [str(i) for i in range(len(cells))] or not any(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, line: int, column: int, names: list[str]) -> float:
    place = f"Row {line}, column {column + 1}" + (f" ({names[column].strip()})" if names else "")
    if not cell.strip():
        raise TableError(f"{place} is empty. Every subject needs a rating by every rater.")
    if not _is_number(cell):
        raise TableError(f"{place} is not a number: {cell.strip()!r}.")
    if not math.isfinite(float(cell)):
        raise TableError(f"{place} is not a finite number: {cell.strip()!r}. Leave out subjects with missing ratings.")
    return float(cell)
