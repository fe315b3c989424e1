"""The probe: a small network that reads every facet of a picture.

Knows: pictures. Does not know: captions, latents, how a picture was made; it is trained apart from all that draws, so
that it can judge.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from refine.world3.models.autoencoder import unit
from refine.world3.models.facets import FacetHeads, Seen, read

WIDTH = 192


class Probe(nn.Module):
    """A look at each 16 px cell, then wider and wider looks around it."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Sequential(
            *(nn.Conv2d(3, 48, 4, 4), nn.BatchNorm2d(48), nn.ReLU()),
            *(nn.Conv2d(48, WIDTH, 4, 4), nn.BatchNorm2d(WIDTH), nn.ReLU()),
        )
        self.around = nn.ModuleList(
            nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, 1, far, far), nn.BatchNorm2d(WIDTH), nn.ReLU())
            for far in (1, 1, 2, 3, 1)
        )
        self.heads = FacetHeads(WIDTH)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels (n, 3, 256, 256) in -1..1 to the scores of `FacetHeads`."""
        cells = self.cell(pixels)
        for layer in self.around:
            cells = cells + layer(cells)
        return self.heads(cells)


def look(probe: Probe, images: Sequence[Image.Image]) -> list[Seen]:
    """Read pictures of 256 x 256."""
    with torch.no_grad():
        return read(probe(unit(np.stack([np.asarray(image.convert("RGB")) for image in images]))))


def save_probe(probe: Probe, path: Path) -> None:
    """Write the weights as safetensors, in half precision."""
    state = {key: value.half() if value.is_floating_point() else value for key, value in probe.state_dict().items()}
    save_file({key: value.contiguous() for key, value in state.items()}, path)


def load_probe(path: Path) -> Probe:
    """Read what `save_probe` wrote."""
    probe = Probe()
    probe.load_state_dict(load_file(path))
    return probe.eval()
