"""Agreement and summary: what the results page shows is what the sessions say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from refine.analysis.agreement import agreements
from refine.analysis.icc import icc
from refine.analysis.simulate import simulate
from refine.analysis.summary import summarise
from refine.protocol import MetricInfo
from tests.analysis.test_icc import POOLED

UP = MetricInfo("up", "Up", 1, -1.0, 1.0, "")
DOWN = MetricInfo("down", "Down", -1, 0.0, None, "")
METRICS = (UP, DOWN)


def agreement(frame, metric):
    (found,) = agreements(frame, [metric])
    return found


def rows(**trials):
    """A frame of trials, each a list of (rank, up)."""
    records = [
        {"session": f"s {name}", "trial": name, "iteration": i, "rank": rank, "up": up, "down": -up}
        for name, values in trials.items()
        for i, (rank, up) in enumerate(values, start=1)
    ]
    return pd.DataFrame(records)


def test_a_metric_that_agrees_wholly_and_one_that_never_does():
    frame = rows(a=[(1, 0.9), (2, 0.5), (3, 0.1)], b=[(3, 0.2), (1, 0.8), (2, 0.4)])
    for metric in METRICS:
        found = agreement(frame, metric)
        assert found.icc.ICC3.value == pytest.approx(1)
        assert (found.pairwise, found.top, found.band) == (1, 1, "excellent")
    frame["up"] *= -1
    found = agreement(frame, UP)
    assert found.icc.ICC3.value == pytest.approx(-1)
    assert (found.pairwise, found.top, found.band) == (0, 0, "poor")


def test_ties_get_mid_ranks_and_half_a_pair():
    found = agreement(rows(a=[(1, 0.5), (2, 0.5), (3, 0.1)]), UP)
    assert found.pairwise == pytest.approx(2.5 / 3)
    assert found.top == 0.5
    assert found.icc.ICC3.value == pytest.approx(icc(np.array([[1, 1.5], [2, 1.5], [3, 3]])).ICC3.value)


def test_pooled_ranks_give_rs_value():
    frame = POOLED.rename(columns={"human": "rank", "metric": "down", "image": "iteration"})
    assert agreement(frame, DOWN).icc.ICC3.value == pytest.approx(0.5591919191919192, abs=1e-10)


def test_trials_of_different_lengths_are_pooled():
    frame = rows(a=[(1, 0.9), (2, 0.5), (3, 0.1)], b=[(2, 0.2), (1, 0.8)])
    assert agreement(frame, UP).pairwise == 1


def test_no_sessions_make_an_empty_summary():
    summary = summarise(pd.DataFrame(columns=["session", "trial", "iteration", "rank", "up", "down"]), METRICS, 3)
    assert (summary.sessions, summary.agreements, summary.top_ranked) == (0, (), None)


def test_means_and_intervals_are_over_sessions():
    rng = np.random.default_rng(1)
    frame = rows(**{f"t{i}": [(j + 1, value) for j, value in enumerate(rng.normal(size=3))] for i in range(12)})
    course = summarise(frame, METRICS, 3).courses[0]
    for i in (1, 2, 3):
        values = frame.loc[frame["iteration"] == i, "up"]
        low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
        assert course.mean[i - 1] == pytest.approx(values.mean())
        assert (course.lower[i - 1], course.upper[i - 1]) == (pytest.approx(low), pytest.approx(high))


def test_one_session_has_means_and_no_interval():
    course = summarise(rows(a=[(1, 0.9), (2, 0.5)]), METRICS, 2).courses[0]
    assert course.lower == course.mean == course.upper == (0.9, 0.5)


def test_top_ranked_counts_and_chi_square():
    frame = rows(a=[(1, 0.9), (2, 0.5)], b=[(1, 0.9), (2, 0.5)], c=[(2, 0.2), (1, 0.8)])
    found = summarise(frame, METRICS, 2).top_ranked
    assert found.counts == (2, 1)
    assert found.chi2 == pytest.approx(1 / 3)
    assert found.p == pytest.approx(stats.chisquare([2, 1]).pvalue)
    assert found.rough


def test_a_simulated_study_shows_the_truth_that_was_put_in():
    frame = simulate(METRICS, sessions=400, iterations=10, plateau=6, recency=0.0, metric_noise=0.3, seed=3)
    assert frame["session"].str.startswith("simulated-").all()
    assert frame.groupby("trial")["rank"].apply(lambda ranks: sorted(ranks) == list(range(1, 11))).all()
    precise = summarise(frame, METRICS, 10)
    noisy = summarise(simulate(METRICS, sessions=400, metric_noise=3.0, seed=3), METRICS, 10)
    assert precise.agreements[0].icc.ICC3.value > 0.6 > 0.4 > noisy.agreements[0].icc.ICC3.value
    course = precise.courses[0]
    assert course.mean[5] - course.mean[0] > 0.03
    assert abs(course.mean[9] - course.mean[5]) < 0.01


def test_recency_moves_first_ranks_to_late_rounds():
    def late(recency):
        frame = simulate(METRICS, sessions=500, gain=0.0, recency=recency, seed=5)
        return frame.loc[(frame["rank"] == 1) & (frame["iteration"] >= 9)].shape[0]

    assert late(1.5) > 1.3 * late(0.0)
