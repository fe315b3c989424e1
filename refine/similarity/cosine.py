"""Cosine similarity of embeddings: of two whole pictures, and patch by patch.

Knows: angles, and which part of a picture the patches cover. Does not know: the network that embeds.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from refine.similarity.metric import Map


class Embedded(NamedTuple):
    """One picture: its embedding at unit length (dimensions,), those of its patches (channels, rows, columns), its width and
    height."""

    whole: torch.Tensor
    patches: torch.Tensor
    size: tuple[int, int]


def embed(whole: torch.Tensor, patches: torch.Tensor, sizes: Sequence[tuple[int, int]]) -> list[Embedded]:
    """A batch of embeddings (pictures, dimensions) and patches (pictures, channels, rows, columns), at unit length."""
    # In float64, so that rounding the length is no part of a score.
    unit = functional.normalize(whole.double(), dim=1)
    return [Embedded(*of) for of in zip(unit, functional.normalize(patches, dim=1), sizes, strict=True)]


def cosine(target: Embedded, drawing: Embedded) -> float:
    """The cosine of the angle between two pictures, -1..1: exactly 1 for equal embeddings."""
    # Of unit vectors: 1 - |a - b|² / 2 is a·b, without the rounding of a·a.
    apart = (target.whole - drawing.whole).square().sum()
    return float((1 - apart / 2).clamp(min=-1))  # which keeps what is no number as it is


def dense(target: Embedded, drawing: Embedded, seen: float = 1.0) -> Map:
    """1 - cosine of each patch with the target's at the same place, 0..2; NaN outside the square in the middle that was seen.

    The square is as large as the shorter side of the picture times `seen`.
    """
    width, height = drawing.size
    side = max(1, round(min(width, height) * seen))
    apart = (target.patches - drawing.patches).square().sum(0) / 2  # of unit vectors: 1 - their product
    square = functional.interpolate(apart[None, None], (side, side), mode="bilinear")[0, 0]
    left, top = (width - side) // 2, (height - side) // 2
    whole = np.full((height, width), np.nan, np.float32)
    whole[top : top + side, left : left + side] = square.cpu().numpy()
    return whole
