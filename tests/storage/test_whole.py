"""Whole sessions from elsewhere: what is lacking is added, what is here stays, what contradicts it is refused as a whole."""

from dataclasses import replace

import pytest

from refine.protocol import Ranking
from refine.storage.errors import ContradictionError
from refine.storage.journal.journal import Journal, Request
from refine.storage.journal.whole import add_whole
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration

TRIAL = replace(
    a_session("s").trials[0],
    begun_at=NOW,
    iterations=tuple(an_iteration(number) for number in (1, 2, 3)),
    ranking=Ranking((3, 1, 2), NOW),
)
FINISHED = replace(a_session("s"), finished_at=NOW, trials=(TRIAL,))


@pytest.fixture
def journal(url):
    return Journal(url)


def until(rounds):
    """The session before it was ranked, with so many rounds."""
    trial = replace(TRIAL, iterations=TRIAL.iterations[:rounds], ranking=None)
    return replace(FINISHED, finished_at=None, trials=(trial,))


def test_a_session_comes_with_all_that_was_done_in_it(journal):
    add_whole(journal, PROTOCOL, FINISHED)
    assert journal.session_by_id("s") == FINISHED
    assert journal.protocol(PROTOCOL.hash) == PROTOCOL


def test_what_is_lacking_is_added_and_again_is_harmless(journal):
    add_whole(journal, PROTOCOL, until(1), [Request("s-01", 2, "a dog", NOW)])
    assert journal.asked_of("s-01").prompt == "a dog"
    for _ in range(2):
        add_whole(journal, PROTOCOL, FINISHED)
        assert journal.session_by_id("s") == FINISHED
        assert journal.asked_of("s-01") is None


def test_a_session_that_is_here_keeps_its_token_and_a_ranked_trial_its_ranking(journal):
    add_whole(journal, PROTOCOL, FINISHED)
    ranked_again = replace(TRIAL, ranking=Ranking((1, 2, 3), NOW))
    add_whole(journal, PROTOCOL, replace(FINISHED, token_hash="lost", trials=(ranked_again,)))
    assert journal.session_by_id("s") == FINISHED


def test_a_round_that_is_another_here_is_refused_and_nothing_is_added(journal):
    add_whole(journal, PROTOCOL, until(2))
    first, second, third = TRIAL.iterations
    other = replace(TRIAL, iterations=(first, replace(second, prompt="another"), third))
    with pytest.raises(ContradictionError, match="round 2 of trial s-01 was drawn twice"):
        add_whole(journal, PROTOCOL, replace(FINISHED, trials=(other,)))
    assert journal.session_by_id("s") == until(2)
