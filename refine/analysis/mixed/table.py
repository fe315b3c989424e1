"""A CSV file of observations as a table whose ids are text and whose measurements are numbers.

Knows: which columns must be which, what an empty cell looks like. Does not know: formulas, statistics, separators.
"""

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from refine.analysis.csv_file import DECIMAL_COMMA, CsvError, is_number, no_number, read_cells

MISSING = ("", "na", "n/a", "nan", "null", "none")
"""What stands for no number, in small letters. In a column of words they are levels, but for the empty cell."""

PADDED = re.compile(r"[+-]?0\d+")


def read_table(path: Path, ids: Collection[str], numbers: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """The columns of a file, and sentences on what may have been meant otherwise.

    `ids` are read as text, letter by letter (`1`, `01` and `NA` are three levels), `numbers` as numbers, any other column as
    numbers if it holds nothing else and as text if not. Empty cells are missing. Raises `CsvError`.
    """
    rows = read_cells(path)
    names = rows[0][1]
    if len(rows) == 1:
        raise CsvError(f"{path} has names of columns, but no rows below them.")
    if all(is_number(name) for name in names if name):
        raise CsvError(f"The first row of {path} holds numbers, where the names of the columns are expected: add them.")
    columns, notes = [], []
    for at, name in enumerate(names):
        cells = [(line, row[at]) for line, row in rows[1:]]
        if name in numbers:
            columns.append(_numbers(name, cells))
        elif name in ids:
            columns.append(_text(cells))
        else:
            read, note = _either(name, cells)
            columns.append(read)
            notes += note
    table = pd.concat(columns, axis=1)
    table.columns = pd.Index(names)
    return table, notes


def _numbers(name: str, cells: list[tuple[int, str]]) -> pd.Series:
    for line, cell in cells:
        if not is_number(cell) and cell.lower() not in MISSING:
            raise no_number(f"Row {line}, column {name!r}", cell)
    return pd.to_numeric(pd.Series([None if cell.lower() in MISSING else cell for _, cell in cells]))


def _text(cells: list[tuple[int, str]]) -> pd.Series:
    return pd.Series([cell or None for _, cell in cells], dtype=object)


def _either(name: str, cells: list[tuple[int, str]]) -> tuple[pd.Series, list[str]]:
    present = [(line, cell) for line, cell in cells if cell.lower() not in MISSING]
    words = [(line, cell) for line, cell in present if not is_number(cell)]
    if present and not words:
        texts = {cell for _, cell in present}
        padded = sorted(filter(PADDED.fullmatch, texts))
        if padded and len({float(cell) for cell in texts}) < len(texts):
            return _text(cells), [f"'{name}' is read as text, for as numbers {padded[0]} and others would be the same."]
        return _numbers(name, cells), []
    commas = [(line, cell) for line, cell in words if DECIMAL_COMMA.fullmatch(cell)]
    if words and len(commas) == len(words):
        raise no_number(f"Row {commas[0][0]}, column {name!r}", commas[0][1])
    if 0 < len(words) <= len(present) / 2:
        line, cell = words[0]
        return _text(cells), [f"'{name}' is read as text, though most of it is numbers: row {line} holds {cell!r}."]
    return _text(cells), []
