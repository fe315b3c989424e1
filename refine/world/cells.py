"""Cells: a scene as a 16 x 16 grid that says what is where, for models that learn to see.

Knows: labels by cell, and how to read objects and places back from guesses by cell. Does not know: any model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from refine.world.scenes import Scene, box
from refine.world.vocabulary import BACKGROUNDS, OBJECTS, Place

GRID = 16
NOTHING = len(OBJECTS)
NAMES = tuple(OBJECTS)
ENOUGH = 4.0
"""Cells' worth of an object from which on it is there; a small one covers 16."""


class Seen(NamedTuple):
    """What was read from a picture: objects and their places, and the background."""

    objects: dict[str, Place]
    background: str


def labels(scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
    """Object by cell, (n, 16, 16), `NOTHING` where there is none; and background, (n,)."""
    grid = torch.full((len(scenes), GRID, GRID), NOTHING)
    for index, scene in enumerate(scenes):
        for one in scene.objects:
            left, top, right, bottom = (edge // 16 for edge in box(one.size, one.place))
            grid[index, top:bottom, left:right] = NAMES.index(one.name)
    return grid, torch.tensor([BACKGROUNDS.index(scene.background) for scene in scenes])


def read(chances: torch.Tensor, background: torch.Tensor) -> list[Seen]:
    """Read pictures.

    Args:
        chances: Chance of each object and of nothing by cell, (n, objects + 1, 16, 16).
        background: Score of each background, (n, backgrounds).
    """
    mass = chances[:, :NOTHING].sum((2, 3))
    middles = torch.arange(GRID) * 16.0 + 8
    x = (chances[:, :NOTHING].sum(2) * middles).sum(2) / mass
    y = (chances[:, :NOTHING].sum(3) * middles).sum(2) / mass
    seen = []
    for index, best in enumerate(background.argmax(1).tolist()):
        there = (mass[index] > ENOUGH).nonzero()[:, 0].tolist()
        objects = {NAMES[o]: (_third(float(x[index, o])), _third(float(y[index, o]))) for o in there}
        seen.append(Seen(objects, BACKGROUNDS[best]))
    return seen


def _third(centre: float) -> int:
    # Whatever the size, centres at the left are at most 96 px, in the middle 128, at the right at least 160.
    return 0 if centre < 112 else 1 if centre < 144 else 2
