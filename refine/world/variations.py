"""Variations: scenes that differ from another in one thing.

Knows: how to swap an object, move one, change the background. Does not know: who learns from the difference.
"""

import random

from refine.world.scenes import Placed, Scene, overlap
from refine.world.vocabulary import BACKGROUNDS, OBJECTS


def swap_object(scene: Scene, rng: random.Random) -> Scene:
    """The scene with another object where one of its objects was."""
    index = rng.randrange(len(scene.objects))
    there = {one.name for one in scene.objects}
    name = rng.choice([name for name in OBJECTS if name not in there])
    return _replace(scene, index, scene.objects[index]._replace(name=name))


def move_object(scene: Scene, rng: random.Random) -> Scene:
    """The scene with one of its objects at another place where it touches no other; as it is, if there is
    none.
    """
    index = rng.randrange(len(scene.objects))
    one, others = scene.objects[index], [o for i, o in enumerate(scene.objects) if i != index]
    moved = [one._replace(place=(column, row)) for column in range(3) for row in range(3)]
    free = [m for m in moved if m != one and not any(overlap(m, other) for other in others)]
    return _replace(scene, index, rng.choice(free)) if free else scene


def change_background(scene: Scene, rng: random.Random) -> Scene:
    """The scene on another background."""
    return scene._replace(background=rng.choice([name for name in BACKGROUNDS if name != scene.background]))


def _replace(scene: Scene, index: int, one: Placed) -> Scene:
    return scene._replace(objects=(*scene.objects[:index], one, *scene.objects[index + 1 :]))
