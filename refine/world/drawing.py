"""Drawing: the transformer and the text encoders learn together, by rectified flow.

Knows: noise levels, losses, optimizers. Does not know: how a pipeline is put together, what a probe sees.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import CLIPTokenizer

from refine.world.artwork import Sprites
from refine.world.captions import caption
from refine.world.latents import Latents
from refine.world.models import Drawing
from refine.world.scenes import Scene, draw_many, sample_scene
from refine.world.tokenizer import LENGTH
from refine.world.vocabulary import OBJECTS
from refine.world3.training.attention import plain_attention
from refine.world3.training.loop import Average, Stateful, muon_and_adam, rate, set_rate, train
from refine.world3.training.transformer import TABLES, Expected, sample_times

BATCH = 64
UNCAPTIONED = 0.1
DECAY = 0.998


class Difficulty:
    """How badly each object is drawn, so that the worst are practised most."""

    def __init__(self) -> None:
        self.losses = dict.fromkeys(OBJECTS, 1.0)

    def weights(self) -> dict[str, float]:
        """How often each object is wanted: half to two and a half times as often as an average one."""
        return {name: min(2.5, max(0.5, loss**2)) for name, loss in self.losses.items()}

    def learn(self, scenes: Sequence[Scene], losses: torch.Tensor, expected: torch.Tensor) -> None:
        """Take in the losses of some scenes and what was to be expected of them; both (n,)."""
        for scene, ratio in zip(scenes, (losses / expected).tolist(), strict=True):
            for one in scene.objects:
                self.losses[one.name] += 0.02 * (ratio - self.losses[one.name])

    def state_dict(self) -> dict[str, Any]:
        """The losses by object."""
        return dict(self.losses)

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from losses that were kept."""
        self.losses = dict(state)


def train_drawing(
    checkpoint: Path,
    minutes: float,
    seed: int,
    sprites: Sprites,
    tokenizer: CLIPTokenizer,
    latents: Latents,
    start: Drawing | None = None,
    batch: int = BATCH,
) -> Drawing:
    """Train, or go on training.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        tokenizer: Turns captions into ids.
        latents: Turns pictures into latents.
        start: Weights to begin with; random ones when None. From given weights the learning rate is lower.
        batch: Scenes a step.

    Returns:
        The model with averaged weights.
    """
    torch.manual_seed(seed)
    model = start or Drawing(len(tokenizer))
    optimizers = muon_and_adam(model, TABLES)
    average, difficulty, expected = Average(model, DECAY), Difficulty(), Expected()
    peak = 4e-4 if start else 1.2e-3
    guess = torch.compile(model, dynamic=False) if minutes > 5 else model

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate(optimizers, rate(peak, spent))
        scenes = [sample_scene(rng, difficulty.weights()) for _ in range(batch)]
        clean = latents.encode(torch.as_tensor(draw_many(scenes, sprites)))
        captions = ["" if rng.random() < UNCAPTIONED else caption(scene, rng) for scene in scenes]
        ids = tokens(tokenizer, captions)
        times, noise = sample_times(batch), torch.randn_like(clean)
        mix = times[:, None, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            velocity = guess(ids, (1 - mix) * clean + mix * noise, times)
        losses = (velocity.float() - (noise - clean)).pow(2).mean((1, 2, 3))
        losses.mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        average.update()
        difficulty.learn(scenes, losses.detach(), expected.at(times, losses.detach()))
        return {"loss": losses.mean().item(), "noise": expected.means[9].item()}

    muon, adam = optimizers
    parts: dict[str, Stateful] = {
        "model": model,
        "muon": muon,
        "adam": adam,
        "average": average,
        "difficulty": difficulty,
    }
    with plain_attention():
        train(checkpoint, minutes, seed, parts, step)
    average.apply()
    return model


def tokens(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> torch.Tensor:
    """Captions to ids, (n, 32), cut and padded."""
    padded = tokenizer(list(captions), padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
    return padded.input_ids
