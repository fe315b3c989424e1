"""Training of the probe, on composed scenes that are spoiled the way drawings are.

Knows: losses. Does not know: what the probe is asked later.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from refine.world3.models.autoencoder import unit
from refine.world3.models.facets import labels, loss
from refine.world3.models.probe import Probe
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.loop import rate, set_rate, train


def train_probe(checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int = 24) -> Probe:
    """Train on composed scenes, spoiled the way drawings are: blurred, noisy, with patches missing.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        batch: Scenes a step.
    """
    torch.manual_seed(seed)
    model = Probe()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(2e-3, spent))
        scenes = [sample_description(rng) for _ in range(batch)]
        pixels = unit(np.stack([compose_pixels(*scene, sprites) for scene in scenes]))
        with torch.autocast("cpu", torch.bfloat16):
            guesses = model(spoil(pixels))
        total = loss(guesses, labels(scenes))
        total.backward()
        optimizer.step()
        optimizer.zero_grad()
        return {"loss": total.item()}

    train(checkpoint, minutes, seed, {"model": model, "adam": optimizer}, step)
    return model.eval()


def spoil(pixels: torch.Tensor) -> torch.Tensor:
    """Spoil pictures (n, 3, 256, 256): tint cells, cover some with the mean colour, blur a third."""
    n = len(pixels)
    gone = (torch.rand(n, 1, 16, 16) < 0.08).float()
    tint = 0.05 * torch.randn(n, 3, 16, 16) + gone * pixels.mean((2, 3), keepdim=True)
    spoiled = pixels * F.interpolate(1 - gone, scale_factor=16) + F.interpolate(tint, scale_factor=16)
    smooth = torch.rand(n) < 0.33
    spoiled[smooth] = F.avg_pool2d(F.pad(spoiled[smooth], (2, 2, 2, 2), mode="replicate"), 5, 1)
    return spoiled
