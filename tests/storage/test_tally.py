"""The tally: counts that are true whatever comes and goes, and whichever software wrote them."""

import json

import pytest

from refine.storage.tally import Tally, read_tally


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
    tally = Tally()
    for date in dates:
        tally = tally.add(a_session(date), [])
    return tally


def less(tally, *dates):
    for date in dates:
        tally = tally.add(a_session(date), [], -1)
    return tally


def written_and_read(tally):
    return read_tally(tally.to_json())


def as_of_earlier_software(tally):
    """From a file that says nothing of each date."""
    stored = json.loads(tally.to_json())
    for count in stored["counts"].values():
        del count["dates"]
    return read_tally(json.dumps(stored).encode())


def ends(tally):
    return tally.counts["p"].since, tally.counts["p"].until


def test_a_withdrawal_takes_its_date_with_it():
    tally = written_and_read(counted("2026-01-01", "2026-05-05", "2026-06-06", "2099-01-01"))
    assert ends(tally) == ("2026-01-01", "2099-01-01")
    assert ends(less(tally, "2099-01-01", "2026-01-01")) == ("2026-05-05", "2026-06-06")


def test_a_date_stays_as_long_as_another_session_ended_on_it():
    tally = counted("2026-01-01", "2026-01-01", "2026-02-02")
    assert ends(less(tally, "2026-01-01")) == ("2026-01-01", "2026-02-02")


@pytest.mark.parametrize("gone", ["2026-01-01", "2026-03-03"])
def test_where_dates_are_not_all_known_none_is_lost(gone):
    tally = as_of_earlier_software(counted("2026-01-01", "2026-03-03", "2026-03-03"))
    assert ends(tally) == ("2026-01-01", "2026-03-03")
    tally = written_and_read(tally.add(a_session("2026-05-05"), []))
    assert ends(less(tally, gone)) == ("2026-01-01", "2026-05-05")
    assert less(tally, gone).sessions == 3


def test_all_that_is_withdrawn_leaves_nothing():
    assert less(counted("2026-01-01"), "2026-01-01").counts == {}
