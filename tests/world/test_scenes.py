import random
from collections import Counter

import numpy as np
import pytest

from refine.world.backgrounds import SIDE, paint
from refine.world.scenes import Placed, Scene, box, draw, overlap, sample_scene
from refine.world.variations import change_background, move_object, swap_object
from refine.world.vocabulary import BACKGROUNDS, OBJECTS, SIZES


def scenes(count=400, seed=1):
    rng = random.Random(seed)
    return [sample_scene(rng) for _ in range(count)]


def test_objects_do_not_touch_each_other():
    for scene in scenes():
        for index, one in enumerate(scene.objects):
            assert not any(overlap(one, other) for other in scene.objects[:index]), scene


def test_objects_are_on_the_grid_and_inside():
    for size in SIZES:
        for place in [(column, row) for column in range(3) for row in range(3)]:
            edges = box(size, place)
            assert all(edge % 16 == 0 for edge in edges)
            assert min(edges) >= 0 and max(edges) <= SIDE


def test_an_object_is_drawn_where_it_is_said_to_be(sprites):
    for place in [(0, 0), (2, 1), (1, 2)]:
        drawn = np.asarray(draw(Scene("white", (Placed("cat", "small", place),)), sprites))
        rows, columns = np.nonzero((drawn != 255).any(2))
        left, top, right, bottom = box("small", place)
        assert left <= columns.min() and columns.max() < right
        assert top <= rows.min() and rows.max() < bottom


def test_every_background_looks_different():
    seen = {paint(name).tobytes() for name in BACKGROUNDS}
    assert len(seen) == len(BACKGROUNDS)


def test_an_unknown_background_is_refused():
    with pytest.raises(KeyError):
        paint("moon")


def test_weights_decide_which_objects_come():
    rng = random.Random(3)
    weights = {name: 50.0 if name == "banana" else 1.0 for name in OBJECTS}
    counts = Counter(one.name for _ in range(200) for one in sample_scene(rng, weights).objects)
    assert counts.most_common(1)[0][0] == "banana"


def test_the_same_seed_gives_the_same_scenes():
    assert scenes(20, seed=5) == scenes(20, seed=5) != scenes(20, seed=6)


def test_a_variation_differs_in_one_thing_and_nothing_touches():
    rng = random.Random(4)
    for scene in scenes(100):
        swapped, moved = swap_object(scene, rng), move_object(scene, rng)
        assert sum(a != b for a, b in zip(scene.objects, swapped.objects, strict=True)) == 1
        assert [o.place for o in swapped.objects] == [o.place for o in scene.objects]
        assert len({o.name for o in swapped.objects}) == len(scene.objects)
        assert sum(a != b for a, b in zip(scene.objects, moved.objects, strict=True)) <= 1
        assert not any(overlap(a, b) for i, a in enumerate(moved.objects) for b in moved.objects[:i])
        assert change_background(scene, rng).background != scene.background
