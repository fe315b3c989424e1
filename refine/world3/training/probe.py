"""Training of the probe, which reads every facet of a picture.

Knows: how large its steps are. Does not know: what the probe is asked later.
"""

from pathlib import Path

import torch

from refine.world3.models.probe import Probe
from refine.world3.scenes.sprites import Sprites
from refine.world3.training.facets import learn_facets


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
    learn_facets(model, 2e-3, checkpoint, minutes, seed, sprites, batch)
    return model.eval()
