"""Maps on the page of the rounds: shown to arms that have them, there by themselves when they are made, never in the way."""

import base64
import re
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from refine.drawing.maps import Missing
from refine.flow.steps import ROUNDS
from refine.similarity.paint import DIFFERENCE, ColourScale
from refine.similarity.structure import SsimMetric
from refine.ui.map_views import are_being_made, map_views
from refine.ui.rounds import turn
from tests.test_study import draw
from tests.ui.test_path import Visit

COLOURS = re.compile(r'src="data:image/webp;base64,([^"]+)" alt="" class="tp-colours"')


@pytest.fixture
def open_mapped_study(open_small_study):
    """A function that opens a study of one arm whose metric has a map."""
    return lambda arm: open_small_study(metrics=("ssim",), arms=(arm,))


def begun(study, rounds=1):
    token = study.enrol(consent=True)
    study.begin(token, 1)
    for number in range(1, rounds + 1):
        draw(study, token, number, f"prompt {number}")
    return token


def mapped(study, token):
    """Where the participant stands, once all maps are made."""
    ends = time.monotonic() + 60
    while are_being_made(study, state := study.state(token)):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)
    return state


def test_the_page_shows_the_maps_of_the_newest_drawing_and_from_the_second_round_on_what_it_did(open_mapped_study):
    study = open_mapped_study("overlay")
    token = begun(study)
    words = Visit(study).arrive(token).words
    assert "Where does it differ" in words and "What did your last change do" not in words
    draw(study, token, 2, "prompt 2")
    words = Visit(study).arrive(token).words
    assert len(COLOURS.findall(words)) == 2
    difference, change = map_views(study, study.state(token))
    assert difference.words in words and change.words in words
    state = study.state(token)
    first, second = (study.where(state.trial.target_id, one.picture) for one in state.trial.iterations)
    assert list(change.amounts.values()) != list(difference.amounts.values())
    assert change.amounts["middle"] == pytest.approx(float((first - second)[22:43, 22:43].mean()), abs=1e-6)


def test_the_colours_over_the_drawing_are_those_of_its_map(open_mapped_study):
    study = open_mapped_study("overlay")
    token = begun(study)
    (found,) = COLOURS.findall(Visit(study).arrive(token).words)
    shown = Image.open(BytesIO(base64.b64decode(found))).convert("RGB")
    state = study.state(token)
    grid = study.where(state.trial.target_id, state.trial.iterations[-1].picture)
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(DIFFERENCE.over(grid, shown.size)))


def test_places_that_a_sentence_does_not_name_are_not_among_the_named(open_mapped_study):
    study = open_mapped_study("words")
    token = begun(study)  # noise differs from noise nearly everywhere
    difference, change = map_views(study, study.state(token))
    assert change == ""
    assert all(place in difference.words for place in difference.named)


@pytest.mark.parametrize("arm", ["no_scores", "scores"])
def test_an_arm_without_maps_sees_none_and_asks_for_none(open_mapped_study, monkeypatch, arm):
    study = open_mapped_study(arm)
    token = begun(study, 2)
    monkeypatch.setattr(study, "where", None)  # would be called
    seen = Visit(study).arrive(token)
    assert seen.step == ROUNDS
    assert "Where does it differ" not in seen.words and not COLOURS.search(seen.words)


def test_after_a_restart_the_page_says_that_maps_are_being_made_and_shows_them_by_itself(open_mapped_study):
    study = open_mapped_study("overlay")
    token = begun(study, 2)
    before = map_views(study, study.state(token))
    study.close()
    again = open_mapped_study("overlay")
    with again._drawing_service._idle:  # while something is drawn no map is made
        visit = Visit(again)
        seen = visit.arrive(token)
        assert "is being worked out. It appears here by itself." in seen.words
        believed = turn(again.state(token)) + "/mapping"
        assert visit.poll(token, believed).step is None, "nothing has changed yet"
    state = mapped(again, token)
    assert map_views(again, state) == before
    assert before[0].words in visit.poll(token, believed).words
    assert visit.poll(token, turn(state)).step is None, "then nothing changes any more"


def test_a_map_that_cannot_be_made_is_said_in_a_sentence_and_the_round_goes_on(open_mapped_study, monkeypatch):
    def fails(self, target, drawing):
        raise MemoryError

    study = open_mapped_study("both")
    with monkeypatch.context() as broken:
        broken.setattr(SsimMetric, "map", fails)
        token = begun(study)
    seen = Visit(study).arrive(token)
    assert "could not be worked out. Please go on without it." in seen.words
    assert 'data-metric="ssim"' in seen.words, "the scores are there"
    assert not COLOURS.search(seen.words)
    draw(study, token, 2, "prompt 2")
    words = Visit(study).arrive(token).words
    assert len(COLOURS.findall(words)) == 1
    assert "What your last change did could not be worked out." in words


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_map_that_is_made_while_the_page_is_drawn_is_not_missed(open_mapped_study, monkeypatch, looks):
    study = open_mapped_study("overlay")
    token = begun(study)
    where, asked = study.where, []

    def made_meanwhile(target, pixels):
        asked.append(pixels)
        return Missing.MAKING if len(asked) <= looks else where(target, pixels)

    monkeypatch.setattr(study, "where", made_meanwhile)
    words = Visit(study).arrive(token).words
    assert "/mapping" in words, "it looks again"


def test_what_is_being_made_is_told_from_what_cannot_be_made(open_mapped_study, monkeypatch):
    study = open_mapped_study("overlay")
    token = begun(study)
    told = set()
    for reason in Missing:
        monkeypatch.setattr(study, "where", lambda target, pixels, reason=reason: reason)
        told.add(map_views(study, study.state(token)))
        assert are_being_made(study, study.state(token)) == (reason is Missing.MAKING)
    assert len(told) == len(Missing)
    assert all(change == "" for _, change in told)


def test_colours_that_cannot_be_painted_shut_nobody_out_of_the_round(open_mapped_study, monkeypatch):
    def fails(self, grid, size):
        raise MemoryError

    study = open_mapped_study("overlay")
    token = begun(study)
    monkeypatch.setattr(ColourScale, "over", fails)
    seen = Visit(study).arrive(token)
    assert seen.step == ROUNDS
    assert "could not be worked out. Please go on without it." in seen.words
