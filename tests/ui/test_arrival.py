"""The arrival: of all sessions that a browser knows, the right one is shown, and none is lost."""

import pytest

from refine.flow.steps import THANKS, WELCOME
from refine.ui.arrival import Memory, arrive, read_memory
from tests.test_study import draw, finish


@pytest.fixture
def study(open_small_study):
    return open_small_study()


@pytest.fixture
def token(study):
    return study.enrol(consent=True)


@pytest.fixture
def finished(study):
    token = study.enrol(consent=True)
    finish(study, token)
    return token


def at(study, *tokens, link=""):
    return arrive(study, Memory(tokens=list(tokens), link=link))


def test_a_link_is_followed_where_nothing_is_left_unfinished(study, token, finished):
    for tokens in ((), (finished,), (token,)):
        found = at(study, *tokens, link=token)
        assert (found.token, found.question, found.others) == (token, "", "")


def test_a_link_is_asked_about_where_a_session_is_unfinished(study, token, finished):
    other = study.enrol(consent=True)
    study.begin(other, 1)
    draw(study, other, 1)
    found = at(study, token, link=other)
    assert found.token == token
    assert "round 2 of 3" in found.question and f'data-go="{other}"' in found.question
    assert f'data-go="{other}"' in found.others
    assert "(finished)" in at(study, token, link=finished).question


def test_a_link_of_nobody_replaces_nothing(study, token):
    found = at(study, token, link="abc")
    assert found.token == token
    assert "not known" in found.question and "your own" in found.question
    found = at(study, link="abc")
    assert (found.token, found.state.step) == ("", WELCOME)
    assert "not known" in found.question


def test_an_unfinished_session_is_found_behind_one_that_is_gone(study, token, finished):
    assert at(study, "gone", finished, token).token == token
    found = at(study, "gone", finished)
    assert (found.token, found.state.step) == ("", WELCOME)
    assert "not known" in found.state.notice


def test_a_finished_session_is_shown_with_a_way_to_the_unfinished(study, token, finished):
    found = at(study, finished, token)
    assert found.state.step == THANKS
    assert f'data-go="{token}"' in found.others


@pytest.mark.parametrize(
    "rubbish",
    [None, "nonsense", 7, [], {"tokens": "abc"}, {"tokens": [7]}, {"tokens": ["a"] * 1000}],
)
def test_rubbish_is_no_memory(rubbish):
    assert read_memory(rubbish) == Memory()


@pytest.mark.parametrize(
    "rubbish", [{"link": "x" * 100_000}, {"link": None}, {"drafts": {"a": "\ud800"}}, {"drafts": 7}, {"more": 1}]
)
def test_rubbish_in_one_part_takes_no_session_away(study, token, rubbish):
    assert arrive(study, read_memory({"tokens": [token], **rubbish})).token == token
