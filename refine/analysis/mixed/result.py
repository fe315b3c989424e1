"""What a fit found, and what can be asked of it.

Knows: tables of coefficients, tests, means, contrasts, variance components, conditional modes, residuals.
Does not know: how the fit was found; how tables are printed (summary).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from refine.analysis.mixed.ar1 import Floats, Ints, Series, whitener
from refine.analysis.mixed.data import Design
from refine.analysis.mixed.errors import MixedModelError
from refine.analysis.mixed.hypotheses import differences, marginal_means, type_three
from refine.analysis.mixed.inference import Estimates, FixedEffects, FTest, holm
from refine.analysis.mixed.summary import apa, summary
from refine.analysis.mixed.variance import ParameterEstimate, VarianceParameters

RESERVED = ("residual", "rho")
"""Names of what every model has."""

EVEN = "All rows of a series are an even number of positions apart, so that only the size of rho matters, not its sign."


@dataclass(frozen=True, slots=True)
class Model:
    """What was fitted to what. `order` (n,) sorts rows as `neighbours` expects; `codes`, `labels` by
    factor."""

    formula: str
    design: Design
    data: pd.DataFrame
    groups: tuple[str, ...]
    levels: tuple[int, ...]
    labels: tuple[pd.Index, ...]
    codes: tuple[Ints, ...]
    series: str | None
    position: str | None
    neighbours: Series
    order: Ints
    reml: bool
    confidence: float


@dataclass(frozen=True)
class MixedResult:
    """A fitted mixed model.

    `loglik`: (restricted) log-likelihood, as lme4, nlme and glmmTMB define it. `boundary`: factors whose
    variance is estimated as zero; they do not take part in degrees of freedom, nor does rho with `rho_at_boundary`
    (estimated as zero where it cannot be less). `rho_known`: whether tests take rho as known.
    """

    model: Model
    fixed: FixedEffects
    parameters: VarianceParameters
    loglik: float
    converged: bool
    boundary: tuple[str, ...]
    seconds: float
    rho_known: bool = False
    rho_at_boundary: bool = False

    def taking_rho_as_known(self) -> "MixedResult":
        """The same fit with degrees of freedom that ignore the uncertainty of rho."""
        parameters = self.parameters.without_rho()
        k = len(self.parameters.free)
        slopes = np.delete(self.fixed.slopes, k, axis=0) if self.parameters.z_free else self.fixed.slopes
        fixed = replace(self.fixed, slopes=slopes, uncertainty=parameters.covariance)
        return replace(self, fixed=fixed, rho_known=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, in order."""
        return self.model.design.names

    @property
    def variance(self) -> dict[str, float]:
        """Variance by grouping factor, named as `components` are, and `residual` (marginal)."""
        values = self.parameters.v * np.append(self.parameters.ratios, 1)
        return dict(zip(self.components[:-1], values.tolist(), strict=True))

    @property
    def components(self) -> tuple[str, ...]:
        """Names of grouping factors, `residual` and `rho`. A factor of one of these names is `residual (group)`."""
        return (*(f"{name} (group)" if name in RESERVED else name for name in self.model.groups), *RESERVED)

    @property
    def rho(self) -> float:
        """Correlation of neighbours one position apart; 0 without series."""
        return float(np.tanh(self.parameters.z))

    @property
    def messages(self) -> tuple[str, ...]:
        """What the reader must know: boundary, failed convergence."""
        found = [f"The variance of '{name}' is estimated as zero: it lies at its boundary." for name in self.boundary]
        if self.rho_at_boundary:
            found.append(f"rho is estimated as zero: it lies at its boundary. {EVEN}")
        elif self.parameters.z_free and not (self.model.neighbours.gaps % 2).any():
            found.append(f"rho may as well be {-self.rho:.4g}. {EVEN}")
        if not self.converged:
            found.append("The search for the maximum did not converge; do not rely on these values.")
        return tuple(found)

    @property
    def parameter_count(self) -> int:
        """Coefficients and variance parameters that were estimated."""
        return len(self.names) + len(self.model.groups) + 1 + (self.parameters.z_free or self.rho_at_boundary)

    @property
    def aic(self) -> float:
        """-2 log-likelihood + 2 parameters (of the restricted likelihood after REML, as lme4 has it)."""
        return -2 * self.loglik + 2 * self.parameter_count

    @property
    def bic(self) -> float:
        """-2 log-likelihood + log(n) parameters (n rows, as lme4 has it)."""
        return -2 * self.loglik + float(np.log(len(self.model.order))) * self.parameter_count

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """A row a coefficient: name, estimate, se, df, t, p, lower, upper."""
        found = self.fixed.estimates(np.eye(len(self.names)), self.model.confidence)
        return _table({"name": list(self.names)}, found)

    @cached_property
    def hypotheses(self) -> dict[str, Floats]:
        """Type III contrasts (k, p) by term."""
        return type_three(self.model.design.spec, self.model.design.x, self.model.data)

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Type III F tests, a row a term: term, F, numdf, dendf, p."""
        rows = []
        for term, contrasts in self.hypotheses.items():
            test = self.fixed.f_test(contrasts)
            rows.append({"term": term, "F": test.f, "numdf": test.numdf, "dendf": test.dendf, "p": test.p})
        return pd.DataFrame(rows, columns=["term", "F", "numdf", "dendf", "p"])

    def contrast(self, weights: Mapping[str, float] | Sequence[float] | Floats) -> pd.DataFrame:
        """Any linear combinations of the coefficients, each with its t test.

        `weights`: by coefficient name (others 0), or (p,), or (k, p).
        """
        return _table({}, self.fixed.estimates(self._rows(weights), self.model.confidence))

    def f_test(self, weights: Mapping[str, float] | Sequence[float] | Floats) -> FTest:
        """The joint test that all given combinations (k, p) are zero."""
        return self.fixed.f_test(self._rows(weights))

    def means(self, *variables: str) -> pd.DataFrame:
        """Estimated marginal means at the levels of categorical predictors."""
        labels, rows = marginal_means(self.model.design.spec, self.model.data, variables)
        found = _table(labels.to_dict("list"), self.fixed.estimates(rows, self.model.confidence))
        return found.drop(columns=["t", "p"])

    def contrasts(self, variable: str, reference: Any, by: Sequence[str] = ()) -> pd.DataFrame:
        """Differences of marginal means from the level `reference`, with p adjusted by Holm (`p_holm`).

        `by`: other categorical predictors within whose levels to compare; the adjustment is over all rows.
        """
        labels, means = marginal_means(self.model.design.spec, self.model.data, [variable, *by])
        names, rows = differences(labels, means, variable, reference)
        table = _table(names.to_dict("list"), self.fixed.estimates(rows, self.model.confidence))
        table.insert(table.columns.get_loc("p") + 1, "p_holm", holm(table["p"].to_numpy()))
        return table

    @cached_property
    def variance_components(self) -> pd.DataFrame:
        """Variance by factor, residual variance and rho, with standard errors and intervals (empty where
        undefined)."""
        level = self.model.confidence
        intervals: list[ParameterEstimate] = [*self.parameters.components(level), self.parameters.rho(level)]
        rows = [
            {"component": name, "estimate": i.estimate, "se": i.se, "lower": i.lower, "upper": i.upper}
            for name, i in zip(self.components, intervals, strict=True)
        ]
        return pd.DataFrame(rows)

    @cached_property
    def modes(self) -> dict[str, pd.Series]:
        """Conditional modes (BLUPs) of the random intercepts, by factor, indexed by level."""
        values, out, at = self._modes, {}, 0
        for name, labels in zip(self.model.groups, self.model.labels, strict=True):
            out[name] = pd.Series(values[at : at + len(labels)], labels, name=name)
            at += len(labels)
        return out

    @cached_property
    def fitted(self) -> pd.Series:
        """Fitted values with the conditional modes, indexed like the data."""
        values = self.model.design.x @ self.fixed.b + self._indicators @ self._modes
        return pd.Series(values, self.model.data.index, name="fitted")

    def residuals(self, kind: str = "response") -> pd.Series:
        """`response`: observed minus fitted. `normalized`: the same freed of AR(1) and divided by the
        residual SD."""
        plain = self.model.design.y - self.fitted.to_numpy()
        if kind == "normalized":
            white = whitener(self.model.neighbours, self.rho, len(plain)) @ plain[self.model.order]
            plain = np.empty_like(white)
            plain[self.model.order] = white / np.sqrt(self.parameters.v)
        elif kind != "response":
            raise MixedModelError(f"Residuals are 'response' or 'normalized', not {kind!r}.")
        return pd.Series(plain, self.model.data.index, name="residual")

    @cached_property
    def _indicators(self) -> sparse.csr_array:
        """Z (n, levels of all factors), rows as in the data."""
        n = len(self.model.order)
        starts = np.cumsum([0, *self.model.levels])
        if not self.model.groups:
            return sparse.csr_array((n, 0))
        columns = np.column_stack([code + start for code, start in zip(self.model.codes, starts[:-1], strict=True)])
        width = columns.shape[1]
        indices = (np.ones(columns.size), columns.ravel(), np.arange(n + 1) * width)
        return sparse.csr_array(indices, shape=(n, int(starts[-1])))

    @cached_property
    def _modes(self) -> Floats:
        """All conditional modes: u = L s, s minimising |W(y - Xb - Z L s)|^2 + |s|^2, L = sqrt(ratio)."""
        scale = np.repeat(np.sqrt(self.parameters.ratios), self.model.levels)
        if not scale.any():
            return np.zeros(len(scale))
        order = self.model.order
        w = whitener(self.model.neighbours, self.rho, len(order))
        left = (self.model.design.y - self.model.design.x @ self.fixed.b)[order]
        a = (w @ self._indicators[order]) @ sparse.diags_array(scale)
        solution = linalg.lsqr(a, w @ left, damp=1.0, atol=1e-14, btol=1e-14, conlim=0, iter_lim=10_000)
        return scale * solution[0]

    def _rows(self, weights: Mapping[str, float] | Sequence[float] | Floats) -> Floats:
        p = len(self.names)
        if isinstance(weights, Mapping):
            unknown = [name for name in weights if name not in self.names]
            if unknown:
                raise MixedModelError(f"No coefficient {unknown[0]!r}. There are: {', '.join(self.names)}.")
            weights = [weights.get(name, 0.0) for name in self.names]
        rows = np.atleast_2d(np.asarray(weights, float))
        if rows.ndim != 2 or rows.shape[1] != p:
            raise MixedModelError(f"A contrast needs {p} weights, one a coefficient.")
        return rows

    def summary(self) -> str:
        """The fit as text, in the manner of lmerTest."""
        return summary(self)

    def apa(self, term: str | None = None) -> str:
        """The test of a term (default: the first) as a sentence in APA style."""
        return apa(self, term)


def _table(head: dict[str, list[Any]], found: Estimates) -> pd.DataFrame:
    columns = ("estimate", "se", "df", "t", "p", "lower", "upper")
    return pd.DataFrame({**head, **{name: getattr(found, name) for name in columns}})
