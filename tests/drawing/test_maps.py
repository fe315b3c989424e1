"""Maps of a study: they come with the scores, come again after a restart, and are never in the way of a round."""

import time

import numpy as np
import pytest
from PIL import Image

from refine.drawing.maps import Missing
from refine.metrics import METRICS
from refine.similarity.panel import Panel
from refine.similarity.structure import SsimMetric


def round_of(study, number=1, token=None):
    """Draw a round; the token, and the iteration."""
    if token is None:
        token = study.enrol(True)
        study.begin(token, 1)
    study.draw(token, 1, number, f"prompt {number}")
    assert study.wait(60)
    return token, study.state(token).trial.iterations[-1]


def where(study, iteration, wanted=lambda found: found is not Missing.MAKING):
    """The map, once it is there."""
    target = study._journal.trial(iteration.trial_id).target_id
    ends = time.monotonic() + 60
    while not wanted(found := study.where(target, iteration.picture)):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)
    return found


@pytest.fixture
def compared(monkeypatch):
    """Whether maps were wanted, for each time that the panel was asked."""
    asked, compare = [], Panel.compare

    def watched(self, target, drawings, mapped=False):
        asked.append(mapped)
        return compare(self, target, drawings, mapped)

    monkeypatch.setattr(Panel, "compare", watched)
    return asked


def test_a_map_comes_with_the_scores_and_is_not_made_again(open_small_study, compared):
    study = open_small_study(metrics=("ssim",), arms=("no_scores", "words"))
    _, iteration = round_of(study)
    assert not isinstance(where(study, iteration), Missing)
    assert compared.count(True) == 1
    assert set(iteration.scores) == {"ssim"}


def test_a_study_whose_arms_show_no_maps_makes_none(open_small_study, compared):
    round_of(open_small_study(metrics=("ssim",), arms=("no_scores", "scores")))
    assert compared and not any(compared)


def test_after_a_restart_the_same_map_is_made_again_when_the_page_asks(open_small_study):
    study = open_small_study(metrics=("ssim",), arms=("overlay",))
    token, iteration = round_of(study)
    before = where(study, iteration)
    study.close()
    again = open_small_study(metrics=("ssim",), arms=("overlay",))
    target = again.state(token).trial.target_id
    assert again.where(target, iteration.picture) is Missing.MAKING, "nobody waits for it"
    np.testing.assert_array_equal(where(again, iteration), before)


def test_a_map_that_fails_costs_neither_the_round_nor_its_score(open_small_study, monkeypatch, caplog):
    def fails(self, target, drawing):
        raise MemoryError("no room for a map")

    study = open_small_study(metrics=("ssim",), arms=("overlay",))
    with monkeypatch.context() as broken:
        broken.setattr(SsimMetric, "map", fails)
        token, first = round_of(study)
    assert set(first.scores) == {"ssim"}
    assert where(study, first) is Missing.FAILED
    assert "no room for a map" in caplog.text
    _, second = round_of(study, 2, token)
    assert not isinstance(where(study, second), Missing)


def test_a_picture_that_is_gone_has_no_map_and_other_maps_are_made(open_small_study, tmp_path):
    study = open_small_study(metrics=("ssim",), arms=("overlay",))
    token, first = round_of(study)
    _, second = round_of(study, 2, token)
    study.close()
    study._pictures.path(first.picture).unlink()
    again = open_small_study(metrics=("ssim",), arms=("overlay",))
    assert where(again, first) is Missing.FAILED
    assert not isinstance(where(again, second), Missing)


def test_a_metric_without_a_declared_map_is_scored_without_one():
    class Loud(SsimMetric):
        info = METRICS["ms_ssim"]

        def __init__(self):
            pass

        def prepare(self, pictures):
            return pictures

        def compare(self, target, drawing):
            return 0.5

        def map(self, target, drawing):
            raise AssertionError("nobody knows what is usual in it")

    one, other = Image.new("RGB", (200, 200)), Image.new("RGB", (200, 200), "red")
    (found,) = Panel([Loud()]).compare(one, [other], mapped=True)
    assert (found.scores, found.where) == ({"ms_ssim": 0.5}, None)


def test_a_study_whose_metrics_have_no_map_refuses_arms_that_show_one(open_small_study):
    with pytest.raises(ValueError, match=r"The arm overlay needs maps.*REFINE_METRICS"):
        open_small_study(metrics=("imagehash",), arms=("no_scores", "overlay"))
