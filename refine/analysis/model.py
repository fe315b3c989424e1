"""The mixed model of the study: one metric's scores, with random intercepts for sessions and targets, AR(1) in a trial.

Knows: which part of the model the data can carry. Does not know: what the fixed part is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from refine.analysis.apa import no_zero
from refine.analysis.mixed import MixedModelError, MixedResult, fit_mixed
from refine.metrics import MetricInfo


class UndefinedError(ValueError):
    """The data cannot carry the model; the message begins with "undefined, because"."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit and `notes`: what of the model was left out, and why, in sentences."""

    result: MixedResult
    notes: tuple[str, ...]

    @property
    def head(self) -> str:
        """The model in words, to begin a sentence with."""
        result = self.result
        random = " and ".join(result.model.groups)
        return (
            f"A linear mixed model (REML) with random intercepts for {random} and AR(1) residuals within trials "
            f"(ρ = {no_zero(result.rho, 2)})"
        )


def table(iterations: pd.DataFrame, metric: MetricInfo, *more: str) -> pd.DataFrame:
    """The rows with a score: `score` (oriented), `session`, `target`, `trial`, `iteration` and the columns `more`."""
    rows = iterations.loc[iterations[metric.id].notna(), ["session", "target", "trial", "iteration", *more]]
    scores = metric.direction * iterations.loc[rows.index, metric.id].astype(float)
    return rows.assign(score=scores, iteration=rows["iteration"].astype(int)).reset_index(drop=True)


def fit(rows: pd.DataFrame, fixed: str, start: MixedResult | None = None) -> Fit:
    """Fit `score ~ fixed` to rows of `table`; `start` is an earlier fit of the same to fewer or more rows.

    Raises `UndefinedError`.
    """
    if rows.empty:
        raise UndefinedError("undefined, because there are no scores")
    if rows["session"].nunique() < 2:
        raise UndefinedError("undefined, because there is only one session")
    if rows["iteration"].nunique() < 2:
        raise UndefinedError("undefined, because there is only one iteration")
    if np.ptp(rows["score"]) == 0:
        raise UndefinedError("undefined, because all scores are equal")
    groups, notes = _groups(rows)
    usable = start if start is not None and start.model.groups == tuple(groups) else None
    try:
        result = fit_mixed(f"score ~ {fixed}", rows, groups, "trial", "iteration", start=usable)
        numbers = [*result.tests[["F", "p"]].to_numpy().ravel(), *result.coefficients["se"]]
    except MixedModelError as fault:
        raise UndefinedError(f"undefined, because the model cannot be fitted: {str(fault).rstrip('.')}") from fault
    if not np.isfinite(numbers).all():
        raise UndefinedError("undefined, because the scores leave nothing to test against")
    return Fit(result, (*notes, *result.messages))


def _groups(rows: pd.DataFrame) -> tuple[Sequence[str], tuple[str, ...]]:
    """The factors whose variances can be told apart, and what was left out."""
    sessions, targets = rows["session"].nunique(), rows["target"].nunique()
    if targets == 1:
        return ["session"], ("All trials have the same target, so that targets have no variance in the model.",)
    if sessions == targets == len(rows[["session", "target"]].drop_duplicates()):
        return ["session"], (
            "Every session had a target of its own, so that the two cannot be told apart: the variance of 'session' "
            "holds that of targets too.",
        )
    return ["session", "target"], ()
