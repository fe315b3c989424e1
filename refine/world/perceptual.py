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
from safetensors.torch import load_file, save_file
from torch import nn

from refine.world.artwork import Sprites
from refine.world.cells import NOTHING, labels
from refine.world.latents import unit
from refine.world.probe import spoil
from refine.world.scenes import draw_many, sample_scene
from refine.world.training import rate, set_rate, train
from refine.world.variations import change_background, move_object, swap_object
from refine.world.vocabulary import BACKGROUNDS


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


def differences(metric: lpips.LPIPS, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """What the heads weigh: mean squared difference of each normalised feature, (n, 1152)."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        layers = zip(*(metric.net(metric.scaling_layer(pixels)) for pixels in (one, other)), strict=True)
        parts = [
            (lpips.normalize_tensor(a.float()) - lpips.normalize_tensor(b.float())).square().mean((2, 3))
            for a, b in layers
        ]
    return torch.cat(parts, 1)


def save_metric(metric: lpips.LPIPS, path: Path) -> None:
    """Write the state of an `LPIPS(net="alex", pretrained=False, pnet_rand=True)` as safetensors.

    Convolutions are rounded to eight bits, which changes a distance by about a hundredth; the rest to sixteen.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    state = metric.state_dict()
    # A Space takes 60 MB without a second thought, and the backbone is the easiest to shrink.
    kinds = {
        key: torch.float8_e4m3fn if key.startswith("net.") and value.ndim == 4 else torch.float16
        for key, value in state.items()
    }
    save_file({key: value.to(kinds[key]).clone() for key, value in state.items()}, path)


def load_metric(path: Path) -> lpips.LPIPS:
    """Read what `save_metric` wrote."""
    metric = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    metric.load_state_dict(load_file(path))
    return metric.eval()
