"""The outbox: what waits is what the journal has and the marks have not."""

import hashlib
from datetime import UTC, datetime

import pytest

from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from tests.storage.test_journal import PROTOCOL, a_session, fill


@pytest.fixture
def journal(url):
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    for name in ("s", "t", "u"):
        journal.add_session(a_session(name))
    for name in ("s", "t"):
        fill(journal, name)
    return journal


def test_finished_sessions_wait_until_they_are_marked_last(journal):
    outbox = Outbox(journal, "someone/study")
    assert outbox.waiting() == ["s", "t"]
    outbox.begin(["s", "t"])
    outbox.begin(["s"])
    assert (outbox.waiting(), outbox.arrived()) == (["s", "t"], 0)
    outbox.done(["s"], Errand.PUSH, "commit 1")
    outbox.done(["s"], Errand.PUSH, "commit 1")
    assert (outbox.waiting(), outbox.arrived()) == (["t"], 1)
    assert outbox.ever_sent(["s", "t", "u"]) == {"s", "t"}


def test_each_destination_has_marks_of_its_own(journal):
    Outbox(journal, "someone/study").done(["s", "t"], Errand.PUSH)
    assert Outbox(journal, "someone/other").waiting() == ["s", "t"]


def test_files_that_were_sent_are_known_by_destination_and_session_after_a_withdrawal_too(journal):
    outbox = Outbox(journal, "someone/study")
    outbox.ship([("s", b"rows"), ("s", b"a picture"), ("t", b"rows")])
    outbox.ship([("s", b"rows"), ("s", b"rows anew")])
    Outbox(journal, "someone/other").ship([("s", b"elsewhere")])
    journal.delete_session("s")
    assert outbox.shipped(["s"]) == {hashlib.sha256(file).hexdigest() for file in (b"rows", b"a picture", b"rows anew")}
    assert outbox.shipped(["u"]) == set()


def test_marks_outlive_a_withdrawn_session(journal):
    outbox = Outbox(journal, "someone/study")
    outbox.begin(["s"])
    journal.delete_session("s")
    journal.delete_session("u")
    assert (outbox.waiting(), sorted(outbox.withdrawals())) == (["t"], ["s", "u"])
    assert outbox.ever_sent(["s", "u"]) == {"s"}
    outbox.done(["s", "u"], Errand.WITHDRAW)
    assert outbox.withdrawals() == []


def test_one_commit_counts_once_however_many_sessions_it_took_and_one_that_erased_with_its_squash(journal):
    outbox = Outbox(journal, "someone/study")
    before = datetime.now(UTC)
    outbox.done(["s", "t"], Errand.PUSH, "commit 1")
    outbox.done(["u"], Errand.WITHDRAW, "commit 2")
    outbox.done(["v"], Errand.WITHDRAW)
    times = outbox.commit_times()
    assert len(times) == 1 + 2
    assert all(before <= at <= datetime.now(UTC) for at in times)
