"""The probe: a small network that reads every facet of a picture.

Knows: pictures. Does not know: captions, latents, how a picture was made; it is trained apart from all that draws, so
that it can judge.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from refine.world.probe import spoil
from refine.world.training import rate, set_rate, train
from refine.world3.autoencoder import unit
from refine.world3.compose import compose_pixels
from refine.world3.facets import FacetHeads, Seen, labels, loss, read
from refine.world3.sampling import sample_description
from refine.world3.sprites import Sprites

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


def train_probe(checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int = 24) -> Probe:
    """Train on composed scenes, spoiled the way drawings are: blurred, noisy, with patches missing.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        batch: Scenes a step.
    """
    torch.manual_seed(seed)
    model = Probe()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(2e-3, spent))
        scenes = [sample_description(rng) for _ in range(batch)]
        pixels = unit(np.stack([compose_pixels(*scene, sprites) for scene in scenes]))
        with torch.autocast("cpu", torch.bfloat16):
            guesses = model(spoil(pixels))
        total = loss(guesses, labels(scenes))
        total.backward()
        optimizer.step()
        optimizer.zero_grad()
        return {"loss": total.item()}

    train(checkpoint, minutes, seed, {"model": model, "adam": optimizer}, step)
    return model.eval()


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
