"""How alike two pictures are by each metric of a world, larger meaning more alike.

Knows: how its metrics are loaded and asked. Does not know: what they are measured with.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import imagehash
import lpips
import numpy as np
import torch
from open_clip import CLIP
from PIL import Image

from refine.world3.models.autoencoder import unit
from refine.world3.models.clip_pair import SHAPES, load_clip
from refine.world3.models.perceptual import load_metric

Similarity = Callable[[Image.Image, Image.Image], float]


def similarities(folder: Path) -> dict[str, Similarity]:
    """The metrics of the world whose `metrics` are in `folder`, by name."""
    perceptual = load_metric(folder / "lpips" / "lpips.safetensors")
    clips = {name: partial(_cosine, load_clip(folder / name)) for name in SHAPES}
    return {"lpips": lambda one, other: -_distance(perceptual, one, other), **clips, "imagehash": _hash}


def _hash(one: Image.Image, other: Image.Image) -> float:
    return -float(imagehash.phash(one) - imagehash.phash(other))


def _distance(metric: lpips.LPIPS, one: Image.Image, other: Image.Image) -> float:
    with torch.no_grad():
        return metric(_pixels(one), _pixels(other)).item()


def _cosine(clip: CLIP, one: Image.Image, other: Image.Image) -> float:
    with torch.no_grad():
        features = clip.encode_image(torch.cat([_pixels(one), _pixels(other)]), normalize=True)
    return float(features[0] @ features[1])


def _pixels(image: Image.Image) -> torch.Tensor:
    return unit(np.array(image)[None])
