"""The welcome: what it is about, and consent.

Knows: the first words. Does not know: what happens after them.
"""

from typing import ClassVar

import gradio as gr

from refine.flow.steps import WELCOME
from refine.study import Study
from refine.ui.html import message
from refine.ui.screen import On, Screen, View

INTRODUCTION = """
<div class="tp-hero">
  <h1>Can you put a picture into words?</h1>
  <p>You see a picture. You write a prompt, and an image model draws it. Look, change your words, draw again:
  how close can you come in {rounds} rounds?</p>
  <ol class="tp-how">
    <li><b>Look</b> at the target picture.</li>
    <li><b>Describe</b> it, {rounds} times, and see each drawing.</li>
    <li><b>Rank</b> your drawings. Done!</li>
  </ol>
  <p class="tp-note">About five minutes. Plain English works best. It is a research study: your prompts and drawings become open
  data, without your name.</p>
</div>
"""


class Welcome(Screen):
    """Consent, then the session begins."""

    step: ClassVar = WELCOME

    def build(self, study: Study) -> None:
        """Introduction, consent text, and the button that agrees and starts."""
        self.alert = gr.HTML(apply_default_css=False)
        gr.HTML(INTRODUCTION.format(rounds=study.rule.most), apply_default_css=False)
        with gr.Accordion("Before you start: what you agree to", open=True, elem_classes="tp-consent"):
            gr.Markdown(study.consent.text)
        self.start = gr.Button("I agree, start", variant="primary", size="lg", elem_id="start", interactive=False)
        self.key = gr.Textbox(elem_classes="tp-hidden", container=False)
        self.outputs = [self.alert, self.start]

    def connect(self, study: Study, on: On) -> None:
        """The button is the consent. The browser brings the key, so that two windows begin one session."""

        def start(token: str, key: str, client: str) -> str:
            return study.enrol(consent=True, token=key, client=client)

        on(
            self.start.click,
            start,
            [self.key],
            fresh=True,
            client=True,
            js="(token) => [token, tpMemory.nextKey()]",
        )

    def render(self, study: Study, view: View) -> list[object]:
        """The notice about a session that is not known, if any; only now is it known that nobody is in the middle."""
        return [message(view.alert or view.state.notice), gr.Button(interactive=True)]

    def clear(self) -> list[object]:
        """No notice."""
        return ["", gr.skip()]
