"""The perceptual metric: an `lpips.LPIPS` of the AlexNet kind whose backbone and heads are learned here.

Knows: what the backbone learns to see, which of two changes is the larger one. Does not know: prompts. The
backbone learns to say which object is in which cell; the heads, never negative, learn to call a changed scene
farther away than a spoiled one.
"""

import random
from pathlib import Path

import lpips
import torch
import torch.nn.functional as F
from torch import nn

from refine.world.artwork import Sprites
from refine.world.cells import NOTHING, labels
from refine.world.latents import unit
from refine.world.scenes import draw_many, sample_scene
from refine.world.variations import change_background, move_object, swap_object
from refine.world.vocabulary import BACKGROUNDS
from refine.world3.models.perceptual import differences
from refine.world3.training.facets import spoil
from refine.world3.training.loop import rate, set_rate, train
from refine.world3.training.perceptual import solve_heads


class Backbone(nn.Module):
    """LPIPS with two heads on its deepest layer: objects by cell, and the background."""

    def __init__(self) -> None:
        super().__init__()
        self.metric = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, pnet_tune=True, verbose=False)
        self.objects = nn.Conv2d(256, NOTHING + 1, 1)
        self.background = nn.Linear(256, len(BACKGROUNDS))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels (n, 3, 256, 256) in -1..1 to scores of objects by cell, (n, 66, 16, 16), and of backgrounds,
        (n, 16).
        """
        deepest = self.metric.net(self.metric.scaling_layer(pixels))[-1]
        cells = F.interpolate(self.objects(deepest), (16, 16), mode="bilinear")
        return cells, self.background(deepest.mean((2, 3)))


def train_backbone(checkpoint: Path, minutes: float, seed: int, sprites: Sprites, batch: int = 32) -> Backbone:
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
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 5e-4, weight_decay=0.01)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([optimizer], rate(5e-4, spent))
        scenes = [sample_scene(rng) for _ in range(batch)]
        objects, background = labels(scenes)
        pixels = spoil(unit(torch.as_tensor(draw_many(scenes, sprites))))
        with torch.autocast("cpu", torch.bfloat16):
            cells, whole = model(pixels)
        loss = F.cross_entropy(cells.float(), objects) + 0.3 * F.cross_entropy(whole.float(), background)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        right = (cells.argmax(1) == objects)[objects != NOTHING].float().mean().item()
        return {"loss": loss.item(), "right": right}

    train(checkpoint, minutes, seed, {"model": model, "adam": optimizer}, step)
    return model.eval()


def fit_heads(metric: lpips.LPIPS, seed: int, sprites: Sprites, triplets: int = 600, steps: int = 400) -> float:
    """Fit the linear heads, in place, to triplets of a scene, the same scene spoiled, and a changed scene.

    Args:
        metric: LPIPS with a trained backbone.
        seed: Chance.
        sprites: The artwork.
        triplets: How many.
        steps: Of gradient descent over all of them.

    Returns:
        Part of the triplets in which the changed scene is the farther one.
    """
    rng = random.Random(seed)
    torch.manual_seed(seed)
    changes = (swap_object, swap_object, move_object, change_background)
    near, far = [], []
    for _ in range(0, triplets, 8):
        scenes = [sample_scene(rng) for _ in range(8)]
        changed = [rng.choice(changes)(scene, rng) for scene in scenes]
        pixels, other = (unit(torch.as_tensor(draw_many(some, sprites))) for some in (scenes, changed))
        near.append(differences(metric, pixels, spoil(pixels)))
        far.append(differences(metric, pixels, spoil(other)))
    return solve_heads(metric, torch.cat(near), torch.cat(far), steps)
