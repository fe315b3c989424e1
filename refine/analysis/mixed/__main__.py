"""`python -m refine.analysis.mixed data.csv --formula ...`: fit a model from the shell.

Knows: arguments, JSON, which columns are ids. Does not know: statistics.
"""

import argparse
import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from refine.analysis.csv_file import CsvError
from refine.analysis.mixed import MixedModelError, MixedResult, fit_mixed
from refine.analysis.mixed.table import read_table


def main(arguments: list[str] | None = None) -> int:
    """Fit, print, and return the exit code: 0, or 2 with a sentence on standard error if the input is bad."""
    given = _parser().parse_args(arguments)
    try:
        table, notes = read_table(given.data, *_kinds(given))
        result = fit_mixed(
            given.formula,
            table,
            groups=given.groups,
            series=given.series,
            position=given.position,
            rho=given.rho,
            reml=not given.ml,
        )
        text = json.dumps(as_json(result), indent=2) if given.json else result.summary()
    except (MixedModelError, CsvError) as error:
        print(error, file=sys.stderr)
        return 2
    print(text)
    # In the text stand those of the fit.
    for message in [*notes, *(result.messages if given.json else ())]:
        print(message, file=sys.stderr)
    return 0


def as_json(result: MixedResult) -> dict[str, Any]:
    """The fit as plain values; a number that is not defined is null."""
    return {
        "loglik": result.loglik,
        "variance": result.variance,
        "rho": result.rho,
        "coefficients": _records(result.coefficients),
        "tests": _records(result.tests),
        "converged": result.converged,
        "boundary": bool(result.boundary) or result.rho_at_boundary,
        "seconds": result.seconds,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _kinds(given: argparse.Namespace) -> tuple[set[str], set[str]]:
    """The columns that are ids, and those that must be numbers: the position, and a response that is a plain column."""
    response = re.fullmatch(r"\s*`?([^`()~]+?)`?\s*", given.formula.split("~")[0])
    numbers = {given.position, response and response[1]} - {None}
    named = [*given.groups, *([given.series] if given.series else [])]
    ids = {part for name in named for part in (name, *name.split(":"))}
    return ids - numbers, numbers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.analysis.mixed",
        description="Fit a linear mixed model with random intercepts and AR(1) residuals.",
    )
    parser.add_argument("data", type=Path, help="a CSV file, one row an observation")
    parser.add_argument("--formula", required=True, help="e.g. 'score ~ C(iteration, Treatment(10))'")
    parser.add_argument("--groups", nargs="*", default=[], help="columns with a random intercept; 'a:b' nests b in a")
    parser.add_argument("--series", help="the column whose rows are correlated, e.g. trial")
    parser.add_argument("--position", help="whole-numbered position within the series, e.g. iteration")
    parser.add_argument("--rho", type=float, help="fix the correlation, e.g. at 0, instead of estimating it")
    parser.add_argument("--ml", action="store_true", help="maximum likelihood instead of REML")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
