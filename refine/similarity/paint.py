"""Pictures of maps: a drawing under colours that say where it differs from its target, with a legend.

Knows: a scale that is told apart by people who see colours differently (viridis). Does not know: how a map comes about.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont
from plotly.colors import sequential

from refine.similarity.maps import Grid

OPACITY = 0.6
"""Of the colours over the drawing, which shows through in greys."""

NARROWEST = 384
"""Pixels: a smaller drawing is enlarged, so that the legend can be read."""

_COLOURS = np.array([ImageColor.getrgb(colour) for colour in sequential.Viridis], dtype=float)


def colours(grid: NDArray[np.float32]) -> Image.Image:
    """Values 0..1 as colours from dark violet (0) to yellow (1)."""
    place = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(grid, place, _COLOURS[:, channel]) for channel in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))


def overlay(drawing: Image.Image, grid: Grid) -> Image.Image:
    """The drawing in greys under the colours of a map, with a legend below."""
    larger = max(1.0, NARROWEST / drawing.width)
    size = round(drawing.width * larger), round(drawing.height * larger)
    grey = drawing.convert("L").convert("RGB").resize(size, Image.Resampling.LANCZOS)
    smooth = np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    seen = Image.blend(grey, colours(smooth), OPACITY)
    return _above(seen, _legend(size[0]))


def _legend(width: int) -> Image.Image:
    line = max(14, width // 32)
    legend = Image.new("RGB", (width, 3 * line), "white")
    legend.paste(colours(np.tile(np.linspace(0, 1, width, dtype=np.float32), (line, 1))))
    draw, font = ImageDraw.Draw(legend), ImageFont.load_default(line)
    draw.text((line // 2, 2 * line), "like the target", "black", font, anchor="lm")
    draw.text((width - line // 2, 2 * line), "like an unrelated picture", "black", font, anchor="rm")
    return legend


def _above(upper: Image.Image, lower: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (upper.width, upper.height + lower.height))
    whole.paste(upper)
    whole.paste(lower, (0, upper.height))
    return whole
