"""The pace: at once in fair weather, at most twenty commits in any hour, and patience after faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.storage.publishing.rate_limit import ERASING, Limits, RateLimit


@given(st.lists(st.floats(0, 900), min_size=30, max_size=120), st.lists(st.floats(0, 3600), max_size=8))
def test_no_hour_sees_more_than_twenty_commits(gaps, ages):
    pace, now, made = RateLimit(Limits(), ages, 0.0), 0.0, [-age for age in ages if age < 3600]
    for gap in gaps:
        now = max(now + gap, pace.next_at(now + gap))
        pace.committed(now)
        pace.went_well(now)
        made.append(now)
    made.sort()
    for first, last in zip(made, made[20:], strict=False):
        assert last - first >= 3600 - 1e-6


@given(st.lists(st.tuples(st.floats(0, 900), st.integers(1, ERASING)), min_size=30, max_size=120))
def test_nor_does_one_with_withdrawals_that_take_two_each(attempts):
    pace, now, made = RateLimit(Limits(), (), 0.0), 0.0, []
    for gap, commits in attempts:
        now = max(now + gap, pace.next_at(now + gap, commits))
        for _ in range(commits):
            pace.committed(now)
            made.append(now)
        pace.went_well(now)
    for first, last in zip(made, made[20:], strict=False):
        assert last - first >= 3600 - 1e-6


def test_a_quiet_study_never_waits():
    pace, now = RateLimit(Limits(), (), 0.0), 0.0
    for _ in range(50):
        now += 480
        assert pace.next_at(now) <= now
        pace.committed(now)
        pace.went_well(now)


def test_a_withdrawal_does_not_wait_for_the_spacing_and_reaches_other_servers_within_a_minute():
    limits = Limits()
    pace = RateLimit(limits, [60.0] * limits.burst, 100.0)
    assert pace.next_at(100.0) > 100 + 60
    assert pace.next_at(100.0, ERASING) <= 100
    assert limits.gather + limits.look <= 40, "which leaves 20 s for the requests themselves"


def test_commits_before_a_restart_count_and_those_of_a_wrong_clock_do_not():
    assert RateLimit(Limits(), [10.0 * n for n in range(20)], 1000.0).next_at(1000.0) > 3000
    assert RateLimit(Limits(), [-1e9, 1e9] * 20, 1000.0).next_at(1000.0) <= 1000


def test_waits_grow_with_faults_are_bounded_and_end_with_success():
    pace = RateLimit(Limits(), (), 0.0)
    waits = []
    for _ in range(60):
        pace.went_wrong(0.0)
        waits.append(pace.next_at(0.0))
    assert 2.5 <= waits[0] <= 5
    assert all(450 <= wait <= 900 for wait in waits[10:])
    assert len(set(waits)) > 50, "without jitter all servers would come back at once"
    pace.went_well(0.0)
    assert pace.next_at(0.0) <= 0


@pytest.mark.parametrize("asked", [30, 4000])
def test_what_the_hub_asks_for_is_waited(asked):
    pace = RateLimit(Limits(), (), 0.0)
    pace.went_wrong(0.0, retry_after=asked)
    assert asked <= pace.next_at(0.0) <= 1.1 * asked
    pace.forgive(1.0)
    assert pace.next_at(1.0) <= 1
