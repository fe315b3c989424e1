"""Intraclass correlation: how far do raters agree about subjects?

Knows: analysis of variance of tables, the six forms of the coefficient. Does not know: what is rated.
Sources: Shrout & Fleiss, Psychological Bulletin 86 (1979), 420; McGraw & Wong, Psychological Methods 1 (1996), 30.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One form of the coefficient with its F test against zero and its 95% interval.

    `undefined` says why there is no value, and is empty otherwise; then the numbers mean nothing and are 0.
    """

    value: float
    F: float
    df1: float
    df2: float
    p: float
    lower: float
    upper: float
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class ICC:
    """All six forms, named as R's `psych` names them.

    `ICC1`: one-way, single measure. `ICC2`, ICC(A,1): two-way, absolute agreement. `ICC3`, ICC(C,1): two-way,
    consistency. With `k`: of the mean of all raters.
    """

    ICC1: Coefficient
    ICC2: Coefficient
    ICC3: Coefficient
    ICC1k: Coefficient
    ICC2k: Coefficient
    ICC3k: Coefficient


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Of one table, or of many (then arrays): between subjects, between raters, error, and within subjects."""

    subjects: NDArray[np.float64]
    raters: NDArray[np.float64]
    error: NDArray[np.float64]
    within: NDArray[np.float64]


def mean_squares(tables: NDArray[np.float64]) -> MeanSquares:
    """The two-way analysis of variance of tables (..., n subjects, k raters)."""
    n, k = tables.shape[-2:]
    grand = tables.mean(axis=(-2, -1))
    by_subject = tables.mean(axis=-1)
    by_rater = tables.mean(axis=-2)
    subjects = k * ((by_subject - grand[..., None]) ** 2).sum(axis=-1)
    raters = n * ((by_rater - grand[..., None]) ** 2).sum(axis=-1)
    total = ((tables - grand[..., None, None]) ** 2).sum(axis=(-2, -1))
    within = total - subjects
    error = np.maximum(within - raters, 0.0)
    return MeanSquares(subjects / (n - 1), raters / (k - 1), error / ((n - 1) * (k - 1)), within / (n * (k - 1)))


def icc(table: NDArray[np.float64], error_df: float | None = None) -> ICC:
    """The six coefficients of a table (n subjects, k raters) of finite numbers.

    `error_df` replaces the degrees of freedom of the error, (n - 1)(k - 1), in tests and intervals of `ICC2` and
    `ICC3` where the rows are not independent: ranks within a trial sum to a constant, so a trial of m rows brings
    only m - 1. Raises `ValueError` for a table with fewer than two columns or a value that is no finite number.
    """
    table = np.asarray(table, dtype=float)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError("A table of ratings needs one row a subject and at least two columns, one a rater.")
    if not np.isfinite(table).all():
        row, column = np.argwhere(~np.isfinite(table))[0]
        raise ValueError(f"Row {row + 1}, column {column + 1} of the ratings is not a finite number.")
    n, k = table.shape
    if n < 2:
        return _all_undefined("there is only one subject" if n else "there are no subjects")
    ms = mean_squares(table)
    if float(ms.subjects) + float(ms.within) < 1e-300:
        return _all_undefined("all ratings are equal")
    df1 = float(n - 1)
    df_error = float((n - 1) * (k - 1)) if error_df is None else float(error_df)
    df_subjects = df1 if error_df is None else df_error / (k - 1)
    msr, msc, mse, msw = float(ms.subjects), float(ms.raters), float(ms.error), float(ms.within)
    one = _from_f(msr, msw, k, df1, float(n * (k - 1)))
    three = _from_f(msr, mse, k, df_subjects, df_error)
    two = _agreement(msr, msc, mse, n, k, df_subjects, df_error)
    return ICC(
        ICC1=one,
        ICC2=two,
        ICC3=three,
        ICC1k=_of_mean(one, k),
        ICC2k=_of_mean(two, k),
        ICC3k=_of_mean(three, k),
    )


def _from_f(between: float, within: float, k: int, df1: float, df2: float) -> Coefficient:
    if within <= 0:
        return Coefficient(1.0, float("inf"), df1, df2, 0.0, 1.0, 1.0)
    F = between / within
    low = F / f_distribution.ppf((1 + CONFIDENCE) / 2, df1, df2)
    high = F * f_distribution.ppf((1 + CONFIDENCE) / 2, df2, df1)
    return Coefficient(
        value=(F - 1) / (F + k - 1),
        F=F,
        df1=df1,
        df2=df2,
        p=float(f_distribution.sf(F, df1, df2)),
        lower=float((low - 1) / (low + k - 1)),
        upper=float((high - 1) / (high + k - 1)),
    )


def _agreement(msr: float, msc: float, mse: float, n: int, k: int, df1: float, df2: float) -> Coefficient:
    value = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    if mse <= 0:
        return Coefficient(value, float("inf"), df1, df2, 0.0, value, value)
    F = msr / mse
    # Satterthwaite's degrees of freedom of the mixture of mean squares (McGraw & Wong, table 7).
    ratio = msc / mse
    rest = n * (1 + (k - 1) * value) - k * value
    v = df2 * (k * value * ratio + rest) ** 2 / (df1 * (k * value * ratio) ** 2 + rest**2)
    upper_f = f_distribution.ppf((1 + CONFIDENCE) / 2, df1, v)
    lower_f = f_distribution.ppf((1 + CONFIDENCE) / 2, v, df1)
    noise = k * msc + (k * n - k - n) * mse
    return Coefficient(
        value=value,
        F=F,
        df1=df1,
        df2=df2,
        p=float(f_distribution.sf(F, df1, df2)),
        lower=float(n * (msr - upper_f * mse) / (upper_f * noise + n * msr)),
        upper=float(n * (lower_f * msr - mse) / (noise + n * lower_f * msr)),
    )


def _of_mean(single: Coefficient, k: int) -> Coefficient:
    def step_up(value: float) -> float:
        """Spearman and Brown's formula."""
        denominator = 1 + (k - 1) * value
        return k * value / denominator if denominator else float("-inf")

    return Coefficient(
        step_up(single.value),
        single.F,
        single.df1,
        single.df2,
        single.p,
        step_up(single.lower),
        step_up(single.upper),
    )


def _all_undefined(why: str) -> ICC:
    nothing = Coefficient(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, undefined=f"undefined, because {why}")
    return ICC(nothing, nothing, nothing, nothing, nothing, nothing)
