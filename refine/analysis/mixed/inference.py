"""Tests of fixed effects with Satterthwaite degrees of freedom.

Knows: how the uncertainty of the variance parameters becomes degrees of freedom, for one contrast and for
several. Does not know: where estimates come from, formulas, tables.

Satterthwaite (1946), Giesbrecht and Burns (1985, Biometrics 41): df = 2 f^2 / (g' A g) for f = Var(L b) and
its gradient g; A is the inverse *observed* information of the variance parameters (as lmerTest and SAS have
it). Several contrasts at once: Fai and Cornelius (1996, J. Stat. Comput. Simul. 54), in lmerTest's form.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from refine.analysis.mixed.ar1 import Floats


@dataclass(frozen=True, slots=True)
class Estimates:
    """Values of contrasts (k,) with standard errors, df, t, two-sided p, and interval bounds."""

    estimate: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class FTest:
    """A test that several contrasts are zero."""

    f: float
    numdf: int
    dendf: float
    p: float


@dataclass(frozen=True, slots=True)
class FixedEffects:
    """Coefficients `b` (p,), their covariance (p, p), its derivatives `slopes` (m, p, p) by variance
    parameters with covariance `uncertainty` (m, m)."""

    b: Floats
    covariance: Floats
    slopes: Floats
    uncertainty: Floats

    def df(self, contrasts: Floats, variances: Floats) -> Floats:
        """Satterthwaite df (k,) of contrasts (k, p) with `variances` (k,)."""
        gradient = np.sum((contrasts @ self.slopes) * contrasts, axis=2)
        return 2 * variances**2 / np.sum((self.uncertainty @ gradient) * gradient, axis=0)

    def estimates(self, contrasts: Floats, level: float) -> Estimates:
        """Each row of `contrasts` (k, p) on its own, with intervals of confidence `level`."""
        value = contrasts @ self.b
        variance = np.sum((contrasts @ self.covariance) * contrasts, axis=1)
        se = np.sqrt(variance)
        df = self.df(contrasts, variance)
        t = value / se
        half = special.stdtrit(df, (1 + level) / 2) * se
        return Estimates(value, se, df, t, 2 * special.stdtr(df, -np.abs(t)), value - half, value + half)

    def f_test(self, contrasts: Floats) -> FTest:
        """All rows of `contrasts` (k, p) at once; linearly dependent rows count once."""
        values, vectors = np.linalg.eigh(contrasts @ self.covariance @ contrasts.T)
        kept = values > 1e-10 * values[-1]
        values, rows = values[kept], vectors[:, kept].T @ contrasts
        count = len(values)
        f = float(np.mean((rows @ self.b) ** 2 / values))
        dendf = _fai_cornelius(self.df(rows, values))
        return FTest(f, count, dendf, float(special.fdtrc(count, dendf, f)))


def _fai_cornelius(df: Floats) -> float:
    """The denominator df whose F has the same mean as the average of F(1, df_m): 2 E / (E - q), E = sum
    nu/(nu-2)."""
    if np.ptp(df) < 1e-8:
        return float(np.mean(df))
    if (df <= 2).any():
        return 2.0
    return float(2 * np.sum(df / (df - 2)) / np.sum(2 / (df - 2)))


def holm(p: Floats) -> Floats:
    """p-values adjusted by Holm's step-down method (1979, Scand. J. Stat. 6)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
