"""Artwork: one picture of each object at each size.

Knows: how an icon becomes a sprite. Does not know: scenes, where icons come from.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import resvg_py
from PIL import Image

from refine.world.vocabulary import OBJECTS, SIZES

Sprites = Mapping[tuple[str, str], Image.Image]
"""(object, size name) -> RGBA picture of that size."""


def render(icons: Path) -> Sprites:
    """Render every object of the vocabulary at every size from the icon set's `icons.json`."""
    book = json.loads(icons.read_text())
    sprites = {}
    for name, thing in OBJECTS.items():
        icon = _icon(book, thing.artwork)
        width, height = (icon.get(side, book.get(side, 32)) for side in ("width", "height"))
        for size, pixels in SIZES.items():
            svg = (
                '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'width="{pixels}" height="{pixels}" viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
            )
            png = bytes(resvg_py.svg_to_bytes(svg_string=svg))
            sprites[name, size] = Image.open(io.BytesIO(png)).convert("RGBA")
    return sprites


def _icon(book: dict, name: str) -> dict:
    return book["icons"].get(name) or book["icons"][book["aliases"][name]["parent"]]
