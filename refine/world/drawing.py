"""Drawing: the transformer and the text encoders learn together, by rectified flow.

Knows: noise levels, losses, optimizers. Does not know: how a pipeline is put together, what a probe sees.
"""

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPTokenizer

from refine.world.artwork import Sprites
from refine.world.captions import caption
from refine.world.latents import Latents
from refine.world.models import Drawing
from refine.world.scenes import Scene, draw_many, sample_scene
from refine.world.tokenizer import LENGTH
from refine.world.training import Average, Stateful, muon_and_adam, rate, set_rate, train
from refine.world.vocabulary import OBJECTS

BATCH = 64
UNCAPTIONED = 0.1
DECAY = 0.998
TABLES = ("pos_embed", "time_text_embed", "token_embedding", "position_embedding", "proj_out")


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


def sample_times(count: int) -> torch.Tensor:
    """Noise levels, (count,) in 0..1, high ones often.

    These pictures are so redundant that at ordinary levels a model never needs the caption: hence times
    shifted by three, a quarter of them near pure noise, a tenth pure noise.
    """
    even = torch.sigmoid(torch.randn(count))
    times, kind = 3 * even / (1 + 2 * even), torch.rand(count)
    times = torch.where(kind < 0.25, 1 - 0.12 * torch.rand(count) ** 2, times)
    return torch.where(kind < 0.10, torch.ones(count), times)


class plain_attention:
    """While this lasts, attention is written as matrix products: the CPU's fused kernel is slow backwards."""

    def __enter__(self) -> None:
        self.fused = F.scaled_dot_product_attention
        F.scaled_dot_product_attention = _attention

    def __exit__(self, *_: object) -> None:
        F.scaled_dot_product_attention = self.fused


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    weights = (query * (scale or 1 / math.sqrt(query.shape[-1]))) @ key.transpose(-1, -2)
    if is_causal:
        weights = weights + torch.full((query.shape[-2], key.shape[-2]), -1e4, dtype=weights.dtype).triu(1)
    if attn_mask is not None:
        blocked = torch.zeros_like(attn_mask, dtype=weights.dtype)
        weights = weights + (blocked.masked_fill(~attn_mask, -1e4) if attn_mask.dtype == torch.bool else attn_mask)
    return weights.softmax(-1).to(value.dtype) @ value
