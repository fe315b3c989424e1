"""Fitting the model: from a table to a result.

Knows: the order of the steps. Does not know: any one of them in detail.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import linalg

from refine.analysis.mixed.ar1 import Floats, Series
from refine.analysis.mixed.data import (
    build_design,
    build_factors,
    group_codes,
    orthonormal,
    sort_series,
)
from refine.analysis.mixed.errors import MixedModelError
from refine.analysis.mixed.inference import FixedEffects
from refine.analysis.mixed.likelihood import Evaluation, Likelihood
from refine.analysis.mixed.optimise import Z_LIMIT, Optimum, maximise
from refine.analysis.mixed.result import MixedResult, Model
from refine.analysis.mixed.variance import VarianceParameters

NO_RHO, NO_CORRELATION = 1e-2, 1e-8
"""Of rho and of the nearest neighbours' correlation, below which rho is taken to be estimated as zero."""


def fit_mixed(
    formula: str,
    data: pd.DataFrame,
    groups: Sequence[str] = (),
    series: str | None = None,
    position: str | None = None,
    rho: float | None = None,
    reml: bool = True,
    level: float = 0.95,
    start: MixedResult | None = None,
) -> MixedResult:
    """Fit y = X b + random intercepts + AR(1) residuals by (restricted) maximum likelihood.

    `formula`: fixed part in Wilkinson notation, e.g. "score ~ C(iteration, Treatment(10))". `groups`: columns
    with a random intercept each, crossed or nested; "a:b" means the combinations of two columns. `series`,
    `position`: residuals of one series at positions i and j (whole numbers, gaps allowed) have correlation
    rho^|i - j|. `rho`: `None` to estimate it (if there are series), or a fixed value in (-1, 1). `level`:
    confidence of intervals. `start`: an earlier fit of the same model to similar data, to begin from. Raises
    `MixedModelError` with a plain sentence.

    Work and memory grow linearly with the rows, apart from the smaller of two large crossed factors, whose
    levels meet in a dense matrix.

    The strength of dye from six batches, five samples each (Davies and Goldsmith, Statistical Methods in Research and Production,
    1972). A batch is a random draw of all batches that there could be:

    >>> strength = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
    ...             1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
    >>> dye = pd.DataFrame({"batch": [batch for batch in "ABCDEF" for _ in range(5)], "strength": strength})
    >>> fit = fit_mixed("strength ~ 1", dye, groups=["batch"])

    The mean, with degrees of freedom by Satterthwaite: six batches tell of it, not thirty samples.

    >>> print(fit.coefficients[["name", "estimate", "se", "df"]].round(2).to_string(index=False))
         name  estimate    se  df
    Intercept    1527.5 19.38 5.0

    Batches vary nearly as much as samples of a batch do. With five samples a batch that has a textbook's answer:

    >>> print(fit.variance_components[["component", "estimate"]].round(1).head(2).to_string(index=False))
    component  estimate
        batch    1764.0
     residual    2451.3
    >>> within = dye.groupby("batch")["strength"].var().mean()
    >>> between = dye.groupby("batch")["strength"].mean().var() - within / 5
    >>> print(f"{between:.0f} {within:.0f}")
    1764 2451
    """
    began = time.perf_counter()
    groups = list(groups)
    rho = _settle_rho(series, position, rho)
    if not 0 < level < 1:
        raise MixedModelError(f"The confidence level must lie between 0 and 1, not at {level:g}.")
    if len(set(groups)) < len(groups):
        raise MixedModelError("A grouping factor is named twice.")
    if not len(data):
        raise MixedModelError("The table has no rows.")
    design = build_design(formula, data)
    coded = [group_codes(data, name) for name in groups]
    if rho == 0 or series is None or position is None:
        order, neighbours = np.arange(len(data)), Series.none()
    else:
        order, neighbours = sort_series(data, series, position)
    factors = build_factors(groups, coded, order, neighbours)
    q, r = orthonormal(design)

    # Least squares first: what is left is of moderate size whatever the units, and rounding cannot build up.
    projected = q.T @ design.y
    left = design.y - q @ projected
    n, p = q.shape
    unit = float(np.sqrt(left @ left / (n - p)))
    if unit <= 1e-12 * np.max(np.abs(design.y)):
        raise MixedModelError(f"The predictors explain '{design.response}' exactly: nothing is left to model.")
    numeric = np.column_stack([q, left / unit])[order]
    likelihood = Likelihood(factors, numeric, neighbours, rho, reml)
    optimum = _maximise(likelihood, len(groups), start)
    at = optimum.at

    z = likelihood.z(optimum.theta)
    if rho is None and series is not None and _at_zero(neighbours, z):
        # Nothing depends on rho there, which is left out as a variance of zero is.
        found = fit_mixed(formula, data, groups, series, position, 0.0, reml, level)
        model = replace(found.model, series=series, position=position)
        return replace(found, model=model, rho_at_boundary=True, seconds=time.perf_counter() - began)
    logs = 2 * np.log(unit) * likelihood.freedom
    if reml:
        logs += 2 * np.sum(np.log(np.abs(np.diagonal(r))))
    parameters = VarianceParameters.at(optimum.theta, z, at.v * unit**2, groups, optimum.boundary, at.full_hessian)
    model = Model(
        formula=formula,
        design=design,
        data=data,
        groups=tuple(groups),
        levels=tuple(len(labels) for _, labels in coded),
        labels=tuple(labels for _, labels in coded),
        codes=tuple(codes for codes, _ in coded),
        series=None if rho == 0 else series,
        position=None if rho == 0 else position,
        neighbours=neighbours,
        order=order,
        reml=reml,
        confidence=level,
    )
    return MixedResult(
        model=model,
        fixed=_fixed_effects(at, parameters, optimum, r, projected, unit),
        parameters=parameters,
        loglik=-(at.deviance + logs) / 2,
        converged=optimum.converged,
        boundary=tuple(groups[k] for k in optimum.boundary),
        seconds=time.perf_counter() - began,
    )


def _settle_rho(series: str | None, position: str | None, rho: float | None) -> float | None:
    """The fixed value of rho, or `None` if it is to be estimated."""
    if rho is not None and not -1 < rho < 1:
        raise MixedModelError(f"rho must lie between -1 and 1, not at {rho:g}.")
    if (series is None) != (position is None) and rho != 0:
        given, absent = ("series", "position") if position is None else ("position", "series")
        raise MixedModelError(f"A {given} is named but no {absent}: AR(1) residuals need both.")
    if series is None:
        if rho:
            raise MixedModelError("A correlation rho needs a series and a position.")
        return 0.0
    return rho


def _at_zero(neighbours: Series, z: float) -> bool:
    """Whether rho is zero because it cannot be less: at even gaps rho and -rho are alike, and no correlation is negative."""
    if (neighbours.gaps % 2).any() or abs(np.tanh(z)) > NO_RHO:
        return False
    return bool(abs(np.tanh(z)) ** int(neighbours.gaps.min()) < NO_CORRELATION)


def _maximise(likelihood: Likelihood, ratios: int, start: MixedResult | None) -> Optimum:
    guess = None
    if start is not None:
        if len(start.parameters.ratios) != ratios:
            raise MixedModelError("The fit to start from has other grouping factors.")
        guess = np.append(start.parameters.ratios, [start.parameters.z] * (likelihood.size - ratios))
    try:
        optimum = maximise(likelihood, ratios, guess)
    except np.linalg.LinAlgError as error:
        raise MixedModelError(
            "The residual variance shrinks to nothing: the grouping factors explain the response exactly."
        ) from error
    if likelihood.size > ratios and abs(optimum.theta[-1]) >= Z_LIMIT:
        raise MixedModelError(
            f"rho runs to {'+' if optimum.theta[-1] > 0 else '-'}1, the end of its range: within a series the"
            " residuals follow from one another almost exactly. Fix rho, or give the series an intercept."
        )
    return optimum


def _fixed_effects(
    at: Evaluation,
    parameters: VarianceParameters,
    optimum: Optimum,
    r: Floats,
    projected: Floats,
    unit: float,
) -> FixedEffects:
    """Coefficients in the columns of X = Q R, from those in Q and the unit of y."""
    p = len(r)
    back = np.asarray(linalg.solve_triangular(r, np.eye(p)))
    covariance = parameters.v * back @ at.inverse @ back.T
    kept = [k for k in range(len(optimum.theta)) if k not in optimum.boundary]
    slopes = [-parameters.v * back @ at.inverse @ at.slopes[k] @ at.inverse @ back.T for k in kept]
    return FixedEffects(
        b=back @ (projected + unit * at.b),
        covariance=covariance,
        slopes=np.array([*slopes, covariance]),
        uncertainty=parameters.covariance,
    )
