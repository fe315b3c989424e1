"""Facets are read back from perfect guesses, and obedience counts what was seen."""

import random

import pytest
import torch
import torch.nn.functional as F

from refine.world3.models.facets import BY_CELL, OF_WHOLE, labels, loss, read
from refine.world3.models.obedience import judge, rates
from refine.world3.scenes.description import WHITE, Description, Ground, Thing
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.sampling import sample_description


def certain(wanted):
    cells = [20.0 * F.one_hot(wanted[n].clamp(min=0), len(c)).permute(0, 3, 1, 2) for n, c in BY_CELL.items()]
    whole = [20.0 * F.one_hot(wanted[n].clamp(min=0), len(c)) for n, c in OF_WHOLE.items()]
    return torch.cat(cells, 1).float(), torch.cat(whole, 1).float()


@pytest.fixture(scope="module")
def scenes():
    rng = random.Random(1)
    return [sample_description(rng) for _ in range(40)]


def test_perfect_guesses_are_read_as_the_scenes(scenes):
    for (description, boxes), seen in zip(scenes, read(certain(labels(scenes))), strict=True):
        assert seen.ground == (description.ground or WHITE)
        assert (seen.weather, seen.style, seen.frame) == description[2:]
        assert list(seen.things) and set(seen.things) == {thing.name for thing in description.things}
        for thing, box in zip(description.things, boxes, strict=True):
            wanted = (thing.number, box.size, box.place, thing.colour, thing.texture, thing.pose)
            assert seen.things[thing.name] == wanted


def test_perfect_guesses_obey_and_cost_little(scenes):
    guesses = certain(labels(scenes))
    judged = [judge(*scene, seen) for scene, seen in zip(scenes, read(guesses), strict=True)]
    figures = rates(judged)
    assert figures.pop("not asked for") == 0
    assert set(figures.values()) == {1.0} and {"place", "light", "colour", "object (3-4)"} <= set(figures)
    assert loss(guesses, labels(scenes)) < 0.01 < loss((0 * guesses[0], 0 * guesses[1]), labels(scenes))


def test_a_wrong_facet_and_an_uninvited_object_are_counted():
    asked = Description((Thing("cat", colour="red"),), Ground("sea", "night"), "rain", None, "gold")
    shown = Description((Thing("cat"), Thing("dog")), Ground("sea", "day"), "fog", "sepia", None)
    seen = read(certain(labels([(shown, arrange(shown.things))])))[0]
    counts = judge(asked, arrange(asked.things), seen)
    assert counts["object (1-2)"] == [True] and counts["not asked for"] == [True]
    for facet in ("light", "weather", "style", "frame", "colour", "place"):
        assert counts[facet] == [False], facet
    assert counts["ground"] == [True]


def test_a_thing_that_is_not_there_is_missing_and_its_facets_are_not_judged():
    asked = Description((Thing("cat"),))
    seen = read(certain(labels([(Description((Thing("dog"),)), arrange((Thing("dog"),)))])))[0]
    counts = judge(asked, arrange(asked.things), seen)
    assert counts["object (1-2)"] == [False] and "place" not in counts
