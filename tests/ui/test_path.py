"""The path when something is missing or broken: the participant is told, and never shut out."""

import shutil
import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from refine.flow.steps import ROUNDS, STEPS, THANKS, WELCOME
from refine.ui.html import MISSING
from refine.ui.path import SCREENS, Path
from refine.ui.rounds import turn
from tests.test_study import draw, finish


class Visit:
    """A page of a study, and what it is sent."""

    def __init__(self, study):
        with gr.Blocks() as demo:
            self.path = Path(study, demo)

    def arrive(self, token):
        return self._seen(self.path._arrive({"tokens": [token]})[:-2])

    def poll(self, token, believed):
        return self._seen(self.path._poll(self.path._screens[2], token, believed))

    def act(self, verb, token):
        return self._seen(self.path._act(verb, token, (), fresh=True))

    def _seen(self, values):
        """Words of the page, the step that is seen (`None`: as before), and whether one can start."""
        shown = dict(zip(self.path._outputs, values, strict=True))
        steps = [
            screen.step
            for screen, column in zip(self.path._screens, self.path._columns, strict=True)
            if getattr(shown[column], "visible", False)
        ]
        words = " ".join(value for value in values if isinstance(value, str))
        start = shown[self.path._screens[0].start]
        return SimpleNamespace(
            words=words, step=steps[0] if steps else None, can_start=getattr(start, "interactive", False)
        )


@pytest.fixture
def token(study):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    draw(study, token, 1)
    return token


@pytest.fixture
def study(open_small_study):
    return open_small_study()


def test_a_picture_that_is_gone_leaves_a_gap_and_the_rounds_go_on(study, token, tmp_path):
    shutil.rmtree(tmp_path / "pictures")
    seen = Visit(study).arrive(token)
    assert seen.step == ROUNDS
    assert MISSING in seen.words
    assert len(draw(study, token, 2).trial.iterations) == 2


def test_with_other_targets_a_session_can_begin_anew_and_a_finished_one_is_still_shown(
    study, tmp_path, open_small_study
):
    finished, begun = study.enrol(consent=True), study.enrol(consent=True)
    finish(study, finished)
    study.close()
    index = tmp_path / "targets" / "targets.json"
    index.write_text(index.read_text().replace('"id": "t', '"id": "another-'))
    visit = Visit(open_small_study())
    seen = visit.arrive(begun)
    assert (seen.step, seen.can_start) == (WELCOME, True)
    assert "The study has changed" in seen.words
    seen = visit.arrive(finished)
    assert seen.step == THANKS
    assert "has this target no longer" in seen.words


def test_a_journal_that_cannot_be_read_is_told_and_the_page_stays_as_it_is(study, token, tmp_path):
    visit = Visit(study)
    with sqlite3.connect(tmp_path / "journal.sqlite") as journal:
        journal.execute("ALTER TABLE trials RENAME TO hidden")
    for seen in (visit.arrive(token), visit.poll(token, "1/2/drawing"), visit.act(lambda token: None, token)):
        assert "cannot be read just now" in seen.words
        assert token in seen.words, "the browser keeps the key"
        assert (seen.step, seen.can_start) == (None, False)
    with sqlite3.connect(tmp_path / "journal.sqlite") as journal:
        journal.execute("ALTER TABLE hidden RENAME TO trials")
    seen = visit.poll(token, "1/2/drawing")
    assert "cannot be read" not in seen.words
    assert seen.step == ROUNDS


def test_a_screen_that_cannot_be_drawn_lets_its_participant_begin_anew(study, token):
    visit = Visit(study)
    study.protocol = None  # a mistake of ours
    seen = visit.arrive(token)
    assert "session cannot be shown" in seen.words
    assert (seen.step, seen.can_start) == (WELCOME, True)


def test_the_thanks_show_the_scores_of_the_best_round_not_of_the_last(study, token):
    draw(study, token, 2, "another cat")
    draw(study, token, 3, "no cat")
    state = study.rank(token, 1, (2, 3, 1), unchanged_is_meant=True)
    best = state.trial.iterations[1].scores["imagehash"]
    assert best != state.trial.iterations[2].scores["imagehash"]
    words = Visit(study).arrive(token).words
    assert "How close is your best, round 2?" in words
    assert f"this drawing {best:.0f}" in words


def test_scores_become_points_by_themselves_when_the_scale_is_there(open_small_study):
    study = open_small_study(arms=("scores",))
    token = study.enrol(consent=True)
    study.begin(token, 1)
    visit, state = Visit(study), draw(study, token, 1)
    while not state.scale:
        state = study.state(token)
    raw = replace(state, scale={})
    assert "100: the target itself" in visit.poll(token, turn(raw)).words
    assert visit.poll(token, turn(state)).step is None, "then nothing changes any more"


def test_every_step_has_its_screen():
    assert {name: screen.step for name, screen in SCREENS.items()} == STEPS
