"""Backgrounds: flat colours and six painted ones.

Knows: how each background of the vocabulary looks. Does not know: objects.
"""

import random

import numpy as np
from PIL import Image, ImageDraw

from refine.world.vocabulary import PLAIN

SIDE = 256
"""Width and height of a picture, in pixels."""

HORIZON = 160
Colour = tuple[int, int, int]

LANDSCAPES: dict[str, tuple[Colour, Colour, Colour]] = {
    "grass": ((120, 200, 250), (190, 230, 255), (105, 185, 75)),
    "sea": ((150, 215, 250), (215, 240, 255), (30, 115, 190)),
    "snow": ((165, 190, 215), (215, 228, 240), (245, 249, 255)),
    "desert": ((250, 205, 140), (255, 235, 190), (225, 175, 95)),
}
"""Sky above, sky at the horizon, ground."""


def paint(name: str) -> Image.Image:
    """Paint one background.

    Args:
        name: One of `vocabulary.BACKGROUNDS`.

    Returns:
        An RGB picture, `SIDE` x `SIDE`.

    Raises:
        KeyError: The name is not a background.
    """
    if name in PLAIN:
        return Image.new("RGB", (SIDE, SIDE), PLAIN[name])
    if name == "sunset":
        return _sunset()
    if name == "night":
        return _night()
    above, below, ground = LANDSCAPES[name]
    image = _gradient(above, below)
    {"grass": _grass, "sea": _sea, "snow": _snow, "desert": _desert}[name](ImageDraw.Draw(image), ground)
    return image


def _ramp(above: Colour, below: Colour) -> np.ndarray:
    height = np.linspace(0, 1, SIDE)[:, None, None]
    return np.array(above) * (1 - height) + np.array(below) * height


def _image(rows: np.ndarray) -> Image.Image:
    return Image.fromarray(np.broadcast_to(rows, (SIDE, SIDE, 3)).round().astype("uint8").copy())


def _gradient(above: Colour, below: Colour) -> Image.Image:
    return _image(_ramp(above, below))


def _sunset() -> Image.Image:
    sky, sand = _ramp((88, 60, 140), (255, 150, 70)), _ramp((250, 120, 80), (255, 205, 110))
    return _image(np.where(np.linspace(0, 1, SIDE)[:, None, None] < 0.6, sky, sand))


def _night() -> Image.Image:
    image = _gradient((12, 16, 52), (44, 40, 100))
    draw, rng = ImageDraw.Draw(image), random.Random(7)
    for _ in range(40):
        x, y, radius = rng.randrange(SIDE), rng.randrange(SIDE), rng.choice([1, 1, 2])
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 220))
    return image


def _grass(draw: ImageDraw.ImageDraw, ground: Colour) -> None:
    draw.rectangle((0, HORIZON, SIDE, SIDE), fill=ground)
    for x in range(0, SIDE, 16):
        draw.polygon([(x, HORIZON), (x + 4, HORIZON - 8), (x + 8, HORIZON)], fill=ground)


def _sea(draw: ImageDraw.ImageDraw, ground: Colour) -> None:
    draw.rectangle((0, HORIZON, SIDE, SIDE), fill=ground)
    for row, y in enumerate((176, 208, 240)):
        for x in range(-16 + 16 * (row % 2), SIDE, 32):
            draw.arc((x, y - 6, x + 16, y + 6), 0, 180, fill=(150, 205, 245), width=3)


def _snow(draw: ImageDraw.ImageDraw, ground: Colour) -> None:
    draw.ellipse((-120, HORIZON - 24, 170, HORIZON + 160), fill=ground)
    draw.ellipse((90, HORIZON - 8, 380, HORIZON + 160), fill=ground)
    draw.rectangle((0, HORIZON + 40, SIDE, SIDE), fill=ground)
    rng = random.Random(3)
    for _ in range(30):
        x, y = rng.randrange(SIDE), rng.randrange(HORIZON - 20)
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(255, 255, 255))


def _desert(draw: ImageDraw.ImageDraw, ground: Colour) -> None:
    dune = (214, 160, 80)
    draw.ellipse((-100, HORIZON - 20, 160, HORIZON + 200), fill=ground)
    draw.ellipse((80, HORIZON - 4, 400, HORIZON + 200), fill=dune)
    draw.rectangle((0, HORIZON + 50, SIDE, SIDE), fill=dune)
