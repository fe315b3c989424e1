"""Training of the encoder: from pictures to latents that the decoder paints alike.

Knows: losses. Does not know: captions; nothing in the study needs the encoder: it completes the `AutoencoderKL`.
"""

import random
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import nn

from refine.world3.models.autoencoder import psnr
from refine.world3.models.layers import Layers
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.batches import DEVICE, autocast, batches
from refine.world3.training.cells import scenes
from refine.world3.training.loop import rate, set_rate, train

LOG_VARIANCE = -10.0
PAINTED = 0.6
"""Part of the time after which it also matters how the decoder paints what is found."""


def train_encoder(
    vae: AutoencoderKL,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    batch: int = 8,
    workers: int = 0,
    peak: float = 1.5e-3,
) -> None:
    """Teach the encoder of `vae`, in place; its stated variance is next to none.

    Args:
        vae: An autoencoder with a trained decoder, which stays as it is.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into the latents to be found.
        sprites: The artwork.
        batch: Scenes a step.
        workers: Processes that make scenes.
        peak: Learning rate.
    """
    vae.to(DEVICE)
    made = batches(lambda rng: scenes(rng, batch, layers, sprites), seed, checkpoint, workers)
    encoder, decoder = vae.encoder, vae.decoder
    decoder.requires_grad_(False)
    optimizer = torch.optim.AdamW(encoder.parameters(), peak, betas=(0.9, 0.99), weight_decay=0.0, fused=True)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(peak, spent))
        clean, pixels = (part.to(DEVICE) for part in next(made))
        with autocast():
            mean, variance = encoder(pixels).float().chunk(2, dim=1)
        found = (mean - clean).square().mean()
        loss = found + 0.01 * (variance - LOG_VARIANCE).square().mean()
        figures = {"codes": found.item()}
        if spent > PAINTED:
            with autocast():
                error = decoder(mean).float() - pixels
            loss = loss + error.abs().mean() + 0.5 * error.square().mean()
            figures["psnr"] = psnr(error)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        return figures

    train(checkpoint, minutes, seed, {"encoder": encoder, "adam": optimizer}, step)
    decoder.requires_grad_(True)
    vae.cpu()
