"""The two-way analysis of variance of tables with one rating in each cell.

Knows: sums of squares, one table or many at once. Does not know: coefficients, files.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Of tables (..., n subjects, k raters), each an array of shape (...).

    `subjects` (MSR, n - 1 degrees of freedom), `raters` (MSC, k - 1), `error` (MSE, (n - 1)(k - 1)) and `within`
    subjects (MSW, n(k - 1)). A sum of squares that is nothing but rounding is exactly 0.
    """

    subjects: Array
    raters: Array
    error: Array
    within: Array


def mean_squares(tables: Array) -> MeanSquares:
    """The mean squares of tables (..., n, k) of finite numbers, with n and k of at least 2."""
    n, k = tables.shape[-2:]
    # What is left of equal numbers after rounding: a few units in the last place of the largest one.
    rounding = (8 * np.finfo(float).eps * np.abs(tables).max(axis=(-2, -1))) ** 2 * n * k
    centred = tables - tables.mean(axis=(-2, -1), keepdims=True)
    by_subject = centred.mean(axis=-1, keepdims=True)
    by_rater = centred.mean(axis=-2, keepdims=True)

    def sum_of_squares(deviations: Array) -> Array:
        found = np.square(deviations).sum(axis=(-2, -1))
        return np.where(found > rounding, found, 0.0)

    return MeanSquares(
        subjects=k * sum_of_squares(by_subject) / (n - 1),
        raters=n * sum_of_squares(by_rater) / (k - 1),
        error=sum_of_squares(centred - by_subject - by_rater) / ((n - 1) * (k - 1)),
        within=sum_of_squares(centred - by_subject) / (n * (k - 1)),
    )
