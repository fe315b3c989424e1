"""The researcher's tab: who gets in, and what it says."""

from dataclasses import replace

import pytest
from fastapi import Request

from refine.access import Access
from refine.publication import PushState
from refine.ui.admin import describe

STATE = PushState("someone/study", 1200, 3, 1, "", 12.4, paused=False)


def visitor(account=None):
    session = {} if account is None else {"oauth_info": {"userinfo": {"preferred_username": account}}}
    return Request({"type": "http", "session": session})


@pytest.mark.parametrize(
    ("access", "given", "request_", "allowed"),
    [
        (Access("open sesame", ""), "open sesame", visitor(), True),
        (Access("open sesame", ""), "open", visitor(), False),
        (Access("open sesame", ""), "", visitor(), False),
        (Access("", "someone"), "", visitor("someone"), True),
        (Access("", "someone"), "", visitor("somebody else"), False),
        (Access("", "someone"), "", visitor(), False),
        (Access("", "someone"), "", Request({"type": "http"}), False),
        (Access("", ""), "", visitor(""), False),
        (Access("", ""), "", visitor("someone"), False),
        (Access("ключ от двери", ""), "ключ от двери", visitor(), True),
    ],
)
def test_who_gets_in(access, given, request_, allowed):
    assert access.allows(given, request_) is allowed


def test_the_state_in_words():
    shown = describe(STATE)
    for words in ("someone/study", "1,200", "<td>3</td>", "in 12 s", "none"):
        assert words in shown
    assert "paused" in describe(replace(STATE, paused=True))
    assert "nothing waits" in describe(replace(STATE, next_attempt=None))
    assert "not set" in describe(replace(STATE, repo=""))
    assert "&lt;b&gt;" in describe(replace(STATE, last_error="<b>"))
