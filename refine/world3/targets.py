"""Targets of the third edition: descriptions of 6 to 12 facets in three grades, every facet of which can be seen.

Knows: what makes a good target. Does not know: who paints it, participants.
"""

import random
from collections import Counter
from typing import NamedTuple

import numpy as np

from refine.world3.captions import sentence
from refine.world3.compose import compose_pixels
from refine.world3.describers import assemble, growing, statements
from refine.world3.description import LANDSCAPES, Description, facets
from refine.world3.layout import arrange, as_said
from refine.world3.objects import OBJECTS
from refine.world3.sampling import sample_description
from refine.world3.sprites import Sprites

SUBJECTS = ("animals", "food", "vehicles", "nature", "things")
GRADES = {"easy": range(6, 8), "medium": range(8, 10), "hard": range(10, 13)}
"""Grade -> how many facets."""
EACH = 20
RECOLOURING = ("grayscale", "sepia", "negative")
"""Styles in which a colour is not seen as it is said."""
GREYS = ("white", "light grey", "grey", "dark grey", "black")
VISIBLE = 0.6
"""Mean change of a pixel, in levels of 255, below which a facet is taken to be hidden."""


class Target(NamedTuple):
    """A target before it is painted."""

    subject: str
    grade: str
    description: Description
    prompt: str


def choose_targets(subject: str, seed: int, sprites: Sprites, count: int = EACH) -> list[Target]:
    """Choose the targets of a subject, the three grades in equal shares.

    Args:
        subject: One of `SUBJECTS`: that of the first thing.
        seed: Chance.
        sprites: The artwork.
        count: How many.

    Returns:
        Targets from easy to hard; no object comes first more than twice, no ground more than three times.
    """
    rng = random.Random(f"{seed} {subject}")
    left = Counter({grade: count // 3 + (index < count % 3) for index, grade in enumerate(GRADES)})
    firsts, grounds = Counter[str](), Counter[str]()
    found: list[Target] = []
    while left.total():
        description, boxes = sample_description(rng)
        grade = next((name for name, size in GRADES.items() if len(facets(description)) in size), None)
        first = description.things[0].name
        if grade is None or not left[grade] or OBJECTS[first].subject != subject or description.ground is None:
            continue
        if firsts[first] >= 2 or grounds[description.ground.kind] >= max(3, count // 3):
            continue
        good = as_said(description.things, boxes) and can_be_said(description) and can_be_named(description)
        if good and can_be_seen(description, sprites):
            left[grade] -= 1
            firsts[first] += 1
            grounds[description.ground.kind] += 1
            found.append(Target(subject, grade, description, sentence(description, rng)))
    return sorted(found, key=lambda target: list(GRADES).index(target.grade))


def can_be_said(description: Description) -> bool:
    """Whether a describer can come to the target step by step, each step a picture."""
    return all(arrange(said.things) is not None for _, said in growing(description))


def can_be_named(description: Description) -> bool:
    """Whether no colour is said that the style shows as another."""
    ground = description.ground
    if description.style not in RECOLOURING or ground is None:
        return True
    grey = ground.kind in LANDSCAPES or (ground.first in GREYS and ground.second in (None, *GREYS))
    return grey and all(thing.colour is None for thing in description.things)


def can_be_seen(description: Description, sprites: Sprites) -> bool:
    """Whether leaving out any one facet changes the picture."""
    whole = _pixels(description, sprites)
    every = statements(description)
    return whole is not None and all(
        without is None or float(np.abs(whole - without).mean()) > VISIBLE
        for without in (
            _pixels(assemble(description, [other for other in every if other != one]), sprites) for one in every
        )
    )


def _pixels(description: Description, sprites: Sprites) -> np.ndarray | None:
    boxes = arrange(description.things)
    return None if boxes is None else compose_pixels(description, boxes, sprites).astype(np.float32)
