"""Latents in layers: what words keep apart is kept apart in every cell.

Knows: how a description becomes a grid of 16 x 16 cells with 40 numbers each. Does not know: words, training. Sprites and
grounds are principal components of their 16 px patches; colours, textures, weather and styles are codes. So a style
changes three numbers in each cell and nothing else, a colour four in the cells of its object: a word for one facet can
be learned once, and need not disturb another.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from refine.world3.description import (
    CELL,
    LANDSCAPES,
    LIGHTS,
    PATTERNS,
    POSES,
    SIDE,
    SIZES,
    STYLES,
    WEATHERS,
    WHITE,
    Description,
    Ground,
    Pose,
    Size,
)
from refine.world3.effects import has_motif
from refine.world3.grounds import paint_ground
from refine.world3.layout import Box
from refine.world3.objects import OBJECTS
from refine.world3.palette import COLOURS
from refine.world3.sprites import Sprites

GRID = SIDE // CELL
SPRITE, COLOUR, TEXTURE, GROUND, WEATHER, STYLE = 22, 4, 1, 7, 3, 3
"""Numbers in a cell for each layer, in this order."""
CHANNELS = SPRITE + COLOUR + TEXTURE + GROUND + WEATHER + STYLE
_COLOUR_AT, _TEXTURE_AT = SPRITE, SPRITE + COLOUR
_GROUND_AT = _TEXTURE_AT + TEXTURE
_WEATHER_AT = _GROUND_AT + GROUND
_STYLE_AT = _WEATHER_AT + WEATHER


@dataclass(frozen=True)
class Layers:
    """The principal components of sprites, (22, 1024), and of grounds, (7, 768), with their scales, and the sprites."""

    sprite_parts: np.ndarray
    ground_mean: np.ndarray
    ground_parts: np.ndarray
    sprites: Sprites
    _sprite_codes: dict[tuple[str, Size, Pose | None], np.ndarray] = field(default_factory=dict)
    _ground_codes: dict[Ground, np.ndarray] = field(default_factory=dict)

    NAMES: ClassVar = ("sprite_parts", "ground_mean", "ground_parts")

    def encode(self, description: Description, boxes: tuple[Box, ...]) -> np.ndarray:
        """The latents of a description whose things are in these boxes: float32 (40, 16, 16)."""
        grid = np.zeros((CHANNELS, GRID, GRID), np.float32)
        for thing, box in zip(description.things, boxes, strict=True):
            code = self._sprite(thing.name, box.size, thing.pose)
            cells = box.side // CELL
            rows = slice(box.top // CELL, box.top // CELL + cells)
            for left in box.lefts:
                columns = slice(left // CELL, left // CELL + cells)
                grid[:SPRITE, rows, columns] = code
                if thing.colour is not None:
                    grid[_COLOUR_AT:_TEXTURE_AT, rows, columns] = _colour_code(thing.colour, 1.0)[:, None, None]
                if thing.texture is not None:
                    grid[_TEXTURE_AT, rows, columns] = 1.0 if thing.texture == "striped" else -1.0
        grid[_GROUND_AT:_WEATHER_AT] = self._ground(description.ground or WHITE)
        if description.weather is not None:
            grid[_WEATHER_AT:_STYLE_AT] = _weather_code(description.weather)
        if description.style is not None:
            grid[_STYLE_AT:] = _style_code(description.style)[:, None, None]
        if description.frame is not None:
            # No sprite is ever in the border, so that the frame's colour can stand where theirs would.
            border = _colour_code(description.frame, -1.0)[:, None]
            for edge in (np.s_[:, 0, :], np.s_[:, -1, :], np.s_[:, :, 0], np.s_[:, :, -1]):
                grid[_COLOUR_AT:_TEXTURE_AT][edge] = border
        return grid

    def save(self, path: Path) -> None:
        """Write the components as safetensors."""
        save_file({name: np.ascontiguousarray(getattr(self, name)) for name in self.NAMES}, path)

    @classmethod
    def load(cls, path: Path, sprites: Sprites) -> "Layers":
        """Read components that `save` wrote."""
        return cls(**load_file(path), sprites=sprites)

    def _sprite(self, name: str, size: Size, pose: Pose | None) -> np.ndarray:
        key = name, size, pose
        if key not in self._sprite_codes:
            code = patches(premultiplied(self.sprites(*key))) @ self.sprite_parts.T
            self._sprite_codes[key] = code.transpose(2, 0, 1).astype(np.float32)
        return self._sprite_codes[key]

    def _ground(self, ground: Ground) -> np.ndarray:
        if ground not in self._ground_codes:
            flat = patches(paint_ground(ground).astype(np.float32) / 127.5 - 1)
            code = (flat - self.ground_mean) @ self.ground_parts.T
            self._ground_codes[ground] = code.transpose(2, 0, 1).astype(np.float32)
        return self._ground_codes[ground]


def premultiplied(sprite: np.ndarray) -> np.ndarray:
    """RGBA bytes to RGB times opacity and opacity, in 0..1, float32."""
    values = sprite.astype(np.float32) / 255
    values[..., :3] *= values[..., 3:]
    return values


def patches(picture: np.ndarray) -> np.ndarray:
    """A picture (h, w, c) as cells: (h / 16, w / 16, 256 c)."""
    height, width, depth = picture.shape
    cut = picture.reshape(height // CELL, CELL, width // CELL, CELL, depth)
    return cut.transpose(0, 2, 1, 3, 4).reshape(height // CELL, width // CELL, CELL * CELL * depth)


def fit_layers(sprites: Sprites) -> Layers:
    """Find the components on every sprite and on every landscape, plain ground and a choice of patterns."""
    drawn = [
        patches(premultiplied(sprites(name, size, pose))).reshape(-1, 4 * CELL * CELL)
        for name in OBJECTS
        for size in SIZES
        for pose in (None, *POSES)
    ]
    cells = np.concatenate(drawn)
    sprite_parts = _components(cells[cells.max(1) > 0.02], SPRITE)
    colours = list(COLOURS)
    grounds = [Ground("plain", colour) for colour in colours]
    grounds += [Ground(name, light) for name in LANDSCAPES for light in LIGHTS for _ in range(3)]
    grounds += [Ground(kind, a, colours[i * 7 % 27]) for kind in PATTERNS for i, a in enumerate(colours, 3)]
    painted = np.concatenate(
        [patches(paint_ground(one).astype(np.float32) / 127.5 - 1).reshape(-1, 3 * CELL * CELL) for one in grounds]
    )
    mean = painted.mean(0)
    return Layers(sprite_parts, mean, _components(painted - mean, GROUND), sprites)


def _components(rows: np.ndarray, count: int) -> np.ndarray:
    """The strongest components of rows, uncentred, each divided by its scale."""
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    parts = vectors[:, ::-1][:, :count].T
    spread = np.sqrt(values[::-1][:count])
    # The root keeps strong components strong, yet lets weak ones be seen by the loss.
    scale = np.sqrt(spread) * np.sqrt(spread.mean())
    scale *= np.sqrt(np.mean((spread / scale) ** 2))
    return np.ascontiguousarray(parts / scale[:, None], np.float32)


def _colour_code(name: str, presence: float) -> np.ndarray:
    return np.array([presence, *(value / 127.5 - 1 for value in COLOURS[name])], np.float32)


@lru_cache
def _weather_code(weather: str) -> np.ndarray:
    """The corner of an octahedron that stands for the weather, half as long in cells without its motif."""
    axis, sign = divmod(WEATHERS.index(weather), 2)
    code = np.zeros((WEATHER, GRID, GRID), np.float32)
    if weather == "fog":
        strength = np.broadcast_to(np.linspace(0.5, 1, GRID)[:, None], (GRID, GRID))
    else:
        strength = np.array([[1.0 if has_motif(x, y) else 0.5 for x in range(GRID)] for y in range(GRID)])
    code[axis] = (1.0 - 2 * sign) * strength
    return code


def _style_code(style: str) -> np.ndarray:
    """The corner of a cube that stands for the style."""
    index = STYLES.index(style)
    return np.array([1.0 if index >> bit & 1 else -1.0 for bit in range(STYLE)], np.float32)


def to_tensor(grids: list[np.ndarray]) -> torch.Tensor:
    """Latents, (n, 40, 16, 16)."""
    return torch.from_numpy(np.stack(grids))
