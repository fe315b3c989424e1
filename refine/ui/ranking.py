"""The ranking: all drawings in a random order, to be put in order by finger, mouse, keyboard or buttons.

Knows: how a list is ordered on a page. Does not know: what makes a ranking valid (study).
"""

import json
from html import escape
from typing import Any, ClassVar

import gradio as gr

from refine.flow.steps import RANKING
from refine.protocol import Iteration
from refine.study import Study, StudyError
from refine.ui.html import drawing_uri, figure, message, script, target_uri
from refine.ui.screen import On, Screen, View

HELP = (
    "The drawing most similar to the target belongs on top. Drag by the dots, use the arrows, or select a drawing and press "
    "the arrow keys. Tap one to see it large beside the target."
)
TIES = " Drawings that are the same stand together and share a rank."


class RankingScreen(Screen):
    """An ordered list that starts shuffled."""

    step: ClassVar = RANKING

    def build(self, study: Study) -> None:
        """The list carries its own buttons, so that its order and its answer stay together."""
        self.list = gr.HTML(js_on_load=script("ranking.js"), apply_default_css=False)
        self.outputs = [self.list]

    def connect(self, study: Study, on: On) -> None:
        """The list sends trial, order, and whether an unchanged order is meant."""

        def rank(token: str, answer: dict[str, Any]) -> None:
            try:
                trial, order, unchanged = int(answer["trial"]), list(answer["order"]), bool(answer["unchanged"])
            except (KeyError, TypeError, ValueError):
                raise StudyError("This page is not up to date. Please reload it.") from None
            study.rank(token, trial, order, unchanged)

        on(self.list.rank, rank, fresh=True, payload=True)

    def render(self, study: Study, view: View) -> list[object]:
        """Target, list and button; with a question if the order was left as it was."""
        trial = view.state.trial
        assert trial is not None
        alike: dict[str, list[Iteration]] = {}
        for number in trial.shuffled:
            iteration = trial.iterations[number - 1]
            alike.setdefault(iteration.picture, []).append(iteration)
        items = "".join(_item(study, sorted(same, key=lambda drawn: drawn.number)) for same in alike.values())
        target = figure(target_uri(study, trial.target_id), "Target", alt="The target picture", element_id="target")
        first = trial.iterations[trial.shuffled[0] - 1]
        closer = figure(drawing_uri(study, first.picture), "", alt="The drawing looked at", element_id="closer")
        return [
            f"<h2>Which drawing comes closest?</h2><p>{HELP}{TIES if len(alike) < len(trial.iterations) else ''}</p>"
            f'<div class="tp-ranking" data-trial="{trial.number}" data-key="{escape(trial.id)}">'
            f'<div class="tp-ranking-target tp-pair">{target}{closer}</div><div>'
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


def _item(study: Study, same: list[Iteration]) -> str:
    """One drawing of the list, by whichever rounds drew it."""
    numbers = [iteration.number for iteration in same]
    prompt = escape(same[0].prompt)
    rounds = f"Round {numbers[0]}"
    tie = ""
    if len(same) > 1:
        rounds = f"Rounds {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
        tie = f'<b class="tp-tie">{rounds} drew the same</b>'
    return (
        f'<li data-iteration="{numbers[0]}" data-same="{json.dumps(numbers)}" data-rounds="{rounds}" tabindex="0" '
        f'aria-label="{rounds}: {prompt}"><span class="tp-handle" aria-hidden="true"><span class="tp-rank"></span>⠿</span>'
        f'<img src="{drawing_uri(study, same[0].picture)}" alt="" draggable="false">'
        f'<span class="tp-said">{tie}<span class="tp-words" dir="auto" translate="no">{prompt}</span></span><span class="tp-moves">'
        f'<button type="button" data-move="-1" aria-label="Move up">▲</button>'
        f'<button type="button" data-move="1" aria-label="Move down">▼</button></span></li>'
    )
