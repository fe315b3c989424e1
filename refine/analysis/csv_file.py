"""CSV files that people bring, as text: cells by row, or a sentence on what is wrong with the file.

Knows: separators, quotes, encodings, and how they are mistaken for each other. Does not know: what a column means.
"""

import csv
import io
import math
import re
from pathlib import Path

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


class CsvError(ValueError):
    """What is wrong with the file, as a sentence that names the row and the column."""


def read_cells(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a file, each with its line in the file and its cells without spaces around them, all equally many.

    Empty lines are left out. Raises `CsvError` if there is no row, or the file is no table whose columns are separated by
    commas.
    """
    text = _text(path)
    try:
        # The number of a row is that of the file's line, so that it can be found in an editor.
        rows = [(reader.line_num, row) for reader in [csv.reader(io.StringIO(text), strict=True)] for row in reader]
    except csv.Error as error:
        raise CsvError(f"{path} cannot be read as a CSV table: {error}.") from error
    rows = [(line, [cell.strip() for cell in row]) for line, row in rows if "".join(row).strip()]
    if not rows:
        raise CsvError(f"{path} is empty: it has no row.")
    _check_separator(path, text, rows)
    width = len(rows[0][1])
    for line, row in rows:
        if len(row) != width:
            pieces = len(row) > width and all(NUMBER.fullmatch(cell) for cell in row)
            hint = " Perhaps its numbers have decimal commas: write 1.5, not 1,5." if pieces else ""
            raise CsvError(f"Row {line} of {path} has {len(row)} columns, the first row has {width}.{hint}")
    return rows


def is_number(cell: str) -> bool:
    """Whether a cell is a number, infinite ones included."""
    return bool(NUMBER.fullmatch(cell)) or cell.strip().lower().lstrip("+-") in ("inf", "infinity")


def no_number(place: str, cell: str) -> CsvError:
    """What to raise for a cell that is no finite number, `place` being where it is."""
    if not cell:
        return CsvError(f"{place} is empty.")
    if DECIMAL_COMMA.fullmatch(cell):
        return CsvError(f"{place} has a decimal comma: {cell!r}. Write {cell.replace(',', '.')}.")
    if is_number(cell) or cell.lower() == "nan":
        return CsvError(f"{place} is not a finite number: {cell!r}.")
    return CsvError(f"{place} is not a number: {cell!r}.")


def as_number(place: str, cell: str) -> float:
    """The finite number in a cell. Raises `CsvError`."""
    if not is_number(cell) or not math.isfinite(float(cell)):
        raise no_number(place, cell)
    return float(cell)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise CsvError(f"There is no file {path}.") from error
    except OSError as error:
        raise CsvError(f"{path} cannot be read as a CSV table: {error.strerror}.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "no UTF-8 text"
        raise CsvError(f"{path} cannot be read as a CSV table: it is {kind}. Save it as CSV in UTF-8.") from error


def _check_separator(path: Path, text: str, rows: list[tuple[int, list[str]]]) -> None:
    """Refuse what is a table, but with something else than commas between its columns."""
    lines = [line for line in text.splitlines() if line.strip()]
    widths = {len(row) for _, row in rows}
    for mark, name in SEPARATORS.items():
        (count, *others) = {line.count(mark) for line in lines}
        if others or not count:
            continue
        pieces = [[piece.strip().strip('"') for piece in line.split(mark)] for line in lines]
        decimal = any(DECIMAL_COMMA.fullmatch(piece) for row in pieces for piece in row)
        # The first line may hold names.
        numbers = all(NUMBER.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell) for row in pieces[1:] for cell in row)
        if widths == {1} or (mark != " " and (len(widths) > 1 or (decimal and numbers))):
            commas = " and its numbers have decimal commas" * decimal
            raise CsvError(
                f"The columns of {path} are separated by {name}{commas}: save it with commas between the columns"
                f"{' and points in the numbers' * decimal}."
            )
