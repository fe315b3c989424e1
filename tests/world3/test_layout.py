"""Where things are: said places are kept, unsaid ones follow rules, and nothing touches."""

import random
from itertools import combinations

import pytest

from refine.world3.scenes.description import CELL, SIDE, SIZES, Thing
from refine.world3.scenes.layout import PLACES, arrange, as_said, box, touch
from refine.world3.scenes.sampling import sample_description


def test_every_square_lies_on_the_grid_inside_the_margin():
    for size, side in SIZES.items():
        for number in (1, 2, 3):
            for place in PLACES:
                found = box(size, number, place)
                if found is None:
                    assert side * number > SIDE - 2 * CELL
                    continue
                for edge in (*found.lefts, found.top):
                    assert edge % CELL == 0 and CELL <= edge <= SIDE - CELL - side


def test_one_thing_of_which_nothing_is_said_is_in_the_middle():
    (found,) = arrange((Thing("cat"),))
    assert found == box("medium", 1, (1, 1))


def test_two_things_stand_left_and_right_in_the_order_of_mention():
    assert [found.place for found in arrange((Thing("cat"), Thing("dog")))] == [(0, 1), (2, 1)]


def test_an_unsaid_place_leaves_the_said_one_to_its_thing():
    cat, dog = arrange((Thing("cat"), Thing("dog", place=(0, 1))))
    assert dog == box("medium", 1, (0, 1)) and cat.place == (2, 1)


def test_what_does_not_fit_moves_or_shrinks_and_never_touches():
    things = (Thing("cat", size="big", place=(0, 1)), Thing("dog", size="big", place=(2, 1)))
    cat, dog = arrange(things)
    assert cat == box("big", 1, (0, 1))
    assert dog.size != "big" and not touch(cat, dog)
    assert not as_said(things, (cat, dog))


def test_a_row_that_is_too_wide_shrinks():
    (found,) = arrange((Thing("cat", number=3, size="big"),))
    assert found.size == "small" and len(found.lefts) == 3


@pytest.mark.parametrize("things", [(), tuple(Thing(name) for name in ("cat", "dog", "pig", "owl", "bee"))])
def test_no_thing_or_more_than_four_have_no_picture(things):
    assert arrange(things) is None


def test_random_descriptions_never_touch_and_are_arranged_alike_each_time():
    rng = random.Random(1)
    for _ in range(300):
        description, boxes = sample_description(rng)
        assert arrange(description.things) == boxes
        assert not any(touch(one, other) for one, other in combinations(boxes, 2))
