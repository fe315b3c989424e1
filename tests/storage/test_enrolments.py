"""Enrolments: who counts for the balance, and who is forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from refine.storage.journal.enrolments import Enrolments
from refine.storage.journal.journal import Journal, Request
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration

LATER = NOW + timedelta(days=1)


@pytest.fixture
def journal(url):
    """`s` and `t` without a drawing, `u` with one in the other arm, `v` waits for its first."""
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    for name in "stuv":
        journal.add_session(replace(a_session(name), arm="no_scores" if name == "u" else "scores"))
    journal.add_iteration(an_iteration(1, "u-01"))
    journal.ask(Request("v-01", 1, "a cat", NOW))
    return journal


@pytest.fixture
def enrolments(journal):
    return Enrolments(journal)


def test_sessions_count_from_their_first_drawing_on(enrolments, journal):
    assert enrolments.arm_counts(PROTOCOL.hash, LATER) == {"no_scores": 1}
    assert enrolments.target_counts(PROTOCOL.hash, LATER) == {"target": 1}
    journal.add_iteration(an_iteration(1, "s-01"))
    journal.add_iteration(an_iteration(2, "s-01"))
    assert enrolments.arm_counts(PROTOCOL.hash, LATER) == {"no_scores": 1, "scores": 1}
    assert enrolments.target_counts(PROTOCOL.hash, LATER) == {"target": 2}
    assert enrolments.arm_counts("other", LATER) == {}


def test_who_has_just_begun_counts_as_well(enrolments):
    earlier = NOW - timedelta(seconds=1)
    assert enrolments.arm_counts(PROTOCOL.hash, earlier) == {"no_scores": 1, "scores": 3}
    assert enrolments.target_counts(PROTOCOL.hash, earlier) == {"target": 4}


def test_those_without_a_drawing_are_named(enrolments):
    assert enrolments.without_drawing(["s", "u", "nobody"]) == {"s"}
    assert enrolments.without_drawing([]) == set()


def test_only_sessions_without_drawing_or_request_are_forgotten(enrolments, journal):
    assert enrolments.forget(NOW) == 0
    assert enrolments.forget(LATER) == 2
    assert [journal.session_by_id(name) is not None for name in "stuv"] == [False, False, True, True]
    assert journal.trial("s-01") is None
    assert journal.withdrawal_count() == 0
    assert enrolments.forget(LATER) == 0


def test_the_database_itself_keeps_whoever_waits_for_a_drawing(journal, url):
    engine = sa.create_engine(url)
    with pytest.raises(sa.exc.IntegrityError, match="with a drawing is removed only"), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sessions WHERE id = 'v'")
    engine.dispose()
    assert journal.session_by_id("v") is not None
