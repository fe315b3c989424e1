"""Which contrasts of the coefficients a term, a marginal mean or a difference of means stands for.

Knows: formulaic's terms and codings, type III hypotheses, reference grids.
Does not know: estimates, variances, tests.
"""

from collections.abc import Sequence
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from formulaic.parser.types import Term

from refine.analysis.mixed.ar1 import Floats
from refine.analysis.mixed.errors import MixedModelError


def type_three(spec: formulaic.ModelSpec, x: Floats, data: pd.DataFrame) -> dict[str, Floats]:
    """Type III contrasts (k, p) by term, the intercept left out.

    Coefficients of a term contained in others (A in A:B) are freed from them: the row becomes orthogonal, as
    a function of the cell parameters of the over-parametrised model, to the rows of the containing terms
    (SAS; lmerTest's `contest`). With treatment coding these are differences from the reference level,
    averaged with equal weights over the other factors.
    """
    slices = {term: columns for term, columns in spec.term_slices.items() if _factors(term)}
    identity = np.eye(x.shape[1])
    rows = {term: identity[columns] for term, columns in slices.items()}
    above = {term: [other for other in slices if _contains(spec, other, term)] for term in slices}
    if any(above.values()):
        # Rows with equal predictors say the same; one of each is enough.
        kept = ~data[_used(spec, data)].duplicated().to_numpy()
        complete = spec.update(ensure_full_rank=False, structure=None)
        full = np.asarray(complete.get_model_matrix(data[kept]), float)
        cells = np.linalg.lstsq(x[kept], full, rcond=None)[0]
        for term, others in above.items():
            if others:
                upper = np.vstack([identity[slices[other]] for other in others])
                weight = np.linalg.lstsq((upper @ cells).T, (rows[term] @ cells).T, rcond=None)[0]
                rows[term] = rows[term] - weight.T @ upper
    return {str(term): contrast for term, contrast in rows.items()}


def _used(spec: formulaic.ModelSpec, data: pd.DataFrame) -> list[str]:
    """The columns that predictors are made of."""
    return sorted(str(name) for name in spec.variables if name in data.columns)


def _factors(term: Term) -> set[str]:
    return {factor.expr for factor in term.factors if factor.expr != "1"}


def _contains(spec: formulaic.ModelSpec, larger: Term, smaller: Term) -> bool:
    """Whether `larger` has the factors of `smaller` and further *categorical* ones."""
    extra = _factors(larger) - _factors(smaller)
    return _factors(smaller) < _factors(larger) and all(_categorical(spec, expression) for expression in extra)


def _categorical(spec: formulaic.ModelSpec, expression: str) -> bool:
    kind, _ = spec.encoder_state[expression]
    return bool(kind.value == "categorical")


def marginal_means(
    spec: formulaic.ModelSpec, data: pd.DataFrame, variables: Sequence[str]
) -> tuple[pd.DataFrame, Floats]:
    """Contrasts (k, p) of the estimated marginal means of `variables`, and a table (k rows) of their levels.

    Other categorical variables are averaged with equal weights, numeric ones held at their mean (Searle,
    Speed and Milliken 1980, Am. Stat. 34).
    """
    used = _used(spec, data)
    categorical = {
        str(name)
        for factor, names in spec.factor_variables.items()
        if factor.expr != "1" and _categorical(spec, factor.expr)
        for name in names
        if name in data.columns
    }
    for name in variables:
        if name not in categorical:
            have = ", ".join(sorted(categorical)) or "none"
            raise MixedModelError(f"'{name}' is not a categorical predictor of the model. There are: {have}.")
    others = [name for name in used if name in categorical and name not in variables]
    grid = pd.DataFrame({"": [0]})
    for name in [*variables, *others]:
        levels = data[[name]].drop_duplicates().sort_values(name)
        grid = grid.merge(levels, how="cross")
    grid = grid.drop(columns="")
    for name in used:
        if name not in categorical:
            grid[name] = data[name].mean()
    x = np.asarray(spec.get_model_matrix(grid), float)
    labels = grid[list(variables)].drop_duplicates().reset_index(drop=True)
    return labels, x.reshape(len(labels), -1, x.shape[1]).mean(axis=1)


def differences(labels: pd.DataFrame, means: Floats, variable: str, reference: Any) -> tuple[pd.DataFrame, Floats]:
    """Contrasts of each level of `variable` with `reference`, within each combination of the other
    columns."""
    levels = labels[variable]
    if not (levels == reference).any():
        have = ", ".join(map(str, levels.unique()))
        raise MixedModelError(f"'{variable}' has no level {reference!r}. The levels are: {have}.")
    others = [name for name in labels.columns if name != variable]
    row_of = {key: k for k, key in enumerate(labels.itertuples(index=False, name=None))}
    kept, rows = [], []
    for key, k in row_of.items():
        values = dict(zip(labels.columns, key, strict=True))
        if values[variable] == reference:
            continue
        base = tuple(reference if name == variable else values[name] for name in labels.columns)
        kept.append({"contrast": f"{values[variable]} - {reference}", **{name: values[name] for name in others}})
        rows.append(means[k] - means[row_of[base]])
    return pd.DataFrame(kept), np.array(rows)
