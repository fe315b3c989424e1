"""The stats: counts that are true whatever comes and goes, and whichever software wrote them."""

import json

import pytest

from refine.storage.dataset.stats import Stats, read_stats


def a_session(date):
    return {
        "protocol_hash": "p",
        "profile": "world",
        "protocol": "{}",
        "trials": 1,
        "date": date,
        "consent_version": "c1",
    }


def counted(*dates):
    stats = Stats()
    for date in dates:
        stats = stats.add(a_session(date), [])
    return stats


def less(stats, *dates):
    for date in dates:
        stats = stats.add(a_session(date), [], -1)
    return stats


def written_and_read(stats):
    return read_stats(stats.to_json())


def as_of_earlier_software(stats):
    """From a file that says nothing of each date."""
    stored = json.loads(stats.to_json())
    for count in stored["counts"].values():
        del count["dates"]
    return read_stats(json.dumps(stored).encode())


def ends(stats):
    return stats.counts["p"].since, stats.counts["p"].until


def test_a_withdrawal_takes_its_date_with_it():
    stats = written_and_read(counted("2026-01-01", "2026-05-05", "2026-06-06", "2099-01-01"))
    assert ends(stats) == ("2026-01-01", "2099-01-01")
    assert ends(less(stats, "2099-01-01", "2026-01-01")) == ("2026-05-05", "2026-06-06")


def test_a_date_stays_as_long_as_another_session_ended_on_it():
    stats = counted("2026-01-01", "2026-01-01", "2026-02-02")
    assert ends(less(stats, "2026-01-01")) == ("2026-01-01", "2026-02-02")


@pytest.mark.parametrize("gone", ["2026-01-01", "2026-03-03"])
def test_where_dates_are_not_all_known_none_is_lost(gone):
    stats = as_of_earlier_software(counted("2026-01-01", "2026-03-03", "2026-03-03"))
    assert ends(stats) == ("2026-01-01", "2026-03-03")
    stats = written_and_read(stats.add(a_session("2026-05-05"), []))
    assert ends(less(stats, gone)) == ("2026-01-01", "2026-05-05")
    assert less(stats, gone).sessions == 3


def test_all_that_is_withdrawn_leaves_nothing():
    assert less(counted("2026-01-01"), "2026-01-01").counts == {}
