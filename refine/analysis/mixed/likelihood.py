"""The (restricted) likelihood of variance ratios and rho, with b and the scale profiled out.

Knows: how moments, eliminations and the fixed effects make the deviance, its gradient and its Hessian.
Does not know: formulas, how the optimum is found, tests.

Parameters: gamma_k = variance of factor k / residual variance v, and z = atanh(rho) if rho is estimated.

    H = R + sum gamma_k Z_k Z_k',  v = y'Py / (n - p),
    -2 l_R = (n - p) log(2 pi v) + log|H| + log|X'H^-1X| + (n - p)

(Harville 1977, JASA 72; Lindstrom and Bates 1988, JASA 83). For ML drop log|X'H^-1X| and divide by n.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from refine.analysis.mixed.ar1 import Floats, Series, precision
from refine.analysis.mixed.elimination import DensePivot, DiagonalPivot, Gram, eliminate
from refine.analysis.mixed.moments import DENSE_CELLS, DENSE_LEVELS, Factor, Moments
from refine.analysis.mixed.partition import before_elimination, cut_dense, cut_last_sparse, cut_sparse

EXACT = 1e-12
"""A residual variance below this part of the variance left by the predictors is rounding error."""


@dataclass(slots=True)
class Evaluation:
    """The likelihood at one point.

    `deviance`: -2 log-likelihood. `gradient` (m,) and `hessian` (m, m): its derivatives in (gamma..., z) with
    v profiled out. `full_hessian` (m + 1, m + 1): with log v as the last parameter. `b` (p,), `v`: estimates.
    `inverse` (p, p): (X'H^-1X)^-1. `slopes` (m, p, p): derivatives of X'H^-1X.
    """

    deviance: float
    v: float
    b: Floats
    inverse: Floats
    gradient: Floats
    hessian: Floats
    full_hessian: Floats
    slopes: Floats


class Likelihood:
    """The likelihood of one data set.

    `numeric`: (n, p + 1) predictors, then response, rows sorted by series and position. `rho`: `None` to
    estimate it, else its fixed value. `reml`: restricted or ordinary likelihood.
    """

    def __init__(self, factors: list[Factor], numeric: Floats, series: Series, rho: float | None, reml: bool) -> None:
        self.n, width = numeric.shape
        self.p = width - 1
        self.reml = reml
        self.freedom = self.n - self.p if reml else self.n
        self.series = series
        self.rho = rho
        self.order, sparse_count = _elimination_order(factors)
        self.levels = [factors[k].levels for k in self.order]
        self.moments = Moments([factors[k] for k in self.order], sparse_count, numeric, series)
        self.size = len(factors) + (rho is None)

    def moment_guess(self) -> tuple[Floats, float]:
        """Rough variance ratios and atanh(rho) from level means and neighbours' products of the response."""
        y = self.moments.numeric[:, -1]
        total = float(y @ y) / self.n
        between = np.zeros(len(self.order))
        for k, factor in zip(self.order, [*self.moments.sparse, *self.moments.dense], strict=True):
            sums, counts = np.bincount(factor.codes, y), np.bincount(factor.codes)
            between[k] = (np.sum(sums**2 / counts) - total * factor.levels) / self.n
        between = np.clip(between, 0.02 * total, None)
        between *= min(1.0, 0.9 * total / (between.sum() or 1.0))
        within = total - between.sum()
        products = y[self.series.first] * y[self.series.second]
        near = float(products.mean()) - between.sum() if len(products) else 0.0
        return between / within, float(np.arctanh(np.clip(near / within, -0.6, 0.6)))

    def z(self, theta: Floats) -> float:
        """atanh(rho) at `theta`."""
        return float(np.arctanh(self.rho)) if self.rho is not None else float(theta[-1])

    def products(self, theta: Floats, order: int) -> Gram:
        """Jets of [X y]'H^-1[X y] and of log|H| at theta = (gamma..., z); `order`: 0, or 2 for
        derivatives."""
        varying = 2 if order and self.rho is None else 0
        state = precision(self.series, self.z(theta), varying)
        gram = before_elimination(self.moments, self.moments.at(state), state.logdet, self.size - 1)
        for k, q in zip(self.order, self.levels, strict=True):
            gamma = float(theta[k])
            pivot: DiagonalPivot | DensePivot
            diagonal = cut_sparse(gram, q) if gram.groups == 2 else None
            if diagonal:
                own, cross, rest = diagonal
                pivot = DiagonalPivot(gamma, own[()])
            else:
                own, cross, rest = cut_last_sparse(gram, q) if gram.groups == 2 else cut_dense(gram, q)
                pivot = DensePivot(gamma, own[()])
            gram = eliminate(pivot, gamma, own, cross, rest, k, order)
        return gram

    def deviance(self, theta: Floats) -> float:
        """-2 log-likelihood at theta, without derivatives."""
        gram = self.products(theta, 0)
        k = gram.parts[0, 0][()]
        factor = linalg.cholesky(k[:-1, :-1], lower=True)
        half = linalg.solve_triangular(factor, k[:-1, -1], lower=True)
        rss = self._positive(k[-1, -1] - half @ half)
        logdet = gram.logdet[()] + (2 * np.sum(np.log(np.diagonal(factor))) if self.reml else 0)
        return float(logdet + self.freedom * (1 + np.log(2 * np.pi * rss / self.freedom)))

    def _positive(self, rss: float) -> float:
        """The residual sum of squares (the response has unit scale), unless it is lost in rounding."""
        if not rss > EXACT * self.freedom:
            raise np.linalg.LinAlgError("no residual variance is left")
        return rss

    def evaluate(self, theta: Floats) -> Evaluation:
        """The likelihood with derivatives at theta = (gamma..., z)."""
        gram = self.products(theta, 2)
        jet = gram.parts[0, 0]
        k, p, m = jet[()], self.p, self.size
        factor = linalg.cholesky(k[:p, :p], lower=True)
        inverse = linalg.cho_solve((factor, True), np.eye(p))
        b = linalg.cho_solve((factor, True), k[:p, p])
        u = np.append(-b, 1)
        rss = self._positive(float(k[p] @ u))
        v = rss / self.freedom

        zero = np.zeros((p + 1, p + 1))
        i, j = np.triu_indices(m)
        keys = list(zip(i.tolist(), j.tolist(), strict=True))
        first = np.array([jet.get((k,), zero) for k in range(m)]).reshape(m, p + 1, p + 1)
        second = np.array([jet.get(key, zero) for key in keys]).reshape(-1, p + 1, p + 1)
        logdet = np.array([gram.logdet.get((k,), 0.0) for k in range(m)])
        logdet2 = np.array([gram.logdet.get(key, 0.0) for key in keys])
        slopes = first[:, :p, :p]
        left = inverse @ slopes
        pull = first @ u
        rss1 = pull @ u
        rss2 = (second @ u) @ u - 2 * (pull[:, :p] @ inverse @ pull[:, :p].T)[i, j]
        if self.reml:
            logdet += np.trace(left, axis1=1, axis2=2)
            crossed = left.reshape(m, p * p) @ left.transpose(0, 2, 1).reshape(m, p * p).T
            logdet2 += np.sum(second[:, :p, :p] * inverse, axis=(1, 2)) - crossed[i, j]
        full = np.zeros((m + 1, m + 1))
        full[i, j] = full[j, i] = logdet2 + rss2 / v
        full[:m, m] = full[m, :m] = -rss1 / v
        full[m, m] = self.freedom
        value = gram.logdet[()]
        if self.reml:
            value += 2 * np.sum(np.log(np.diagonal(factor)))
        return Evaluation(
            deviance=float(value + self.freedom * (1 + np.log(2 * np.pi * v))),
            v=v,
            b=b,
            inverse=inverse,
            gradient=logdet + rss1 / v,
            hessian=full[:m, :m] - np.outer(rss1, rss1) / (v * rss),
            full_hessian=full,
            slopes=slopes,
        )


def _elimination_order(factors: list[Factor]) -> tuple[list[int], int]:
    """Factor numbers in the order of elimination, and how many of the first are held sparse.

    First the largest factor whose own block is diagonal, then the others that are too large to be dense.
    """
    order = sorted(range(len(factors)), key=lambda k: (not factors[k].steady, -factors[k].levels))
    if not order:
        return order, 0
    largest = max(factor.levels for factor in factors)
    first = order[:1] if factors[order[0]].steady else []

    def large(k: int) -> bool:
        return factors[k].levels > DENSE_LEVELS or factors[k].levels * largest > DENSE_CELLS

    sparse = first + [k for k in order if k not in first and large(k)]
    return sparse + [k for k in order if k not in sparse], len(sparse)
