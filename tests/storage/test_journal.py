"""The journal: what it has taken it keeps, exactly once, whatever happens to the process or the disk."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from refine.protocol import DrawingSettings, Iteration, Protocol, Provenance, Ranking, Session, Trial, fixed_rounds
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal, Request

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SETTINGS = DrawingSettings("m", "1", 1029, 10, 5.0, 32, 32)
PROTOCOL = Protocol("test", 1, fixed_rounds(3), ("no_scores", "scores"), SETTINGS, ("imagehash",))


def a_session(name="s"):
    trial = Trial(f"{name}-01", name, 1, "target", (2, 3, 1))
    return Session(name, f"hash {name}", f"AAAA-{name:>9}", PROTOCOL.hash, "scores", "c1", NOW, trials=(trial,))


def an_iteration(number=1, trial="s-01", **changes):
    return replace(
        Iteration(
            id=f"{trial}-{number:02d}",
            trial_id=trial,
            number=number,
            prompt="a cat 猫 🐈",
            unread="",
            picture=f"{number:064x}",
            scores={"imagehash": 12.0, "lpips": 0.25},
            drawing_seconds=1.25,
            scoring_seconds=0.125,
            asked_at=NOW,
            drawn_at=NOW,
            provenance=Provenance(SETTINGS, "float32", "cpu", {"torch": "2.15"}),
        ),
        **changes,
    )


@pytest.fixture
def journal(url):
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    journal.add_session(a_session())
    return journal


def fill(journal, name="s", order=(3, 1, 2)):
    for number in (1, 2, 3):
        journal.add_iteration(an_iteration(number, f"{name}-01"))
    journal.add_ranking(f"{name}-01", Ranking(order, NOW))
    journal.finish(name, NOW)


def test_what_goes_in_comes_out_equal(journal, url):
    journal.begin_trial("s-01", NOW)
    fill(journal)
    (trial,) = a_session().trials
    expected = replace(
        a_session(),
        finished_at=NOW,
        trials=(
            replace(
                trial,
                begun_at=NOW,
                iterations=tuple(an_iteration(n) for n in (1, 2, 3)),
                ranking=Ranking((3, 1, 2), NOW),
            ),
        ),
    )
    for reader in (journal, Journal(url)):
        assert reader.session("hash s") == expected
        assert reader.session_by_withdrawal_code(expected.withdrawal_code) == expected
        assert reader.trial("s-01") == expected.trials[0]
        assert reader.iteration("s-01-02") == an_iteration(2)
        assert reader.protocol(PROTOCOL.hash) == PROTOCOL
    assert journal.session("nobody") is None


def test_writing_a_fact_twice_is_harmless(journal):
    journal.add_protocol(PROTOCOL)
    journal.add_session(a_session())
    journal.begin_trial("s-01", NOW)
    journal.begin_trial("s-01", datetime(2030, 1, 1, tzinfo=UTC))
    fill(journal)
    fill(journal)
    journal.finish("s", datetime(2030, 1, 1, tzinfo=UTC))
    journal.add_session(a_session())
    session = journal.session_by_id("s")
    assert session.finished_at == NOW
    assert session.trials[0].begun_at == NOW
    assert len(session.trials[0].iterations) == 3


def test_one_iteration_number_once_a_trial(journal):
    journal.add_iteration(an_iteration(1))
    with pytest.raises(StorageError, match="contradicts"):
        journal.add_iteration(an_iteration(1, id="another"))


def test_a_ranking_is_a_permutation_and_cannot_be_replaced(journal):
    for number in (1, 2, 3):
        journal.add_iteration(an_iteration(number))
    for order in ((1, 2), (1, 2, 2), (1, 2, 4)):
        with pytest.raises(StorageError):
            journal.add_ranking("s-01", Ranking(order, NOW))
    journal.add_ranking("s-01", Ranking((1, 2, 3), NOW))
    with pytest.raises(StorageError):
        journal.add_ranking("s-01", Ranking((3, 2, 1), NOW))
    assert journal.trial("s-01").ranking.order == (1, 2, 3)


def test_only_drawings_of_the_same_pixels_are_tied(journal):
    for number, picture in enumerate("aab", start=1):
        journal.add_iteration(an_iteration(number, picture=picture))
    for order, tied in (((3, 1, 2), (1,)), ((1, 3, 2), (2,)), ((1, 2, 3), (3,))):
        with pytest.raises(StorageError, match="same pixels"):
            journal.add_ranking("s-01", Ranking(order, NOW, tied))
    journal.add_ranking("s-01", Ranking((3, 1, 2), NOW, (2,)))
    assert journal.trial("s-01").ranking == Ranking((3, 1, 2), NOW, (2,))
    with pytest.raises(StorageError):
        journal.add_ranking("s-01", Ranking((3, 1, 2), NOW))
    journal.finish("s", NOW)
    assert list(journal.iterations_frame(["s"])["rank"]) == [2, 2, 1]


def test_a_trial_waits_for_one_drawing_at_a_time(journal):
    assert journal.ask(Request("s-01", 1, "a cat", NOW))
    assert not journal.ask(Request("s-01", 1, "a dog", NOW))
    assert journal.asked(PROTOCOL.hash) == [Request("s-01", 1, "a cat", NOW)]
    journal.add_iteration(an_iteration(1))
    assert journal.asked_of("s-01") is None
    assert not journal.ask(Request("s-01", 1, "a cat", NOW))
    assert journal.ask(Request("s-01", 2, "a cat", NOW))
    journal.drop_request(Request("s-01", 2, "a cat", NOW))
    assert journal.asked(PROTOCOL.hash) == []


def test_facts_in_one_transaction_are_there_all_or_none(journal):
    with pytest.raises(StorageError, match="contradicts"), journal.writing():
        journal.add_iteration(an_iteration(1))
        assert journal.iteration("s-01-01") == an_iteration(1), "whoever writes sees it"
        journal.add_iteration(an_iteration(1, id="another"))
    assert journal.iteration("s-01-01") is None
    with journal.writing():
        journal.add_iteration(an_iteration(1))
        journal.add_iteration(an_iteration(2))
    assert len(journal.trial("s-01").iterations) == 2


def test_an_iteration_of_nobodys_trial_is_refused(journal):
    with pytest.raises(StorageError):
        journal.add_iteration(an_iteration(trial="nobody-01"))


def test_two_threads_with_the_same_round_leave_one(journal):
    outcomes = []

    def write(name):
        try:
            journal.add_iteration(an_iteration(1, id=name))
            outcomes.append("kept")
        except StorageError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(f"i{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept"] + ["refused"] * 7
    assert len(journal.trial("s-01").iterations) == 1


def test_the_frame_for_analysis_has_finished_sessions_only(journal):
    journal.add_session(a_session("t"))
    assert journal.iterations_frame(["s", "t"]).empty
    fill(journal)
    frame = journal.iterations_frame(["s", "t"])
    assert list(frame["iteration"]) == [1, 2, 3]
    assert list(frame["rank"]) == [2, 3, 1]
    assert list(frame["imagehash"]) == [12.0] * 3
    assert set(frame["session"]) == {"s"}
    assert set(frame["protocol"]) == {PROTOCOL.hash}
    assert set(frame["date"]) == {journal.session_by_id("s").finished_at.date().isoformat()}


def test_a_withdrawn_session_is_gone_and_the_version_changes(journal):
    fill(journal)
    journal.add_session(a_session("t"))
    journal.add_iteration(an_iteration(4, "t-01", picture="f" * 64))
    fill(journal, "t", order=(3, 1, 2, 4))
    versions = [journal.finished_version()]
    assert journal.has_picture("f" * 64)
    journal.delete_session("t")
    versions.append(journal.finished_version())
    journal.delete_session("t")
    assert journal.session("hash t") is None
    assert journal.iteration("t-01-01") is None
    assert not journal.has_picture("f" * 64)
    assert journal.has_picture(an_iteration(1).picture), "the other session has it too"
    assert len({*versions, journal.finished_version()}) == 2
