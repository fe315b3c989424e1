"""The thanks: what came of it, what was hidden, and what happens with the data.

Knows: the last screen. Does not know: how a session is published or withdrawn.
"""

from html import escape
from typing import ClassVar

import gradio as gr

from refine.arms import Given
from refine.arms.scores import SCORES
from refine.flow.steps import THANKS
from refine.metrics import rewording_noise
from refine.protocol import Session, Trial
from refine.study import Study
from refine.ui.html import drawing_uri, figure, script, target_uri, text
from refine.ui.screen import On, Screen, View


class Thanks(Screen):
    """The end of a session, and the beginning of the next one for whoever likes."""

    step: ClassVar = THANKS

    def build(self, study: Study) -> None:
        """The story of the session and a button for another one."""
        self.story = gr.HTML(js_on_load=script("copy.js"), apply_default_css=False)
        self.again = gr.Button("Play again with another picture", elem_id="again")
        self.outputs = [self.story]

    def connect(self, study: Study, on: On) -> None:
        """A new session begins at the welcome, with its own consent."""
        on(self.again.click, lambda token: "", fresh=True)

    def render(self, study: Study, view: View) -> list[object]:
        """Every trial of the session."""
        session = view.state.session
        assert session is not None
        trials = "".join(_trial(study, trial) for trial in session.trials)
        return [f'<h2>Thank you!</h2><p class="tp-lead">Your session is saved.</p>{trials}{_data(session)}']

    def clear(self) -> list[object]:
        """Nothing."""
        return [""]


def _trial(study: Study, trial: Trial) -> str:
    assert trial.ranking is not None
    first = trial.iterations[0]
    best = trial.iterations[trial.ranking.order[0] - 1]
    pictures = [
        figure(drawing_uri(study, first.picture), f"First: {text(first.prompt)}", alt="Your first drawing"),
        figure(target_uri(study, trial.target_id), "Target", alt="The target picture", element_id="target"),
        figure(
            drawing_uri(study, best.picture),
            f"Your best, round {best.number}: {text(best.prompt)}",
            alt="The drawing that you ranked first",
        ),
    ]
    target = study.target(trial.target_id)
    secret = (
        '<p class="tp-secret">The study has this target no longer.</p>'
        if target is None
        else '<p class="tp-secret">The target was drawn from these words: '
        f'<q id="hidden-prompt">{text(target.prompt)}</q></p>'
    )
    noise = rewording_noise(study.protocol.profile)
    scores = SCORES.html(Given(study.metrics, trial.iterations, study.scale(trial.target_id), noise, best.number))
    return f'<div class="tp-pair tp-three">{"".join(pictures)}</div>{secret}{scores}'


def _data(session: Session) -> str:
    code = escape(session.withdrawal_code)
    return (
        '<section class="tp-card"><h3>What happens now</h3><p>Your prompts, drawings, scores and ranking become part of an '
        "open dataset for research, without your name. You find your contribution counted on the Results tab.</p>"
        "<p>If you change your mind, this withdrawal code removes your session (About tab). Please write it down:</p>"
        f'<p class="tp-code"><code id="withdrawal-code" translate="no">{code}</code> '
        f'<button type="button" class="tp-button" data-copy="{code}">Copy</button></p></section>'
    )
