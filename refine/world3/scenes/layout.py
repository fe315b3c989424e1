"""Layout: where each thing is, from what is said of places and sizes.

Knows: the nine places, which squares may not touch, what is taken when nothing is said. Does not know: words, pixels.
The rules are deterministic, so that a description has one picture: said places first; then the unsaid ones on the
first free of the usual places; what does not fit moves to the nearest free place, and shrinks when there is none.
"""

from typing import NamedTuple

from refine.world3.scenes.description import CELL, MIDDLE, SIDE, SIZES, Place, Size, Thing

MARGIN = CELL
PLACES: tuple[Place, ...] = tuple((column, row) for row in range(3) for column in range(3))
USUAL: dict[int, tuple[Place, ...]] = {
    1: (MIDDLE,),
    2: ((0, 1), (2, 1)),
    3: ((0, 0), (2, 0), (1, 2)),
    4: ((0, 0), (2, 0), (0, 2), (2, 2)),
}
"""How many things -> the places that are taken in order when none is said."""
LADDER: tuple[Size, ...] = ("big", "medium", "small")


class Box(NamedTuple):
    """Where a thing is: its size and place, and the squares that it covers: left edges and the top edge, in pixels."""

    size: Size
    place: Place
    lefts: tuple[int, ...]
    top: int

    @property
    def side(self) -> int:
        """Side of a square, in pixels."""
        return SIZES[self.size]


def box(size: Size, count: int, place: Place) -> Box | None:
    """The squares of `count` things in a row at a place; None where the row is wider than the picture allows."""
    side = SIZES[size]
    width = side * count
    if width > SIDE - 2 * MARGIN:
        return None
    left = (MARGIN, (SIDE - width) // 2 // CELL * CELL, SIDE - MARGIN - width)[place[0]]
    top = (MARGIN, (SIDE - side) // 2 // CELL * CELL, SIDE - MARGIN - side)[place[1]]
    return Box(size, place, tuple(left + index * side for index in range(count)), top)


def touch(one: Box, other: Box) -> bool:
    """Whether two boxes share a pixel."""
    apart_x = one.lefts[-1] + one.side <= other.lefts[0] or other.lefts[-1] + other.side <= one.lefts[0]
    return not (apart_x or one.top + one.side <= other.top or other.top + other.side <= one.top)


def arrange(things: tuple[Thing, ...]) -> tuple[Box, ...] | None:
    """A box for each thing, in their order, none touching another.

    Returns None if there is no room: more than four things, or rows that fill the picture.
    """
    if not 1 <= len(things) <= 4:
        return None
    boxes: dict[int, Box] = {}
    said = [index for index, thing in enumerate(things) if thing.place is not None]
    unsaid = [index for index, thing in enumerate(things) if thing.place is None]
    for index in said + unsaid:
        found = _find(things[index], len(things), list(boxes.values()))
        if found is None:
            return None
        boxes[index] = found
    return tuple(boxes[index] for index in range(len(things)))


def as_said(things: tuple[Thing, ...], boxes: tuple[Box, ...]) -> bool:
    """Whether every place and size that is said is kept."""
    return all(
        (thing.size is None or thing.size == found.size)
        and (thing.place is None or box(found.size, thing.number, thing.place) == found)
        for thing, found in zip(things, boxes, strict=True)
    )


def _find(thing: Thing, number: int, taken: list[Box]) -> Box | None:
    wanted = thing.size or ("medium" if thing.number == 1 else "small")
    if thing.place is None:
        order = (*USUAL[number], *PLACES)
    else:
        column, row = thing.place
        order = tuple(sorted(PLACES, key=lambda p: (abs(p[0] - column) + abs(p[1] - row), PLACES.index(p))))
    for size in LADDER[LADDER.index(wanted) :]:
        for place in order:
            found = box(size, thing.number, place)
            if found is not None and not any(touch(found, other) for other in taken):
                return found
    return None
