"""The probe: a small network that reads a picture: which objects are where, and on what background.

Knows: pictures. Does not know: captions, latents, how a picture was made; it is trained apart from all that
draws, so that it can judge.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from refine.world.artwork import Sprites
from refine.world.cells import NOTHING, Seen, labels, read
from refine.world.latents import unit
from refine.world.scenes import draw_many, sample_scene
from refine.world.vocabulary import BACKGROUNDS
from refine.world3.training.facets import spoil
from refine.world3.training.loop import rate, set_rate, train

WIDTH = 128


class Probe(nn.Module):
    """A look at each 16 px cell, then wider and wider looks around it."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Sequential(nn.Conv2d(3, WIDTH, 16, 16), nn.BatchNorm2d(WIDTH), nn.ReLU())
        self.around = nn.ModuleList(
            nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 3, 1, far, far), nn.BatchNorm2d(WIDTH), nn.ReLU())
            for far in (1, 1, 2, 3)
        )
        self.objects = nn.Conv2d(WIDTH, NOTHING + 1, 1)
        self.background = nn.Linear(WIDTH, len(BACKGROUNDS))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score objects by cell, (n, 66, 16, 16), and backgrounds, (n, 16), in pixels (n, 3, 256, 256)."""
        cells = self.cell(pixels)
        for layer in self.around:
            cells = cells + layer(cells)
        return self.objects(cells), self.background(cells.mean((2, 3)))


def train_probe(checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int = 32) -> Probe:
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
    # Most cells hold nothing.
    rarity = torch.ones(NOTHING + 1)
    rarity[NOTHING] = 0.3

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(2e-3, spent))
        scenes = [sample_scene(rng) for _ in range(batch)]
        objects, background = labels(scenes)
        pixels = spoil(unit(torch.as_tensor(draw_many(scenes, sprites))))
        with torch.autocast("cpu", torch.bfloat16):
            cells, whole = model(pixels)
        loss = F.cross_entropy(cells.float(), objects, rarity) + 0.3 * F.cross_entropy(whole.float(), background)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        right = (cells.argmax(1) == objects)[objects != NOTHING].float().mean().item()
        return {"loss": loss.item(), "right": right}

    train(checkpoint, minutes, seed, {"model": model, "adam": optimizer}, step)
    return model.eval()


def look(probe: Probe, images: Sequence[Image.Image]) -> list[Seen]:
    """Read pictures of 256 x 256."""
    pixels = unit(torch.as_tensor(np.stack([np.asarray(image.convert("RGB")) for image in images])))
    with torch.no_grad():
        cells, background = probe(pixels)
    return read(cells.softmax(1), background)


def save_probe(probe: Probe, path: Path) -> None:
    """Write the weights as safetensors, in half precision."""
    state = {key: value.half() if value.is_floating_point() else value for key, value in probe.state_dict().items()}
    save_file({key: value.contiguous() for key, value in state.items()}, path)


def load_probe(path: Path) -> Probe:
    """Read what `save_probe` wrote."""
    probe = Probe()
    probe.load_state_dict(load_file(path))
    return probe.eval()
