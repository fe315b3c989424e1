"""The study so far, in the numbers that the results page shows.

Knows: which statistics are shown. Does not know: how they look on a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from refine.analysis.agreement import Agreement, agreement
from refine.protocol import MetricInfo


@dataclass(frozen=True, slots=True)
class Course:
    """How similar the drawings are to the target, by iteration 1..k, for one metric.

    `mean` is of the raw values over sessions (each session's mean counts once), `lower` and `upper` its 95% t interval
    (equal to the mean with a single session, where no interval can be had).
    """

    metric: MetricInfo
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TopRanked:
    """How often each iteration 1..k was ranked first, and the chi-square test against equal counts.

    `p` is `None` without any trial. With fewer than five expected in a cell the test is rough: `rough` says so.
    """

    counts: tuple[int, ...]
    expected: float
    chi2: float
    df: int
    p: float | None
    rough: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """What the finished sessions of one protocol say. With no session, all sequences are empty."""

    sessions: int
    trials: int
    iterations: int
    agreements: tuple[Agreement, ...] = ()
    courses: tuple[Course, ...] = ()
    top_ranked: TopRanked | None = None


def summarise(iterations: pd.DataFrame, metrics: Sequence[MetricInfo], iterations_per_trial: int) -> Summary:
    """Summarise finished sessions.

    `iterations` has a row an iteration with the columns `session`, `trial`, `iteration` (1..`iterations_per_trial`),
    `rank` (1 = most similar) and one column a metric id with the raw score.
    """
    if iterations.empty:
        return Summary(0, 0, 0)
    return Summary(
        sessions=iterations["session"].nunique(),
        trials=iterations["trial"].nunique(),
        iterations=len(iterations),
        agreements=tuple(agreement(iterations, metric) for metric in metrics),
        courses=tuple(_course(iterations, metric, iterations_per_trial) for metric in metrics),
        top_ranked=_top_ranked(iterations, iterations_per_trial),
    )


def _course(iterations: pd.DataFrame, metric: MetricInfo, length: int) -> Course:
    # A session's drawings are no independent observations: each session counts once.
    by_session = iterations.groupby(["session", "iteration"], sort=False)[metric.id].mean().unstack()
    table = by_session.reindex(columns=range(1, length + 1))
    mean, n = table.mean(), table.count()
    # With one session the spread is unknown; ask only where it can be had.
    half = (table.std() / np.sqrt(n)).fillna(0.0) * stats.t.ppf(0.975, np.maximum(n - 1, 1))
    return Course(metric, tuple(mean), tuple(mean - half), tuple(mean + half))


def _top_ranked(iterations: pd.DataFrame, length: int) -> TopRanked:
    firsts = iterations.loc[iterations["rank"] == 1, "iteration"]
    counts = firsts.value_counts().reindex(range(1, length + 1), fill_value=0)
    expected = len(firsts) / length
    test = stats.chisquare(counts)
    return TopRanked(
        counts=tuple(int(count) for count in counts),
        expected=expected,
        chi2=float(test.statistic),
        df=length - 1,
        p=float(test.pvalue),
        rough=expected < 5,
    )
