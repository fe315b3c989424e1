"""How exactly pictures come back: through the autoencoder, and drawn by their full caption.

Knows: peak signal-to-noise ratios, of which scenes. Does not know: how anything was trained.
"""

import numpy as np
import torch
from diffusers import StableDiffusion3Pipeline

from refine.world3.checks.unseen import unseen
from refine.world3.models.autoencoder import psnr, unit
from refine.world3.models.pipeline import draw
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.sprites import Sprites


def fidelity(pipeline: StableDiffusion3Pipeline, sprites: Sprites, count: int) -> dict[str, float]:
    """PSNR in dB against `count` composed scenes: mean and median, of the autoencoder and of drawings."""
    found: dict[str, list[float]] = {"psnr_autoencoder": [], "psnr_drawing": []}
    for description, boxes, text in unseen(count):
        wanted = compose_pixels(description, boxes, sprites)
        pixels = unit(wanted[None])
        with torch.no_grad():
            again = pipeline.vae.decode(pipeline.vae.encode(pixels).latent_dist.mean).sample
        found["psnr_autoencoder"].append(psnr(again.clamp(-1, 1) - pixels))
        found["psnr_drawing"].append(psnr(unit(np.asarray(draw(pipeline, text))[None]) - pixels))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return means | {f"{name}_median": float(np.median(values)) for name, values in found.items()}
