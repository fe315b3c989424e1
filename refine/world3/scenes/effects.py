"""Effects: what lies over the whole picture or changes all of it: weather, styles, frames.

Knows: how each looks. Does not know: what is under it. Weather repeats a motif on every fourth cell, styles look at no
more than a few pixels around, frames fill the cells of the border: all of it can be said by a code in each cell.
"""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from refine.world3.scenes.description import CELL, SIDE
from refine.world3.scenes.palette import COLOURS

GREY = np.array([0.3, 0.59, 0.11], np.float32)


def has_motif(column: int, row: int) -> bool:
    """Whether a cell holds the motif of the weather."""
    return column % 2 == 0 and row % 2 == column // 2 % 2


@cache
def weather_layer(weather: str) -> np.ndarray:
    """A weather: RGB and opacity in 0..1, float32 (256, 256, 4), read only."""
    if weather == "fog":
        opacity = np.broadcast_to(np.linspace(0.35, 0.85, SIDE, dtype=np.float32)[:, None, None], (SIDE, SIDE, 1))
        layer = np.concatenate([np.full((SIDE, SIDE, 3), 235 / 255, np.float32), opacity], 2)
    else:
        image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        for column in range(SIDE // CELL):
            for row in range(SIDE // CELL):
                if has_motif(column, row):
                    image.paste(_motif(weather), (CELL * column, CELL * row))
        layer = np.asarray(image).astype(np.float32) / 255
    layer.flags.writeable = False
    return layer


@cache
def _motif(weather: str) -> Image.Image:
    image = Image.new("RGBA", (4 * CELL, 4 * CELL), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if weather == "rain":
        pen.line((44, 6, 20, 58), fill=(95, 150, 240, 255), width=11)
    elif weather == "snowfall":
        pen.ellipse((14, 14, 50, 50), fill=(255, 255, 255, 255), outline=(180, 195, 220, 255), width=4)
    elif weather == "bubbles":
        pen.ellipse((4, 4, 60, 60), fill=(220, 240, 255, 90), outline=(150, 205, 250, 255), width=6)
        pen.ellipse((18, 14, 30, 26), fill=(255, 255, 255, 255))
    elif weather == "confetti":
        for corner, colour in (((4, 4), "red"), ((38, 10), "yellow"), ((10, 38), "blue"), ((40, 44), "lime")):
            pen.rectangle((*corner, corner[0] + 16, corner[1] + 12), fill=(*COLOURS[colour], 255))
    else:
        pen.polygon([(4, 36), (30, 8), (60, 30), (34, 56)], fill=(205, 105, 40, 255))
        pen.line((4, 36, 60, 30), fill=(150, 65, 30, 255), width=4)
    return image.resize((CELL, CELL), Image.Resampling.BOX)


def lay_weather(pixels: np.ndarray, weather: str | None) -> np.ndarray:
    """Lay a weather over RGB values 0..255, float (256, 256, 3)."""
    if weather is None:
        return pixels
    layer = weather_layer(weather)
    opacity = layer[..., 3:]
    return pixels * (1 - opacity) + 255 * layer[..., :3] * opacity


def apply_style(pixels: np.ndarray, style: str | None) -> np.ndarray:
    """Change RGB values 0..255, float (256, 256, 3), to a style."""
    if style is None:
        return pixels
    if style == "pixel":
        return _blocks(pixels).repeat(8, 0).repeat(8, 1)
    if style == "blurry":
        small = Image.fromarray(_blocks(pixels).round().astype("uint8"))
        return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
    if style == "grayscale":
        return np.repeat((pixels @ GREY)[..., None], 3, 2)
    if style == "negative":
        return 255 - pixels
    factor, offset = _TINTS[style]
    base = (pixels @ GREY)[..., None] if style == "sepia" else pixels
    return np.clip(base * np.array(factor, np.float32) + np.array(offset, np.float32), 0, 255)


_TINTS = {
    "sepia": ((1.05, 0.86, 0.62), (18, 10, 0)),
    "warm": ((1.02, 0.86, 0.62), (28, 8, 0)),
    "cold": ((0.62, 0.84, 1.0), (0, 10, 32)),
}


def _blocks(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(SIDE // 8, 8, SIDE // 8, 8, 3).mean((1, 3))


def set_frame(pixels: np.ndarray, frame: str | None) -> np.ndarray:
    """Put a frame of one cell's width around RGB values, float (256, 256, 3)."""
    if frame is None:
        return pixels
    framed = np.empty_like(pixels)
    framed[:] = COLOURS[frame]
    framed[CELL:-CELL, CELL:-CELL] = pixels[CELL:-CELL, CELL:-CELL]
    return framed
