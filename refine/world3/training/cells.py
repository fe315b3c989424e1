"""Training of the decoder's part at 16 px by itself, before the rest: there it is remembered how each part of each object looks.

Knows: losses, what is learned first. Does not know: the decoder's finer parts, captions.
"""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import Decoder
from safetensors.torch import load_file, save_file
from torch import nn

from refine.world3.models.autoencoder import WIDTHS, psnr, unit
from refine.world3.models.layers import AT, CHANNELS, GRID, SIZE_CODES, Layers, to_tensor, wave_code
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.description import CELL, SIZES
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.sampling import sample_crowd, sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.batches import DEVICE, autocast, batches
from refine.world3.training.loop import muon_and_adam, rate, set_rate, train

WIDTH = WIDTHS[-1]
NOISE = 0.2
"""Largest standard deviation of the noise in latents that are learned from: about what the transformer leaves."""
Step = Callable[[float, random.Random], tuple[torch.Tensor, dict[str, float]]]
"""(part of the time that is spent, chance) -> what to lessen, figures to show."""
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


class Cells(nn.Module):
    """The decoder's part at 16 px as it would be if no cell knew of another, with linear heads.

    What a cell shows is nearly all said in the cell itself, and a kernel that is one cell wide costs a ninth. `show` turns
    features into an object's colours times opacity, and opacity; `paint` turns them into pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begin = nn.Linear(CHANNELS, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.show = nn.Linear(WIDTH, 4 * CELL * CELL)
        self.paint = nn.Linear(WIDTH, 3 * CELL * CELL)

    def features(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents (n, 65, h, w) to what the decoder's finer parts go on from, (n, 320, h, w)."""
        features = _each(self.begin, latents)
        for block in self.blocks:
            features = block(features)
        return features

    def forward(self, latents: torch.Tensor, head: nn.Linear) -> torch.Tensor:
        """Latents (n, 65, h, w) to what a head makes of them: (n, 3, 16 h, 16 w) in -1..1, or (n, 4, ...) in 0..1."""
        return F.pixel_shuffle(_each(head, self.features(latents)), CELL)

    def put_into(self, decoder: Decoder) -> None:
        """Make what was learned the centres of the decoder's kernels, and zeros their borders."""
        _fill(decoder.conv_in, self.begin)
        for block, resnet in zip(self.blocks, [*decoder.mid_block.resnets, *decoder.up_blocks[0].resnets], strict=True):
            for name in ("norm1", "norm2"):
                getattr(resnet, name).load_state_dict(getattr(block, name).state_dict())
            for name in ("conv1", "conv2"):
                _fill(getattr(resnet, name), getattr(block, name))


def save_cells(cells: Cells, path: Path) -> None:
    """Write the weights as safetensors, in half precision."""
    save_file({name: value.half().contiguous() for name, value in cells.state_dict().items()}, path)


def load_cells(path: Path) -> Cells:
    """Read what `save_cells` wrote."""
    cells = Cells()
    cells.load_state_dict(load_file(path))
    return cells


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
    cells: Cells, checkpoint: Path, minutes: float, seed: int, layers: Layers, sprites: Sprites, batch: int = 4
) -> None:
    """Teach `cells`, in place, how each part of each object looks in each size, upright, whatever is around it.

    Args:
        cells: What learns.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns objects into codes.
        sprites: The artwork.
        batch: Grids of 16 x 16 parts a step.
    """
    codes, looks = (table.to(DEVICE) for table in every_part(layers, sprites))
    of_things = AT["kind"].start

    def step(spent: float, rng: random.Random) -> tuple[torch.Tensor, dict[str, float]]:
        empty = [sample_crowd(rng)[0]._replace(things=(), frame=None) for _ in range(batch)]
        latents = to_tensor([layers.encode(one, ()) for one in empty]).to(DEVICE)
        chosen = torch.randint(len(codes), (batch, GRID, GRID), device=DEVICE)
        # Scenes are full or nearly empty, and norms over all cells must not make a difference of it.
        there = torch.rand(batch, GRID, GRID, 1, device=DEVICE) < torch.rand(batch, 1, 1, 1, device=DEVICE).sqrt()
        latents[:, :of_things] = (codes[chosen][..., :of_things] * there).permute(0, 3, 1, 2)
        wanted = F.pixel_shuffle((looks[chosen] * there).permute(0, 3, 1, 2), CELL)
        with autocast():
            shown = cells(noisy(latents, NOISE / 2), cells.show)
        error = shown.float() - wanted
        return 10 * (error.abs() + error.square()).mean(), {"psnr": psnr(2 * error)}

    _learn(cells, checkpoint, minutes, seed, step, 5e-3)


def train_cells(
    cells: Cells,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    batch: int = 8,
    workers: int = 0,
) -> None:
    """Teach `cells`, in place, to paint whole scenes, without a look at what is around a cell.

    Args:
        cells: What learns, best after `train_sprites`.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        sprites: The artwork.
        batch: Scenes a step.
        workers: Processes that make scenes.
    """
    made = batches(lambda rng: scenes(rng, batch, layers, sprites), seed, checkpoint, workers)

    def step(spent: float, rng: random.Random) -> tuple[torch.Tensor, dict[str, float]]:
        clean, pixels = (part.to(DEVICE) for part in next(made))
        with autocast():
            painted = cells(noisy(clean, NOISE), cells.paint)
        return painting_loss(painted, pixels)

    _learn(cells, checkpoint, minutes, seed, step, 3e-3)


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


def _learn(cells: Cells, checkpoint: Path, minutes: float, seed: int, step: Step, peak: float) -> None:
    cells.to(DEVICE)
    muon, adam = muon_and_adam(cells, ("begin", "show", "paint"))

    def descend(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([muon], rate(peak, spent, flat=0.5))
        set_rate([adam], rate(2e-3, spent, flat=0.5))
        loss, figures = step(spent, rng)
        for optimizer in (muon, adam):
            optimizer.zero_grad()
        loss.backward()
        for optimizer in (muon, adam):
            optimizer.step()
        return figures

    train(checkpoint, minutes, seed, {"cells": cells, "muon": muon, "adam": adam}, descend)
    cells.cpu()
