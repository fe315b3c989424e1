"""Latents in layers: each facet of a picture has numbers of its own in every cell.

Knows: how a description becomes a grid of 16 x 16 cells with 65 numbers each. Does not know: words, pixels, training. The
numbers are codes, not pixels: which object, which part of it, its size, pose, colour and texture; the ground, the weather,
the style. So the transformer learns what words mean, and a word for one facet need not disturb another; how a code looks
is for the decoder to know, which is told neither words nor noise and so learns it sharply.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from refine.world3.scenes.description import (
    CELL,
    LANDSCAPES,
    LIGHTS,
    PATTERNS,
    POSES,
    SIDE,
    STYLES,
    WEATHERS,
    WHITE,
    Description,
    Ground,
    Pose,
    Size,
)
from refine.world3.scenes.effects import has_motif
from refine.world3.scenes.layout import Box
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS
from refine.world3.scenes.sprites import Sprites

GRID = SIDE // CELL
WIDTHS = {
    "object": 16,
    "part": 12,
    "size": 2,
    "pose": 2,
    "colour": 4,
    "texture": 1,
    "kind": 4,
    "first": 3,
    "second": 3,
    "position": 12,
    "weather": 3,
    "style": 3,
}
"""Layer -> numbers in a cell, in this order. `colour` is an object's, or the frame's, which is where no object can be;
`kind`, `first` and `second` are of the ground; `part` is which part of its object a cell shows, `position` where in the picture."""
CHANNELS = sum(WIDTHS.values())
AT: dict[str, slice] = {}
"""Layer -> its channels."""
_end = 0
for _name, _width in WIDTHS.items():
    AT[_name] = slice(_end, _end := _end + _width)

SIZE_CODES: dict[Size, tuple[float, float]] = {"small": (-1.0, -0.6), "medium": (0.0, 1.2), "big": (1.0, -0.6)}
POSE_CODES: dict[Pose, tuple[float, float]] = dict(zip(POSES, ((1.2, -1.2), (1.2, 1.2)), strict=True))
TURNS: dict[Pose | None, Callable[[np.ndarray], np.ndarray]] = {
    None: lambda code: code,
    "upside down": lambda code: code[:, ::-1],
    "sideways": lambda code: np.rot90(code, 1, (1, 2)),
}
"""Pose -> how the parts of an object, (channels, cells, cells), lie when it is turned: as its pixels do."""
_DOTTED = (0.0, 0.0, 0.0, -1.2)
GROUND = slice(AT["kind"].start, AT["second"].stop)
"""The channels of the ground."""


@dataclass(frozen=True)
class Layers:
    """The codes of the objects, (objects, 16), each of length 4: alike for objects that look alike."""

    objects: np.ndarray

    def encode(self, description: Description, boxes: tuple[Box, ...]) -> np.ndarray:
        """The latents of a description whose things are in these boxes: float32 (65, 16, 16)."""
        grid = np.zeros((CHANNELS, GRID, GRID), np.float32)
        for thing, box in zip(description.things, boxes, strict=True):
            cells = box.side // CELL
            column = np.zeros(AT["kind"].start, np.float32)
            column[AT["object"]] = self.objects[list(OBJECTS).index(thing.name)]
            column[AT["size"]] = SIZE_CODES[box.size]
            if thing.pose is not None:
                column[AT["pose"]] = POSE_CODES[thing.pose]
            if thing.colour is not None:
                column[AT["colour"]] = colour_code(thing.colour, 1.0)
            if thing.texture is not None:
                column[AT["texture"]] = 1.0 if thing.texture == "striped" else -1.0
            part = TURNS[thing.pose](wave_code(cells))
            rows = slice(box.top // CELL, box.top // CELL + cells)
            for left in box.lefts:
                there = grid[:, rows, left // CELL : left // CELL + cells]
                there[: len(column)] = column[:, None, None]
                there[AT["part"]] = part
        grid[GROUND] = ground_code(description.ground or WHITE)
        grid[AT["position"]] = wave_code(GRID)
        if description.weather is not None:
            grid[AT["weather"]] = weather_code(description.weather)
        if description.style is not None:
            grid[AT["style"]] = style_code(description.style)[:, None, None]
        if description.frame is not None:
            border = colour_code(description.frame, -1.0)[:, None]
            for edge in (np.s_[:, 0, :], np.s_[:, -1, :], np.s_[:, :, 0], np.s_[:, :, -1]):
                grid[AT["colour"]][edge] = border
        return grid

    def save(self, path: Path) -> None:
        """Write the codes as safetensors."""
        save_file({"objects": self.objects}, path)

    @classmethod
    def load(cls, path: Path) -> "Layers":
        """Read codes that `save` wrote."""
        return cls(**load_file(path))


def fit_layers(sprites: Sprites) -> Layers:
    """Find the objects' codes: the first 16 principal components of how they look, brought to one length."""
    looks = np.stack([_coarse(sprites(name, "medium", None)) for name in OBJECTS])
    left, _, _ = np.linalg.svd(looks - looks.mean(0), full_matrices=False)
    codes = left[:, : WIDTHS["object"]]
    # One length, so that all objects are told from an empty cell alike.
    return Layers((4 * codes / np.linalg.norm(codes, axis=1, keepdims=True)).astype(np.float32))


def _coarse(sprite: np.ndarray) -> np.ndarray:
    """RGB times opacity and opacity of blocks of 8 px, as one vector."""
    values = sprite.astype(np.float32) / 255
    values[..., :3] *= values[..., 3:]
    side = len(values) // 8
    return values.reshape(side, 8, side, 8, 4).mean((1, 3)).ravel()


@cache
def wave_code(cells: int) -> np.ndarray:
    """Where each cell of a square is: float32 (12, cells, cells), read only.

    Sines and cosines of three frequencies, first across, then down, as in "Fourier Features Let Networks Learn High
    Frequency Functions in Low Dimensional Domains" (arXiv 2006.10739): neighbours look nothing alike, and must be told apart.
    """
    at = (np.arange(cells) + 0.5) / cells * 2 - 1
    waves = np.stack([wave(np.pi * turns * at) for turns in (0.5, 1, 2) for wave in (np.sin, np.cos)])
    across = np.broadcast_to(waves[:, None, :], (len(waves), cells, cells))
    code = np.concatenate([across, across.transpose(0, 2, 1)]).astype(np.float32)
    code.flags.writeable = False
    return code


def ground_code(ground: Ground) -> np.ndarray:
    """The ten numbers of a ground in each cell, float32 (10, 16, 16).

    Stripes and checks are plain cells of two colours; dots are a kind of cell; landscapes have kinds and lights.
    """
    grid = np.zeros((GROUND.stop - GROUND.start, GRID, GRID), np.float32)
    kind, first, second = grid[:4], grid[4:7], grid[7:]
    if ground.kind in LANDSCAPES:
        kind[:] = _kind_code(ground.kind)[:, None, None]
        first[:] = _light_code(ground.first)[:, None, None]
        return grid
    there = _pattern_cells(ground.kind)
    other = _rgb_code(ground.second or ground.first)[:, None, None]
    first[:] = _rgb_code(ground.first)[:, None, None]
    if ground.kind == "dots":
        kind[:] = there * _kind_code("dots")[:, None, None]
        second[:] = there * other
    else:
        first[:] = np.where(there, other, first)
    return grid


def _pattern_cells(kind: str) -> np.ndarray:
    """Which cells of a plain ground or pattern show its second colour: booleans (16, 16)."""
    rows, columns = np.mgrid[:GRID, :GRID]
    if kind not in PATTERNS:
        return np.zeros((GRID, GRID), bool)
    if kind == "checks":
        return (columns // 2 + rows // 2) % 2 == 1
    return (columns % 2 == 1) & ((kind == "stripes") | (rows % 2 == 1))


def _kind_code(kind: str) -> np.ndarray:
    """A corner of a cube for each landscape, a point apart for cells with a dot, zeros for plain cells."""
    if kind not in LANDSCAPES:
        return np.array(_DOTTED if kind == "dots" else (0, 0, 0, 0), np.float32)
    return np.array([*_corner(LANDSCAPES.index(kind)), 1.2], np.float32)


def _light_code(light: str) -> np.ndarray:
    """A corner of a tetrahedron for each light."""
    index = LIGHTS.index(light)
    one, other = 2.0 * (index & 1) - 1, float(index & 2) - 1
    return np.array([one, other, one * other], np.float32)


def _rgb_code(colour: str) -> np.ndarray:
    """Red, green and blue in -1..1."""
    return np.array(COLOURS[colour], np.float32) / 127.5 - 1


def colour_code(colour: str, presence: float) -> np.ndarray:
    """That there is a colour (1 an object's, -1 a frame's), and which."""
    return np.array([presence, *_rgb_code(colour)], np.float32)


def style_code(style: str) -> np.ndarray:
    """The corner of a cube that stands for the style."""
    return np.array(_corner(STYLES.index(style)), np.float32)


def _corner(index: int) -> tuple[float, ...]:
    return tuple(1.0 if index >> bit & 1 else -1.0 for bit in range(3))


def weather_code(weather: str) -> np.ndarray:
    """The corner of an octahedron that stands for the weather, half as long in cells without its motif."""
    axis, sign = divmod(WEATHERS.index(weather), 2)
    code = np.zeros((WIDTHS["weather"], GRID, GRID), np.float32)
    if weather == "fog":
        strength = np.broadcast_to(np.linspace(0.5, 1, GRID)[:, None], (GRID, GRID))
    else:
        strength = np.array([[1.0 if has_motif(x, y) else 0.5 for x in range(GRID)] for y in range(GRID)])
    code[axis] = (1.0 - 2 * sign) * strength
    return code


def to_tensor(grids: list[np.ndarray]) -> torch.Tensor:
    """Latents, (n, 65, 16, 16)."""
    return torch.from_numpy(np.stack(grids))
