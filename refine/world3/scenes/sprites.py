"""Sprites: one RGBA picture of each object at each size and pose, from the icon set.

Knows: how an icon becomes pixels, how a pose turns them. Does not know: colours that are asked for, scenes.
"""

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from refine.world3.scenes.description import SIZES, Pose, Size
from refine.world3.scenes.objects import OBJECTS

Sprites = Callable[[str, Size, Pose | None], np.ndarray]
"""(object, size, pose) -> RGBA bytes, (side, side, 4), read only."""

_TURNS = {None: None, "upside down": Image.Transpose.FLIP_TOP_BOTTOM, "sideways": Image.Transpose.ROTATE_90}


def read_sprites(icons: Path) -> Sprites:
    """Sprites from the icon set's `icons.json`, each rendered when first asked for.

    Raises:
        KeyError: The icon set lacks the artwork of an object.
    """
    book = json.loads(icons.read_text())

    @cache
    def sprite(name: str, size: Size, pose: Pose | None) -> np.ndarray:
        artwork = OBJECTS[name].artwork
        icon = book["icons"].get(artwork) or book["icons"][book["aliases"][artwork]["parent"]]
        width, height = (icon.get(side, book.get(side, 32)) for side in ("width", "height"))
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{SIZES[size]}" height="{SIZES[size]}" viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
        )
        image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")
        turn = _TURNS[pose]
        pixels = np.array(image if turn is None else image.transpose(turn))
        pixels.flags.writeable = False
        return pixels

    return sprite
