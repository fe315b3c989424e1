"""What mixed models of scores tell: means, contrasts, tests and components, as plain numbers.

Knows: their names and forms. Does not know: how a model is fitted, or what it is about.
All scores in them are oriented: larger is more similar.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from refine.analysis.apa import p_words
from refine.analysis.mixed import MixedResult


@dataclass(frozen=True, slots=True)
class Mean:
    """The estimated marginal mean of an iteration with its 95% interval."""

    iteration: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """The mean of `first` less that of `second`, with its t test and 95% interval (not adjusted).

    `p_holm` is p adjusted over the contrasts that were made together.
    """

    first: str
    second: str
    estimate: float
    se: float
    df: float
    t: float
    p: float
    p_holm: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class TermTest:
    """An F test with Satterthwaite degrees of freedom."""

    F: float
    numdf: int
    dendf: float
    p: float

    @property
    def words(self) -> str:
        """The test in the form of the APA."""
        return f"F({self.numdf}, {self.dendf:.2f}) = {self.F:.2f}, {p_words(self.p)}"


@dataclass(frozen=True, slots=True)
class Component:
    """A variance (`session`, `target`, `residual`) or `rho`; without interval where it is fixed or at its boundary."""

    name: str
    estimate: float
    se: float | None
    lower: float | None
    upper: float | None


def means(table: pd.DataFrame) -> tuple[Mean, ...]:
    """From rows of `MixedResult.means`."""
    columns = (table[name] for name in ("iteration", "estimate", "lower", "upper"))
    return tuple(Mean(int(i), float(m), float(a), float(b)) for i, m, a, b in zip(*columns, strict=True))


def contrasts(table: pd.DataFrame) -> tuple[Contrast, ...]:
    """From rows of `MixedResult.contrasts`."""
    numbers = table[["estimate", "se", "df", "t", "p", "p_holm", "lower", "upper"]].to_numpy(float).tolist()
    pairs = (name.split(" - ") for name in table["contrast"])
    return tuple(Contrast(first, second, *row) for (first, second), row in zip(pairs, numbers, strict=True))


def term_tests(result: MixedResult) -> tuple[TermTest, ...]:
    """The type III tests of a fit, in the order of its terms."""
    columns = (result.tests[name] for name in ("F", "numdf", "dendf", "p"))
    return tuple(TermTest(float(f), int(k), float(df), float(p)) for f, k, df, p in zip(*columns, strict=True))


def components(result: MixedResult) -> tuple[Component, ...]:
    """The variance components and rho of a fit."""
    return tuple(
        Component(row["component"], *(_known(row[name]) for name in ("estimate", "se", "lower", "upper")))
        for row in result.variance_components.replace({np.nan: None}).to_dict("records")
    )


def _known(value: Any) -> Any:
    return None if value is None or not math.isfinite(value) else float(value)
