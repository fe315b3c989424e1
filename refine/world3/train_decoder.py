"""Training of the decoder: first its part at 16 px, where objects are remembered, then all of it.

Knows: losses, crowded scenes to learn from. Does not know: captions, the transformer.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import Decoder
from torch import nn

from refine.world.training import Stateful, rate, set_rate, train
from refine.world3.autoencoder import WIDTHS, psnr, unit
from refine.world3.batches import DEVICE, autocast, batches
from refine.world3.compose import compose_pixels
from refine.world3.layers import Layers, to_tensor
from refine.world3.sampling import sample_crowd, sample_description
from refine.world3.sprites import Sprites

NOISE = 0.2
"""Largest standard deviation of the noise in latents that are learned from: about what the transformer leaves."""


class Cells(nn.Module):
    """The decoder's part at 16 px, with a linear head that turns each cell into its 16 x 16 pixels."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.begin, self.middle, self.resnets = decoder.conv_in, decoder.mid_block, decoder.up_blocks[0].resnets
        self.head = nn.Conv2d(WIDTHS[-1], 3 * 16 * 16, 1)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to pixels (n, 3, 16 h, 16 w) in -1..1."""
        features = self.middle(self.begin(latents))
        for resnet in self.resnets:
            features = resnet(features, None)
        return F.pixel_shuffle(self.head(features), 16)


def train_decoder(
    decoder: Decoder,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    peak: float = 1e-3,
    batch: int = 8,
    workers: int = 0,
) -> None:
    """Teach `decoder`, in place, to paint latents with a little noise: pixels and edges.

    Three fifths of the time are for the part at 16 px by itself: there a scene costs a quarter, and the rest of the
    decoder, once that is good, learns fast.

    Args:
        decoder: The decoder of an autoencoder.
        checkpoint: Where the state is kept; the first part's is beside it.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        sprites: The artwork.
        peak: Learning rate.
        batch: Scenes a step.
        workers: Processes that make scenes.
    """
    first = checkpoint.with_name("cells.pt")
    _train(Cells(decoder), first, 0.6 * minutes, seed, layers, sprites, peak, batch, workers)
    _train(decoder, checkpoint, 0.4 * minutes, seed + 1, layers, sprites, peak, batch, workers)
    decoder.cpu()


def _train(
    model: nn.Module,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    peak: float,
    batch: int,
    workers: int,
) -> None:
    model.to(DEVICE)
    made = batches(lambda rng: scenes(rng, batch, layers, sprites), seed, checkpoint, workers)
    optimizer = torch.optim.AdamW(model.parameters(), peak, betas=(0.9, 0.99), weight_decay=0.0, fused=True)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(peak, spent))
        clean, pixels = (part.to(DEVICE) for part in next(made))
        noisy = clean + NOISE * torch.rand(len(clean), 1, 1, 1, device=DEVICE) * torch.randn_like(clean)
        with autocast():
            painted = model(noisy)
        error = painted.float() - pixels
        edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        loss = error.abs().mean() + 0.7 * edges + 0.5 * error.square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return {"l1": error.abs().mean().item(), "psnr": psnr(error)}

    parts: dict[str, Stateful] = {"model": model, "adam": optimizer}
    train(checkpoint, minutes, seed, parts, step)


def scenes(rng: random.Random, count: int, layers: Layers, sprites: Sprites) -> tuple[torch.Tensor, torch.Tensor]:
    """Random scenes, four in five of them crowded.

    Returns:
        Latents, (count, 65, 16, 16), and pixels in -1..1, (count, 3, 256, 256).
    """
    drawn = [(sample_crowd if rng.random() < 0.8 else sample_description)(rng) for _ in range(count)]
    pixels = np.stack([compose_pixels(*one, sprites) for one in drawn])
    return to_tensor([layers.encode(*one) for one in drawn]), unit(pixels)
