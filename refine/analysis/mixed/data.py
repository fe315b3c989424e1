"""From a table and a formula to sorted arrays, with everything that can be wrong said plainly.

Knows: formulas (formulaic), columns, factors, series and positions, and which of them cannot be used and why.
Does not know: likelihoods, tests.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import FormulaicError
from formulaic.transforms import TRANSFORMS
from scipy import linalg

from refine.analysis.mixed.ar1 import Floats, Ints, Series
from refine.analysis.mixed.errors import MixedModelError
from refine.analysis.mixed.moments import Factor


@dataclass(frozen=True, slots=True)
class Design:
    """The fixed part. `x`: (n, p), columns `names`; `y`: (n,); `spec`: formulaic's recipe, for new rows."""

    response: str
    names: tuple[str, ...]
    x: Floats
    y: Floats
    spec: formulaic.ModelSpec


def build_design(formula: str, data: pd.DataFrame) -> Design:
    """Evaluate `formula` ("y ~ predictors", Wilkinson notation) on `data`."""
    parsed = _parsed(formula)
    if not hasattr(parsed, "lhs"):
        raise MixedModelError(f"The formula '{formula}' names no response: write 'response ~ predictors'.")
    needed = sorted({name for side in (parsed.lhs, parsed.rhs) for name in _variables(formula, side, data)})
    require_columns(data, needed)
    reject_missing(data, needed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Empty cells are refused above, in plainer words; and one side at a time is quicker.
            left, right = (
                side.get_model_matrix(data, output="numpy", na_action="ignore", context={})
                for side in (parsed.lhs, parsed.rhs)
            )
    except Exception as error:  # an expression may raise anything
        said = f": {_first_line(error)}" if isinstance(error, FormulaicError | ValueError | TypeError) else ""
        raise MixedModelError(f"The formula '{formula}' cannot be applied{said}.{_hint(formula)}") from error
    y, x = np.asarray(left, float), np.asarray(right, float)
    response = formula.split("~")[0].strip().strip("`")
    kinds = [kind.value for kind, _ in left.model_spec.encoder_state.values()]
    if y.shape[1] != 1 or "categorical" in kinds:
        raise MixedModelError(f"The response '{response}' must be one column of numbers.")
    spec = right.model_spec
    _check_levels(spec)
    if not x.shape[1]:
        raise MixedModelError(f"The formula '{formula}' has no predictor, not even an intercept.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise MixedModelError(f"The formula '{formula}' gives infinite or undefined values on these data.")
    if np.ptp(y) == 0:
        raise MixedModelError(f"'{response}' is {y[0, 0]:g} in every row: there is nothing to explain.")
    return Design(response, tuple(spec.column_names), x, y[:, 0], spec)


def _parsed(formula: str) -> formulaic.Formula:
    """The formula, in which `^` is a power everywhere, as in R: Python would take it for XOR within `I(...)`."""
    plain = "".join(part.replace("^", "**") if not quoted else part for quoted, part in _quotes(formula))
    if any("|" in part for quoted, part in _quotes(formula) if not quoted):
        raise MixedModelError(
            f"'{formula}': random effects do not go in the formula. Name the grouping factors in `groups`."
        )
    if re.search(r"(^|[~+\-*/:(\s])\.($|[~+\-*/:)\s])", plain):
        raise MixedModelError(f"'.' does not stand for all columns here. Name the predictors in '{formula}'.")
    try:
        return formulaic.Formula(plain)
    except (FormulaicError, SyntaxError) as error:
        raise MixedModelError(
            f"The formula '{formula}' cannot be read: {_first_line(error)}.{_hint(formula)}"
        ) from error


def _quotes(formula: str) -> list[tuple[bool, str]]:
    """The parts of a formula, each with whether it is within quotes of any kind."""
    parts = re.split(r"""(`[^`]*`|'[^']*'|"[^"]*")""", formula)
    return [(at % 2 == 1, part) for at, part in enumerate(parts)]


def _variables(formula: str, side: formulaic.SimpleFormula, data: pd.DataFrame) -> Iterator[str]:
    """The columns that one side of a formula needs."""
    for factor in (factor for term in side for factor in term.factors):
        try:
            found = factor.required_variables
        except SyntaxError as error:
            raise MixedModelError(
                f"'{factor.expr}' in the formula cannot be read: {_first_line(error)}.{_hint(formula)}"
            ) from error
        quoted = {part.strip("`") for inside, part in _quotes(factor.expr) if inside and part.startswith("`")}
        for name in found:
            # Of a name in back-quotes formulaic may tell what stands before its dot.
            whole = [one for one in quoted if one == name or one.startswith(f"{name}.")]
            column = str(name if str(name) in data.columns else name.root)
            yield from whole or ([] if column in TRANSFORMS and column not in data.columns else [column])


def _hint(formula: str) -> str:
    return " A reference level is written C(column, Treatment(level))." if "Treatment" in formula else ""


def _check_levels(spec: formulaic.ModelSpec) -> None:
    for expression, (_, state) in spec.encoder_state.items():
        if len(state.get("categories", (1, 2))) < 2:
            raise MixedModelError(f"'{expression}' has one level only, so it cannot have an effect.")


def orthonormal(design: Design) -> tuple[Floats, Floats]:
    """Q (n, p) and R (p, p) with X = Q R; names the columns at fault if X does not have full rank."""
    n, p = design.x.shape
    if n <= p:
        raise MixedModelError(f"{n} rows are too few for {p} coefficients.")
    q, r = _qr(design.x)
    scale = np.sqrt(np.einsum("ij,ij->j", r, r))
    # |r_jj| / |x_j|: the part of column j that the columns before it do not explain.
    unexplained = np.abs(np.diagonal(r)) / np.where(scale > 0, scale, 1)
    if (unexplained < 1e-9).any():
        bad = [f"'{design.names[j]}'" for j in np.flatnonzero(unexplained < 1e-9)]
        raise MixedModelError(
            f"The predictors are not independent: {', '.join(bad)} can be computed from the columns before."
            " Drop a term, or a level or combination that has no rows."
        )
    return q, r


def _qr(x: Floats) -> tuple[Floats, Floats]:
    """X = Q R by Cholesky's method, twice, which is as exact as Householder's and several times as quick on long tables.

    Yamamoto, Nakatsukasa, Yanagisawa & Fukaya (2015), ETNA 44, 306-326. Where columns nearly depend on each other, by
    Householder's.
    """
    q, r = x, np.eye(x.shape[1])
    for _ in range(2):
        factor, info = linalg.lapack.dpotrf(q.T @ q, lower=0, clean=1)
        # |r_jj| / |x_j| below this, squared, would be lost in rounding.
        if info or not (np.diagonal(factor) > 1e-5 * np.linalg.norm(factor, axis=0)).all():
            return np.linalg.qr(x)
        q = np.ascontiguousarray(linalg.solve_triangular(factor, q.T, trans=1, check_finite=False).T)
        r = factor @ r
    return q, r


def group_codes(data: pd.DataFrame, name: str) -> tuple[Ints, pd.Index]:
    """Codes (n,) and labels of a column, or of the combinations of columns joined by ':'."""
    columns = [name] if name in data.columns else name.split(":")
    require_columns(data, columns)
    reject_missing(data, columns)
    codes, labels = pd.factorize(data[columns[0]])
    for column in columns[1:]:
        inner, inner_labels = pd.factorize(data[column])
        mixed, first = np.unique(codes * len(inner_labels) + inner, return_index=True)
        texts = [f"{labels[codes[i]]}:{inner_labels[inner[i]]}" for i in first]
        codes = np.searchsorted(mixed, codes * len(inner_labels) + inner)
        labels = pd.Index(texts)
    return codes.astype(np.int64, copy=False), labels


def sort_series(data: pd.DataFrame, series: str, position: str) -> tuple[Ints, Series]:
    """The order (n,) that sorts rows by series and position, and the neighbours in it."""
    codes, labels = group_codes(data, series)
    where = _positions(data, position)
    step = np.diff(codes)
    if ((step > 0) | ((step == 0) & (np.diff(where) > 0))).all():
        order = np.arange(len(codes))
    else:
        order = np.lexsort((where, codes))
    codes, where = codes[order], where[order]
    twice = np.flatnonzero((codes[1:] == codes[:-1]) & (where[1:] == where[:-1]))
    if len(twice):
        raise MixedModelError(
            f"'{series}' {labels[codes[twice[0]]]} has more than one row at '{position}' {where[twice[0]]}"
            f" ({len(twice)} such pair{'s' * (len(twice) > 1)} in all). A position may occur once a series;"
            f" if series are numbered anew within another column, join the two, as in 'session:{series}'."
        )
    found = Series.of(codes, where)
    if not len(found.first):
        raise MixedModelError(f"No '{series}' has two rows, so their correlation cannot be estimated: fix rho at 0.")
    return order, found


def _positions(data: pd.DataFrame, name: str) -> Ints:
    require_columns(data, [name])
    reject_missing(data, [name])
    column = data[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise MixedModelError(f"Positions must be whole numbers; '{name}' holds {column.iloc[0]!r}.")
    values = column.to_numpy(float)
    off = np.flatnonzero((values != np.round(values)) | (np.abs(values) > 2**53))
    if len(off):
        raise MixedModelError(f"Positions must be whole numbers; '{name}' holds {values[off[0]]:g}.")
    return values.astype(np.int64)


def build_factors(
    names: Sequence[str], coded: Sequence[tuple[Ints, pd.Index]], order: Ints, series: Series
) -> list[Factor]:
    """Factors in sorted rows; refuses those that cannot have a variance of their own."""
    n = len(order)
    factors = []
    for name, (codes, labels) in zip(names, coded, strict=True):
        levels = len(labels)
        if levels < 2:
            raise MixedModelError(f"'{name}' has one level only, so it cannot have a variance.")
        if levels == n:
            raise MixedModelError(f"Every row has its own '{name}', so its variance is part of the residual variance.")
        inside = codes[order]
        steady = bool((inside[series.first] == inside[series.second]).all())
        factors.append(Factor(inside, levels, steady))
    for k, one in enumerate(factors):
        for m in range(k):
            other = factors[m]
            if one.levels == other.levels == len(np.unique(one.codes * other.levels + other.codes)):
                raise MixedModelError(f"'{names[m]}' and '{names[k]}' group the rows alike: keep one of them.")
    return factors


def require_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse names that are not columns, or name two."""
    absent = [name for name in names if name not in data.columns]
    if absent:
        have = ", ".join(str(column) for column in data.columns)
        raise MixedModelError(f"There is no column {', '.join(map(repr, absent))}. The columns are: {have}.")
    twice = [name for name in names if list(data.columns).count(name) > 1]
    if twice:
        raise MixedModelError(f"There are several columns {twice[0]!r}: give each its own name.")


def reject_missing(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse empty cells."""
    for name in names:
        empty = data[name].isna().to_numpy()
        if empty.any():
            count = int(empty.sum())
            raise MixedModelError(
                f"'{name}' is empty (NaN) in {count} row{'s' * (count > 1)},"
                f" first in row {int(empty.argmax()) + 1}. Leave such rows out; gaps are respected."
            )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].replace(" (<unknown>, line 1)", "").rstrip(".?")
