"""Which iteration do people rank first? The chi-square test against equal chances.

Knows: counts of first ranks. Does not know: scores, or why one is liked.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

MONTE_CARLO_DRAWS = 99_999


@dataclass(frozen=True, slots=True)
class TopRanked:
    """How often each iteration 1..k was ranked first, and the chi-square test against equal counts.

    `residuals` are standardised: (count - expected) / sqrt(expected (1 - 1/k)), beyond about 2 in size where an
    iteration stands out (Agresti, Categorical Data Analysis, 2013, section 1.5). `p` is the chi-square
    distribution's, `None` without any trial. With fewer than five expected in a cell that distribution is rough:
    `rough` says so, and `exact_p` has the p of the multinomial distribution itself, by 99,999 random draws (else `None`).
    """

    counts: tuple[int, ...]
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
        trials = sum(self.counts)
        if self.p is None:
            return "No trial has been ranked yet."
        p = self.p if self.exact_p is None else self.exact_p
        words = "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
        how = "" if self.exact_p is None else " (by random draws, as the counts are small)"
        verdict = "differ from" if p < 0.05 else "do not differ significantly from"
        return (
            f"The counts of iterations ranked first {verdict} equal chances, "
            f"χ²({self.df}, N = {trials}) = {self.chi2:.2f}, {words}{how}."
        )


def top_ranked(iterations: pd.DataFrame, length: int) -> TopRanked:
    """Test whether each of `length` (at least 2) iterations has the same chance of being ranked first.

    `iterations` has the columns `trial`, `iteration` (1..`length`) and `rank` (1 = most similar). Trials with fewer
    ranked iterations are left out: their chances are others.
    """
    ranked = iterations.dropna(subset=["rank"])
    whole = ranked.groupby("trial")["iteration"].transform("size") == length
    firsts = ranked.loc[whole & (ranked["rank"] == 1), "iteration"].to_numpy(dtype=int)
    return equal_chances(np.bincount(firsts - 1, minlength=length))


def equal_chances(counts: NDArray[np.int64]) -> TopRanked:
    """The test of counts, one for each of at least two iterations."""
    k, trials = len(counts), int(counts.sum())
    expected = trials / k
    if not trials:
        return TopRanked((0,) * k, 0.0, (0.0,) * k, 0.0, k - 1, None, True, None)
    chi2, p = stats.chisquare(counts)
    residuals = (counts - expected) / np.sqrt(expected * (1 - 1 / k))
    rough = expected < 5
    return TopRanked(
        counts=tuple(int(count) for count in counts),
        expected=expected,
        residuals=tuple(float(residual) for residual in residuals),
        chi2=float(chi2),
        df=k - 1,
        p=float(p),
        rough=rough,
        exact_p=_monte_carlo_p(counts) if rough else None,
    )


def _monte_carlo_p(counts: NDArray[np.int64]) -> float:
    """Of the chi-square statistic under equal chances (Davison & Hinkley, Bootstrap Methods, 1997, section 4.2)."""
    drawn = np.random.default_rng(0).multinomial(counts.sum(), np.full(len(counts), 1 / len(counts)), MONTE_CARLO_DRAWS)
    # With equal expected counts the statistic grows with the sum of squares, which is a whole number: ties are exact.
    extreme = (drawn**2).sum(axis=1) >= (counts**2).sum()
    return float((1 + extreme.sum()) / (1 + MONTE_CARLO_DRAWS))
