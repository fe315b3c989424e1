"""Simulated describers: people who say the facets of a picture in the order in which they notice them.

Knows: the order of salience, what an ordinary sentence holds. Does not know: pictures, words, models.
"""

import random
from collections.abc import Iterator, Sequence

from refine.world3.scenes.description import LANDSCAPES, PATTERNS, Description, Ground, Place, Thing
from refine.world3.scenes.layout import arrange

ORDER = ("number", "colour", "frame", "weather", "light", "style", "texture", "size", "place", "pose")
"""What is noticed after an ordinary sentence, in order of salience."""


def growing(full: Description) -> Iterator[tuple[str, Description]]:
    """What a person has said after each step: the objects alone, an ordinary sentence, then facet by facet.

    An ordinary sentence names the objects with rough places (left, middle, right; above or below only where that tells
    two things apart) and the setting: the plain colour, the first colour of a pattern, the landscape by day.

    Yields:
        (name of the step, description), first "objects", then "ordinary sentence", then the facets that `full` says, by
        `ORDER`; the last description equals `full`.
    """
    bare = tuple(Thing(thing.name) for thing in full.things)
    said = Description(bare)
    yield "objects", said
    said = Description(
        tuple(
            one._replace(place=rough(thing.place, full.things)) for one, thing in zip(bare, full.things, strict=True)
        ),
        setting(full.ground),
    )
    yield "ordinary sentence", said
    for name in ORDER:
        fuller = say(name, said, full)
        if fuller != said:
            said = fuller
            yield f"+ {name}", said


def say(facet: str, said: Description, full: Description) -> Description:
    """What is said once one facet more is taken from the full description."""
    if facet in ("weather", "style", "frame"):
        return said._replace(**{facet: getattr(full, facet)})
    if facet == "light":
        return said._replace(ground=full.ground)
    return said._replace(
        things=tuple(
            one._replace(**{facet: getattr(thing, facet)}) for one, thing in zip(said.things, full.things, strict=True)
        )
    )


def rough(place: Place | None, things: tuple[Thing, ...]) -> Place | None:
    """The place as it is said at first: the column, and the row only if another thing is in the same column."""
    if place is None:
        return None
    alone = sum(thing.place is not None and thing.place[0] == place[0] for thing in things) == 1
    return (place[0], 1) if alone and len(things) > 1 else place


def setting(ground: Ground | None) -> Ground | None:
    """The ground as it is said at first."""
    if ground is None:
        return None
    if ground.kind in LANDSCAPES:
        return Ground(ground.kind, "day")
    return Ground("plain", ground.first) if ground.kind in PATTERNS else ground


def add_one(full: Description, rng: random.Random) -> tuple[str, Description, Description]:
    """A random part of a description, and the same with one true facet more.

    Returns:
        The facet's name, the part without it, the part with it. Objects are always said.
    """
    while True:
        added = rng.choice(statements(full))
        said = [one for one in statements(full) if one != added and rng.random() < 0.6]
        less, more = assemble(full, said), assemble(full, [*said, added])
        if arrange(less.things) and arrange(more.things):
            return added[0], less, more


def statements(full: Description) -> list[tuple[str, int]]:
    """What can be said of a description besides its objects: (facet, number of the thing or -1)."""
    found = [
        (facet, index)
        for index, thing in enumerate(full.things)
        for facet in ("size", "place", "colour", "texture", "pose", "number")
        if getattr(thing, facet) != Thing._field_defaults[facet]
    ]
    return found + [(name, -1) for name in ("ground", "weather", "style", "frame") if getattr(full, name) is not None]


def assemble(full: Description, said: Sequence[tuple[str, int]]) -> Description:
    """The description that says just these facets, and the objects."""
    things = tuple(
        Thing(thing.name)._replace(**{facet: getattr(thing, facet) for facet, at in said if at == index})
        for index, thing in enumerate(full.things)
    )
    return Description(things)._replace(**{facet: getattr(full, facet) for facet, at in said if at == -1})
