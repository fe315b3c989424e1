"""Facets read from pictures: labels of scenes, heads that guess them, and how guesses become a reading.

Knows: which facet is a label of a cell and which of the whole picture. Does not know: what looks at the picture: the
probe and the perceptual metric both learn by these heads.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from refine.world3.scenes.description import (
    CELL,
    FRAMES,
    LANDSCAPES,
    LIGHTS,
    PATTERNS,
    POSES,
    SIDE,
    SIZES,
    STYLES,
    TEXTURES,
    WEATHERS,
    WHITE,
    Description,
    Ground,
    Place,
    Size,
)
from refine.world3.scenes.layout import PLACES, Box, box
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS

GRID = SIDE // CELL
UNKNOWN = -100
"""Where a label has no meaning; `cross_entropy` passes over it."""
BY_CELL: dict[str, tuple[Any, ...]] = {
    "object": (None, *OBJECTS),
    "number": (1, 2, 3),
    "size": tuple(SIZES),
    "colour": (None, *COLOURS),
    "texture": (None, *TEXTURES),
    "pose": (None, *POSES),
}
OF_WHOLE: dict[str, tuple[Any, ...]] = {
    "kind": ("plain", *PATTERNS, *LANDSCAPES),
    "first": tuple(COLOURS),
    "second": tuple(COLOURS),
    "light": LIGHTS,
    "weather": (None, *WEATHERS),
    "style": (None, *STYLES),
    "frame": (None, *FRAMES),
}
ENOUGH = 6.0
"""Cells' worth of an object from which on it is there; a small one covers 16."""
COLOURLESS = ("grayscale", "sepia")
"""Styles in which no colour can be read."""

Labels = dict[str, torch.Tensor]


class SeenThing(NamedTuple):
    """What was read of one object."""

    number: int
    size: Size
    place: Place
    colour: str | None
    texture: str | None
    pose: str | None


class Seen(NamedTuple):
    """What was read from a picture."""

    things: dict[str, SeenThing]
    ground: Ground
    weather: str | None
    style: str | None
    frame: str | None


class FacetHeads(nn.Module):
    """Linear guesses of every facet: by cell, and of the whole picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.cells = nn.Conv2d(channels, sum(map(len, BY_CELL.values())), 1)
        self.whole = nn.Linear(2 * channels, sum(map(len, OF_WHOLE.values())))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (n, channels, h, w) to scores by cell, (n, ..., 16, 16), and of the whole, (n, ...)."""
        cells = self.cells(features)
        if cells.shape[-1] != GRID:
            cells = F.interpolate(cells, (GRID, GRID), mode="bilinear")
        return cells, self.whole(torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1))


def labels(scenes: Sequence[tuple[Description, tuple[Box, ...]]]) -> Labels:
    """The facets of scenes: by cell (n, 16, 16), of the whole (n,), as indices into `BY_CELL` and `OF_WHOLE`."""
    found = {name: torch.full((len(scenes), GRID, GRID), UNKNOWN) for name in BY_CELL}
    found["object"].zero_()
    found |= {name: torch.full((len(scenes),), UNKNOWN) for name in OF_WHOLE}
    for index, (description, boxes) in enumerate(scenes):
        for thing, where in zip(description.things, boxes, strict=True):
            rows = slice(where.top // CELL, (where.top + where.side) // CELL)
            columns = slice(where.lefts[0] // CELL, (where.lefts[-1] + where.side) // CELL)
            values = thing._asdict() | {"object": thing.name, "size": where.size}
            for name, choices in BY_CELL.items():
                found[name][index, rows, columns] = choices.index(values[name])
        for name, value in _whole(description).items():
            found[name][index] = OF_WHOLE[name].index(value)
    return found


def loss(guesses: tuple[torch.Tensor, torch.Tensor], wanted: Labels) -> torch.Tensor:
    """Cross entropy of the guesses of `FacetHeads`, summed over facets."""
    cells, whole = guesses
    total = cells.new_zeros((), dtype=torch.float32)
    for name, scores in split(cells, BY_CELL).items():
        rarity = torch.ones(scores.shape[1], device=scores.device)
        if name == "object":
            # Most cells hold nothing.
            rarity[0] = 0.3
        if (wanted[name] != UNKNOWN).any():
            total = total + (2.0 if name == "object" else 0.3) * F.cross_entropy(scores.float(), wanted[name], rarity)
    for name, scores in split(whole, OF_WHOLE).items():
        if (wanted[name] != UNKNOWN).any():
            total = total + 0.2 * F.cross_entropy(scores.float(), wanted[name])
    return total


def split(scores: torch.Tensor, table: dict[str, tuple[Any, ...]]) -> dict[str, torch.Tensor]:
    """Scores (n, sum of choices, ...) by facet."""
    return dict(zip(table, scores.split([len(choices) for choices in table.values()], 1), strict=True))


def read(guesses: tuple[torch.Tensor, torch.Tensor]) -> list[Seen]:
    """What the guesses of `FacetHeads` say of each picture."""
    cells, whole = split(guesses[0], BY_CELL), split(guesses[1], OF_WHOLE)
    chances = cells["object"].softmax(1)
    best = {name: scores.argmax(1).tolist() for name, scores in whole.items()}
    seen = []
    for index in range(len(chances)):
        value = {name: OF_WHOLE[name][best[name][index]] for name in OF_WHOLE}
        if value["kind"] == "plain":
            ground = Ground("plain", str(value["first"]))
        elif value["kind"] in PATTERNS:
            ground = Ground(str(value["kind"]), str(value["first"]), str(value["second"]))
        else:
            ground = Ground(str(value["kind"]), str(value["light"]))
        mass = chances[index].sum((1, 2))
        things = {
            str(BY_CELL["object"][one]): _thing(chances[index, one], {n: s[index] for n, s in cells.items()})
            for one in (mass[1:] > ENOUGH).nonzero()[:, 0].add(1).tolist()
        }
        seen.append(Seen(things, ground, value["weather"], value["style"], value["frame"]))
    return seen


def _whole(description: Description) -> dict[str, Any]:
    ground = description.ground or WHITE
    values: dict[str, Any] = {
        "kind": ground.kind,
        "weather": description.weather,
        "style": description.style,
        "frame": description.frame,
    }
    if ground.kind in LANDSCAPES:
        return values | {"light": ground.first}
    values["first"] = ground.first
    return values | ({"second": ground.second} if ground.second else {})


def _thing(mask: torch.Tensor, scores: dict[str, torch.Tensor]) -> SeenThing:
    """The reading of an object from its chance by cell, (16, 16): facets by vote, the place by its centre."""
    vote = {
        name: choices[int((scores[name].softmax(0) * mask).sum((1, 2)).argmax())]
        for name, choices in BY_CELL.items()
        if name != "object"
    }
    middles = torch.arange(GRID) * float(CELL) + CELL / 2
    x = float((mask.sum(0) * middles).sum() / mask.sum())
    y = float((mask.sum(1) * middles).sum() / mask.sum())
    place = nearest_place(vote["size"], vote["number"], x, y)
    return SeenThing(vote["number"], vote["size"], place, vote["colour"], vote["texture"], vote["pose"])


def nearest_place(size: Size, number: int, x: float, y: float) -> Place:
    """The place at which things alike would have their middle nearest to (x, y), in pixels."""

    def off(place: Place) -> float:
        where = box(size, number, place)
        if where is None:
            return float("inf")
        centre_x = (where.lefts[0] + where.lefts[-1] + where.side) / 2
        return (centre_x - x) ** 2 + (where.top + where.side / 2 - y) ** 2

    return min(PLACES, key=off)
