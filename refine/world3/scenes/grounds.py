"""Grounds: plain colours, patterns of two colours, and eight landscapes in four lights.

Knows: how each ground looks. Does not know: what stands on it. All edges lie on the grid or repeat with it where they
can, so that there are few distinct cells.
"""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from refine.world3.scenes.description import PATTERNS, SIDE, Ground
from refine.world3.scenes.palette import COLOURS

HORIZON = 160
Colour = tuple[int, int, int]

SKIES: dict[str, tuple[Colour, Colour, float]] = {
    "day": ((120, 195, 250), (205, 232, 252), 1.0),
    "sunset": ((95, 70, 150), (255, 160, 90), 0.85),
    "night": ((14, 18, 58), (46, 46, 108), 0.45),
    "cloudy": ((150, 160, 172), (205, 210, 214), 0.8),
}
"""Light -> sky above, sky at the horizon, brightness of what is below."""
EARTH: dict[str, Colour] = {
    "meadow": (105, 185, 75),
    "sea": (30, 115, 190),
    "snow": (243, 247, 253),
    "desert": (226, 178, 100),
    "road": (95, 97, 105),
    "hills": (80, 150, 90),
    "mountains": (110, 120, 140),
    "city": (85, 95, 125),
}
STARS = ((24, 20), (60, 56), (104, 24), (150, 60), (196, 30), (232, 70), (40, 104), (120, 90), (176, 116), (216, 130))


@cache
def paint_ground(ground: Ground) -> np.ndarray:
    """The picture of a ground: RGB bytes, (256, 256, 3), read only.

    Raises:
        KeyError: There is no such colour, landscape or light.
    """
    if ground.kind == "plain":
        image = Image.new("RGB", (SIDE, SIDE), COLOURS[ground.first])
    elif ground.kind in PATTERNS:
        image = _pattern(ground.kind, COLOURS[ground.first], COLOURS[ground.second or ground.first])
    else:
        image = _landscape(ground.kind, ground.first)
    pixels = np.array(image)
    pixels.flags.writeable = False
    return pixels


def _pattern(kind: str, first: Colour, second: Colour) -> Image.Image:
    image = Image.new("RGB", (SIDE, SIDE), first)
    pen = ImageDraw.Draw(image)
    for x in range(0, SIDE, 32):
        if kind == "stripes":
            pen.rectangle((x + 16, 0, x + 31, SIDE), fill=second)
            continue
        for y in range(0, SIDE, 32):
            if kind == "dots":
                pen.ellipse((x + 17, y + 17, x + 30, y + 30), fill=second)
            elif (x + y) // 32 % 2:
                pen.rectangle((x, y, x + 31, y + 31), fill=second)
    return image


def _landscape(kind: str, light: str) -> Image.Image:
    above, below, brightness = SKIES[light]
    height = np.linspace(0, 1, HORIZON)[:, None, None]
    rows = np.zeros((SIDE, SIDE, 3))
    rows[:HORIZON] = np.array(above) * (1 - height) + np.array(below) * height
    earth = EARTH[kind]
    rows[HORIZON:] = _shade(earth if kind not in ("mountains", "city") else (110, 150, 90), brightness)
    image = Image.fromarray(rows.round().astype("uint8"))
    pen = ImageDraw.Draw(image)
    if light == "night":
        for x, y in STARS:
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(255, 255, 220))
    colour, dark = _shade(earth, brightness), _shade(earth, 0.8 * brightness)
    bright: Colour = (min(255, int(1.15 * colour[0] + 12)), *(min(255, int(1.15 * c + 12)) for c in colour[1:]))  # type: ignore[assignment]
    lit = (255, 235, 140) if light in ("night", "sunset") else bright
    _DETAILS[kind](pen, colour, dark, bright, lit)
    return image


def _shade(colour: Colour, factor: float) -> Colour:
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)


def _meadow(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    for x in range(0, SIDE, 16):
        pen.polygon([(x, HORIZON), (x + 4, HORIZON - 10), (x + 8, HORIZON)], fill=colour)
        pen.polygon([(x + 8, 208), (x + 11, 200), (x + 14, 208)], fill=dark)


def _sea(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    for row, y in enumerate((176, 208, 240)):
        for x in range(16 * (row % 2), SIDE, 32):
            pen.arc((x, y - 6, x + 15, y + 6), 0, 180, fill=bright, width=3)


def _dunes(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    pen.ellipse((-120, HORIZON - 24, 170, HORIZON + 160), fill=colour)
    pen.ellipse((90, HORIZON - 8, 380, HORIZON + 160), fill=dark)
    pen.rectangle((0, HORIZON + 48, SIDE, SIDE), fill=dark)


def _snow(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    pen.ellipse((-120, HORIZON - 24, 170, HORIZON + 160), fill=colour)
    for x in (40, 104, 168, 232):
        pen.ellipse((x - 6, 206, x + 6, 210), fill=dark)


def _hills(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    pen.ellipse((-60, 112, 120, 260), fill=dark)
    pen.ellipse((90, 104, 316, 270), fill=colour)
    pen.rectangle((0, 192, SIDE, SIDE), fill=colour)


def _mountains(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    pen.polygon([(-20, HORIZON), (64, 64), (150, HORIZON)], fill=dark)
    pen.polygon([(90, HORIZON), (190, 48), (290, HORIZON)], fill=colour)
    pen.polygon([(168, 82), (190, 48), (214, 82)], fill=bright)


def _road(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    pen.rectangle((0, HORIZON, SIDE, HORIZON + 6), fill=dark)
    for x in range(0, SIDE, 64):
        pen.rectangle((x + 16, 204, x + 47, 212), fill=bright)


def _city(pen: ImageDraw.ImageDraw, colour: Colour, dark: Colour, bright: Colour, lit: Colour) -> None:
    for index, height in enumerate((96, 64, 112, 80, 48, 112, 64, 96)):
        x, top = 32 * index, HORIZON - height
        pen.rectangle((x, top, x + 31, HORIZON), fill=dark if index % 2 else colour)
        for y in range(top + 5, HORIZON - 8, 16):
            for window in (x + 5, x + 21):
                pen.rectangle((window, y, window + 5, y + 6), fill=lit)


_DETAILS = {
    "meadow": _meadow,
    "sea": _sea,
    "snow": _snow,
    "desert": _dunes,
    "road": _road,
    "hills": _hills,
    "mountains": _mountains,
    "city": _city,
}
