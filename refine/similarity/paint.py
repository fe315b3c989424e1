"""Pictures of maps: a drawing under colours that say where it differs from its target, with a legend.

Knows: scales that are told apart by people who see colours differently (viridis; purple to orange). Does not know: how a map
comes about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont
from plotly.colors import diverging, sequential

from refine.similarity.maps import Grid

OPACITY = 0.6
"""Of the colours over the drawing, which shows through in greys."""

NARROWEST = 384
"""Pixels: a smaller drawing is enlarged, so that the legend can be read."""


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Colours in even steps for values from `lowest` to 1, as plotly names them (`#rrggbb` or `rgb(r,g,b)`, which CSS reads too).

    `ends` says what the lowest and the highest mean.
    """

    stops: Sequence[str]
    lowest: float
    ends: tuple[str, str]

    def colours(self, values: NDArray[np.floating]) -> Image.Image:
        """A colour for each value; beyond the ends that of the end."""
        known = np.array([ImageColor.getrgb(name) for name in self.stops], dtype=float)
        place = np.linspace(self.lowest, 1, len(known))
        channels = [np.interp(values, place, known[:, channel]) for channel in range(3)]
        return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))

    def over(self, grid: Grid, size: tuple[int, int]) -> Image.Image:
        """The colours of a map, smoothed over a whole picture of `size` (width, height)."""
        return self.colours(np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)))


DIFFERENCE = ColourScale(sequential.Viridis, 0.0, ("like the target", "like an unrelated picture"))
"""From dark violet to yellow."""

CHANGE = ColourScale(diverging.PuOr, -1.0, ("went away", "came closer"))
"""From orange over white to violet."""


def overlay(drawing: Image.Image, grid: Grid) -> Image.Image:
    """The drawing in greys under the colours of a map of differences, with a legend below."""
    return _overlay(drawing, grid, DIFFERENCE)


def overlay_change(drawing: Image.Image, grid: Grid) -> Image.Image:
    """The drawing in greys under the colours of a change, -1..1, with a legend below."""
    return _overlay(drawing, grid, CHANGE)


def _overlay(drawing: Image.Image, grid: Grid, scale: ColourScale) -> Image.Image:
    larger = max(1.0, NARROWEST / drawing.width)
    size = round(drawing.width * larger), round(drawing.height * larger)
    grey = drawing.convert("L").convert("RGB").resize(size, Image.Resampling.LANCZOS)
    return _above(Image.blend(grey, scale.over(grid, size), OPACITY), _legend(size[0], scale))


def _legend(width: int, scale: ColourScale) -> Image.Image:
    line = max(14, width // 32)
    legend = Image.new("RGB", (width, 3 * line), "white")
    legend.paste(scale.colours(np.tile(np.linspace(scale.lowest, 1, width), (line, 1))))
    draw, font = ImageDraw.Draw(legend), ImageFont.load_default(line)
    draw.text((line // 2, 2 * line), scale.ends[0], "black", font, anchor="lm")
    draw.text((width - line // 2, 2 * line), scale.ends[1], "black", font, anchor="rm")
    return legend


def _above(upper: Image.Image, lower: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (upper.width, upper.height + lower.height))
    whole.paste(upper)
    whole.paste(lower, (0, upper.height))
    return whole
