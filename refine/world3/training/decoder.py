"""Training of the whole decoder, once its part at 16 px knows how cells look.

Knows: how it learns. Does not know: captions, the transformer.
"""

import random
from pathlib import Path

import torch
from diffusers.models.autoencoders.vae import Decoder
from torch import nn

from refine.world3.models.layers import Layers
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.batches import DEVICE, autocast, batches
from refine.world3.training.cells import NOISE, noisy, painting_loss, scenes
from refine.world3.training.loop import rate, set_rate, train

WAITING = 0.4
"""Part of the time in which only the parts finer than 16 px learn."""


def train_decoder(
    decoder: Decoder,
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    sprites: Sprites,
    batch: int = 8,
    workers: int = 0,
    peak: float = 1e-3,
) -> None:
    """Teach `decoder`, in place, to paint latents with a little noise: pixels and edges.

    Args:
        decoder: The decoder of an autoencoder.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        sprites: The artwork.
        batch: Scenes a step.
        workers: Processes that make scenes.
        peak: Learning rate.
    """
    decoder.to(DEVICE)
    made = batches(lambda rng: scenes(rng, batch, layers, sprites), seed, checkpoint, workers)
    coarse = (decoder.conv_in, decoder.mid_block, decoder.up_blocks[0].resnets)
    known = [parameter for part in coarse for parameter in part.parameters()]
    same = {id(parameter) for parameter in known}
    groups = [[p for p in decoder.parameters() if id(p) not in same], known]
    new, old = (torch.optim.AdamW(group, peak, betas=(0.9, 0.99), weight_decay=0.0, fused=True) for group in groups)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([new], rate(peak, spent))
        # What cells look like is known: it waits until the finer parts can read it, and then moves little.
        for parameter in known:
            parameter.requires_grad_(spent > WAITING)
        set_rate([old], 0.1 * rate(peak, spent))
        clean, pixels = (part.to(DEVICE) for part in next(made))
        with autocast():
            painted = decoder(noisy(clean, NOISE))
        loss, figures = painting_loss(painted, pixels)
        for optimizer in (new, old):
            optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        for optimizer in (new, old):
            optimizer.step()
        return figures

    train(checkpoint, minutes, seed, {"decoder": decoder, "new": new, "old": old}, step)
    decoder.requires_grad_(True)
    decoder.cpu()
