"""The autoencoder: an `AutoencoderKL` whose latents are the principal components.

Knows: how the decoder learns to paint latents, and the encoder to find them. Does not know: captions. The two
learn apart: the latents between them are fixed beforehand.
"""

import random
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import nn

from refine.world.artwork import Sprites
from refine.world.backgrounds import SIDE
from refine.world.latents import CHANNELS, PATCH, Latents, unit
from refine.world.scenes import Scene, box, draw_many, sample_scene
from refine.world3.training.loop import rate, set_rate, train

WIDTHS = (16, 32, 64, 128, 128)
CROP = 128
LOG_VARIANCE = -10.0


def autoencoder() -> AutoencoderKL:
    """An autoencoder with random weights: 256 px to 16 x 16 x 32 and back."""
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
    sprites: Sprites,
    latents: Latents,
    batch: int = 16,
) -> None:
    """Teach `decoder`, in place, to paint latents with a little noise: pixels and edges.

    Args:
        decoder: The decoder of an autoencoder.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        latents: What the decoder reads.
        batch: Crops a step.
    """
    optimizer = torch.optim.AdamW(decoder.parameters(), 1.5e-3, betas=(0.9, 0.99), weight_decay=0.0)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(1.5e-3, spent, flat=0.0))
        pixels = crops(rng, batch, sprites)
        clean = latents.encode(pixels)
        noisy = clean + 0.06 * torch.rand(batch, 1, 1, 1) * torch.randn_like(clean)
        with torch.autocast("cpu", torch.bfloat16):
            painted = decoder(noisy)
        error = painted.float() - unit(pixels)
        edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        loss = error.abs().mean() + 0.7 * edges + 0.5 * error.square().mean()
        _descend(loss, decoder, optimizer)
        return {"l1": error.abs().mean().item()}

    train(checkpoint, minutes, seed, {"decoder": decoder, "adam": optimizer}, step)


def train_encoder(
    encoder: nn.Module,
    checkpoint: Path,
    minutes: float,
    seed: int,
    sprites: Sprites,
    latents: Latents,
    batch: int = 16,
) -> None:
    """Teach `encoder`, in place, to find the latents of a picture; its stated variance is next to none.

    Args:
        encoder: The encoder of an autoencoder.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        latents: What the encoder is to say.
        batch: Crops a step.
    """
    optimizer = torch.optim.AdamW(encoder.parameters(), 1.5e-3, betas=(0.9, 0.99), weight_decay=0.0)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(1.5e-3, spent, flat=0.0))
        pixels = crops(rng, batch, sprites)
        with torch.autocast("cpu", torch.bfloat16):
            moments = encoder(unit(pixels))
        mean, variance = moments.float().chunk(2, dim=1)
        error = (mean - latents.encode(pixels)).square().mean()
        _descend(error + 0.01 * (variance - LOG_VARIANCE).square().mean(), encoder, optimizer)
        return {"mse": error.item()}

    train(checkpoint, minutes, seed, {"encoder": encoder, "adam": optimizer}, step)


def crops(rng: random.Random, count: int, sprites: Sprites) -> torch.Tensor:
    """Bytes (count, 128, 128, 3) of random scenes, on the grid, four in five of them at an object."""
    scenes = [sample_scene(rng) for _ in range(count)]
    drawn = draw_many(scenes, sprites)
    corners = [_corner(scene, rng) for scene in scenes]
    cut = [picture[y : y + CROP, x : x + CROP] for picture, (x, y) in zip(drawn, corners, strict=True)]
    return torch.stack([torch.as_tensor(part) for part in cut])


def _corner(scene: Scene, rng: random.Random) -> tuple[int, int]:
    if rng.random() >= 0.8:
        return rng.randrange(9) * PATCH, rng.randrange(9) * PATCH
    one = rng.choice(scene.objects)
    left, top, right, bottom = box(one.size, one.place)
    return _near(left, right, rng), _near(top, bottom, rng)


def _near(low: int, high: int, rng: random.Random) -> int:
    start = rng.randrange(low - CROP + 32, high - 31) // PATCH * PATCH
    return max(0, min(SIDE - CROP, start))


def _descend(loss: torch.Tensor, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
