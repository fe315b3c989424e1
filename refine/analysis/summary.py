"""The study so far, in the numbers that the results page shows.

Knows: which statistics are shown. Does not know: how they look on a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from refine.analysis.agreement import Agreement, agreements
from refine.analysis.ranking import TopRanked, top_ranked
from refine.metrics import MetricInfo


@dataclass(frozen=True, slots=True)
class Course:
    """How similar the drawings are to the target, by iteration 1, 2, ..., for one metric.

    `mean` is of the raw values over sessions (each session's mean counts once), `lower` and `upper` its 95% t interval
    over sessions (equal to the mean with a single session, where no interval can be had). Oriented, so that larger is
    more similar, they are `metric.orient` of these.
    """

    metric: MetricInfo
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the finished sessions of one protocol say. With no session, all sequences are empty.

    `unscored` has a sentence for each metric that has a score in some of the rounds only.
    """

    sessions: int
    trials: int
    iterations: int
    agreements: tuple[Agreement, ...] = ()
    courses: tuple[Course, ...] = ()
    top_ranked: TopRanked | None = None
    unscored: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What there is, for the head of a page or a report."""
        if not self.sessions:
            return "There are no finished sessions yet."
        counts = ((self.sessions, "finished session"), (self.trials, "trial"), (self.iterations, "round"))
        sessions, trials, rounds = (f"{count:,} {noun}{'s' if count != 1 else ''}" for count, noun in counts)
        return f"{sessions} with {trials} and {rounds}."


def summarise(iterations: pd.DataFrame, metrics: Sequence[MetricInfo], iterations_per_trial: int) -> Summary:
    """Summarise finished sessions.

    `iterations` has a row an iteration with the columns `session`, `trial`, `iteration` (1..`iterations_per_trial`),
    `rank` (1 = most similar) and one column a metric id with the raw score (missing if there is none). A metric
    without any score has no course.
    """
    if iterations.empty:
        return Summary(0, 0, 0)
    # Numbers instead of names: all that follows is many times as quick.
    numbered = iterations[["iteration", "rank", *(metric.id for metric in metrics)]].assign(
        **{name: pd.factorize(iterations[name])[0] for name in ("session", "trial")}
    )
    return Summary(
        sessions=int(numbered["session"].max()) + 1,
        trials=int(numbered["trial"].max()) + 1,
        iterations=len(iterations),
        agreements=agreements(numbered, metrics),
        courses=_courses(numbered, metrics),
        top_ranked=top_ranked(numbered, iterations_per_trial),
        unscored=_unscored(numbered, metrics),
    )


def _unscored(iterations: pd.DataFrame, metrics: Sequence[MetricInfo]) -> tuple[str, ...]:
    missing = ((metric, int(iterations[metric.id].isna().sum())) for metric in metrics)
    return tuple(
        f"{metric.label} ({metric.id}) has no score in {count:,} of {len(iterations):,} rounds, which are left out where it "
        "counts."
        for metric, count in missing
        if 0 < count < len(iterations)
    )


def _courses(iterations: pd.DataFrame, metrics: Sequence[MetricInfo]) -> tuple[Course, ...]:
    ids = [metric.id for metric in metrics]
    # A session's drawings are no independent observations: each session counts once.
    by_session = iterations.groupby(["session", "iteration"])[ids].mean().groupby("iteration")
    mean, spread, n = by_session.mean(), by_session.std(), by_session.count()
    # With one session the spread is unknown; ask only where it can be had.
    half = (spread / np.sqrt(n)).fillna(0.0) * stats.t.ppf(0.975, np.maximum(n - 1, 1))
    found = []
    for metric in metrics:
        seen = n[metric.id] > 0
        if seen.any():
            middle, margin = mean.loc[seen, metric.id], half.loc[seen, metric.id]
            found.append(Course(metric, *(tuple(ends.tolist()) for ends in (middle, middle - margin, middle + margin))))
    return tuple(found)
