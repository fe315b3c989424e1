"""The target: a look at the picture before the rounds begin.

Knows: how the target is introduced. Does not know: rounds.
"""

from typing import ClassVar

import gradio as gr

from refine.flow.steps import TARGET
from refine.study import Study
from refine.ui.html import figure, message, target_uri
from refine.ui.screen import On, Screen, View

WORDS = """
<h2>This is your target{which}</h2>
<p>Take a good look. What is in it? Where? How big? On what background? It stays in sight while you write.</p>
"""


class TargetScreen(Screen):
    """The target, large, and the button to begin."""

    step: ClassVar = TARGET

    def build(self, study: Study) -> None:
        """The picture and the button."""
        self.look = gr.HTML(apply_default_css=False)
        self.trial = gr.Number(elem_classes="tp-hidden", container=False, precision=0)
        self.begin = gr.Button("Write my first prompt", variant="primary", size="lg", elem_id="begin")
        self.outputs = [self.look, self.trial]

    def connect(self, study: Study, on: On) -> None:
        """The button begins the rounds."""

        def begin(token: str, trial: int) -> None:
            study.begin(token, trial)

        on(self.begin.click, begin, [self.trial], fresh=True)

    def render(self, study: Study, view: View) -> list[object]:
        """The target of the current trial."""
        session, trial = view.state.session, view.state.trial
        assert session is not None and trial is not None
        which = f" ({trial.number} of {len(session.trials)})" if len(session.trials) > 1 else ""
        picture = figure(target_uri(study, trial.target_id), "Target", alt="The target picture", element_id="target")
        return [message(view.alert) + WORDS.format(which=which) + f'<div class="tp-look">{picture}</div>', trial.number]

    def clear(self) -> list[object]:
        """No picture."""
        return ["", 0]
