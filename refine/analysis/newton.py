"""The maximum of a concave log-likelihood.

Knows: Newton's method with step halving. Does not know: what is fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Likelihood = Callable[[Array], tuple[float, Array, Array]]
"""Parameters (p,) -> log-likelihood, its gradient (p,) and the observed information (p, p)."""

STEPS = 50

LOST = 1e6
"""Variance of a parameter, as a multiple of that at the start, from which the maximum is taken to lie at infinity."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the maximum is, how high, and the covariance of the parameters (p, p): the inverse information."""

    parameters: Array
    loglik: float
    covariance: NDArray[np.floating]


def maximise(likelihood: Likelihood, parameters: int) -> Maximum | None:
    """Search from zero; `None` if no maximum is found, as where it lies at infinity."""
    at = np.zeros(parameters)
    loglik, gradient, information = likelihood(at)
    try:
        at_start = np.diag(np.linalg.inv(information)).max(initial=0.0)
        for _ in range(STEPS):
            step = np.linalg.solve(information, gradient)
            # Half the squared Newton decrement is what is left to gain.
            if gradient @ step < 1e-16:
                break
            higher = likelihood(at + step)
            while higher[0] < loglik and np.abs(step).max() > 1e-12:
                step = step / 2
                higher = likelihood(at + step)
            at = at + step
            loglik, gradient, information = higher
        else:
            return None
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return None
    if np.diag(covariance).max(initial=0.0) > LOST * at_start:
        return None
    return Maximum(at, loglik, covariance)
