"""AR(1) correlation over integer positions with gaps, through its tridiagonal inverse.

Knows: the entries of R^-1 and log|R| as functions of rho, with two derivatives; the whitening matrix.
Does not know: what the rows are, factors, likelihoods.

Two neighbours of a series at gap g (difference of positions) have correlation c = rho^g. The inverse of the
correlation matrix of a series is tridiagonal:

    R^-1 = I + sum over neighbours [ a(c) (e_i e_i' + e_j e_j') - b(c) (e_i e_j' + e_j e_i') ],
    a = c^2 / (1 - c^2),  b = c / (1 - c^2),  log|R| = sum log(1 - c^2),

so everything depends on rho through one number per *gap length*, not per row. The working parameter is
z = atanh(rho), unbounded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Series:
    """Neighbours within series, in a table sorted by series and position.

    `first`, `second`: (m,) row numbers of each pair of neighbours. `gap_index`: (m,) which of `gaps`
    separates them. `gaps`: (G,) the distinct gap lengths, positive, and `counts` how many pairs have each.
    Without series all arrays are empty.
    """

    first: Ints
    second: Ints
    gap_index: Ints
    gaps: Ints
    counts: Ints

    @classmethod
    def none(cls) -> "Series":
        """Every row stands alone."""
        empty = np.empty(0, np.int64)
        return cls(empty, empty, empty, empty, empty)

    @classmethod
    def of(cls, series: Ints, position: Ints) -> "Series":
        """From the series code and position of rows already sorted by both."""
        second = np.flatnonzero(series[1:] == series[:-1]) + 1
        apart = position[second] - position[second - 1]
        gaps, index, counts = np.unique(apart, return_inverse=True, return_counts=True)
        return cls(second - 1, second, index, gaps, counts)


@dataclass(frozen=True, slots=True)
class Precision:
    """The numbers that make up R^-1, and log|R|, at one z, with derivatives in z.

    `diagonal`, `neighbour`: (k, G) the values a and -b by gap, order of derivative first (k = 1 + order).
    `logdet`: (k,) log|R|.
    """

    diagonal: Floats
    neighbour: Floats
    logdet: Floats


def precision(series: Series, z: float, order: int) -> Precision:
    """Entries of R^-1 and log|R| at rho = tanh(z), with `order` (0 or 2) derivatives in z."""
    rho = np.tanh(z)
    gap = series.gaps.astype(float)
    c = rho**gap
    rest = 1 - c**2
    if order == 0:
        return Precision((c**2 / rest)[None], (-c / rest)[None], np.array([np.sum(series.counts * np.log(rest))]))
    slope = 1 - rho**2  # d rho / d z
    c1 = gap * rho ** (gap - 1) * slope
    c2 = gap * (gap - 1) * rho ** np.maximum(gap - 2, 0) * slope**2 - 2 * rho * c1
    a = [c**2 / rest, 2 * c / rest**2, (2 + 6 * c**2) / rest**3]
    b = [c / rest, (1 + c**2) / rest**2, 2 * c * (3 + c**2) / rest**3]
    log = [np.log(rest), -2 * c / rest, -2 * (1 + c**2) / rest**2]

    def chain(f: list[Floats]) -> Floats:
        return np.stack([f[0], f[1] * c1, f[2] * c1**2 + f[1] * c2])

    return Precision(chain(a), -chain(b), chain(log) @ series.counts)


def whitener(series: Series, rho: float, n: int) -> sparse.csr_array:
    """The bidiagonal W (n, n) with W'W = R^-1: it turns rows correlated by AR(1) into uncorrelated ones."""
    c = (rho ** series.gaps.astype(float))[series.gap_index]
    diagonal = np.ones(n)
    diagonal[series.second] = 1 / np.sqrt(1 - c**2)
    below = -c * diagonal[series.second]
    rows = np.concatenate([np.arange(n), series.second])
    columns = np.concatenate([np.arange(n), series.first])
    return sparse.csr_array((np.concatenate([diagonal, below]), (rows, columns)), shape=(n, n))
