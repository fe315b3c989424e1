"""The summary counts right, treats a session as one observation, and has words for an empty study."""

import time

import numpy as np
import pytest
from scipy import stats

from refine.analysis.agreement import agreements
from refine.analysis.ranking import top_ranked
from refine.analysis.simulate import simulate
from refine.analysis.summary import summarise
from tests.analysis.studies import COSINE, METRICS, frame


def test_everything_of_a_study() -> None:
    rows = simulate(METRICS, sessions=12, trials=2)
    found = summarise(rows, METRICS, 10)
    assert (found.sessions, found.trials, found.iterations) == (12, 24, 240)
    assert found.sentence == "12 finished sessions with 24 trials and 240 rounds."
    assert found.agreements == agreements(rows, METRICS)
    assert found.top_ranked == top_ranked(rows, 10)
    assert [course.metric for course in found.courses] == list(METRICS)


def test_intervals_are_over_sessions_not_over_trials() -> None:
    rows = simulate([COSINE], sessions=9, trials=4, session_sd=3.0)
    by_session = rows[rows["iteration"] == 3].groupby("session")["cosine"].mean()
    interval = stats.ttest_1samp(by_session, 0).confidence_interval()
    course = summarise(rows, [COSINE], 10).courses[0]
    assert (course.mean[2], course.lower[2], course.upper[2]) == pytest.approx((by_session.mean(), *interval))


def test_intervals_cover_the_truth() -> None:
    """The true mean at the first iteration is 0.72, whatever sessions and targets are drawn."""
    covered = 0
    for seed in range(100):
        rows = simulate([COSINE], sessions=10, trials=3, iterations=2, session_sd=2.0, target_sd=0.0, seed=seed)
        course = summarise(rows, [COSINE], 2).courses[0]
        covered += course.lower[0] < 0.72 < course.upper[0]
    assert covered >= 88


def test_an_empty_study_says_so() -> None:
    found = summarise(frame([]), [COSINE], 10)
    assert found.sentence == "There are no finished sessions yet."
    assert (found.sessions, found.agreements, found.courses, found.top_ranked) == (0, (), (), None)


def test_one_session_has_no_interval_and_no_numbers_that_are_none() -> None:
    found = summarise(simulate(METRICS, sessions=1), METRICS, 10)
    assert found.sentence == "1 finished session with 1 trial and 10 rounds."
    for course in found.courses:
        assert course.mean == course.lower == course.upper
        assert np.isfinite(course.mean).all()


def test_a_metric_without_scores_has_no_course() -> None:
    rows = simulate(METRICS, sessions=3).assign(bits=np.nan)
    found = summarise(rows, METRICS, 10)
    assert [course.metric.id for course in found.courses] == ["distance", "cosine"]
    assert found.agreements[2].icc.ICC3.undefined == "undefined, because there are no subjects"


def test_ten_thousand_sessions_do_not_hold_up_the_page() -> None:
    rows = simulate(METRICS, sessions=10_000)
    start = time.process_time()
    summarise(rows, METRICS, 10)
    assert time.process_time() - start < 3.0  # 0.5 s on a free core; the machine may be busy


def test_rounds_without_a_score_are_counted_and_left_out() -> None:
    rows = simulate(METRICS, sessions=3)
    rows.loc[[4, 5], "cosine"] = np.nan
    found = summarise(rows, METRICS, 10)
    (words,) = found.unscored
    assert words.endswith("(cosine) has no score in 2 of 30 rounds, which are left out where it counts.")
    assert np.isfinite([course.mean for course in found.courses]).all()
    assert summarise(simulate(METRICS, sessions=3), METRICS, 10).unscored == ()
