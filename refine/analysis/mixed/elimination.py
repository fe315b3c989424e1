"""Taking random factors out of the normal equations one by one, with exact first and second derivatives.

Knows: how G = C' V^-1 C and log|V| change when gamma Z Z' is added to V, where Z is among the columns C.
Does not know: rho, rows, fixed effects, likelihoods.

With N = I + gamma Z'V^-1 Z (Woodbury's identity; Henderson's mixed model equations with the factor absorbed):

    C' (V + gamma ZZ')^-1 C = C'V^-1C - gamma (C'V^-1Z) N^-1 (Z'V^-1C),
    log|V + gamma ZZ'| = log|V| + log|N|.

It holds at gamma = 0 too, with its derivative, so a variance at its boundary needs no special case. A
function with its derivatives is held as a `Jet`: a dict from () (value), (i,) (derivative by parameter i) and
(i, j), i <= j (second derivative) to matrices or numbers; a missing key is a zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import linalg, sparse

from refine.analysis.mixed.ar1 import Floats

Jet = dict[tuple[int, ...], Any]


@dataclass(slots=True)
class Gram:
    """Jets of C'V^-1 C in up to two groups of columns, and of log|V|.

    `parts[a, b]`, a <= b: the product of column group a with group b. With two groups, group 0 is sparse
    (CSR) and group 1 dense; with one, it is dense and called 0. `orders`: the keys jets may have.
    """

    parts: dict[tuple[int, int], Jet]
    logdet: Jet
    parameters: list[int] = field(default_factory=list)

    @property
    def groups(self) -> int:
        """How many column groups there are."""
        return 1 + max(b for _, b in self.parts)


def scale_rows(scale: Floats, matrix: Any) -> Any:
    """diag(scale) @ matrix, dense or CSR."""
    if sparse.issparse(matrix):
        data = matrix.data * np.repeat(scale, np.diff(matrix.indptr))
        return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
    return scale[:, None] * matrix


class DiagonalPivot:
    """N^-1 where Z'V^-1 Z is diagonal; blocks are vectors of diagonals."""

    def __init__(self, gamma: float, block: Floats) -> None:
        n = 1 + gamma * block
        self.inverse = 1 / n
        self.logdet = float(np.sum(np.log(n)))

    def solve(self, matrix: Any) -> Any:
        """N^-1 M."""
        return scale_rows(self.inverse, matrix)

    def times(self, block: Floats, matrix: Any) -> Any:
        """B M."""
        return scale_rows(block, matrix)

    def left(self, block: Floats) -> Floats:
        """N^-1 B."""
        return self.inverse * block

    def trace(self, product: Floats) -> float:
        """tr P."""
        return float(np.sum(product))

    def trace_of_two(self, one: Floats, two: Floats) -> float:
        """tr PQ."""
        return float(one @ two)


class DensePivot:
    """N^-1 in general, by Cholesky; blocks are square matrices, dense or CSR."""

    def __init__(self, gamma: float, block: Any) -> None:
        n = gamma * (block.toarray() if sparse.issparse(block) else block)
        n.flat[:: len(n) + 1] += 1
        factor, info = linalg.lapack.dpotrf(n, lower=1, clean=1)
        if info:
            raise np.linalg.LinAlgError("normal equations are not positive definite")
        self.logdet = 2 * float(np.sum(np.log(np.diagonal(factor))))
        lower, _ = linalg.lapack.dpotri(factor, lower=1)
        # Transposed, it is in row order, which sparse products want; it is symmetric anyway.
        self.inverse = (lower + np.tril(lower, -1).T).T

    def solve(self, matrix: Any) -> Any:
        """N^-1 M."""
        return self.inverse @ matrix

    def times(self, block: Any, matrix: Any) -> Any:
        """B M."""
        return block @ matrix

    def left(self, block: Any) -> Floats:
        """N^-1 B for a symmetric B."""
        return (block @ self.inverse).T

    def trace(self, product: Floats) -> float:
        """tr P."""
        return float(np.trace(product))

    def trace_of_two(self, one: Floats, two: Floats) -> float:
        """tr PQ."""
        return float(np.einsum("ij,ji->", one, two))


def eliminate(
    pivot: DiagonalPivot | DensePivot,
    gamma: float,
    own: Jet,
    cross: list[Jet],
    gram: Gram,
    parameter: int,
    order: int,
) -> Gram:
    """Add gamma ZZ' to V.

    `own`: jet of Z'V^-1Z as the pivot wants it. `cross[a]`: jet of Z'V^-1C_a. `gram`: the remaining columns,
    which `parameter` (the number of gamma among the parameters) is added to. `order`: 0, or 2 for
    derivatives.
    """
    old = gram.parameters
    y = [pivot.solve(jet[()]) for jet in cross]
    logdet = dict(gram.logdet)
    logdet[()] += pivot.logdet
    parts = {}
    for (a, b), jet in gram.parts.items():
        parts[a, b] = dict(jet)
        parts[a, b][()] = jet[()] - gamma * (cross[a][()].T @ y[b])
    if order == 0:
        return Gram(parts, logdet, old)

    g = parameter
    left = {key: pivot.left(block) for key, block in own.items()}
    slopes: dict[int, list[Any]] = {i: _slopes(pivot, gamma, own, cross, y, i) for i in old}
    solved = {i: [pivot.solve(q) for q in slopes[i]] for i in old}
    bent = [pivot.solve(pivot.times(own[()], v)) for v in y]

    logdet[g,] = pivot.trace(left[()])
    logdet[g, g] = -pivot.trace_of_two(left[()], left[()])
    for i in old:
        if (i,) in own:
            _add(logdet, (i,), gamma * pivot.trace(left[i,]))
            mixed = pivot.trace(left[i,]) - gamma * pivot.trace_of_two(left[()], left[i,])
            _add(logdet, _key(i, g), mixed)
    for i, j in _pairs(old):
        if (i, j) in own:
            _add(logdet, (i, j), gamma * pivot.trace(left[i, j]))
        if (i,) in own and (j,) in own:
            _add(logdet, (i, j), -(gamma**2) * pivot.trace_of_two(left[i,], left[j,]))

    for (a, b), jet in parts.items():
        jet[g,] = -(y[a].T @ y[b])
        jet[g, g] = 2 * (y[a].T @ bent[b])
        for i in old:
            first = y[a].T @ slopes[i][b]
            if (i,) in cross[a]:
                first = first + cross[a][i,].T @ y[b]
            _add(jet, (i,), -gamma * first)
            _add(jet, _key(i, g), -(solved[i][a].T @ y[b] + y[a].T @ solved[i][b]))
        for i, j in _pairs(old):
            second = slopes[i][a].T @ solved[j][b] + solved[j][a].T @ slopes[i][b]
            if (i, j) in cross[b]:
                second = second + y[a].T @ cross[b][i, j]
            if (i, j) in cross[a]:
                second = second + cross[a][i, j].T @ y[b]
            if (i, j) in own:
                second = second - gamma * (y[a].T @ pivot.times(own[i, j], y[b]))
            _add(jet, (i, j), -gamma * second)
    return Gram(parts, logdet, [*old, g])


def _slopes(
    pivot: DiagonalPivot | DensePivot, gamma: float, own: Jet, cross: list[Jet], y: list[Any], i: int
) -> list[Any]:
    """N dY/d theta_i = dB - gamma dG Y, by column group."""
    out = []
    for jet, value in zip(cross, y, strict=True):
        slope = jet[i,] if (i,) in jet else 0 * value
        if (i,) in own:
            slope = slope - gamma * pivot.times(own[i,], value)
        out.append(slope)
    return out


def _add(jet: Jet, key: tuple[int, ...], value: Any) -> None:
    jet[key] = jet[key] + value if key in jet else value


def _key(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i <= j else (j, i)


def _pairs(parameters: list[int]) -> Iterator[tuple[int, int]]:
    """All (i, j) with i <= j."""
    return ((i, j) for i in parameters for j in parameters if i <= j)
