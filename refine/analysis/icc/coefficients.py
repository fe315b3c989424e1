"""The six forms of the intraclass correlation, each with its F test against zero and its 95% interval.

Knows: Shrout & Fleiss, Psychological Bulletin 86 (1979), 420; McGraw & Wong, Psychological Methods 1 (1996), 30.
Does not know: what is rated, or files. Same numbers as R's `psych::ICC(..., lmer = FALSE)`.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f as f_distribution

from refine.analysis.icc.mean_squares import Array, MeanSquares, mean_squares

TAIL = 0.975
"""Of the F distribution, for two-sided 95% intervals."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One form of the coefficient of one table.

    `F` is infinite if there is no error at all, and so may be one end of the interval of `ICC2k` where raters disagree more
    than by chance. `undefined` says why there is no value ("undefined, because ...")
    and is empty otherwise; then the numbers mean nothing and are 0.
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
class Coefficients:
    """One form of the coefficient of many tables: arrays of shape (tables,), to be read as `Coefficient`."""

    value: Array
    F: Array
    df1: Array
    df2: Array
    p: Array
    lower: Array
    upper: Array
    undefined: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class ICC:
    """All six forms of one table, named as R's `psych` names them.

    `ICC1`, ICC(1): one-way, single measure. `ICC2`, ICC(A,1): two-way, absolute agreement. `ICC3`, ICC(C,1):
    two-way, consistency. With `k`: of the mean of all raters.
    """

    ICC1: Coefficient
    ICC2: Coefficient
    ICC3: Coefficient
    ICC1k: Coefficient
    ICC2k: Coefficient
    ICC3k: Coefficient


FORMS = tuple(field.name for field in fields(ICC))


def icc(table: ArrayLike, error_df: float | None = None) -> ICC:
    """The six coefficients of a table (n subjects, k raters) of finite numbers; see `icc_of_tables`.

    Six subjects, each rated by the same four judges (Shrout and Fleiss, Psychological Bulletin 86, 1979, 420). The judges order the
    subjects alike, but one is far stricter than another, so that consistency is high and agreement is low:

    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = icc(ratings)
    >>> for form in ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"):
    ...     print(form, round(getattr(found, form).value, 2))
    ICC1 0.17
    ICC2 0.29
    ICC3 0.71
    ICC1k 0.44
    ICC2k 0.62
    ICC3k 0.91

    Whether the judges agree at all about who is better is an F test, with an interval for the coefficient:

    >>> one = found.ICC3
    >>> print(f"F({one.df1:.0f}, {one.df2:.0f}) = {one.F:.2f}, 95% interval {one.lower:.2f} to {one.upper:.2f}")
    F(5, 15) = 11.03, 95% interval 0.34 to 0.95

    Ratings that are all equal tell nothing, and the coefficient says so:

    >>> icc([[1, 1], [1, 1]]).ICC3.undefined
    'undefined, because all ratings are equal'
    """
    found = icc_of_tables(_checked(table, 2)[None], error_df)
    names = [field.name for field in fields(Coefficients)]
    return ICC(**{form: Coefficient(*(getattr(found[form], name)[0].item() for name in names)) for form in FORMS})


def icc_of_tables(tables: ArrayLike, error_df: float | None = None) -> dict[str, Coefficients]:
    """The coefficients of many tables (tables, n subjects, k raters) of finite numbers, by form.

    `error_df` replaces the degrees of freedom of the error, (n - 1)(k - 1), where the rows of a table are not
    independent. Ranks within a trial sum to a constant for every rater: a trial of m rows brings only m - 1 degrees of
    freedom to the subjects and (m - 1)(k - 1) to the error, so that for pooled ranks `error_df` is the sum of the
    latter. The raters' means cannot differ then, so the error within subjects has the same degrees of freedom.
    Values and F stay those of the table; tests and intervals change.

    Raises `ValueError` for fewer than two columns, a value that is no finite number, or an `error_df` that is not
    positive.
    """
    tables = _checked(tables, 3)
    if error_df is not None and not error_df > 0:
        raise ValueError(f"The degrees of freedom of the error must be positive, not {error_df}.")
    count, n, k = tables.shape
    if n < 2:
        few = np.full(count, "there is only one subject" if n else "there are no subjects")
        zeros = np.zeros(count)
        return {form: _coefficients(zeros, zeros, 0.0, 0.0, zeros, zeros, few) for form in FORMS}

    # By a power of two, which changes no coefficient: squares of the largest numbers would overflow.
    ms = mean_squares(np.ldexp(tables, -np.frexp(np.abs(tables).max(axis=(1, 2), keepdims=True))[1]))
    subjects_df = n - 1.0 if error_df is None else error_df / (k - 1)
    residual_df = (n - 1.0) * (k - 1) if error_df is None else float(error_df)
    within_df = n * (k - 1.0) if error_df is None else residual_df
    value, why = values(ms, n, k), _reasons(ms, n, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        one_way = ms.subjects / ms.within, subjects_df, within_df
        two_way = ms.subjects / ms.error, subjects_df, residual_df
        limits = {
            "ICC1": _consistency_limits(ms.subjects, ms.within, k, subjects_df, within_df),
            "ICC2": _agreement_limits(ms, value["ICC2"], n, k, subjects_df, residual_df),
            "ICC3": _consistency_limits(ms.subjects, ms.error, k, subjects_df, residual_df),
        }
        for form in ("ICC1", "ICC2", "ICC3"):
            lower, upper = limits[form]
            limits[form + "k"] = _of_the_mean(lower, upper, value[form + "k"], k)
    found = {}
    for form in FORMS:
        F, df1, df2 = one_way if form.startswith("ICC1") else two_way
        found[form] = _coefficients(value[form], F, df1, df2, *limits[form], why[form])
    return found


def values(ms: MeanSquares, n: ArrayLike, k: int) -> dict[str, Array]:
    """The six coefficients alone (McGraw & Wong, table 4), by form; not a number where undefined.

    `n` may be an array of the shape of the mean squares.
    """
    n = np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "ICC1": (ms.subjects - ms.within) / (ms.subjects + (k - 1) * ms.within),
            "ICC2": (ms.subjects - ms.error) / (ms.subjects + (k - 1) * ms.error + k * (ms.raters - ms.error) / n),
            "ICC3": (ms.subjects - ms.error) / (ms.subjects + (k - 1) * ms.error),
            "ICC1k": (ms.subjects - ms.within) / ms.subjects,
            "ICC2k": (ms.subjects - ms.error) / (ms.subjects + (ms.raters - ms.error) / n),
            "ICC3k": (ms.subjects - ms.error) / ms.subjects,
        }


def _of_the_mean(lower: Array, upper: Array, value: Array, k: int) -> tuple[Array, Array]:
    """Limits of the mean of k raters from those of a single one: Spearman and Brown's step, which has a pole.

    The lower limit of ICC(A,1) may lie below the pole. An interval that holds the pole goes on to infinity, on the side
    where the value is.
    """
    low, high = k * lower / (1 + (k - 1) * lower), k * upper / (1 + (k - 1) * upper)
    parted = low > high
    return (
        np.where(parted & (value <= high), -np.inf, low),
        np.where(parted & (value > high), np.inf, high),
    )


def _consistency_limits(between: Array, noise: Array, k: int, df1: float, df2: float) -> tuple[Array, Array]:
    """Of ICC(1) and ICC(C,1): McGraw & Wong, table 7; written without F, which may be infinite."""
    low = between / f_distribution.ppf(TAIL, df1, df2)
    high = between * f_distribution.ppf(TAIL, df2, df1)
    return (low - noise) / (low + (k - 1) * noise), (high - noise) / (high + (k - 1) * noise)


def _agreement_limits(ms: MeanSquares, value: Array, n: int, k: int, df1: float, df2: float) -> tuple[Array, Array]:
    """Of ICC(A,1): McGraw & Wong, table 7, with Satterthwaite's degrees of freedom of a sum of mean squares."""
    raters = k * value * ms.raters
    error = (n * (1 + (k - 1) * value) - k * value) * ms.error
    spread = raters**2 / (k - 1) + error**2 / df2
    # Without raters' differences and without error there is nothing uncertain, whatever the degrees of freedom.
    v = np.where(spread > 0, (raters + error) ** 2 / spread, df2)
    noise = k * ms.raters + (k * n - k - n) * ms.error
    low = f_distribution.ppf(TAIL, df1, v)
    high = f_distribution.ppf(TAIL, v, df1)
    return (
        n * (ms.subjects - low * ms.error) / (low * noise + n * ms.subjects),
        n * (high * ms.subjects - ms.error) / (noise + n * high * ms.subjects),
    )


def _reasons(ms: MeanSquares, n: int, k: int) -> dict[str, NDArray[np.str_]]:
    """Why a form has no value, by form; empty where it has one."""
    constant = ms.subjects + ms.within == 0
    no_differences = ms.subjects + ms.error == 0
    equal_means = ms.subjects == 0
    single = ms.subjects + (k - 1) * ms.error + k * (ms.raters - ms.error) / n == 0
    mean = ms.subjects + (ms.raters - ms.error) / n == 0
    cancel = "its parts of variance cancel out"
    flat, means = "no rater tells one subject from another", "the means of all subjects are equal"
    cases = {
        "ICC1": [],
        "ICC2": [(no_differences, flat), (single, cancel)],
        "ICC3": [(no_differences, flat)],
        "ICC1k": [(equal_means, means)],
        "ICC2k": [(no_differences, flat), (mean, cancel)],
        "ICC3k": [(no_differences, flat), (equal_means, means)],
    }
    return {
        form: np.select(
            [constant, *(where for where, _ in found)],
            ["all ratings are equal", *(why for _, why in found)],
            default="",
        )
        for form, found in cases.items()
    }


def _coefficients(
    value: Array, F: Array, df1: float, df2: float, lower: Array, upper: Array, why: NDArray[np.str_]
) -> Coefficients:
    # Spearman and Brown's step to the mean of raters has a pole, which a limit may hit (only below zero).
    pole = (
        np.isnan(lower) | np.isnan(upper) | (lower == np.inf) | (upper == -np.inf) | (np.isinf(lower) & np.isinf(upper))
    )
    why = np.where((why == "") & pole, "its interval is infinite", why)
    defined = why == ""

    def kept(numbers: ArrayLike) -> Array:
        return np.where(defined, numbers, 0.0)

    p = f_distribution.sf(np.where(defined, F, 1.0), max(df1, 1e-300), max(df2, 1e-300))
    words = np.where(defined, "", np.char.add("undefined, because ", why))
    return Coefficients(kept(value), kept(F), kept(df1), kept(df2), kept(p), kept(lower), kept(upper), words)


def _checked(tables: ArrayLike, dimensions: int) -> Array:
    tables = np.asarray(tables, dtype=float)
    if tables.ndim != dimensions or tables.shape[-1] < 2:
        raise ValueError("A table of ratings needs one row a subject and at least two columns, one a rater.")
    if not np.isfinite(tables).all():
        *_, row, column = np.argwhere(~np.isfinite(tables))[0]
        raise ValueError(f"Row {row + 1}, column {column + 1} of the ratings is not a finite number.")
    return tables
