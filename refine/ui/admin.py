"""The tab *Researcher*: how the push to the Hub stands, for whoever runs the study.

Knows: what is shown and what can be done. Does not know: who may (access), or how anything is pushed (publisher).
"""

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from refine.storage.errors import StorageError
from refine.storage.publishing.publisher import Publisher, PushState
from refine.ui.attempts import Attempts
from refine.ui.html import message
from refine.ui.path import QUIET
from refine.web.access import Access

LOOK_SECONDS = 3.0

NOT_YOU = "This is for whoever runs the study: sign in as its owner, or give the admin token."


class Admin:
    """The state of the push, and three buttons. Every call checks by itself who asks."""

    def __init__(self, publisher: Publisher, access: Access) -> None:
        """Make the components and connect them. Called inside the tab."""
        self._publisher, self._access = publisher, access
        self._attempts = Attempts("admin token")
        if access.owner:
            gr.LoginButton()
        given = gr.Textbox(label="Admin token", type="password", visible=bool(access.token), elem_id="admin-token")
        look = gr.Button("Show the push", elem_id="admin-look")
        state = gr.HTML(elem_id="admin-state", apply_default_css=False)
        with gr.Row(visible=False) as row:
            retry = gr.Button("Try now", elem_id="admin-retry")
            pause = gr.Button("Pause", elem_id="admin-pause")
            resume = gr.Button("Go on", elem_id="admin-resume")
        timer = gr.Timer(LOOK_SECONDS, active=False)
        outputs = [state, row, timer]

        def on(listener: Any, act: Callable[[], None]) -> None:
            def handle(words: str, request: gr.Request) -> list[Any]:
                return self._answer(act, words, request)

            listener(handle, given, outputs, **QUIET)

        for listener in (look.click, given.submit, timer.tick):
            on(listener, lambda: None)
        on(retry.click, publisher.retry_now)
        on(pause.click, publisher.pause)
        on(resume.click, publisher.resume)

    def _answer(self, act: Callable[[], None], words: str, request: gr.Request) -> list[Any]:
        if refusal := self._refusal(words, request):
            return [message(refusal), gr.Row(visible=False), gr.Timer(active=False)]
        try:
            act()
            shown = describe(self._publisher.state())
        except StorageError as fault:
            shown = message(str(fault))
        return [shown, gr.Row(visible=True), gr.Timer(active=True)]

    def _refusal(self, words: str, request: gr.Request) -> str:
        """Why this caller may not; empty if they may."""
        if self._access.is_owner(request.request):
            return ""
        if not words or not self._access.token:
            return NOT_YOU
        if wait := self._attempts.begin(request.request):
            return wait
        if not self._access.opens(words):
            self._attempts.wrong(request.request)
            return NOT_YOU
        self._attempts.right(request.request)
        return ""


def describe(state: PushState) -> str:
    """The state of the push as HTML."""
    rows = [
        ("Dataset", state.repo or "none: REFINE_DATASET_REPO is not set; finished sessions stay in the data folder"),
        ("Sessions pushed", f"{state.pushed:,}"),
        ("Sessions waiting", f"{state.waiting:,}"),
        ("Withdrawals still to be erased there", f"{state.withdrawals:,}"),
        ("Next attempt", _when(state)),
        ("Last fault", state.last_error or "none"),
    ]
    lines = "".join(f'<tr><th scope="row">{name}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f'<table class="tp-table">{lines}</table>'


def _when(state: PushState) -> str:
    if state.paused:
        return "paused: nothing is sent until you go on"
    return "nothing waits" if state.next_attempt is None else f"in {state.next_attempt:.0f} s"
