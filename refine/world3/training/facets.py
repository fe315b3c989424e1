"""Learning to read every facet, on composed scenes that are spoiled the way drawings are: blurred, noisy, with patches missing.

Knows: losses. Does not know: what reads: the probe and the perceptual metric's backbone both learn so.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from refine.world3.models.autoencoder import unit
from refine.world3.models.facets import labels, loss
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.loop import rate, set_rate, train


def learn_facets(
    model: nn.Module, peak: float, checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int
) -> None:
    """Teach `model`, in place, which gives the scores of `FacetHeads`.

    Args:
        model: What learns.
        peak: Learning rate.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        batch: Scenes a step.
    """
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, peak, weight_decay=0.01)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(peak, spent))
        scenes = [sample_description(rng) for _ in range(batch)]
        pixels = unit(np.stack([compose_pixels(*scene, sprites) for scene in scenes]))
        with torch.autocast("cpu", torch.bfloat16):
            guesses = model(spoil(pixels))
        total = loss(guesses, labels(scenes))
        total.backward()
        nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return {"loss": total.item()}

    train(checkpoint, minutes, seed, {"model": model, "adam": optimizer}, step)


def spoil(pixels: torch.Tensor) -> torch.Tensor:
    """Spoil pictures (n, 3, 256, 256): tint cells, cover some with the mean colour, blur a third."""
    n = len(pixels)
    gone = (torch.rand(n, 1, 16, 16) < 0.08).float()
    tint = 0.05 * torch.randn(n, 3, 16, 16) + gone * pixels.mean((2, 3), keepdim=True)
    spoiled = pixels * F.interpolate(1 - gone, scale_factor=16) + F.interpolate(tint, scale_factor=16)
    smooth = torch.rand(n) < 0.33
    spoiled[smooth] = F.avg_pool2d(F.pad(spoiled[smooth], (2, 2, 2, 2), mode="replicate"), 5, 1)
    return spoiled
