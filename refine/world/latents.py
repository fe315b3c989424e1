"""Latents: principal components of 16 x 16 patches.

Knows: how a picture becomes a 16 x 16 x 32 grid of numbers and nearly back. Does not know: what is in it. The
grid needs no training to exist, so that drawing can be learned before, or beside, the autoencoder.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from refine.world.artwork import Sprites
from refine.world.scenes import draw_many, sample_scene

PATCH = 16
CHANNELS = 32
GRID = 16
"""Patches along a side of a whole picture."""


@dataclass(frozen=True)
class Latents:
    """A linear map between patches (768 numbers in -1..1) and latents (32 of about unit deviation)."""

    mean: torch.Tensor
    components: torch.Tensor
    scale: torch.Tensor

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Bytes (n, height, width, 3) to latents (n, 32, height / 16, width / 16), float."""
        flat = patches(pixels)
        return ((flat - self.mean) @ self.components.T / self.scale).permute(0, 3, 1, 2)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 32, h, w) to pixels (n, 3, 16 h, 16 w) in about -1..1."""
        flat = (latents.permute(0, 2, 3, 1) * self.scale) @ self.components + self.mean
        n, h, w, _ = flat.shape
        return flat.reshape(n, h, w, PATCH, PATCH, 3).permute(0, 5, 1, 3, 2, 4).reshape(n, 3, h * PATCH, w * PATCH)

    def save(self, path: Path) -> None:
        """Write the map as safetensors."""
        tensors = {"mean": self.mean, "components": self.components, "scale": self.scale}
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)

    @classmethod
    def load(cls, path: Path) -> "Latents":
        """Read a map that `save` wrote."""
        return cls(**load_file(path))


def unit(pixels: torch.Tensor) -> torch.Tensor:
    """Bytes (n, h, w, 3) to floats (n, 3, h, w) in -1..1."""
    return pixels.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def patches(pixels: torch.Tensor) -> torch.Tensor:
    """Bytes (n, height, width, 3) to patches (n, height / 16, width / 16, 768) in -1..1."""
    n, height, width, _ = pixels.shape
    cut = (pixels.float() / 127.5 - 1).reshape(n, height // PATCH, PATCH, width // PATCH, PATCH, 3)
    return cut.permute(0, 1, 3, 2, 4, 5).reshape(n, height // PATCH, width // PATCH, PATCH * PATCH * 3)


def fit(sprites: Sprites, seed: int, scenes: int = 6_000, sample: int = 60_000) -> Latents:
    """Find the components on patches of random scenes, three busy patches to one flat one.

    Args:
        sprites: The artwork.
        seed: Which scenes.
        scenes: How many to look at.
        sample: How many of their patches to decompose.
    """
    rng = random.Random(seed)
    chance = torch.Generator().manual_seed(seed)
    kept = []
    for _ in range(0, scenes, 100):
        drawn = draw_many([sample_scene(rng) for _ in range(min(100, scenes))], sprites)
        flat = patches(torch.as_tensor(np.asarray(drawn))).reshape(-1, PATCH * PATCH * 3)
        busy = flat.std(1) > 0.12
        calm = flat[~busy]
        kept += [flat[busy], calm[torch.randperm(len(calm), generator=chance)[: int(busy.sum()) // 3]]]
    rows = torch.cat(kept)
    mean = rows.mean(0)
    centred = (rows - mean)[torch.randperm(len(rows), generator=chance)[:sample]].double()
    components = torch.linalg.svd(centred, full_matrices=False).Vh[:CHANNELS].float()
    spread = ((rows - mean) @ components.T).std(0)
    # The root keeps strong components strong, yet lets weak ones be seen by the loss.
    scale = spread.sqrt() * spread.mean().sqrt()
    return Latents(mean, components, scale * ((rows - mean) @ components.T / scale).std())
