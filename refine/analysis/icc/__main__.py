"""`python -m refine.analysis.icc table.csv [--json]`: the six coefficients of a table of ratings.

Knows: arguments, JSON, how a result reads. Does not know: statistics, CSV files.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from refine.analysis.csv_file import CsvError
from refine.analysis.icc import ICC, icc
from refine.analysis.icc.table import read_ratings


def main(arguments: list[str] | None = None) -> int:
    """Print the coefficients and return the exit code: 0, or 2 with a sentence on standard error for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m refine.analysis.icc",
        description="Intraclass correlations of raters (columns) about subjects (rows), with 95%% intervals.",
    )
    parser.add_argument("table", type=Path, help="a CSV file, one row a subject, one column a rater")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    given = parser.parse_args(arguments)
    try:
        ratings = read_ratings(given.table)
    except CsvError as error:
        print(error, file=sys.stderr)
        return 2
    found = icc(ratings.table)
    subjects, raters = ratings.table.shape
    if given.json:
        read = {"subjects": subjects, "raters": list(ratings.names) or raters, "notes": list(ratings.notes)}
        print(json.dumps(as_json(found) | read, indent=2, allow_nan=False))
        return 0
    names = f" ({', '.join(ratings.names)})" if ratings.names else ""
    print(f"{subjects} subjects, {raters} raters{names}\n{as_text(found)}")
    for note in ratings.notes:
        print(f"Note: {note}")
    return 0


def as_json(found: ICC) -> dict[str, dict[str, Any]]:
    """By form. Without a value all numbers are null and `undefined` says why; an infinite number is null."""
    return {
        form: {
            name: number if name == "undefined" or (math.isfinite(number) and not one["undefined"]) else None
            for name, number in one.items()
        }
        for form, one in asdict(found).items()
    }


def as_text(found: ICC) -> str:
    """A table with a line for each form."""
    lines = [f"{'':6}{'value':>9}{'F':>12}{'df1':>8}{'df2':>8}{'p':>11}{'lower 95%':>11}{'upper 95%':>11}"]
    for form, one in asdict(found).items():
        if one["undefined"]:
            lines.append(f"{form:6}{one['undefined']}")
        else:
            lines.append(
                f"{form:6}{one['value']:9.4f}{one['F']:12.4f}{one['df1']:8g}{one['df2']:8g}{one['p']:11.3g}"
                f"{one['lower']:11.4f}{one['upper']:11.4f}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
