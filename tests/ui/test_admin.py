"""The researcher's tab: who gets in, and what it says."""

from dataclasses import replace

import pytest
from fastapi import Request

from refine.storage.publishing.publisher import PushState
from refine.ui.admin import describe
from refine.web.access import Access

STATE = PushState("someone/study", 1200, 3, 1, "", 12.4, paused=False)


def visitor(account=None):
    session = {} if account is None else {"oauth_info": {"userinfo": {"preferred_username": account}}}
    return Request({"type": "http", "session": session})


@pytest.mark.parametrize(
    ("access", "given", "opened"),
    [
        (Access("open sesame", ""), "open sesame", True),
        (Access("open sesame", ""), "open", False),
        (Access("open sesame", ""), "", False),
        (Access("", "someone"), "", False),
        (Access("ключ от двери", ""), "ключ от двери", True),
        (Access("open sesame", ""), "half a character \ud800", False),
    ],
)
def test_which_token_opens(access, given, opened):
    assert access.opens(given) is opened


@pytest.mark.parametrize(
    ("owner", "request_", "is_owner"),
    [
        ("someone", visitor("someone"), True),
        ("someone", visitor("somebody else"), False),
        ("someone", visitor(), False),
        ("someone", Request({"type": "http"}), False),
        ("", visitor(""), False),
        ("", visitor("someone"), False),
    ],
)
def test_who_is_the_owner(owner, request_, is_owner):
    assert Access("", owner).is_owner(request_) is is_owner


def test_the_state_in_words():
    shown = describe(STATE)
    for words in ("someone/study", "1,200", "<td>3</td>", "in 12 s", "none"):
        assert words in shown
    assert "paused" in describe(replace(STATE, paused=True))
    assert "nothing waits" in describe(replace(STATE, next_attempt=None))
    assert "not set" in describe(replace(STATE, repo=""))
    assert "&lt;b&gt;" in describe(replace(STATE, last_error="<b>"))
