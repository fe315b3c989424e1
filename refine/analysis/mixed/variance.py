"""Variance components, rho and their uncertainty.

Knows: how ratios, scale and z become variances and rho, with standard errors and intervals.
Does not know: fixed effects, data, tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from refine.analysis.mixed.ar1 import Floats
from refine.analysis.mixed.errors import MixedModelError

WEAK = 1e-8
"""Information below this, relative to the parameter's size or to other parameters, is none."""


@dataclass(frozen=True, slots=True)
class ParameterEstimate:
    """An estimate with its standard error and interval; `None` where there is none (fixed, or at the
    boundary)."""

    estimate: float
    se: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class VarianceParameters:
    """The free parameters eta = (log variance ratio..., z, log v) at the optimum.

    `ratios`: by factor, 0 at the boundary. `z`: atanh(rho), estimated or not. `v`: marginal residual
    variance. `free`: which ratios are not at the boundary. `covariance`: of the free parameters in the order
    (ratios gamma..., z if estimated, log v); gamma itself, not its logarithm.
    """

    ratios: Floats
    z: float
    v: float
    free: tuple[int, ...]
    z_free: bool
    covariance: Floats

    @classmethod
    def at(
        cls,
        theta: Floats,
        z: float,
        v: float,
        factors: Sequence[str],
        boundary: Sequence[int],
        hessian: Floats,
    ) -> "VarianceParameters":
        """From the Hessian of the deviance in (gamma..., z, log v); what lies at the boundary is left out of
        it."""
        ratios = len(factors)
        keep = [k for k in range(len(hessian)) if k not in boundary]
        names = [*(f"the variance of '{name}'" for name in factors), *["rho"] * (len(theta) - ratios)]
        names = [*(names[k] for k in keep[:-1]), "the residual variance"]
        sizes = np.array([*np.maximum(theta[:ratios], 1e-3), *np.ones(len(hessian) - ratios)])[keep]
        covariance = _inverse(hessian[np.ix_(keep, keep)] / 2, sizes, names)
        free = tuple(k for k in keep if k < ratios)
        return cls(theta[:ratios], z, v, free, len(theta) > ratios, covariance)

    def without_rho(self) -> "VarianceParameters":
        """The same with rho taken as known: its uncertainty, and what others owe to it, is left out."""
        if not self.z_free:
            return self
        k = len(self.free)
        information = np.linalg.inv(self.covariance)
        keep = [i for i in range(len(information)) if i != k]
        covariance = np.linalg.inv(information[np.ix_(keep, keep)])
        return VarianceParameters(self.ratios, self.z, self.v, self.free, False, covariance)

    def components(self, level: float) -> list[ParameterEstimate]:
        """Variance by factor, then the residual's. Intervals on the log scale (Wald)."""
        half = special.ndtri((1 + level) / 2)
        last = len(self.covariance) - 1
        out = [ParameterEstimate(0.0)] * len(self.ratios)
        directions = {}
        for i, k in enumerate(self.free):
            direction = np.zeros(last + 1)
            direction[i], direction[last] = 1 / self.ratios[k], 1
            directions[k] = direction
        directions[len(self.ratios)] = np.eye(last + 1)[last]
        out.append(ParameterEstimate(self.v))
        for k, direction in directions.items():
            value = self.v * (self.ratios[k] if k < len(self.ratios) else 1)
            se = np.sqrt(direction @ self.covariance @ direction)
            out[k] = ParameterEstimate(
                float(value),
                float(value * se),
                float(value * np.exp(-half * se)),
                float(value * np.exp(half * se)),
            )
        return out

    def rho(self, level: float) -> ParameterEstimate:
        """Interval on the scale of atanh(rho) (Wald)."""
        value = float(np.tanh(self.z))
        if not self.z_free:
            return ParameterEstimate(value)
        k = len(self.free)
        se = float(np.sqrt(self.covariance[k, k]))
        half = special.ndtri((1 + level) / 2) * se
        return ParameterEstimate(
            value, (1 - value**2) * se, float(np.tanh(self.z - half)), float(np.tanh(self.z + half))
        )


def _inverse(information: Floats, sizes: Floats, names: Sequence[str]) -> Floats:
    """The inverse of the information matrix; says which parameters the data do not determine if there is
    none.

    `sizes`: what a change of each parameter is large against.
    """
    relative = np.diagonal(information) * sizes**2
    weak = relative < WEAK
    if not weak.any():
        spread = np.sqrt(np.diagonal(information))
        values, vectors = np.linalg.eigh(information / np.outer(spread, spread))
        if values[0] > WEAK:
            return np.asarray((vectors / values) @ vectors.T / np.outer(spread, spread))
        weak = np.abs(vectors[:, 0]) > 0.3
    raise MixedModelError(
        f"The data do not determine {' and '.join(np.array(names)[weak])}. Perhaps a grouping factor repeats"
        " a predictor or another factor, or positions are too far apart for a correlation. Leave it out."
    )
