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
from refine.world3.description import CELL
from refine.world3.layers import Layers, to_tensor
from refine.world3.sampling import sample_crowd, sample_description
from refine.world3.sprites import Sprites

NOISE = 0.2
"""Largest standard deviation of the noise in latents that are learned from: about what the transformer leaves."""


class Cells(nn.Module):
    """The decoder's part at 16 px as it sees one cell only, with a linear head that turns each cell into its pixels.

    What a cell shows is nearly all said in the cell itself. So the kernels begin with their centres alone, which costs a
    ninth, and their borders as zeros.
    """

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.begin = decoder.conv_in
        self.resnets = nn.ModuleList([*decoder.mid_block.resnets, *decoder.up_blocks[0].resnets])
        self.head = nn.Conv2d(WIDTHS[-1], 3 * CELL * CELL, 1)

    def clear_borders(self) -> None:
        """Set to zero what the kernels hold of other cells."""
        for module in (self.begin, self.resnets):
            for part in module.modules():
                if isinstance(part, nn.Conv2d):
                    centre = part.weight.data[..., 1:2, 1:2].clone()
                    part.weight.data.zero_()
                    # As wide as a kernel of one cell begins.
                    part.weight.data[..., 1:2, 1:2] = 3 * centre

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to pixels (n, 3, 16 h, 16 w) in -1..1."""
        features = _centre(self.begin, latents)
        for resnet in self.resnets:
            inner = _centre(resnet.conv1, F.silu(resnet.norm1(features)))
            features = features + _centre(resnet.conv2, F.silu(resnet.norm2(inner)))
        return F.pixel_shuffle(self.head(features), CELL)


def _centre(conv: nn.Conv2d, features: torch.Tensor) -> torch.Tensor:
    return F.conv2d(features, conv.weight[..., 1:2, 1:2], conv.bias)


def train_cells(
    decoder: Decoder,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    peak: float = 3e-3,
    batch: int = 8,
    workers: int = 0,
) -> None:
    """Teach a new `decoder`, in place, what each cell looks like by itself: its part at 16 px, where a scene costs least.

    Args:
        decoder: The decoder of an autoencoder with random weights.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        sprites: The artwork.
        peak: Learning rate.
        batch: Scenes a step.
        workers: Processes that make scenes.
    """
    cells = Cells(decoder)
    cells.clear_borders()
    _train(cells, checkpoint, minutes, seed, layers, sprites, peak, batch, workers)
    decoder.cpu()


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

    Args are those of `train_cells`, which comes first.
    """
    _train(decoder, checkpoint, minutes, seed, layers, sprites, peak, batch, workers)
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
