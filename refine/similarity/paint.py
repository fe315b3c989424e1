"""Pictures of maps: a drawing under colours that say where it differs from its target, with a legend.

Knows: scales that are told apart by people who see colours differently (viridis; purple to orange). Does not know: how a map
comes about.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont
from plotly.colors import diverging, sequential

from refine.similarity.maps import Grid

OPACITY = 0.6
"""Of the colours over the drawing, which shows through in greys."""

NARROWEST = 384
"""Pixels: a smaller drawing is enlarged, so that the legend can be read."""


def _stops(names: Sequence[str]) -> NDArray[np.float64]:
    """Colours as plotly names them, `#rrggbb` or `rgb(r,g,b)`, in even steps: (stops, 3)."""
    return np.array([ImageColor.getrgb(name) for name in names], dtype=float)


DIFFERENCE = _stops(sequential.Viridis)
"""From dark violet, like the target, to yellow."""

CHANGE = _stops(diverging.PuOr)
"""From orange, went away, over white to violet, came closer."""


def colours(values: NDArray[np.floating], scale: NDArray[np.float64]) -> Image.Image:
    """Values 0..1 as colours of a scale."""
    place = np.linspace(0, 1, len(scale))
    channels = [np.interp(values, place, scale[:, channel]) for channel in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))


def overlay(drawing: Image.Image, grid: Grid) -> Image.Image:
    """The drawing in greys under the colours of a map of differences, with a legend below."""
    return _overlay(drawing, grid, DIFFERENCE, ("like the target", "like an unrelated picture"))


def overlay_change(drawing: Image.Image, grid: Grid) -> Image.Image:
    """The drawing in greys under the colours of a change, -1..1, with a legend below."""
    return _overlay(drawing, (grid + 1) / 2, CHANGE, ("went away", "came closer"))


def _overlay(
    drawing: Image.Image, grid: NDArray[np.floating], scale: NDArray[np.float64], ends: tuple[str, str]
) -> Image.Image:
    larger = max(1.0, NARROWEST / drawing.width)
    size = round(drawing.width * larger), round(drawing.height * larger)
    grey = drawing.convert("L").convert("RGB").resize(size, Image.Resampling.LANCZOS)
    smooth = np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    return _above(Image.blend(grey, colours(smooth, scale), OPACITY), _legend(size[0], scale, ends))


def _legend(width: int, scale: NDArray[np.float64], ends: tuple[str, str]) -> Image.Image:
    line = max(14, width // 32)
    legend = Image.new("RGB", (width, 3 * line), "white")
    legend.paste(colours(np.tile(np.linspace(0, 1, width), (line, 1)), scale))
    draw, font = ImageDraw.Draw(legend), ImageFont.load_default(line)
    draw.text((line // 2, 2 * line), ends[0], "black", font, anchor="lm")
    draw.text((width - line // 2, 2 * line), ends[1], "black", font, anchor="rm")
    return legend


def _above(upper: Image.Image, lower: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (upper.width, upper.height + lower.height))
    whole.paste(upper)
    whole.paste(lower, (0, upper.height))
    return whole
