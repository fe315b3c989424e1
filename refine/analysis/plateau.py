"""Where do the gains end? By contrasts with the last iteration, and by a broken stick.

Knows: the means of the iterations and their covariance under the mixed model. Does not know: scores, or how the model is
fitted.

The broken stick has mean a + b min(i, tau) at iteration i: a straight rise up to the break tau, then flat (segmented
regression: Muggeo, Statistics in Medicine 22 (2003), 3055; Seber & Wild, Nonlinear Regression, 1989, chapter 9). Given the variance
parameters, the generalised least-squares means m of the iterations and their covariance C are sufficient for it: minus
twice the log-likelihood of the mixed model is a constant plus Q(tau) = min over a, b of (m - a - b min(i, tau))' C^-1 (...).
So its profile over the break costs nothing beyond the fit, with crossed intercepts and AR(1) as fitted. The interval holds the
breaks with Q(tau) - min Q below the 95% point of F(1, df), a likelihood ratio with df of the F test of the
iterations for the estimated variances (Seber & Wild, section 5.4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

from refine.analysis.effects import IterationEffect
from refine.analysis.estimates import TermTest
from refine.metrics import MetricInfo

STEPS = 100
"""Breaks that are tried, to an iteration."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Break:
    """The break of the broken stick, in iterations, with its 95% interval.

    It lies between the second iteration (before it, rise and break cannot be told apart) and the last (no break at all).
    `slope` is the rise an iteration before the break. `misfit` tests whether the means differ from a broken stick, `None`
    with too few iterations for that. With `undefined` ("undefined, because ...") the numbers mean nothing and are 0.
    """

    estimate: float
    lower: float
    upper: float
    slope: float
    misfit: TermTest | None
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Plateau:
    """Of one metric.

    `last_different` is the last iteration that differs significantly (Holm) from the final one; 0 if none does; `None`
    if the iteration effect is undefined. `final` is the last iteration.
    """

    metric: MetricInfo
    last_different: int | None
    final: int
    broken_stick: Break

    @property
    def sentence(self) -> str:
        """Both answers in words."""
        name, stick = self.metric.label, self.broken_stick
        if self.last_different is None:
            return f"Where the gains of {name} end is {stick.undefined}."
        if self.last_different:
            words = (
                f"By {name}, iteration {self.last_different} is the last that differs significantly from the final "
                f"one ({self.final}) (Holm)."
            )
        else:
            words = f"By {name}, no iteration differs significantly from the final one ({self.final}) (Holm)."
        if stick.undefined:
            return f"{words} The break of a broken stick is {stick.undefined}."
        course = "rise" if stick.slope > 0 else "fall"
        words += (
            f" A broken stick has scores {course} up to iteration {stick.estimate:.1f} "
            f"(95% CI [{stick.lower:.1f}, {stick.upper:.1f}]) and stay level from there"
        )
        open_end = "; the interval reaches the last iteration, so that they may not be level at all"
        misfit = stick.misfit
        odd = f"; the means do not follow it well, {misfit.words}" if misfit and misfit.p < 0.05 else ""
        return f"{words}{open_end if stick.upper >= self.final else ''}{odd}."


def plateau(effect: IterationEffect) -> Plateau:
    """Where the gains of a metric end."""
    if effect.test is None:
        return Plateau(effect.metric, None, 0, _none(effect.undefined))
    different = [int(one.first) for one in effect.contrasts if one.p_holm < 0.05]
    return Plateau(effect.metric, max(different, default=0), effect.means[-1].iteration, broken_stick(effect))


def broken_stick(effect: IterationEffect) -> Break:
    """Fit the broken stick to the means of a defined effect."""
    assert effect.test is not None
    if len(effect.means) < 3:
        return _none("undefined, because there are fewer than three iterations")
    if effect.test.p >= 0.05:
        return _none("undefined, because the scores do not change significantly over the iterations")
    numbers = np.array([mean.iteration for mean in effect.means], dtype=float)
    middle = np.array([mean.estimate for mean in effect.means])
    breaks = np.arange(STEPS * numbers[1], STEPS * numbers[-1] + 1) / STEPS
    q, slopes = _profile(numbers, middle, effect.covariance, breaks)
    best, df = int(q.argmin()), effect.test.dendf
    within = breaks[q - q[best] <= stats.f.ppf(0.95, 1, df)]
    return Break(
        estimate=float(breaks[best]),
        lower=float(within[0]),
        upper=float(within[-1]),
        slope=float(slopes[best]),
        misfit=_misfit(float(q[best]), len(numbers) - 3, df),
    )


def _profile(numbers: Array, middle: Array, covariance: Array, breaks: Array) -> tuple[Array, Array]:
    """Q and the slope b at each of the `breaks`."""
    root = linalg.cholesky(covariance, lower=True)
    sticks = np.minimum(numbers[:, None], breaks)
    columns = np.column_stack([middle, np.ones(len(numbers)), sticks])
    y, one, *rest = linalg.solve_triangular(root, columns, lower=True).T
    whitened = np.array(rest)

    def freed(values: Array) -> Array:
        return values - (values @ one)[..., None] * one / (one @ one)

    y, whitened = freed(y), freed(whitened)
    along = whitened @ y
    slopes = along / np.sum(whitened**2, axis=1)
    return y @ y - slopes * along, slopes


def _misfit(q: float, numdf: int, dendf: float) -> TermTest | None:
    if numdf < 1:
        return None
    return TermTest(q / numdf, numdf, dendf, float(stats.f.sf(q / numdf, numdf, dendf)))


def _none(why: str) -> Break:
    return Break(0.0, 0.0, 0.0, 0.0, None, why)
