"""Scenes: one to three objects on a background, everything on a 16 px grid.

Knows: which scenes there are and how one is drawn. Does not know: words, models. The grid keeps the number of
different patches small, which is what lets small models learn them.
"""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image

from refine.world.artwork import Sprites
from refine.world.backgrounds import SIDE, paint
from refine.world.vocabulary import BACKGROUNDS, MIDDLE, OBJECTS, SIZES, Place

MARGIN = 16
LEFT_AND_RIGHT: tuple[Place, Place] = ((0, 1), (2, 1))
ABOVE_AND_BELOW: tuple[Place, Place] = ((1, 0), (1, 2))


class Placed(NamedTuple):
    """An object at a size and a place."""

    name: str
    size: str
    place: Place


class Scene(NamedTuple):
    """A background and the objects on it, none touching another."""

    background: str
    objects: tuple[Placed, ...]


def box(size: str, place: Place) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of an object's square, in pixels."""
    side = SIZES[size]
    offsets = (MARGIN, (SIDE - side) // 2, SIDE - MARGIN - side)
    left, top = offsets[place[0]], offsets[place[1]]
    return left, top, left + side, top + side


def overlap(one: Placed, other: Placed) -> bool:
    """Whether the squares of two objects share a pixel."""
    a, b = box(one.size, one.place), box(other.size, other.place)
    return not (a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1])


def arranged_as(scene: Scene, places: tuple[Place, Place]) -> bool:
    """Whether the scene is just two medium objects at these two places, in this order."""
    return (
        len(scene.objects) == 2
        and all(one.size == "medium" for one in scene.objects)
        and tuple(one.place for one in scene.objects) == places
    )


def sample_scene(rng: random.Random, weights: Mapping[str, float] | None = None) -> Scene:
    """Draw a scene at random.

    Args:
        rng: Where chance comes from.
        weights: How often each object is wanted, relative to the others; all alike when None.
    """
    count = rng.choices((1, 2, 3), (0.45, 0.4, 0.15))[0]
    names = _names(rng, count, weights)
    background = rng.choice(BACKGROUNDS) if rng.random() > 0.12 else "white"
    if count == 1:
        size = rng.choices(("small", "medium", "big"), (0.25, 0.4, 0.35))[0]
        place = MIDDLE if rng.random() < 0.35 else _anywhere(rng)
        return Scene(background, (Placed(names[0], size, place),))
    arrangement = rng.random()
    if count == 2 and arrangement < 0.45:
        places = LEFT_AND_RIGHT if arrangement < 0.33 else ABOVE_AND_BELOW
        pair = zip(names, places, strict=True)
        return Scene(background, tuple(Placed(name, "medium", place) for name, place in pair))
    while True:
        odds = (0.45, 0.45, 0.10 if count == 2 else 0)
        objects = tuple(
            Placed(name, rng.choices(("small", "medium", "big"), odds)[0], _anywhere(rng)) for name in names
        )
        if not any(overlap(a, b) for i, a in enumerate(objects) for b in objects[:i]):
            return Scene(background, objects)


def draw(scene: Scene, sprites: Sprites) -> Image.Image:
    """Compose a scene: an RGB picture, 256 x 256."""
    image = _backdrop(scene.background).copy()
    for name, size, place in scene.objects:
        sprite = sprites[name, size]
        image.paste(sprite, box(size, place)[:2], sprite)
    return image


def draw_many(scenes: Sequence[Scene], sprites: Sprites) -> np.ndarray:
    """Compose scenes: bytes of shape (n, 256, 256, 3)."""
    return np.stack([np.asarray(draw(scene, sprites)) for scene in scenes])


@cache
def _backdrop(name: str) -> Image.Image:
    return paint(name)


def _anywhere(rng: random.Random) -> Place:
    return rng.randrange(3), rng.randrange(3)


def _names(rng: random.Random, count: int, weights: Mapping[str, float] | None) -> list[str]:
    if weights is None:
        return rng.sample(list(OBJECTS), count)
    names: list[str] = []
    while len(names) < count:
        name = rng.choices(list(weights), list(weights.values()))[0]
        if name not in names:
            names.append(name)
    return names
