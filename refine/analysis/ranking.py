"""Which iteration do people rank first? The chi-square test against equal chances.

Knows: counts of first ranks. Does not know: scores, or why one is liked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

MONTE_CARLO_DRAWS = 99_999


@dataclass(frozen=True, slots=True)
class TopRanked:
    """How often each iteration 1..k was ranked first, and the chi-square test against equal counts.

    In `shared` of the trials several iterations share the first rank: they count in equal parts. `residuals` are
    standardised, beyond about 2 in size where an iteration stands out; without shared ranks they are
    (count - expected) / sqrt(expected (1 - 1/k)) (Agresti, Categorical Data Analysis, 2013, section 1.5). `p` is the
    chi-square distribution's, `None` if no trial tells one iteration from another. With fewer than five expected in a cell that distribution is rough:
    `rough` says so, and `exact_p` has the p of the multinomial distribution itself, by 99,999 random draws (else `None`).
    """

    counts: tuple[float, ...]
    shared: int
    expected: float
    residuals: tuple[float, ...]
    chi2: float
    df: int
    p: float | None
    rough: bool
    exact_p: float | None

    @property
    def sentence(self) -> str:
        """The result in the form of the APA."""
        trials = round(sum(self.counts))
        if not trials:
            return "No trial has been ranked yet."
        if self.p is None:
            return "So far all drawings of each trial are the same, and none is ranked before another."
        p = self.p if self.exact_p is None else self.exact_p
        words = "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
        how = "" if self.exact_p is None else " (by random draws, as the counts are small)"
        parts = (
            "" if not self.shared else f" In {self.shared} of them drawings of the same pixels share the first rank."
        )
        verdict = "differ from" if p < 0.05 else "do not differ significantly from"
        return (
            f"The counts of iterations ranked first {verdict} equal chances, "
            f"χ²({self.df}, N = {trials}) = {self.chi2:.2f}, {words}{how}.{parts}"
        )


def top_ranked(iterations: pd.DataFrame, length: int) -> TopRanked:
    """Test whether each of `length` (at least 2) iterations has the same chance of being ranked first.

    `iterations` has the columns `trial`, `iteration` (1..`length`) and `rank` (1 = most similar). Trials with fewer
    ranked iterations are left out: their chances are others.
    """
    ranked = iterations.dropna(subset=["rank"])
    whole = ranked.groupby("trial")["iteration"].transform("size") == length
    firsts = ranked[whole & (ranked["rank"] == 1)]
    sizes = firsts.groupby("trial")["iteration"].transform("size").to_numpy()
    counts = np.bincount(firsts["iteration"].to_numpy(dtype=int) - 1, weights=1 / sizes, minlength=length)
    # A first rank of m stands in m rows.
    ties = [int(m) for m in np.unique(sizes) if m > 1 for _ in range(int((sizes == m).sum()) // int(m))]
    return equal_chances(counts, ties)


def equal_chances(counts: NDArray[np.floating] | NDArray[np.integer], ties: Sequence[int] = ()) -> TopRanked:
    """The test of counts, one for each of at least two iterations. `ties` has the size of each first rank that is shared."""
    k, trials = len(counts), round(float(counts.sum()))
    expected = trials / k
    # Under equal chances m of k, drawn at random and counted 1/m each, vary less than one of k does.
    effective = trials - len(ties) + sum((k - m) / (m * (k - 1)) for m in ties)
    if not effective:
        return TopRanked(tuple(map(float, counts)), len(ties), expected, (0.0,) * k, 0.0, k - 1, None, True, None)
    squares = (counts - expected) ** 2 / (effective / k)
    chi2 = float(squares.sum())
    residuals = np.sign(counts - expected) * np.sqrt(squares / (1 - 1 / k))
    rough = effective / k < 5
    return TopRanked(
        counts=tuple(float(count) for count in counts),
        shared=len(ties),
        expected=expected,
        residuals=tuple(float(residual) for residual in residuals),
        chi2=chi2,
        df=k - 1,
        p=float(stats.chi2.sf(chi2, k - 1)),
        rough=rough,
        exact_p=_monte_carlo_p(counts, trials - len(ties), ties) if rough else None,
    )


def _monte_carlo_p(counts: NDArray[np.floating] | NDArray[np.integer], sole: int, ties: Sequence[int]) -> float:
    """Of the chi-square statistic under equal chances (Davison & Hinkley, Bootstrap Methods, 1997, section 4.2)."""
    rng, k = np.random.default_rng(0), len(counts)
    drawn = rng.multinomial(sole, np.full(k, 1 / k), MONTE_CARLO_DRAWS).astype(float)
    for m in ties:
        drawn += rng.multivariate_hypergeometric(np.ones(k, dtype=int), m, MONTE_CARLO_DRAWS) / m
    # With equal expected counts the statistic grows with the sum of squares; equal ones differ by rounding at most.
    extreme = (drawn**2).sum(axis=1) >= (counts**2).sum() - 1e-9
    return float((1 + extreme.sum()) / (1 + MONTE_CARLO_DRAWS))
