"""Pictures of descriptions: each facet shows, and shows nowhere else."""

import random

import numpy as np
import pytest

from refine.world3.scenes.compose import compose
from refine.world3.scenes.description import (
    FRAMES,
    LANDSCAPES,
    LIGHTS,
    PATTERNS,
    POSES,
    STYLES,
    TEXTURES,
    WEATHERS,
    Description,
    Ground,
    Thing,
)
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.palette import COLOURS, NAME_OF, WORDS
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.variations import CHANGES, vary

CAT = Description((Thing("cat"),), Ground("plain", "teal"))


def pixels(description, sprites):
    return np.asarray(compose(description, sprites), int)


@pytest.mark.parametrize(
    "changed",
    [
        *(CAT._replace(weather=one) for one in WEATHERS),
        *(CAT._replace(style=one) for one in STYLES),
        *(CAT._replace(frame=one) for one in FRAMES),
        *(CAT._replace(ground=Ground("plain", one)) for one in COLOURS if one != "teal"),
        *(CAT._replace(ground=Ground(one, "teal", "cream")) for one in PATTERNS),
        *(CAT._replace(ground=Ground(one, light)) for one in LANDSCAPES for light in LIGHTS),
        *(CAT._replace(things=(Thing("cat", pose=one),)) for one in POSES),
        *(CAT._replace(things=(Thing("cat", texture=one),)) for one in TEXTURES),
        *(CAT._replace(things=(Thing("cat", colour=one),)) for one in COLOURS),
    ],
    ids=str,
)
def test_every_facet_shows(changed, sprites):
    assert np.abs(pixels(changed, sprites) - pixels(CAT, sprites)).mean() > 0.5


def test_a_facet_of_a_thing_stays_in_its_square(sprites):
    two = Description((Thing("cat"), Thing("dog")), Ground("plain", "teal"))
    blue = two._replace(things=(Thing("cat", colour="blue", texture="striped", pose="sideways"), Thing("dog")))
    cat = arrange(two.things)[0]
    changed = np.abs(pixels(blue, sprites) - pixels(two, sprites)).sum(2) > 0
    changed[cat.top : cat.top + cat.side, cat.lefts[0] : cat.lefts[0] + cat.side] = False
    assert not changed.any()


def test_more_than_four_things_have_no_picture(sprites):
    with pytest.raises(ValueError, match="no room"):
        compose(Description(tuple(Thing(name) for name in ("cat", "dog", "pig", "owl", "bee"))), sprites)


def test_a_variation_changes_one_facet_and_the_picture(sprites):
    rng, seen = random.Random(2), set()
    for _ in range(120):
        description, boxes = sample_description(rng)
        facet, changed = vary(description, boxes, rng)
        seen.add(facet)
        assert (pixels(changed, sprites) != pixels(description, sprites)).any(), facet
    assert seen == set(CHANGES)


def test_a_facet_that_is_not_there_cannot_be_varied():
    description = Description((Thing("cat"),), Ground("plain", "teal"))
    assert vary(description, arrange(description.things), random.Random(1), "light") is None


def test_a_colour_word_means_one_colour():
    assert sum(len(words) for words in WORDS.values()) == len(NAME_OF) >= 40
