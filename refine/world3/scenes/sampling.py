"""Sampling: random descriptions to learn from, and to be targets.

Knows: how often each facet is said. Does not know: words, pixels.
"""

import random
from collections.abc import Mapping

from refine.world3.scenes.description import (
    CELL,
    FRAMES,
    LANDSCAPES,
    LIGHTS,
    MIDDLE,
    PATTERNS,
    POSES,
    SIDE,
    SIZES,
    STYLES,
    TEXTURES,
    WEATHERS,
    Description,
    Ground,
    Thing,
)
from refine.world3.scenes.layout import Box, arrange, as_said
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS

CONFLICTS = 0.05
"""Part of the descriptions that may ask for what does not fit, so that the rules of layout are learned as well."""


def sample_description(
    rng: random.Random, weights: Mapping[str, float] | None = None
) -> tuple[Description, tuple[Box, ...]]:
    """A random description and the boxes of its things.

    Args:
        rng: Where chance comes from.
        weights: How often each object is wanted, relative to the others; all alike when None.
    """
    while True:
        things = _things(rng, weights)
        boxes = arrange(things)
        if boxes is not None and (as_said(things, boxes) or rng.random() < CONFLICTS):
            break
    return _around(things, rng), boxes


def sample_crowd(rng: random.Random) -> tuple[Description, tuple[Box, ...]]:
    """A picture full of things, which no caption could ask for, and their boxes: for a decoder to learn from."""
    side = SIDE // CELL - 2
    free = [[True] * side for _ in range(side)]
    things: list[Thing] = []
    boxes: list[Box] = []
    tries = [(rng.choices(list(SIZES), (0.3, 0.4, 0.3))[0], rng.random(), rng.random()) for _ in range(8)]
    # What is left is filled with small ones, close together.
    tries += [("small", column / side, row / side) for row in range(side) for column in range(side)]
    for size, across, down in tries:
        cells = SIZES[size] // CELL
        column, row = int(across * (side - cells + 1)), int(down * (side - cells + 1))
        if all(all(line[column : column + cells]) for line in free[row : row + cells]):
            for line in free[row : row + cells]:
                line[column : column + cells] = [False] * cells
            things.append(_thing(rng.choice(list(OBJECTS)), rng, 4, placed=False)._replace(number=1))
            boxes.append(Box(size, MIDDLE, (CELL * (column + 1),), CELL * (row + 1)))
    return _around(tuple(things), rng), tuple(boxes)


def _around(things: tuple[Thing, ...], rng: random.Random) -> Description:
    """Things, with the rest of a description."""
    return Description(
        things,
        sample_ground(rng) if rng.random() < 0.85 else None,
        rng.choice(WEATHERS) if rng.random() < 0.35 else None,
        rng.choice(STYLES) if rng.random() < 0.35 else None,
        rng.choice(FRAMES) if rng.random() < 0.3 else None,
    )


def sample_ground(rng: random.Random) -> Ground:
    """A random ground, plain ones and landscapes most often."""
    kind = rng.random()
    if kind < 0.42:
        return Ground("plain", rng.choice(list(COLOURS)))
    if kind < 0.6:
        first, second = rng.sample(list(COLOURS), 2)
        return Ground(rng.choice(PATTERNS), first, second)
    return Ground(rng.choice(LANDSCAPES), rng.choices(LIGHTS, (0.4, 0.2, 0.2, 0.2))[0])


def _things(rng: random.Random, weights: Mapping[str, float] | None) -> tuple[Thing, ...]:
    number = rng.choices((1, 2, 3, 4), (0.34, 0.38, 0.2, 0.08))[0]
    names: list[str] = []
    while len(names) < number:
        name = rng.choice(list(OBJECTS)) if weights is None else rng.choices(list(weights), list(weights.values()))[0]
        if name not in names:
            names.append(name)
    placed = rng.random() < 0.85
    return tuple(_thing(name, rng, number, placed) for name in names)


def _thing(name: str, rng: random.Random, number: int, placed: bool) -> Thing:
    colours = [colour for colour in COLOURS if colour not in OBJECTS[name].colours]
    count = rng.choices((1, 2, 3), (0.82, 0.11, 0.07))[0]
    sizes = {1: (0.4, 0.2, 0.4), 2: (0.45, 0.25, 0.3), 3: (0.6, 0.35, 0.05), 4: (0.65, 0.35, 0)}[number]
    return Thing(
        name,
        count,
        rng.choices(list(SIZES), sizes)[0] if rng.random() < 0.5 else None,
        (rng.randrange(3), rng.randrange(3)) if placed and rng.random() < (0.75 if number == 1 else 0.9) else None,
        rng.choice(colours) if rng.random() < 0.32 else None,
        rng.choice(TEXTURES) if rng.random() < 0.1 else None,
        rng.choice(POSES) if rng.random() < 0.15 else None,
    )
