"""Wrong tokens and codes: slowed down, logged, and the secret is not in the log."""

from functools import partial
from types import SimpleNamespace

import gradio as gr
import pytest
from fastapi import Request

from refine.ui import attempts
from refine.ui.about import About
from refine.ui.admin import Admin
from refine.web.access import Access
from refine.web.clients import MARK
from refine.web.limits import Backoff

TOKEN = "a token of 24 characters"


@pytest.fixture(autouse=True)
def clock_that_stands(monkeypatch):
    """However long a check takes on a busy machine, no time passes between two attempts."""
    monkeypatch.setattr(attempts, "Backoff", partial(Backoff, clock=lambda: 0.0))


class NoPublisher:
    """Stands where the publisher is, which nobody may reach."""

    def __getattr__(self, name):
        return lambda: (_ for _ in ()).throw(AssertionError(f"{name} was reached"))


def caller(client="a client"):
    return SimpleNamespace(request=Request({"type": "http", MARK: client}))


def handler(demo, element):
    """What the button `element` of a page calls."""
    button = next(block for block in demo.blocks.values() if block.elem_id == element)
    return next(call.fn for call in demo.fns.values() if (button._id, "click") in call.targets)


@pytest.fixture
def look():
    with gr.Blocks() as demo:
        Admin(NoPublisher(), Access(TOKEN, ""))
    return handler(demo, "admin-look")


def test_wrong_admin_tokens_are_slowed_down_and_logged_without_the_secret(look, caplog):
    answers = [look("a wrong secret", caller())[0] for _ in range(4)]
    assert all("give the admin token" in answer for answer in answers[:3])
    assert "Please wait 2 seconds" in answers[3]
    assert caplog.text.count("A wrong admin token was given by client a client") == 3
    assert "a wrong secret" not in caplog.text


def test_while_one_waits_not_even_the_right_token_is_tried(look):
    for _ in range(3):
        look("a wrong secret", caller())
    assert "Please wait" in look(TOKEN, caller())[0]
    with pytest.raises(AssertionError, match="state was reached"):
        look(TOKEN, caller("another client"))


def test_no_token_at_all_is_no_attempt(look, caplog):
    for _ in range(10):
        assert "give the admin token" in look("", caller())[0]
    assert caplog.text == ""


def test_wrong_withdrawal_codes_are_slowed_down_and_logged_without_the_secret(open_small_study, caplog):
    study = open_small_study()
    with gr.Blocks() as demo:
        About(study)
    withdraw = handler(demo, "withdraw-yes")
    answers = [withdraw("AAAA-BBBB-CCCC", caller())[0] for _ in range(4)]
    assert all("no session with this code" in answer for answer in answers[:3])
    assert "Please wait 2 seconds" in answers[3]
    assert caplog.text.count("A wrong withdrawal code") == 3
    assert "AAAA" not in caplog.text
