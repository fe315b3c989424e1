"""The autoencoder: an `AutoencoderKL` between pictures of 256 px and layered latents of 16 x 16 cells.

Knows: its sizes, how pixels and latents are held. Does not know: how its halves are trained.
"""

import numpy as np
import torch
from diffusers import AutoencoderKL

from refine.world3.models.layers import CHANNELS
from refine.world3.scenes.description import SIDE

WIDTHS = (16, 32, 64, 128, 320)
"""Channels at 256, 128, 64, 32 and 16 px. Most of what there is to remember, how each part of each object looks, is
remembered at 16 px, where a channel costs least."""


def autoencoder() -> AutoencoderKL:
    """An autoencoder with random weights: 256 px to 65 x 16 x 16 and back."""
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


def unit(pixels: np.ndarray) -> torch.Tensor:
    """Bytes (n, h, w, 3) to floats (n, 3, h, w) in -1..1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def psnr(error: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in dB of an error of pixels in -1..1."""
    return float(-10 * torch.log10(error.detach().square().mean() / 4))
