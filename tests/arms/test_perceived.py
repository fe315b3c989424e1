"""The simulated eye of each feedback: what somebody learns from it, who sees nothing else."""

import statistics
from dataclasses import replace
from random import Random

import pytest

from refine.arms import ARMS, Given, Perceived
from refine.arms.words import WORDS
from refine.metrics import METRICS, Scale
from tests.arms.test_maps_shown import PLACES, given, view
from tests.storage.test_journal import an_iteration

HASH, LPIPS = METRICS["imagehash"], METRICS["lpips"]
SCALES = {"imagehash": Scale(32, 0), "lpips": Scale(0.8, 0.0)}


def scored(*rounds, scales=SCALES):
    return Given([HASH, LPIPS], [an_iteration(n, scores=one) for n, one in enumerate(rounds, start=1)], scales, {})


def seen(arm, found, times=2000):
    rng = Random(1)
    return [ARMS[arm].perceived(found, rng) for _ in range(times)]


def test_who_sees_scores_learns_the_mean_of_the_newest_points_with_a_small_error_and_no_place():
    # 8 of 32 bits are 75 points, 0.44 of 0.8 are 45.
    learned = seen("scores", scored({"imagehash": 32.0}, {"imagehash": 8.0, "lpips": 0.44}))
    assert statistics.mean(one.similarity for one in learned) == pytest.approx(0.6, abs=0.01)
    assert 0 < statistics.stdev(one.similarity for one in learned) < 0.05
    assert not any(one.differs or one.changed for one in learned)
    for raw in (32.0, 0.0):
        assert all(0 <= one.similarity <= 1 for one in seen("scores", scored({"imagehash": raw}), 100))


def test_scores_without_a_scale_or_without_a_drawing_tell_nobody_how_near_it_is():
    assert seen("scores", scored({"imagehash": 8.0}, scales={}), 1) == [Perceived()]
    assert seen("scores", scored(), 1) == [Perceived()]


def test_of_the_best_the_scores_are_its_own():
    last = replace(scored({"imagehash": 0.0}, {"imagehash": 32.0}), best=1)
    assert statistics.mean(one.similarity for one in seen("scores", last, 200)) > 0.9


def test_who_sees_the_map_learns_how_much_each_place_differs_and_what_the_change_did():
    found = given(view(upper_left=0.9, middle=0.3), view(top=0.5, bottom=-0.5))
    learned = seen("overlay", found)
    mean = {place: statistics.mean(one.differs[place] for one in learned) for place in PLACES}
    assert mean["upper left"] == pytest.approx(0.9, abs=0.03) and mean["middle"] == pytest.approx(0.3, abs=0.03)
    assert max(mean, key=mean.get) == "upper left"
    changed = {place: statistics.mean(one.changed[place] for one in learned) for place in PLACES}
    assert changed["top"] == pytest.approx(0.5, abs=0.03) and changed["bottom"] == pytest.approx(-0.5, abs=0.03)
    assert len({one.differs["middle"] for one in learned}) > 1, "an eye errs"
    assert all(0 <= value <= 1 for one in learned for value in one.differs.values())
    near = given(view())
    assert seen("overlay", near, 1)[0].similarity > seen("overlay", found, 1)[0].similarity


def test_who_reads_the_sentence_learns_the_places_that_it_names_unless_it_is_overlooked():
    found = given(view(named=("top", "left"), top=0.5, left=0.5, middle=0.4), view())
    learned = seen("words", found)
    read = [one for one in learned if one.differs]
    assert all(one == Perceived(differs={"top": 1.0, "left": 1.0}) for one in read)
    assert len(read) / len(learned) == pytest.approx(1 - WORDS.overlooked, abs=0.03)


def test_who_sees_both_learns_the_number_from_the_scores_and_the_places_from_the_maps():
    found = replace(scored({"imagehash": 16.0}), difference=view(upper_left=0.9), change=view(top=0.5))
    learned = seen("both", found)
    assert statistics.mean(one.similarity for one in learned) == pytest.approx(0.5, abs=0.01)
    assert set(learned[0].differs) == set(learned[0].changed) == set(PLACES)


@pytest.mark.parametrize("arm", ["no_scores", "overlay", "words"])
def test_where_nothing_is_shown_nothing_is_learned(arm):
    assert set(map(repr, seen(arm, given("It is being worked out."), 20))) == {repr(Perceived())}
