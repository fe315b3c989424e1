"""Cross-products of factors, predictors and response under the AR(1) weight, gathered once.

Knows: how to sum rows and neighbouring pairs into blocks, and that the blocks are linear in a few numbers per
gap length.
Does not know: variances, likelihoods, formulas.

For any rho, [Z A]' R^-1 [Z A] = M_0 + sum over gaps g of a_g M_g - b_g N_g (see ar1). With few distinct gaps
the matrices M and N are summed over the rows once, and an evaluation costs nothing in the number of rows.
With many gaps (say, positions that are dates) keeping them would need too much memory: they are summed anew
each time, in O(n). A large factor is kept sparse; small factors join predictors and response in A.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from refine.analysis.mixed.ar1 import Floats, Ints, Precision, Series

MANY_GAPS = 48
"""Above this number of distinct gap lengths, cross-products are not kept by gap."""

DENSE_LEVELS = 400
"""A factor with more levels is never held dense."""

DENSE_CELLS = 100_000
"""A factor is held dense if its levels times those of the largest factor are at most this many."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A grouping factor: `codes` (n,) in 0..levels-1; `steady`: constant within each series."""

    codes: Ints
    levels: int
    steady: bool


@dataclass(slots=True)
class Blocks:
    """The parts of [Z A]' W [Z A]: `zz` by pair of sparse factors (cell values; see `Moments.cells`), `za`
    (q, c) by sparse factor, `aa` (c, c)."""

    zz: dict[tuple[int, int], Floats]
    za: list[Floats]
    aa: Floats

    def parts(self) -> list[Floats]:
        """All arrays, always in the same order."""
        return [*self.zz.values(), *self.za, self.aa]


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cells of the table of two factors hold rows (sorted by row-major key), and where rows and pairs
    go."""

    shape: tuple[int, int]
    keys: Ints
    rows: Ints
    pairs: Ints
    pairs_back: Ints

    @classmethod
    def of(cls, left: Factor, right: Factor, series: Series) -> "Cells":
        """The cells of `left` by `right`; of a factor by itself, its diagonal."""
        width = right.levels
        i, j = series.first, series.second
        if left is right and left.steady:
            codes = left.codes
            return cls((width, width), np.arange(width) * (width + 1), codes, codes[i], codes[i])
        key = left.codes * width + right.codes
        n, m = len(key), len(i)
        if left.steady and right.steady:
            keys, inverse = np.unique(key, return_inverse=True)
            return cls((left.levels, width), keys, inverse, inverse[i], inverse[i])
        crossed = [key, left.codes[i] * width + right.codes[j], left.codes[j] * width + right.codes[i]]
        keys, inverse = np.unique(np.concatenate(crossed), return_inverse=True)
        return cls((left.levels, width), keys, inverse[:n], inverse[n : n + m], inverse[n + m :])

    def matrix(self, values: Floats) -> sparse.csr_array:
        """The cell values as a sparse matrix; cells are in row-major order, as CSR wants."""
        rows, columns = np.divmod(self.keys, self.shape[1])
        starts = np.searchsorted(rows, np.arange(self.shape[0] + 1))
        return sparse.csr_array((values, columns, starts), shape=self.shape)


class Moments:
    """Cross-products of sparse factors Z and of A = [small factors, `numeric`], ready for any rho.

    `factors`: sparse ones first, `sparse_count` of them. `numeric`: (n, k), rows sorted as `series` expects.
    """

    def __init__(self, factors: list[Factor], sparse_count: int, numeric: Floats, series: Series) -> None:
        self.sparse = factors[:sparse_count]
        self.dense = factors[sparse_count:]
        self.numeric = numeric
        self.series = series
        pairs = [(k, m) for k in range(sparse_count) for m in range(k, sparse_count)]
        self.cells = {(k, m): Cells.of(factors[k], factors[m], series) for k, m in pairs}
        self.by_gap = len(series.gaps) <= MANY_GAPS
        if self.by_gap:
            every = np.arange(len(numeric))
            basis = [self._rows(every, None)]
            for gap in range(len(series.gaps)):
                chosen = np.flatnonzero(series.gap_index == gap)
                weight = np.zeros(len(numeric))
                weight[series.first[chosen]] += 1
                weight[series.second[chosen]] += 1
                touched = np.flatnonzero(weight)
                basis += [self._rows(touched, weight[touched]), self._pairs(chosen, None)]
            self._like = basis[0]
            self._basis = [np.stack(part) for part in zip(*(b.parts() for b in basis), strict=True)]

    def at(self, precision: Precision) -> list[Blocks]:
        """Blocks weighted by R^-1 and their derivatives in z: one `Blocks` an order of derivative."""
        orders = len(precision.logdet)
        if not self.by_gap:
            return [self._direct(precision, k) for k in range(orders)]
        weights = np.zeros((orders, 1 + 2 * len(self.series.gaps)))
        weights[0, 0] = 1
        weights[:, 1::2] = precision.diagonal
        weights[:, 2::2] = precision.neighbour
        parts = [(weights @ part.reshape(len(part), -1)).reshape(orders, *part.shape[1:]) for part in self._basis]
        names, count = list(self._like.zz), len(self._like.za)
        return [
            Blocks(
                {name: part[k] for name, part in zip(names, parts, strict=False)},
                [part[k] for part in parts[len(names) : len(names) + count]],
                parts[-1][k],
            )
            for k in range(orders)
        ]

    def _direct(self, precision: Precision, k: int) -> Blocks:
        series = self.series
        weight = np.full(len(self.numeric), float(k == 0))
        value = precision.diagonal[k][series.gap_index]
        weight[series.first] += value
        weight[series.second] += value
        rows = self._rows(np.arange(len(weight)), weight)
        pairs = self._pairs(np.arange(len(series.first)), precision.neighbour[k][series.gap_index])
        return Blocks(
            {name: value + pairs.zz[name] for name, value in rows.zz.items()},
            [a + b for a, b in zip(rows.za, pairs.za, strict=True)],
            rows.aa + pairs.aa,
        )

    def _rows(self, rows: Ints, weight: Floats | None) -> Blocks:
        """Sum over `rows` of w a a'."""
        whole = len(rows) == len(self.numeric)
        left = self.numeric if whole else self.numeric[rows]
        right = left if weight is None else left * weight[:, None]

        def against(factor: Factor) -> Floats:
            codes = factor.codes[rows]
            blocks = [_table(factor, codes, other, other.codes[rows], weight) for other in self.dense]
            return np.hstack([*blocks, _sums(factor, codes, right)])

        zz = {
            name: np.bincount(cells.rows[rows], weight, len(cells.keys)).astype(float)
            for name, cells in self.cells.items()
        }
        za = [against(factor) for factor in self.sparse]
        return Blocks(zz, za, _square([against(factor) for factor in self.dense], left.T @ right))

    def _pairs(self, chosen: Ints, weight: Floats | None) -> Blocks:
        """Sum over the chosen pairs (i, j) of w (a_i a_j' + a_j a_i')."""
        i, j = self.series.first[chosen], self.series.second[chosen]
        left, right = self.numeric[i], self.numeric[j]
        if weight is not None:
            right = right * weight[:, None]
        zz = {}
        for name, cells in self.cells.items():
            size = len(cells.keys)
            forth = np.bincount(cells.pairs[chosen], weight, size)
            zz[name] = forth + np.bincount(cells.pairs_back[chosen], weight, size).astype(float)

        def against(factor: Factor) -> Floats:
            ahead, back = factor.codes[i], factor.codes[j]
            blocks = [
                _table(factor, ahead, other, other.codes[j], weight)
                + _table(factor, back, other, other.codes[i], weight)
                for other in self.dense
            ]
            weighted = left if weight is None else left * weight[:, None]
            return np.hstack([*blocks, _sums(factor, ahead, right) + _sums(factor, back, weighted)])

        product = left.T @ right
        return Blocks(
            zz,
            [against(factor) for factor in self.sparse],
            _square([against(factor) for factor in self.dense], product + product.T),
        )


def _square(rows: list[Floats], corner: Floats) -> Floats:
    """The symmetric matrix with block rows `rows` above [.., `corner`]."""
    if not rows:
        return corner
    top = np.vstack(rows)
    return np.vstack([top, np.hstack([top[:, -len(corner) :].T, corner])])


def _table(left: Factor, a: Ints, right: Factor, b: Ints, weight: Floats | None) -> Floats:
    """(levels, levels) sums of `weight` by cell."""
    sums = np.bincount(a * right.levels + b, weight, left.levels * right.levels)
    return sums.astype(float).reshape(left.levels, right.levels)


def _sums(factor: Factor, codes: Ints, values: Floats) -> Floats:
    """(levels, k) sums of the rows of `values` (n, k) by code."""
    n = len(codes)
    indicator = sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, factor.levels))
    return np.asarray(indicator.T @ values)
