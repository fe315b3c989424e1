"""Training of the transformer and the text encoders, by rectified flow on layered latents.

Knows: noise levels, losses, optimizers, what is practised most. Does not know: pixels: latents are put together from
descriptions, which takes a fraction of a millisecond.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import CLIPTokenizer

from refine.world.drawing import TABLES, Expected, plain_attention, sample_times
from refine.world.training import Average, Stateful, muon_and_adam, rate, set_rate, train
from refine.world3.captions import caption
from refine.world3.description import Description
from refine.world3.layers import Layers, to_tensor
from refine.world3.models import TextToLatents
from refine.world3.objects import OBJECTS
from refine.world3.sampling import sample_description
from refine.world3.tokenizer import LENGTH

UNCAPTIONED = 0.1
DECAY = 0.998


class Difficulty:
    """How badly each object is drawn, so that the worst are practised most."""

    def __init__(self) -> None:
        self.losses = dict.fromkeys(OBJECTS, 1.0)

    def weights(self) -> dict[str, float]:
        """How often each object is wanted: half to two and a half times as often as an average one."""
        return {name: min(2.5, max(0.5, loss**2)) for name, loss in self.losses.items()}

    def learn(self, descriptions: Sequence[Description], losses: torch.Tensor, expected: torch.Tensor) -> None:
        """Take in the losses of some descriptions and what was to be expected of them; both (n,)."""
        for description, ratio in zip(descriptions, (losses / expected).tolist(), strict=True):
            for thing in description.things:
                self.losses[thing.name] += 0.02 * (ratio - self.losses[thing.name])

    def state_dict(self) -> dict[str, Any]:
        """The losses by object."""
        return dict(self.losses)

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from losses that were kept."""
        self.losses |= state


def train_transformer(
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    tokenizer: CLIPTokenizer,
    start: TextToLatents | None = None,
    peak: float = 8e-4,
    batch: int = 32,
) -> TextToLatents:
    """Train, or go on training.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        tokenizer: Turns captions into ids.
        start: Weights to begin with; random ones when None.
        peak: Learning rate.
        batch: Descriptions a step.

    Returns:
        The model with averaged weights.
    """
    torch.manual_seed(seed)
    model = start or TextToLatents(len(tokenizer))
    muon, adam = muon_and_adam(model, TABLES)
    average, difficulty, expected = Average(model, DECAY), Difficulty(), Expected()
    guess = torch.compile(model, dynamic=False) if minutes > 5 else model

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([muon, adam], rate(peak, spent, flat=0.6))
        drawn = [sample_description(rng, difficulty.weights()) for _ in range(batch)]
        clean = to_tensor([layers.encode(description, boxes) for description, boxes in drawn])
        captions = ["" if rng.random() < UNCAPTIONED else caption(description, rng) for description, _ in drawn]
        times, noise = sample_times(batch), torch.randn_like(clean)
        mix = times[:, None, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            velocity = guess(tokens(tokenizer, captions), (1 - mix) * clean + mix * noise, times)
        losses = (velocity.float() - (noise - clean)).square().mean((1, 2, 3))
        losses.mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update()
        at_time = expected.at(times, losses.detach())
        difficulty.learn([description for description, _ in drawn], losses.detach(), at_time)
        return {"loss": expected.means.mean().item(), "noise": expected.means[9].item()}

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
    """Captions to ids, (n, 56), cut and padded."""
    padded = tokenizer(list(captions), padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
    return padded.input_ids
