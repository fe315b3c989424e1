"""Depth: facets are said one after another, and with a perfect painter each brings the picture nearer."""

import json
import random

import numpy as np
import pytest

from refine.world3.checks.depth import STEPS, measure_depth
from refine.world3.scenes.compose import compose
from refine.world3.scenes.describers import add_one, assemble, growing, statements
from refine.world3.scenes.description import Description, Ground, Thing, facets
from refine.world3.targets import GRADES, choose_targets, from_json, load, perfect_painter, save

FULL = Description(
    (Thing("cat", 2, "medium", (0, 0), "blue"), Thing("apple", 1, "small", (2, 2), None, "spotted", "sideways")),
    Ground("sea", "night"),
    "rain",
    "sepia",
    "gold",
)


@pytest.fixture(scope="module")
def chosen(sprites):
    return choose_targets("animals", 3, sprites, perfect_painter(sprites), 6)


def test_a_description_grows_to_the_whole():
    steps = list(growing(FULL))
    assert steps[0] == ("objects", Description((Thing("cat"), Thing("apple"))))
    assert steps[1][0] == "ordinary sentence" and steps[1][1].ground == Ground("sea", "day")
    assert steps[-1][1] == FULL
    said = [len(facets(description)) for _, description in steps]
    assert said == sorted(said) and said[-1] == len(facets(FULL)) == 15


def test_statements_put_together_again_are_the_whole():
    assert assemble(FULL, statements(FULL)) == FULL
    rng = random.Random(1)
    for _ in range(50):
        facet, less, more = add_one(FULL, rng)
        assert len(statements(more)) == len(statements(less)) + 1
        assert facet in {name for name, _ in statements(FULL)}


def test_targets_come_in_three_grades_and_are_the_same_for_a_seed(chosen, sprites):
    assert [target.grade for target in chosen] == ["easy"] * 2 + ["medium"] * 2 + ["hard"] * 2
    for target in chosen:
        assert len(facets(target.description)) in GRADES[target.grade]
    painter = perfect_painter(sprites)
    again, other = (choose_targets("animals", seed, sprites, painter, 6) for seed in (3, 4))
    assert chosen == again != other


def test_a_painter_who_does_not_obey_is_given_up(sprites):
    asked = []
    with pytest.raises(RuntimeError, match="train for longer"):
        choose_targets("animals", 3, sprites, lambda description, prompt: asked.append(prompt), 6)
    assert 0 < len(asked) < 100


def test_a_perfect_painter_comes_nearer_with_every_step(chosen, sprites):
    pictures = [(target.description, compose(target.description, sprites)) for target in chosen]

    def likeness(one, other):
        return -float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean() / 255)

    measured = measure_depth(
        pictures, lambda said: compose(said, sprites), {"lpips": likeness}, random.Random(1), additions=2
    )
    shares = measured.shares["lpips"]
    assert len(shares) == len(STEPS) and shares[-1] == pytest.approx(1.0)
    assert shares[0] < shares[1] < shares[-1]
    assert measured.targets == 6 and 6 <= measured.facets <= 12


def test_targets_are_kept_with_their_grades_and_descriptions(chosen, tmp_path):
    save(chosen, tmp_path)
    kept = load(tmp_path)
    assert [description for _, description in kept] == [target.description for target in chosen]
    assert [entry.grade for entry, _ in kept] == [target.grade for target in chosen]
    assert all((tmp_path / entry.file).exists() for entry, _ in kept)


def test_a_description_survives_json():
    assert from_json(json.loads(json.dumps(FULL))) == FULL
    assert from_json(json.loads(json.dumps(Description((Thing("cat"),))))) == Description((Thing("cat"),))
