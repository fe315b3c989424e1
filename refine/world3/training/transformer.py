"""Training of the transformer and the text encoders, by rectified flow on layered latents.

Knows: noise levels, losses, optimizers, what is practised most. Does not know: pixels: latents are put together from
descriptions, which takes a fraction of a millisecond.
"""

import random
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import CLIPTokenizer

from refine.world3.models.layers import Layers, to_tensor
from refine.world3.models.transformer import TextToLatents
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.sampling import sample_description
from refine.world3.training.attention import plain_attention
from refine.world3.training.batches import DEVICE, autocast, batches
from refine.world3.training.loop import Average, Stateful, muon_and_adam, rate, set_rate, train
from refine.world3.words.captions import caption
from refine.world3.words.tokenizer import LENGTH

NAMES = tuple(OBJECTS)
UNCAPTIONED = 0.1
DECAY = 0.998
TABLES = ("pos_embed", "time_text_embed", "token_embedding", "position_embedding", "proj_out")
"""Parts of names of parameters that are tables rather than matrices between layers."""


class Expected:
    """The mean loss at each of ten noise levels."""

    def __init__(self) -> None:
        self.means = torch.full((10,), 0.2)

    def at(self, times: torch.Tensor, losses: torch.Tensor) -> torch.Tensor:
        """What was to be expected at these times, (n,), once these losses are counted."""
        level = (times * 10).long().clamp(max=9)
        for index, loss in zip(level.tolist(), losses.tolist(), strict=True):
            self.means[index] += 0.01 * (loss - self.means[index])
        return self.means[level]


class Difficulty:
    """How badly each object is drawn, so that the worst are practised most. Shared with the processes that make batches."""

    def __init__(self) -> None:
        self.losses = torch.ones(len(NAMES)).share_memory_()

    def weights(self) -> dict[str, float]:
        """How often each object is wanted: half to two and a half times as often as an average one."""
        return dict(zip(NAMES, self.losses.square().clamp(0.5, 2.5).tolist(), strict=True))

    def learn(self, drawn: Sequence[Sequence[str]], losses: torch.Tensor, expected: torch.Tensor) -> None:
        """Take in the losses of some pictures, (n,), of which objects each holds, and what was to be expected, (n,)."""
        for names, ratio in zip(drawn, (losses / expected).tolist(), strict=True):
            for name in names:
                index = NAMES.index(name)
                self.losses[index] += 0.02 * (ratio - self.losses[index])

    def state_dict(self) -> dict[str, Any]:
        """The losses by object."""
        return dict(zip(NAMES, self.losses.tolist(), strict=True))

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from losses that were kept; objects that are new since then are average ones."""
        self.losses.copy_(torch.tensor([state.get(name, 1.0) for name in NAMES]))


def train_transformer(
    checkpoint: Path,
    minutes: float,
    seed: int,
    layers: Layers,
    tokenizer: CLIPTokenizer,
    start: TextToLatents | None = None,
    batch: int = 32,
    workers: int = 0,
    peak: float = 8e-4,
) -> TextToLatents:
    """Train, or go on training, on a GPU if there is one.

    Args:
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        layers: Turns descriptions into latents.
        tokenizer: Turns captions into ids.
        start: Weights to begin with; random ones when None.
        batch: Descriptions a step.
        workers: Processes that put batches together.
        peak: Learning rate.

    Returns:
        The model with averaged weights, on the CPU.
    """
    torch.manual_seed(seed)
    model = (start or TextToLatents(len(tokenizer))).to(DEVICE)
    muon, adam = muon_and_adam(model, TABLES)
    average, difficulty, expected = Average(model, DECAY), Difficulty(), Expected()
    guess = torch.compile(model, dynamic=False) if minutes > 5 else model

    def make(rng: random.Random) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        weights = difficulty.weights()
        drawn = [sample_description(rng, weights) for _ in range(batch)]
        captions = ["" if rng.random() < UNCAPTIONED else caption(description, rng) for description, _ in drawn]
        names = [[thing.name for thing in description.things] for description, _ in drawn]
        return names, to_tensor([layers.encode(*one) for one in drawn]), tokens(tokenizer, captions)

    made = batches(make, seed, checkpoint, workers)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate([muon, adam], rate(peak, spent, flat=0.6))
        names, clean, ids = next(made)
        times, noise = sample_times(batch), torch.randn_like(clean)
        mix = times[:, None, None, None]
        noisy, wanted = (1 - mix) * clean + mix * noise, noise - clean
        with autocast():
            velocity = guess(ids.to(DEVICE), noisy.to(DEVICE), times.to(DEVICE))
        losses = (velocity.float() - wanted.to(DEVICE)).square().mean((1, 2, 3))
        losses.mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update()
        here = losses.detach().cpu()
        difficulty.learn(names, here, expected.at(times, here))
        return {"loss": expected.means.mean().item(), "noise": expected.means[9].item()}

    parts: dict[str, Stateful] = {
        "model": model,
        "muon": muon,
        "adam": adam,
        "average": average,
        "difficulty": difficulty,
    }
    with plain_attention() if DEVICE.type == "cpu" else nullcontext():
        train(checkpoint, minutes, seed, parts, step)
    average.apply()
    return model.cpu()


def tokens(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> torch.Tensor:
    """Captions to ids, (n, 56), cut and padded."""
    padded = tokenizer(list(captions), padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
    return padded.input_ids


def sample_times(count: int) -> torch.Tensor:
    """Noise levels, (count,) in 0..1, high ones often.

    These pictures are so redundant that at ordinary levels a model never needs the caption: hence times
    shifted by three, a quarter of them near pure noise, a tenth pure noise.
    """
    even = torch.sigmoid(torch.randn(count))
    times, kind = 3 * even / (1 + 2 * even), torch.rand(count)
    times = torch.where(kind < 0.25, 1 - 0.12 * torch.rand(count) ** 2, times)
    return torch.where(kind < 0.10, torch.ones(count), times)
