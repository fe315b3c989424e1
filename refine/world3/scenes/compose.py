"""Composition: the picture of a description, painted exactly.

Knows: the order of the layers, how an object is recoloured. Does not know: words, models.
"""

import numpy as np
from PIL import Image

from refine.world3.scenes.description import CELL, WHITE, Description, Texture, Thing
from refine.world3.scenes.effects import apply_style, lay_weather, set_frame
from refine.world3.scenes.grounds import paint_ground
from refine.world3.scenes.layout import Box, arrange
from refine.world3.scenes.palette import COLOURS
from refine.world3.scenes.sprites import Sprites

LIGHTNESS = np.array([0.3, 0.55, 0.15], np.float32)


def compose(description: Description, sprites: Sprites) -> Image.Image:
    """The picture of a description: RGB, 256 x 256.

    Raises:
        ValueError: There is no room for all things.
    """
    boxes = arrange(description.things)
    if boxes is None:
        raise ValueError("There is no room for all things of this description.")
    return Image.fromarray(compose_pixels(description, boxes, sprites))


def compose_pixels(description: Description, boxes: tuple[Box, ...], sprites: Sprites) -> np.ndarray:
    """The picture of a description whose things are in these boxes: RGB bytes, (256, 256, 3)."""
    pixels = paint_ground(description.ground or WHITE).astype(np.float32)
    for thing, box in zip(description.things, boxes, strict=True):
        look = appearance(thing, box, sprites)
        opacity = look[..., 3:] / 255
        for left in box.lefts:
            square = pixels[box.top : box.top + box.side, left : left + box.side]
            square[:] = square * (1 - opacity) + look[..., :3] * opacity
    pixels = apply_style(lay_weather(pixels, description.weather), description.style)
    return set_frame(pixels, description.frame).round().astype(np.uint8)


def appearance(thing: Thing, box: Box, sprites: Sprites) -> np.ndarray:
    """One object as it looks: RGBA 0..255, float (side, side, 4)."""
    look = sprites(thing.name, box.size, thing.pose).astype(np.float32)
    if thing.colour is not None:
        look[..., :3] = recolour(look[..., :3], thing.colour)
    if thing.texture is not None:
        look[..., :3] *= 1 - 0.45 * texture(thing.texture, box.side)[..., None]
    return look


def recolour(rgb: np.ndarray, colour: str) -> np.ndarray:
    """RGB values 0..255 in shades of one colour: dark stays dark, light goes towards white."""
    light = np.clip(1.25 * (rgb @ LIGHTNESS)[..., None] / 255, 0, 1)
    full = np.array(COLOURS[colour], np.float32)
    dark_part = full * light / 0.6
    light_part = full + (255 - full) * (light - 0.6) / 0.4 * 0.75
    return np.where(light < 0.6, dark_part, light_part)


def texture(name: Texture, side: int) -> np.ndarray:
    """How much darker a texture makes each pixel, 0 or 1: (side, side), repeating with the cells."""
    y, x = np.mgrid[:side, :side] % CELL
    if name == "striped":
        return ((x + y) % 16 < 6).astype(np.float32)
    return ((x - 7.5) ** 2 + (y - 7.5) ** 2 < 17).astype(np.float32)
