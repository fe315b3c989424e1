"""Finding the maximum of the likelihood by Newton's method with exact derivatives.

Knows: working parameters without bounds, safe steps, when to stop.
Does not know: what the parameters mean beyond "ratios that cannot be negative" and "a free one".

A variance ratio is written gamma = sinh(phi)^2: smooth and even in phi, so that gamma = 0 is an ordinary
stationary point (a minimum of the deviance exactly where the constraint binds), and like exp(2 phi) when
large.
"""

from dataclasses import dataclass

import numpy as np

from refine.analysis.mixed.ar1 import Floats
from refine.analysis.mixed.likelihood import Evaluation, Likelihood

LONGEST_STEP = 1.0
"""In any working parameter."""

CLOSE = 1e-5
"""After a Newton step shorter than this, what is left is of the order of its square."""

NEGLIGIBLE = 1e-7
"""A variance ratio below this is compared with zero."""

Z_LIMIT = 8.0
"""|atanh(rho)| stays below this: |rho| < 1 - 2e-7."""

MAX_STEPS = 100

FEW_ROWS = 1_000
"""Up to here every first guess is followed to its end."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the search ended. `theta`: (gamma..., z). `boundary`: numbers of the factors whose variance is
    zero."""

    theta: Floats
    at: Evaluation
    boundary: tuple[int, ...]
    converged: bool


def maximise(likelihood: Likelihood, ratios: int, start: Floats | None = None) -> Optimum:
    """Maximise the likelihood over `ratios` variance ratios and, if there is one more parameter, z.

    `start`: (gamma..., z) of a fit to similar data, if there is one.
    """
    starts = _first_guesses(likelihood, ratios) if start is None else [start.copy()]
    found = [_climb(likelihood, ratios, theta) for theta in starts]
    return min(found, key=lambda optimum: (not optimum.converged, optimum.at.deviance))


def _first_guesses(likelihood: Likelihood, ratios: int) -> list[Floats]:
    gammas, neighbours = likelihood.moment_guess()
    if likelihood.size == ratios:
        return [gammas]
    if not (likelihood.series.gaps % 2).any():
        # rho and -rho fit alike: the positive one is meant.
        return [np.append(gammas, max(abs(neighbours), 0.1))]
    # The likelihood can have two hills in rho: begin on the higher one, or climb both where that is quick.
    guesses = [np.append(gammas, z) for z in (neighbours, -0.4, 0.6)]
    return guesses if likelihood.n <= FEW_ROWS else [min(guesses, key=likelihood.deviance)]


def _climb(likelihood: Likelihood, ratios: int, theta: Floats) -> Optimum:
    """The top of the hill that `theta` stands on, with variances that belong at zero set to it."""
    # A start at zero exactly would be a stationary point.
    theta[:ratios] = np.maximum(theta[:ratios], 1e-3)
    free = np.ones(likelihood.size, bool)
    theta, at, converged = _newton(likelihood, ratios, theta, free)
    small = theta[:ratios] < NEGLIGIBLE
    if small.any():
        candidate = theta.copy()
        candidate[:ratios][small] = 0
        free[:ratios] = ~small | (likelihood.evaluate(candidate).gradient[:ratios] < 0)
        candidate[free] = theta[free]
        theta, at, converged = _newton(likelihood, ratios, candidate, free)
    return Optimum(theta, at, tuple(np.flatnonzero(theta[:ratios] == 0).tolist()), converged)


def _newton(likelihood: Likelihood, ratios: int, theta: Floats, free: np.ndarray) -> tuple[Floats, Evaluation, bool]:
    """Newton steps in the free working parameters, shortened until the deviance falls."""
    x = _working(theta, ratios)
    at = likelihood.evaluate(_natural(x, ratios))
    for _ in range(MAX_STEPS):
        step, sound = _step(x, at, ratios, free)
        length = float(np.max(np.abs(step), initial=0))
        if length == 0:
            return _natural(x, ratios), at, sound
        last = sound and length < CLOSE
        for _ in range(30):
            new = x + step
            candidate = likelihood.evaluate(_natural(new, ratios))
            # Rounding in the deviance hides gains of the last steps.
            if candidate.deviance <= at.deviance + 1e-11 * abs(at.deviance) + 1e-9 * last:
                break
            step = step / 4
        else:
            return _natural(x, ratios), at, sound and length < 1e-4
        x, at = new, candidate
        if last:
            return _natural(x, ratios), at, True
        if likelihood.size > ratios and abs(x[-1]) >= Z_LIMIT:
            return _natural(x, ratios), at, False
    return _natural(x, ratios), at, False


def _step(x: Floats, at: Evaluation, ratios: int, free: np.ndarray) -> tuple[Floats, bool]:
    """The Newton step, made a descent step where the deviance is not convex, and whether it was convex."""
    slope = np.ones(len(x))
    bend = np.zeros(len(x))
    slope[:ratios] = np.sinh(2 * x[:ratios])
    bend[:ratios] = 2 * np.cosh(2 * x[:ratios])
    gradient = (at.gradient * slope)[free]
    hessian = (at.hessian * np.outer(slope, slope) + np.diag(at.gradient * bend))[np.ix_(free, free)]
    step = np.zeros(len(x))
    if not free.any():
        return step, True
    values, vectors = np.linalg.eigh(hessian)
    floor = 1e-10 * np.max(np.abs(values), initial=1e-300)
    step[free] = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), floor))
    if len(x) > ratios:
        step[-1] = np.clip(step[-1], -Z_LIMIT - x[-1], Z_LIMIT - x[-1])
    longest = np.max(np.abs(step))
    return step * min(1.0, LONGEST_STEP / longest) if longest else step, bool(values[0] > floor)


def _working(theta: Floats, ratios: int) -> Floats:
    x = theta.copy()
    x[:ratios] = np.arcsinh(np.sqrt(theta[:ratios]))
    return x


def _natural(x: Floats, ratios: int) -> Floats:
    theta = x.copy()
    theta[:ratios] = np.sinh(x[:ratios]) ** 2
    return theta
