"""The autoencoder: an `AutoencoderKL` whose decoder paints layered latents and whose encoder finds latents that are painted alike.

Knows: how the decoder learns from composed pictures, and the encoder from what the decoder paints. Does not know: captions.
"""

import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import nn

from refine.world.training import rate, set_rate, train
from refine.world3.batches import DEVICE, autocast, batches
from refine.world3.compose import compose_pixels
from refine.world3.description import CELL, SIDE
from refine.world3.layers import CHANNELS, Layers
from refine.world3.layout import Box
from refine.world3.sampling import sample_description

WIDTHS = (16, 32, 64, 128, 256)
CROP = 128
LOG_VARIANCE = -10.0


def autoencoder() -> AutoencoderKL:
    """An autoencoder with random weights: 256 px to 16 x 16 x 40 and back."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=CHANNELS,
        down_block_types=["DownEncoderBlock2D"] * len(WIDTHS),
        up_block_types=["UpDecoderBlock2D"] * len(WIDTHS),
        block_out_channels=WIDTHS,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        sample_size=SIDE,
        scaling_factor=1.0,
        shift_factor=0.0,
    )


def train_decoder(
    decoder: nn.Module,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    peak: float = 1e-3,
    batch: int = 12,
    workers: int = 0,
) -> None:
    """Teach `decoder`, in place, to paint latents with a little noise: pixels and edges.

    Args:
        decoder: The decoder of an autoencoder.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: What the decoder reads.
        peak: Learning rate.
        batch: Crops a step.
        workers: Processes that make crops.
    """
    decoder.to(DEVICE)
    made = batches(lambda rng: crops(rng, batch, layers), seed, checkpoint, workers)
    optimizer = torch.optim.AdamW(decoder.parameters(), peak, betas=(0.9, 0.99), weight_decay=0.0)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(peak, spent))
        clean, pixels = (part.to(DEVICE) for part in next(made))
        noisy = clean + 0.08 * torch.rand(batch, 1, 1, 1, device=DEVICE) * torch.randn_like(clean)
        with autocast():
            painted = decoder(noisy)
        error = painted.float() - pixels
        edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        loss = error.abs().mean() + 0.7 * edges + 0.5 * error.square().mean()
        _descend(loss, decoder, optimizer)
        return {"l1": error.abs().mean().item(), "psnr": psnr(error)}

    train(checkpoint, minutes, seed, {"decoder": decoder, "adam": optimizer}, step)
    decoder.cpu()


def train_encoder(
    vae: AutoencoderKL,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    peak: float = 1.5e-3,
    batch: int = 12,
    workers: int = 0,
) -> None:
    """Teach the encoder of `vae`, in place, to find latents that the decoder paints alike.

    Its stated variance is next to none.

    Args:
        vae: An autoencoder with a trained decoder, which stays as it is.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: The latents that the encoder should come near to.
        peak: Learning rate.
        batch: Crops a step.
        workers: Processes that make crops.
    """
    vae.to(DEVICE)
    made = batches(lambda rng: crops(rng, batch, layers), seed, checkpoint, workers)
    encoder, decoder = vae.encoder, vae.decoder
    decoder.requires_grad_(False)
    optimizer = torch.optim.AdamW(encoder.parameters(), peak, betas=(0.9, 0.99), weight_decay=0.0)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(peak, spent, flat=0.0))
        clean, pixels = (part.to(DEVICE) for part in next(made))
        with autocast():
            moments = encoder(pixels)
            mean, variance = moments.float().chunk(2, dim=1)
            painted = decoder(mean)
        error = painted.float() - pixels
        loss = error.abs().mean() + 0.5 * error.square().mean() + 0.1 * (mean - clean).square().mean()
        _descend(loss + 0.01 * (variance - LOG_VARIANCE).square().mean(), encoder, optimizer)
        return {"l1": error.abs().mean().item(), "psnr": psnr(error)}

    train(checkpoint, minutes, seed, {"encoder": encoder, "adam": optimizer}, step)
    decoder.requires_grad_(True)
    vae.cpu()


def crops(rng: random.Random, count: int, layers: Layers) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts of random scenes, four in five of them at an object.

    Returns:
        Latents, (count, 40, 8, 8), and pixels in -1..1, (count, 3, 128, 128).
    """
    grids, cuts = [], []
    for _ in range(count):
        description, boxes = sample_description(rng)
        grid, picture = layers.encode(description, boxes), compose_pixels(description, boxes, layers.sprites)
        column, row = _corner(boxes, rng)
        cells = CROP // CELL
        grids.append(grid[:, row : row + cells, column : column + cells])
        cuts.append(picture[CELL * row : CELL * row + CROP, CELL * column : CELL * column + CROP])
    return torch.from_numpy(np.stack(grids)), unit(np.stack(cuts))


def unit(pixels: np.ndarray) -> torch.Tensor:
    """Bytes (n, h, w, 3) to floats (n, 3, h, w) in -1..1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def psnr(error: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in dB of an error of pixels in -1..1."""
    return float(-10 * torch.log10(error.detach().square().mean() / 4))


def _corner(boxes: tuple[Box, ...], rng: random.Random) -> tuple[int, int]:
    if rng.random() >= 0.8:
        return rng.randrange(9), rng.randrange(9)
    one = rng.choice(boxes)
    return _near(rng.choice(one.lefts), one.side, rng), _near(one.top, one.side, rng)


def _near(low: int, side: int, rng: random.Random) -> int:
    start = rng.randrange(low - CROP + 32, low + side - 31) // CELL
    return max(0, min((SIDE - CROP) // CELL, start))


def _descend(loss: torch.Tensor, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
