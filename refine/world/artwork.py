"""Artwork: one picture of each object at each size.

Knows: where the icon set (`@iconify-json/fluent-emoji-flat`, MIT) comes from and how an icon becomes a
sprite. Does not know: scenes. The icons are fetched when training and are not part of this repository.
"""

import io
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import resvg_py
from PIL import Image

from refine.world.vocabulary import OBJECTS, SIZES

PACKAGE = "@iconify-json/fluent-emoji-flat"

Sprites = Mapping[tuple[str, str], Image.Image]
"""(object, size name) -> RGBA picture of that size."""


def install(work: Path) -> Path:
    """Install the icon set under `work` with npm, unless it is there.

    Returns:
        The icon set's `icons.json`.

    Raises:
        RuntimeError: npm is missing or could not install the package.
    """
    icons = work / "artwork" / "node_modules" / PACKAGE / "icons.json"
    if not icons.exists():
        prefix = str(work / "artwork")
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", prefix, PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise RuntimeError("npm is needed to install the artwork, and was not found") from error
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"npm could not install {PACKAGE}: {error.stderr.strip()}") from error
    return icons


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
