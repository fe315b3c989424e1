"""Training of the decoder's part at 16 px by itself, before the rest: there it is remembered how each part of each object looks.

Knows: losses, what is learned first. Does not know: the decoder's finer parts, captions.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import Decoder
from torch import nn

from refine.world3.models.autoencoder import WIDTHS, psnr, unit
from refine.world3.models.layers import AT, CHANNELS, GRID, SIZE_CODES, Layers, to_tensor, wave_code
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.description import CELL, SIZES
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.sampling import sample_crowd, sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.batches import DEVICE, autocast, batches
from refine.world3.training.loop import FlatMuon, muon_and_adam, rate, set_rate, train

WIDTH = WIDTHS[-1]
NOISE = 0.2
"""Largest standard deviation of the noise in latents that are learned from: about what the transformer leaves."""
EMPTY = 0.15
"""Part of the cells without an object while sprites alone are learned."""
BLOCKS = 4
"""Residual blocks of an `AutoencoderKL` decoder at its coarsest level: two in the middle, two before it first widens."""


class Block(nn.Module):
    """A residual block of the decoder, its kernels being one cell wide."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, WIDTH, eps=1e-6), nn.GroupNorm(8, WIDTH, eps=1e-6)
        self.conv1, self.conv2 = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features (n, 320, h, w) to more of them."""
        inner = _each(self.conv1, F.silu(self.norm1(features)))
        return features + _each(self.conv2, F.silu(self.norm2(inner)))


class SingleCells(nn.Module):
    """The decoder's part at 16 px as it would be if no cell knew of another, which costs a ninth, with a linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = nn.Linear(CHANNELS, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.head = nn.Linear(WIDTH, 4 * CELL * CELL)

    def features(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to what the decoder's finer parts go on from, (n, 320, h, w)."""
        features = _each(self.begin, latents)
        for block in self.blocks:
            features = block(features)
        return features

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to objects: colours times opacity, and opacity, (n, 4, 16 h, 16 w) in 0..1."""
        return F.pixel_shuffle(_each(self.head, self.features(latents)), CELL)

    def put_into(self, decoder: Decoder) -> None:
        """Make what was learned the centres of the decoder's kernels, and zeros their borders."""
        _fill(decoder.conv_in, self.begin)
        for block, resnet in zip(self.blocks, [*decoder.mid_block.resnets, *decoder.up_blocks[0].resnets], strict=True):
            for name in ("norm1", "norm2"):
                getattr(resnet, name).load_state_dict(getattr(block, name).state_dict())
            for name in ("conv1", "conv2"):
                _fill(getattr(resnet, name), getattr(block, name))


class Cells(nn.Module):
    """The decoder's part at 16 px itself, with a linear head that turns each cell into its pixels."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.begin, self.middle, self.resnets = decoder.conv_in, decoder.mid_block, decoder.up_blocks[0].resnets
        self.head = nn.Conv2d(WIDTH, 3 * CELL * CELL, 1)

    def features(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to what the decoder's finer parts go on from, (n, 320, h, w)."""
        features = self.middle(self.begin(latents))
        for resnet in self.resnets:
            features = resnet(features, None)
        return features

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to pixels (n, 3, 16 h, 16 w) in -1..1."""
        return F.pixel_shuffle(self.head(self.features(latents)), CELL)


def _each(linear: nn.Linear, features: torch.Tensor) -> torch.Tensor:
    """Apply a linear layer to every cell."""
    return F.conv2d(features, linear.weight[..., None, None], linear.bias)


def _fill(conv: nn.Conv2d, linear: nn.Linear) -> None:
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[..., 1, 1] = linear.weight
        conv.bias.copy_(linear.bias)


def train_sprites(
    cells: SingleCells, checkpoint: Path, minutes: float, seed: int, layers: Layers, sprites: Sprites, batch: int = 4
) -> None:
    """Teach `cells`, in place, how each part of each object looks in each size, upright and by itself.

    Args:
        cells: What learns.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns objects into codes.
        sprites: The artwork.
        batch: Grids of 16 x 16 parts a step.
    """
    cells.to(DEVICE)
    codes, looks = (table.to(DEVICE) for table in every_part(layers, sprites))
    muon, adam = muon_and_adam(cells, ("begin", "head"))

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        chosen = torch.randint(len(codes), (batch, GRID, GRID), device=DEVICE)
        there = torch.rand(batch, GRID, GRID, 1, device=DEVICE) >= EMPTY
        latents = (codes[chosen] * there).permute(0, 3, 1, 2)
        wanted = F.pixel_shuffle((looks[chosen] * there).permute(0, 3, 1, 2), CELL)
        with autocast():
            shown = cells(noisy(latents, NOISE / 2))
        error = shown.float() - wanted
        _descend(10 * (error.abs() + error.square()).mean(), muon, adam, 5e-3, spent)
        return {"psnr": psnr(2 * error)}

    train(checkpoint, minutes, seed, {"cells": cells, "muon": muon, "adam": adam}, step)
    cells.cpu()


def train_cells(
    decoder: Decoder,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    batch: int = 12,
    workers: int = 0,
) -> None:
    """Teach the part at 16 px of `decoder`, in place, to paint whole scenes through a linear head.

    Args:
        decoder: The decoder of an autoencoder, into which single cells were put.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        sprites: The artwork.
        batch: Scenes a step.
        workers: Processes that make scenes.
    """
    cells = Cells(decoder).to(DEVICE)
    made = batches(lambda rng: scenes(rng, batch, layers, sprites), seed, checkpoint, workers)
    kernels = [kernel for part in (cells.middle, cells.resnets) for kernel in part.parameters() if kernel.ndim == 4]
    taken = {id(kernel) for kernel in kernels}
    others = [parameter for parameter in cells.parameters() if id(parameter) not in taken]
    muon, adam = (
        FlatMuon(kernels, 1e-3),
        torch.optim.AdamW(others, 1e-3, betas=(0.9, 0.99), weight_decay=0.0, fused=True),
    )

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        clean, pixels = (part.to(DEVICE) for part in next(made))
        with autocast():
            painted = cells(noisy(clean, NOISE))
        loss, figures = painting_loss(painted, pixels)
        _descend(loss, muon, adam, 2e-3, spent)
        return figures

    train(checkpoint, minutes, seed, {"cells": cells, "muon": muon, "adam": adam}, step)
    decoder.cpu()


def painting_loss(painted: torch.Tensor, pixels: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    """How far painted pixels and edges are from those that are wanted, (n, 3, h, w) in -1..1, and figures to show."""
    error = painted.float() - pixels
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    loss = error.abs().mean() + 0.7 * edges + 0.5 * error.square().mean()
    return loss, {"l1": error.abs().mean().item(), "psnr": psnr(error)}


def every_part(layers: Layers, sprites: Sprites) -> tuple[torch.Tensor, torch.Tensor]:
    """Every cell of every object in every size: its codes, (n, 65), and its look, (n, 1024) as `pixel_shuffle` takes it."""
    codes: list[np.ndarray] = []
    looks: list[np.ndarray] = []
    for index, name in enumerate(OBJECTS):
        for size, side in SIZES.items():
            look = sprites(name, size, None).astype(np.float32) / 255
            look[..., :3] *= look[..., 3:]
            across = side // CELL
            cut = look.reshape(across, CELL, across, CELL, 4).transpose(0, 2, 4, 1, 3)
            looks.append(cut.reshape(across * across, -1))
            code = np.zeros((across * across, CHANNELS), np.float32)
            code[:, AT["object"]], code[:, AT["size"]] = layers.objects[index], SIZE_CODES[size]
            code[:, AT["part"]] = wave_code(across).reshape(len(wave_code(across)), -1).T
            codes.append(code)
    return torch.from_numpy(np.concatenate(codes)), torch.from_numpy(np.concatenate(looks))


def scenes(rng: random.Random, count: int, layers: Layers, sprites: Sprites) -> tuple[torch.Tensor, torch.Tensor]:
    """Random scenes, four in five of them crowded.

    Returns:
        Latents, (count, 65, 16, 16), and pixels in -1..1, (count, 3, 256, 256).
    """
    drawn = [(sample_crowd if rng.random() < 0.8 else sample_description)(rng) for _ in range(count)]
    pixels = np.stack([compose_pixels(*one, sprites) for one in drawn])
    return to_tensor([layers.encode(*one) for one in drawn]), unit(pixels)


def noisy(latents: torch.Tensor, most: float) -> torch.Tensor:
    """Latents (n, 65, h, w) with noise, of up to a standard deviation that is drawn anew for each."""
    return latents + most * torch.rand(len(latents), 1, 1, 1, device=DEVICE) * torch.randn_like(latents)


def _descend(
    loss: torch.Tensor, muon: torch.optim.Optimizer, adam: torch.optim.Optimizer, peak: float, spent: float
) -> None:
    set_rate([muon], rate(peak, spent, flat=0.5))
    set_rate([adam], rate(2e-3, spent, flat=0.5))
    for optimizer in (muon, adam):
        optimizer.zero_grad()
    loss.backward()
    for optimizer in (muon, adam):
        optimizer.step()
