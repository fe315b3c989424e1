"""Maps of difference: where a drawing differs from its target, what the last change did, and both in words.

Knows: how the maps of several metrics become one, places in a picture. Does not know: how a metric comes to its map, colours.

A map is a square grid over the whole picture, whatever its shape: 0 where it is like the target, 1 where it is as different as
unrelated pictures are on average.
"""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from refine.metrics import MetricInfo
from refine.similarity.metric import Map

Grid = NDArray[np.float32]
"""(`SIDE`, `SIDE`), row by row from the top left."""

SIDE = 64
"""Cells along each side: finer than what networks tell apart in a picture."""

SMOOTH = 2.0
"""Deviation of the Gaussian that a map is smoothed with, in cells."""

FAINT = 0.05
"""Of a ninth of the picture: a smaller difference is none that could be named."""

FEW = 4
"""Places: more of them are not listed, since the words would say nothing."""


class Place(StrEnum):
    """A ninth of a picture, row by row."""

    UPPER_LEFT = "upper left"
    TOP = "top"
    UPPER_RIGHT = "upper right"
    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"
    LOWER_LEFT = "lower left"
    BOTTOM = "bottom"
    LOWER_RIGHT = "lower right"


def together(maps: Iterable[tuple[MetricInfo, Map]]) -> Grid | None:
    """The maps of several metrics as one, smoothed; `None` if there are none.

    Each is measured by what its metric declares as usual `apart`, cut at 1, so that none outweighs the others; where a metric
    does not look the others count. A place at which none looks is like the target.
    """
    sum_, seen = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    some = False
    for info, found in maps:
        assert info.apart, f"{info.id} has a map and does not declare what is usual in it"
        known = np.isfinite(found)
        some = True
        sum_ += _reduced(np.where(known, np.clip(found / info.apart, 0, 1), 0))
        seen += _reduced(known)
    if not some:
        return None
    # Smoothed alike above and below the line, so that the unseen does not bleed into the seen.
    above, below = (gaussian_filter(part, SMOOTH, mode="nearest") for part in (sum_, seen))
    return np.where(seen > 0, above / np.maximum(below, 1e-9), 0).clip(0, 1).astype(np.float32)


def change(before: Grid, after: Grid) -> Grid:
    """What a change did, place by place, -1..1: above 0 where the drawing came closer, below 0 where it went away."""
    return before - after


def by_place(grid: Grid) -> dict[Place, float]:
    """The mean of a map in each place."""
    rows = (part for third in np.array_split(grid, 3) for part in np.array_split(third, 3, axis=1))
    return {place: float(part.mean()) for place, part in zip(Place, rows, strict=True)}


def most_different(grid: Grid) -> tuple[Place, ...]:
    """The places that differ most, the most first: those with nine tenths of the largest difference or more.

    None if there is hardly any difference, all nine if it is about the same everywhere.
    """
    ninths = by_place(grid)
    largest = max(ninths.values())
    if largest < FAINT:
        return ()
    return tuple(sorted((place for place in ninths if ninths[place] >= 0.9 * largest), key=lambda one: -ninths[one]))


def difference_words(grid: Grid) -> str:
    """A sentence that says where the drawing differs most."""
    places = most_different(grid)
    if not places:
        return "Hardly any difference in any place."
    if len(places) > FEW:
        ninths = by_place(grid)
        alike = sorted((place for place in ninths if ninths[place] <= max(ninths.values()) / 2), key=ninths.__getitem__)
        return (
            f"Different in most places, least: {_listed(tuple(alike))}."
            if alike
            else "About equally different everywhere."
        )
    return f"Most different: {_listed(places)}."


def most_changed(grid: Grid) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Of a `change`: the places that came closest, and those that went away most, as `most_different` gives them."""
    return most_different(grid.clip(min=0)), most_different((-grid).clip(min=0))


def change_words(grid: Grid) -> str:
    """A sentence that says where the last change brought the drawing closer, and where it went away."""
    closer, away = most_changed(grid)
    told = [
        f"{what}: {_listed(places) if len(places) <= FEW else 'most places'}."
        for what, places in (("Came closer", closer), ("Went away", away))
        if places
    ]
    return " ".join(told) or "Hardly any change in any place."


def _reduced(whole: NDArray[np.generic]) -> NDArray[np.float32]:
    picture = Image.fromarray(whole.astype(np.float32))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))


def _listed(places: tuple[Place, ...]) -> str:
    return ", ".join(places)
