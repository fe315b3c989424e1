"""The ranking: all drawings in a random order, to be put in order by finger, mouse, keyboard or buttons.

Knows: how a list is ordered on a page. Does not know: what makes a ranking valid (study).
"""

from html import escape
from typing import Any, ClassVar

import gradio as gr

from refine.protocol import Iteration, Step
from refine.study import Study
from refine.ui.html import THUMBNAIL, drawing_uri, figure, message, script, target_uri
from refine.ui.screen import On, Screen, View

HELP = (
    "Drag the pictures, use the arrows, or select one and press the arrow keys. "
    "The drawing most similar to the target belongs on top."
)


class RankingScreen(Screen):
    """An ordered list that starts shuffled."""

    step: ClassVar = Step.RANKING
    title: ClassVar = "Ranking"

    def build(self, study: Study) -> None:
        """The list carries its own buttons, so that its order and its answer stay together."""
        self.list = gr.HTML(js_on_load=script("ranking.js"), apply_default_css=False)
        self.outputs = [self.list]

    def connect(self, study: Study, on: On) -> None:
        """The list sends trial, order, and whether an unchanged order is meant."""

        def rank(token: str, answer: dict[str, Any]) -> None:
            study.rank(token, int(answer["trial"]), answer["order"], bool(answer["unchanged"]))

        on(self.list.rank, rank, fresh=True, payload=True)

    def render(self, study: Study, view: View) -> list[object]:
        """Target, list and button; with a question if the order was left as it was."""
        trial = view.standing.trial
        assert trial is not None
        by_number = {iteration.number: iteration for iteration in trial.iterations}
        items = "".join(_item(study, by_number[number]) for number in trial.shuffled)
        target = figure(target_uri(study, trial.target_id), "Target", alt="The target picture", element_id="target")
        return [
            f"<h2>Which drawing comes closest?</h2><p>{HELP}</p>"
            f'<div class="tp-ranking" data-trial="{trial.number}" data-key="{escape(trial.id)}">'
            f'<div class="tp-ranking-target">{target}</div><div>'
            f'<ol id="rank-list" class="tp-rank-list">{items}</ol>'
            '<p class="tp-live" aria-live="assertive"></p>'
            f"{_question(view)}"
            '<button type="button" id="rank-submit" class="tp-button tp-primary">This is my ranking</button>'
            "</div></div>"
        ]

    def clear(self) -> list[object]:
        """No list."""
        return [""]


def _question(view: View) -> str:
    if not view.confirm:
        return message(view.alert)
    return (
        f'<div class="tp-message tp-alert" role="alert">{escape(view.alert)} '
        '<button type="button" class="tp-button" id="rank-confirm">Yes, it is</button></div>'
    )


def _item(study: Study, iteration: Iteration) -> str:
    prompt = escape(iteration.prompt)
    number = iteration.number
    return (
        f'<li data-iteration="{number}" tabindex="0" aria-label="Round {number}: {prompt}">'
        '<span class="tp-handle" aria-hidden="true">⠿</span><span class="tp-rank"></span>'
        f'<img src="{drawing_uri(study, iteration.picture, THUMBNAIL)}" alt="" draggable="false">'
        f'<span class="tp-words" dir="auto">{prompt}</span><span class="tp-moves">'
        f'<button type="button" data-move="-1" aria-label="Move up">▲</button>'
        f'<button type="button" data-move="1" aria-label="Move down">▼</button></span></li>'
    )
