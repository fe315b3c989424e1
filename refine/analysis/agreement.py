"""Does a metric order drawings as people do?

Knows: ranks within trials, what to measure on them, the bands of the paper. Does not know: any metric, or how
results are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from refine.analysis.bootstrap import resampled_sums
from refine.analysis.icc import ICC, MeanSquares, icc, values
from refine.analysis.trials import blocks
from refine.metrics import MetricInfo

Band = Literal["poor", "moderate", "good", "excellent"]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95% interval; with `undefined` ("undefined, because ...") the numbers mean nothing and are 0."""

    lower: float
    upper: float
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Percentile intervals from drawing whole trials with replacement, by what is estimated.

    They need no normal distribution and let the drawings of a trial depend on each other.
    """

    ICC2: Interval
    ICC3: Interval
    ICC2k: Interval
    ICC3k: Interval
    spearman: Interval
    kendall: Interval
    pairwise: Interval
    top: Interval


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one metric with people, over all trials with at least two drawings.

    `icc.ICC3` is ICC(C,1), `icc.ICC2` is ICC(A,1), `icc.ICC3k` and `icc.ICC2k` are those of the average; their intervals
    count each trial of m drawings as m - 1 degrees of freedom. `spearman` and `kendall` (tau-b) are means over trials of
    the coefficient within the trial, `None` if the metric ties all drawings in every trial. `pairwise` is the share of
    pairs of drawings of a trial that metric and person order alike (0..1; a pair tied by the metric counts half), `top`
    the share of trials in which the metric's best drawing is the person's (if the metric ties several for the best, the
    person's choice among them counts as its share). Without any trial both are 0.
    """

    metric: MetricInfo
    trials: int
    icc: ICC
    spearman: float | None
    kendall: float | None
    pairwise: float
    top: float
    bootstrap: Bootstrap

    @property
    def band(self) -> Band | None:
        """The paper's word for ICC(C,1): below 0.5 poor, 0.75 moderate, 0.9 good; `None` if it is undefined."""
        if self.icc.ICC3.undefined:
            return None
        value = self.icc.ICC3.value
        return "poor" if value < 0.5 else "moderate" if value < 0.75 else "good" if value < 0.9 else "excellent"


PARTS = (
    "trials",  # 1
    "drawings",
    "subjects",  # sum of squares between the drawings
    "error",  # sum of squares between the two ranks of a drawing
    "spearman",  # 0 where it is not defined
    "kendall",  # 0 where it is not defined
    "ordered",  # 1 where both are
    "alike",  # pairs that metric and person order alike
    "pairs",
    "top",
)
"""What a trial brings to the sums from which everything is computed, so that a bootstrap only adds."""


def agreements(iterations: pd.DataFrame, metrics: Sequence[MetricInfo]) -> tuple[Agreement, ...]:
    """The agreement of each metric with people.

    `iterations` has a row an iteration, with the columns `trial`, `iteration`, `rank` (1 = most similar) and the
    metrics' ids (raw); for each metric, rows without a rank or a score are left out. Within each trial both become
    ranks, 1 = most similar, ties getting the mean of their ranks, counted from the trial's mean rank, so that a longer
    trial is not taken for drawings that both find worse.

    Two people ranked four drawings each. The metric orders them nearly alike: of the first person's six pairs it gets all but one
    right, and each one's favourite is its best.

    >>> from refine.metrics import METRICS
    >>> rows = pd.DataFrame({
    ...     "session": ["a"] * 4 + ["b"] * 4,
    ...     "trial": ["a1"] * 4 + ["b1"] * 4,
    ...     "iteration": [1, 2, 3, 4] * 2,
    ...     "rank": [4, 3, 1, 2, 3, 4, 2, 1],
    ...     "clip_b32": [0.6, 0.5, 0.8, 0.7, 0.6, 0.5, 0.7, 0.9],
    ... })
    >>> (found,) = agreements(rows, [METRICS["clip_b32"]])
    >>> icc = f"ICC(C,1) = {found.icc.ICC3.value:.2f}, {found.band}"
    >>> print(f"{icc}; pairs alike: {found.pairwise:.0%}, favourites: {found.top:.0%}")
    ICC(C,1) = 0.90, excellent; pairs alike: 92%, favourites: 100%
    """
    found = [_ranked(iterations, metric) for metric in metrics]
    drawn: list[Array | None] = [None] * len(found)
    for trials in {len(sums) for _, sums in found if len(sums) > 1}:
        # Metrics on equally many trials share the draws, so that these are made once.
        same = [i for i, (_, sums) in enumerate(found) if len(sums) == trials]
        together = resampled_sums(np.hstack([found[i][1] for i in same]))
        for i, draws in zip(same, np.split(together, len(same), axis=1), strict=True):
            drawn[i] = draws
    return tuple(
        _agreement(metric, table, sums, draws)
        for metric, (table, sums), draws in zip(metrics, found, drawn, strict=True)
    )


def _ranked(iterations: pd.DataFrame, metric: MetricInfo) -> tuple[Array, Array]:
    """The table of ranks by person and by metric (drawings, 2), and the `PARTS` of each trial."""
    rows = iterations.dropna(subset=["rank", metric.id])
    tables, parts = [np.empty((0, 2))], [np.empty((0, len(PARTS)))]
    for block in blocks(rows):
        length = block.rows.shape[1]
        if length > 1:
            person = rankdata(block.of(rows["rank"]), axis=1) - (length + 1) / 2
            ranked = rankdata(-metric.direction * block.of(rows[metric.id]), axis=1) - (length + 1) / 2
            tables.append(np.column_stack([person.ravel(), ranked.ravel()]))
            parts.append(_parts(person, ranked))
    return np.concatenate(tables), np.concatenate(parts)


def _agreement(metric: MetricInfo, table: Array, sums: Array, drawn: Array | None) -> Agreement:
    trials = len(sums)
    if not trials:
        none = Interval(0.0, 0.0, "undefined, because there are no trials")
        return Agreement(metric, 0, icc(table), None, None, 0.0, 0.0, Bootstrap(*[none] * 8))
    whole = {name: float(found[0]) for name, found in _estimates(sums.sum(axis=0, keepdims=True)).items()}
    if drawn is None:
        intervals = Bootstrap(*[Interval(0.0, 0.0, "undefined, because there is only one trial")] * 8)
    else:
        intervals = Bootstrap(**{name: _percentiles(found) for name, found in _estimates(drawn).items()})
    ordered = sums[:, PARTS.index("ordered")].any()
    return Agreement(
        metric=metric,
        trials=trials,
        icc=icc(table, error_df=len(table) - trials),
        spearman=whole["spearman"] if ordered else None,
        kendall=whole["kendall"] if ordered else None,
        pairwise=whole["pairwise"],
        top=whole["top"],
        bootstrap=intervals,
    )


def _parts(person: Array, ranked: Array) -> Array:
    """`PARTS` of each trial from the ranks by person and by metric, (trials, drawings), each about its mean."""
    trials, length = person.shape
    first, second = np.triu_indices(length, 1)
    by_person = np.sign(person[:, first] - person[:, second])
    by_metric = np.sign(ranked[:, first] - ranked[:, second])
    excess = (by_person * by_metric).sum(axis=1)  # concordant pairs less discordant ones
    pairs, untied = np.abs(by_person).sum(axis=1), np.abs(by_metric).sum(axis=1)
    ordered = (pairs > 0) & (untied > 0)
    variances = np.where(ordered, (person**2).sum(axis=1) * (ranked**2).sum(axis=1), 1.0)
    best = ranked == ranked.min(axis=1, keepdims=True)
    favourite = person == person.min(axis=1, keepdims=True)
    parts = {
        "trials": np.ones(trials),
        "drawings": np.full(trials, length),
        "subjects": ((person + ranked) ** 2).sum(axis=1) / 2,
        "error": ((person - ranked) ** 2).sum(axis=1) / 2,
        "spearman": np.where(ordered, (person * ranked).sum(axis=1) / np.sqrt(variances), 0.0),
        "kendall": np.where(ordered, excess / np.sqrt(np.where(ordered, pairs * untied, 1.0)), 0.0),
        "ordered": ordered,
        "alike": (excess + pairs) / 2,
        "pairs": pairs,
        "top": (best & favourite).sum(axis=1) / best.sum(axis=1),
    }
    return np.column_stack([parts[name] for name in PARTS]).astype(float)


def _estimates(sums: Array) -> dict[str, Array]:
    """By name, from sums over trials (draws, parts); not a number where undefined."""
    total = dict(zip(PARTS, sums.T, strict=True))
    rows = total["drawings"]
    # Ranks of a trial have the same mean for both raters, so between raters there is nothing.
    nothing = np.zeros_like(rows)
    ms = MeanSquares(total["subjects"] / (rows - 1), nothing, total["error"] / (rows - 1), total["error"] / rows)
    coefficients = values(ms, rows, k=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            **{form: coefficients[form] for form in ("ICC2", "ICC3", "ICC2k", "ICC3k")},
            "spearman": total["spearman"] / total["ordered"],
            "kendall": total["kendall"] / total["ordered"],
            "pairwise": total["alike"] / total["pairs"],
            "top": total["top"] / total["trials"],
        }


def _percentiles(found: Array) -> Interval:
    if not np.isfinite(found).all():
        return Interval(0.0, 0.0, "undefined, because it has no value in some of the draws")
    lower, upper = np.percentile(found, [2.5, 97.5])
    return Interval(float(lower), float(upper))
