"""The perceptual metric: an `lpips.LPIPS` of the AlexNet kind whose backbone and heads are learned here.

Knows: what the backbone learns to see, which of two pictures is nearer to a third. Does not know: prompts. The backbone
learns to read every facet; the heads, never negative, learn to call a scene with another facet farther away than a
spoiled one, and a scene of which less is said farther from the whole than one of which more is said.
"""

import random
from pathlib import Path

import lpips
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from refine.world3.models.autoencoder import unit
from refine.world3.models.facets import FacetHeads
from refine.world3.models.perceptual import differences
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.describers import add_one
from refine.world3.scenes.description import Description
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.sprites import Sprites
from refine.world3.scenes.variations import CHANGES, spelled_out, vary
from refine.world3.training.facets import learn_facets, spoil


class Backbone(nn.Module):
    """LPIPS with heads for every facet on its deepest layer."""

    def __init__(self) -> None:
        super().__init__()
        self.metric = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, pnet_tune=True, verbose=False)
        self.heads = FacetHeads(256)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels (n, 3, 256, 256) in -1..1 to the scores of `FacetHeads`."""
        return self.heads(self.metric.net(self.metric.scaling_layer(pixels))[-1])


def train_backbone(checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int = 24) -> Backbone:
    """Teach the backbone to see.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        batch: Scenes a step.
    """
    torch.manual_seed(seed)
    model = Backbone()
    for layer in model.metric.net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    learn_facets(model, 5e-4, checkpoint, minutes, seed, sprites, batch)
    return model.eval()


def fit_heads(metric: lpips.LPIPS, seed: int, sprites: Sprites, triplets: int = 960) -> float:
    """Fit the linear heads, in place, to triplets of a scene, a nearer and a farther one.

    Two of three triplets set the scene, spoiled, against one with a facet changed, every facet as often; the third sets
    two poorer descriptions of a scene against each other that differ by one facet.

    Args:
        metric: LPIPS with a trained backbone.
        seed: Chance.
        sprites: The artwork.
        triplets: How many.

    Returns:
        Part of the triplets that come out right.
    """
    rng = random.Random(seed)
    torch.manual_seed(seed)
    closer: list[torch.Tensor] = []
    farther: list[torch.Tensor] = []
    facets = list(CHANGES)
    while len(closer) * 12 < triplets:
        anchors: list[Description] = []
        near: list[Description] = []
        far: list[Description] = []
        while len(anchors) < 12:
            description, boxes = sample_description(rng)
            if len(anchors) < 8:
                changed = vary(description, boxes, rng, rng.choice(facets))
                if changed is None:
                    continue
                anchors.append(description)
                near.append(description)
                far.append(changed[1])
            else:
                full = spelled_out(description, boxes)
                _, less, more = add_one(full, rng)
                anchors.append(full)
                near.append(more)
                far.append(less)
        pixels, nearer, further = (_pixels(some, sprites) for some in (anchors, near, far))
        closer.append(differences(metric, pixels, torch.cat([spoil(nearer[:8]), nearer[8:]])))
        farther.append(differences(metric, pixels, torch.cat([spoil(further[:8]), further[8:]])))
    return solve_heads(metric, torch.cat(closer), torch.cat(farther))


def _pixels(descriptions: list[Description], sprites: Sprites) -> torch.Tensor:
    scenes = [(one, arrange(one.things)) for one in descriptions]
    return unit(np.stack([compose_pixels(one, boxes, sprites) for one, boxes in scenes if boxes is not None]))


def solve_heads(metric: lpips.LPIPS, closer: torch.Tensor, farther: torch.Tensor, steps: int = 400) -> float:
    """Find non-negative weights of the heads, in place, by which the farther pictures are farther.

    Args:
        metric: LPIPS with a trained backbone.
        closer: What `differences` says of pairs that should be near, (n, 1152).
        farther: The same of pairs that should be far, row by row.
        steps: Of gradient descent over all of them.

    Returns:
        Part of the rows in which they are.
    """
    # LPIPS reads about 0.1 for slight and 0.6 for great changes: start there.
    weights = torch.full((closer.shape[1],), float(0.4 / farther.sum(1).mean())).requires_grad_()
    optimizer = torch.optim.Adam([weights], float(weights.detach().mean()) / 20)
    for _ in range(steps):
        apart = farther @ weights - closer @ weights
        loss = F.softplus(-10 * apart).mean() + (farther @ weights).mean().sub(0.4).square()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            weights.clamp_(min=0)
    heads = [head.model[-1].weight for head in metric.lins]
    with torch.no_grad():
        for head, values in zip(heads, weights.split([head.numel() for head in heads]), strict=True):
            head.copy_(values.reshape(head.shape))
    return ((farther - closer) @ weights > 0).float().mean().item()
