"""Reading of latents: the description whose codes are nearest to those that the transformer drew.

Knows: the codes. Does not know: pixels, what was asked for. It tells what the transformer has learned, before any decoder.
"""

from collections.abc import Mapping
from functools import cache
from itertools import permutations
from typing import TypeVar

import numpy as np

from refine.world3.models.facets import ENOUGH, Seen, SeenThing, nearest_place
from refine.world3.models.layers import (
    AT,
    GROUND,
    POSE_CODES,
    SIZE_CODES,
    Layers,
    colour_code,
    ground_code,
    style_code,
    weather_code,
)
from refine.world3.scenes.description import CELL, FRAMES, LANDSCAPES, LIGHTS, PATTERNS, SIZES, STYLES, WEATHERS, Ground
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS

Name = TypeVar("Name")
Codes = Mapping[Name, np.ndarray]


def read_layers(latents: np.ndarray, layers: Layers) -> Seen:
    """Read latents, float (65, 16, 16), facet by facet; what is nearest to no code is unsaid."""
    inside = latents[:, 1:-1, 1:-1]
    border = np.concatenate([latents[:, 0], latents[:, -1], latents[:, :, 0], latents[:, :, -1]], 1)
    there = _objects(inside[AT["object"]], layers)
    return Seen(
        {
            name: _thing(inside, there == index)
            for index, name in enumerate(OBJECTS)
            if (there == index).sum() >= ENOUGH
        },
        _ground(latents[GROUND]),
        nearest(latents[AT["weather"]], _or_none({name: weather_code(name) for name in WEATHERS})),
        nearest(latents[AT["style"]].mean((1, 2)), _or_none({name: style_code(name) for name in STYLES})),
        nearest(border[AT["colour"]].mean(1), _or_none({name: colour_code(name, -1.0) for name in FRAMES})),
    )


def nearest(found: np.ndarray, codes: Codes[Name]) -> Name:
    """The name of the code that is nearest by squared distance."""
    return min(codes, key=lambda name: float(np.square(found - codes[name]).sum()))


def _or_none(codes: Codes[Name]) -> Codes[Name | None]:
    """The codes, and zeros for None."""
    either: dict[Name | None, np.ndarray] = {None: np.zeros_like(next(iter(codes.values())))}
    either.update(codes.items())
    return either


def _objects(found: np.ndarray, layers: Layers) -> np.ndarray:
    """The index of the nearest object in each cell, -1 where nothing is nearer: integers (h, w)."""
    table = np.concatenate([np.zeros_like(layers.objects[:1]), layers.objects])
    return np.square(found[None] - table[:, :, None, None]).sum(1).argmin(0) - 1


def _thing(inside: np.ndarray, mask: np.ndarray) -> SeenThing:
    means = inside[:, mask].mean(1)
    size = nearest(means[AT["size"]], {name: np.array(code) for name, code in SIZE_CODES.items()})
    number = min(3, max(1, round(mask.sum() / (SIZES[size] // CELL) ** 2)))
    y, x = (float((CELL * (cells + 1.5)).mean()) for cells in np.nonzero(mask))
    return SeenThing(
        number,
        size,
        nearest_place(size, number, x, y),
        nearest(means[AT["colour"]], _or_none({name: colour_code(name, 1.0) for name in COLOURS})),
        nearest(means[AT["texture"]], _or_none({"striped": np.ones(1), "spotted": -np.ones(1)})),
        nearest(means[AT["pose"]], _or_none({name: np.array(code) for name, code in POSE_CODES.items()})),
    )


def _ground(found: np.ndarray) -> Ground:
    grounds, table = _grounds()
    return grounds[int((np.square(table).sum(1) - 2 * table @ found.ravel()).argmin())]


@cache
def _grounds() -> tuple[list[Ground], np.ndarray]:
    """All grounds and their codes, (grounds, 10 x 16 x 16)."""
    grounds = [Ground("plain", colour) for colour in COLOURS]
    grounds += [Ground(kind, first, second) for kind in PATTERNS for first, second in permutations(COLOURS, 2)]
    grounds += [Ground(name, light) for name in LANDSCAPES for light in LIGHTS]
    return grounds, np.stack([ground_code(ground).ravel() for ground in grounds])
