"""Variations: descriptions that differ from another in one facet.

Knows: how to change each facet and leave everything else where it is. Does not know: who learns from the difference.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from refine.world3.scenes.description import (
    FRAMES,
    LANDSCAPES,
    LIGHTS,
    POSES,
    SIZES,
    STYLES,
    TEXTURES,
    WEATHERS,
    WHITE,
    Description,
    Thing,
)
from refine.world3.scenes.layout import Box, arrange, as_said
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS
from refine.world3.scenes.sampling import sample_ground

Change = Callable[[Description, random.Random], Description | None]


def spelled_out(description: Description, boxes: tuple[Box, ...]) -> Description:
    """The same picture with every size and place said."""
    things = zip(description.things, boxes, strict=True)
    return description._replace(
        things=tuple(thing._replace(size=box.size, place=box.place) for thing, box in things),
        ground=description.ground or WHITE,
    )


def vary(
    description: Description, boxes: tuple[Box, ...], rng: random.Random, facet: str | None = None
) -> tuple[str, Description] | None:
    """Change one facet.

    Args:
        description: What to change.
        boxes: Where its things are.
        rng: Which change.
        facet: One of `CHANGES`; any when None.

    Returns:
        The facet and the changed description, everything said; None if this facet cannot be changed here.
    """
    said = spelled_out(description, boxes)
    names = [facet] if facet else rng.sample(list(CHANGES), len(CHANGES))
    for name in names:
        for _ in range(8):
            changed = CHANGES[name](said, rng)
            if changed is None or changed == said:
                continue
            moved = arrange(changed.things)
            if moved is not None and as_said(changed.things, moved):
                return name, changed
    return None


def _other(values: Sequence[Any], now: Any, rng: random.Random) -> Any:
    return rng.choice([value for value in values if value != now])


def _thing(facet: str, value: Callable[[Thing, random.Random], Any]) -> Change:
    def change(said: Description, rng: random.Random) -> Description | None:
        index = rng.randrange(len(said.things))
        things = list(said.things)
        things[index] = things[index]._replace(**{facet: value(things[index], rng)})
        return said._replace(things=tuple(things))

    return change


def _object(said: Description, rng: random.Random) -> Description:
    index = rng.randrange(len(said.things))
    there = {thing.name for thing in said.things}
    things = list(said.things)
    things[index] = things[index]._replace(name=rng.choice([name for name in OBJECTS if name not in there]))
    return said._replace(things=tuple(things))


def _ground(said: Description, rng: random.Random) -> Description:
    return said._replace(ground=sample_ground(rng))


def _light(said: Description, rng: random.Random) -> Description | None:
    ground = said.ground
    if ground is None or ground.kind not in LANDSCAPES:
        return None
    return said._replace(ground=ground._replace(first=_other(LIGHTS, ground.first, rng)))


CHANGES: dict[str, Change] = {
    "object": _object,
    "number": _thing("number", lambda thing, rng: _other((1, 2, 3), thing.number, rng)),
    "size": _thing("size", lambda thing, rng: _other(list(SIZES), thing.size, rng)),
    "place": _thing("place", lambda thing, rng: (rng.randrange(3), rng.randrange(3))),
    "colour": _thing("colour", lambda thing, rng: _other([None, *COLOURS], thing.colour, rng)),
    "texture": _thing("texture", lambda thing, rng: _other([None, *TEXTURES], thing.texture, rng)),
    "pose": _thing("pose", lambda thing, rng: _other([None, *POSES], thing.pose, rng)),
    "ground": _ground,
    "light": _light,
    "weather": lambda said, rng: said._replace(weather=_other([None, *WEATHERS], said.weather, rng)),
    "style": lambda said, rng: said._replace(style=_other([None, *STYLES], said.style, rng)),
    "frame": lambda said, rng: said._replace(frame=_other([None, *FRAMES], said.frame, rng)),
}
"""Facet -> how to change it, or None where there is nothing to change."""
