"""The rounds: target and newest drawing side by side, a box for the prompt, and all drawings so far.

Knows: how a round looks while it is written, drawn and compared. Does not know: when a round is due (study).
"""

from collections.abc import Mapping
from html import escape
from typing import ClassVar

import gradio as gr
from gradio.components import Component

from refine.arms import ARMS, Given
from refine.flow.state import Pending, State
from refine.flow.steps import ROUNDS
from refine.flow.vocabulary import Vocabulary
from refine.metrics import rewording_noise
from refine.protocol import Iteration, Trial
from refine.study import Study, StudyError
from refine.ui.html import THUMBNAIL, drawing_uri, figure, message, script, target_uri, text
from refine.ui.map_views import are_being_made, map_views
from refine.ui.screen import On, Pulse, Screen, View

POLL_SECONDS, IDLE_SECONDS = 0.4, 3.0
"""Between two looks at the study: while a drawing is made, and otherwise (another window may have drawn)."""

MOST_WORDS, LONGEST_WORD = 6, 30
"""How many unknown words are named, and how many characters of each are shown."""


class Rounds(Screen):
    """Write, draw, look, again."""

    step: ClassVar = ROUNDS

    def build(self, study: Study) -> None:
        """Pictures, prompt and button, in sight together; below them all that comes and goes, so that it moves nothing."""
        self.study = study
        self.board = gr.HTML(apply_default_css=False)
        self.prompt = gr.Textbox(
            label="Your prompt",
            placeholder="What do you see? For example: a small red boat on the left, on the sea",
            lines=1,
            max_lines=5,
            elem_id="prompt",
        )
        self.draw = gr.Button("Draw", variant="primary", size="lg", elem_id="draw")
        self.progress = gr.HTML(apply_default_css=False)
        self.notes = gr.HTML(js_on_load=script("keep.js"), apply_default_css=False)
        self.feedback = gr.HTML(js_on_load=script("keep.js") + script("maps.js"), apply_default_css=False)
        self.strip = gr.HTML(js_on_load=script("strip.js"), apply_default_css=False)
        self.turn = gr.Textbox(elem_classes="tp-hidden", container=False)
        self.draft = gr.HTML("", html_template="", js_on_load=script("draft.js"), apply_default_css=False)
        self.timer = gr.Timer(POLL_SECONDS, active=False)
        self.pulse = Pulse(self.timer, self.turn)
        self.outputs = [
            self.board,
            self.progress,
            self.prompt,
            self.draw,
            self.notes,
            self.feedback,
            self.strip,
            self.turn,
            self.draft,
            self.timer,
        ]

    def connect(self, study: Study, on: On) -> None:
        """Button and Enter draw. While a drawing is made the path polls, at the pace of `timer`."""

        def draw(token: str, turn: str, prompt: str, client: str) -> None:
            try:
                trial, number = (int(part) for part in turn.split("/")[:2])
            except (AttributeError, ValueError):
                raise StudyError("This page is not up to date. Please reload it.") from None
            study.draw(token, trial, number, prompt, client)

        for listener in (self.draw.click, self.prompt.submit):
            on(listener, draw, [self.turn, self.prompt], client=True)

    def render(self, study: Study, view: View) -> list[object]:
        """Everything; the prompt box only when nobody can be writing in it."""
        state = view.state
        trial, pending = state.trial, state.pending
        assert state.session is not None and trial is not None
        iterations = trial.iterations
        place = draft_place(trial, pending)
        believed = self.belief(
            state
        )  # before its maps are looked at: one that is made in between is seen at the next look
        difference, change = map_views(study, state)
        given = Given(
            study.metrics,
            iterations,
            state.scale,
            rewording_noise(study.protocol.profile),
            difference=difference,
            change=change,
        )
        return [
            _board(study, trial),
            progress_bar(pending),
            gr.Textbox(value=view.drafts.get(place, _prompt(pending, iterations))) if view.fresh else gr.skip(),
            gr.Button("Drawing …" if pending else "Draw", interactive=pending is None),
            message(view.alert or state.notice) + _notes(study, trial),
            ARMS[state.session.arm].html(given),
            _strip(study, iterations),
            believed,
            place,
            gr.Timer(pace(pending), active=True),
        ]

    def belief(self, state: State) -> str:
        """Trial, round, whether its drawing is being made, whether scores are points, and whether a map is to come."""
        return turn(state) + ("/mapping" if are_being_made(self.study, state) else "")

    def refresh(self, state: State) -> Mapping[Component, object]:
        """While a drawing is made nothing changes but its progress."""
        if state.pending is None:
            return {}
        return {self.progress: progress_bar(state.pending), self.timer: gr.Timer(pace(state.pending))}

    def clear(self) -> list[object]:
        """No pictures, no prompt."""
        return ["", "", "", gr.skip(), "", "", "", "", "", gr.Timer(active=False)]


def turn(state: State) -> str:
    """What a page that is up to date believes: trial, round, whether its drawing is being made, and whether scores are points."""
    if state.trial is None:
        return ""
    doing = "drawing" if state.pending else "writing"
    scores = "points" if state.scale else "raw"
    return f"{state.trial.number}/{len(state.trial.iterations) + 1}/{doing}/{scores}"


def draft_place(trial: Trial, pending: Pending | None) -> str:
    """Trial and round that what is written now is for: while a drawing is made, the round after it."""
    return f"{trial.id}/{len(trial.iterations) + 1 + (pending is not None)}"


def pace(pending: Pending | None) -> float:
    """Seconds until the page looks again: the further back in the line, the later, so that a crowd leaves time to draw."""
    return IDLE_SECONDS if pending is None else min(IDLE_SECONDS, POLL_SECONDS * (1 + pending.ahead))


def _board(study: Study, trial: Trial) -> str:
    rounds = study.rule.most
    done = len(trial.iterations)
    counter = f'<p id="round-counter">Round {done + 1} of {rounds}</p>'
    dots = "".join(f'<i class="{"done" if n < done else "now" if n == done else ""}"></i>' for n in range(rounds))
    head = f'<div class="tp-round-head">{counter}<span class="tp-dots" aria-hidden="true">{dots}</span></div>'
    left = figure(target_uri(study, trial.target_id), "Target", alt="The target picture", element_id="target")
    if not trial.iterations:
        empty = (
            '<figure class="tp-figure"><div class="tp-picture tp-empty"><span>Your drawing will be here</span></div>'
            "<figcaption>Your drawing</figcaption></figure>"
        )
        return f'{head}<div class="tp-pair">{left}{empty}</div>'
    newest = trial.iterations[-1]
    right = figure(
        drawing_uri(study, newest.picture),
        f"Your drawing, round {newest.number}",
        alt=f"Your drawing of round {newest.number}: {newest.prompt}",
        element_id="drawing",
    )
    return f'{head}<div class="tp-pair" aria-live="polite">{left}{right}</div>'


def _notes(study: Study, trial: Trial) -> str:
    """What there is to say of the newest drawing, and a closer look at it."""
    if not trial.iterations:
        return ""
    newest = trial.iterations[-1]
    known = "" if study.vocabulary is None else _unknown(study.vocabulary, newest)
    return known + _unread(newest) + _compare(target_uri(study, trial.target_id), drawing_uri(study, newest.picture))


def _unread(iteration: Iteration) -> str:
    if not iteration.unread:
        return ""
    return (
        '<p class="tp-note tp-unread">Your prompt was longer than the model reads. These words were not read: '
        f"“{text(iteration.unread)}”</p>"
    )


def _unknown(vocabulary: Vocabulary, iteration: Iteration) -> str:
    """Which of the words that were read the model does not know; of many the first ones."""
    words = vocabulary.unknown(iteration.prompt.removesuffix(iteration.unread))
    if not words:
        return ""
    named = ", ".join(
        f"“{text(word if len(word) <= LONGEST_WORD else word[:LONGEST_WORD] + '…')}”" for word in words[:MOST_WORDS]
    )
    more = f" and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
    return f'<p class="tp-note tp-unknown">The model does not know: {named}{more}. Other words may help.</p>'


def _compare(target: str, drawing: str) -> str:
    return (
        '<details class="tp-compare" data-keep="compare"><summary>Compare with a slider</summary><div class="tp-slider">'
        f'<img src="{drawing}" alt="" draggable="false"><img src="{target}" alt="" class="tp-over" draggable="false">'
        '<input type="range" min="0" max="100" value="50" aria-label="How much of the target covers the drawing">'
        "</div><p>Left of the line: target. Right of it: your drawing.</p></details>"
    )


def progress_bar(pending: Pending | None) -> str:
    """How far a drawing is, or its place in the queue; empty if there is none."""
    if pending is None:
        return ""
    if pending.ahead:
        drawings = "1 drawing is" if pending.ahead == 1 else f"{pending.ahead} drawings are"
        words = f"{drawings} before yours. You may leave the page: yours will be made."
    else:
        words = f"Drawing round {pending.number} …"
    percent = round(100 * pending.progress)
    return (
        f'<div class="tp-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        f'aria-label="{words}"><div style="width:{max(percent, 3)}%"></div></div><p class="tp-note">{words}</p>'
    )


def _prompt(pending: Pending | None, iterations: tuple[Iteration, ...]) -> str:
    if pending is not None:
        return pending.prompt
    return iterations[-1].prompt if iterations else ""


def _strip(study: Study, iterations: tuple[Iteration, ...]) -> str:
    if not iterations:
        return ""
    cards = "".join(_card(study, iteration) for iteration in reversed(iterations))
    return (
        f'<h3>Your drawings so far</h3><ul class="tp-strip">{cards}</ul>'
        '<dialog class="tp-dialog" aria-label="A drawing"><img alt=""><p dir="auto" translate="no"></p>'
        '<div><button type="button" class="tp-button" data-do="reuse">Use this prompt</button>'
        '<button type="button" class="tp-button" data-do="close">Close</button></div></dialog>'
    )


def _card(study: Study, iteration: Iteration) -> str:
    prompt = escape(iteration.prompt)
    return (
        f'<li><button type="button" data-iteration="{iteration.number}" data-prompt="{prompt}" '
        f'aria-label="Look closer at round {iteration.number}">'
        f'<img src="{drawing_uri(study, iteration.picture, THUMBNAIL)}" alt="" draggable="false">'
        f'<span class="tp-badge">{iteration.number}</span></button><p dir="auto" translate="no" title="{prompt}">{prompt}</p></li>'
    )
