"""Training, the part that is alike for every model: time, checkpoints, progress, averages, schedules.

Knows: how to call a step until its time is spent, and to go on after a cut. Does not know: what a step does.
"""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from tqdm import tqdm

SAVE_EVERY = 120.0
"""Seconds between checkpoints."""


class Stateful(Protocol):
    """Anything that can be put into a checkpoint and taken out again."""

    def state_dict(self) -> dict[str, Any]:
        """What to keep."""

    def load_state_dict(self, state: dict[str, Any], /) -> Any:
        """Go on from what was kept."""


Step = Callable[[float, random.Random], Mapping[str, float]]
"""(part of the time that is spent, 0..1; chance) -> figures to show."""


def train(checkpoint: Path, minutes: float, seed: int, parts: Mapping[str, Stateful], step: Step) -> None:
    """Call `step` until `minutes` are spent, over as many sittings as it takes.

    Args:
        checkpoint: Where `parts` are kept; when it exists, they go on from it.
        minutes: Time for the steps in all, earlier sittings included.
        seed: Where chance comes from, together with the number of steps done.
        parts: Models, optimizers and the like.
        step: One step of training.
    """
    limit, spent, done = 60 * minutes, 0.0, 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True, map_location="cpu")
        spent, done = kept["spent"], kept["steps"]
        for name, part in parts.items():
            part.load_state_dict(kept[name])
    torch.manual_seed(seed + done)
    rng = random.Random(seed + done)
    earlier, began, saved = spent, time.monotonic(), time.monotonic()
    with tqdm(total=round(limit), initial=round(spent), unit="s", desc=checkpoint.stem, mininterval=5) as bar:
        while spent < limit:
            figures = step(spent / limit, rng)
            done += 1
            spent = earlier + time.monotonic() - began
            bar.update(min(round(spent), bar.total) - bar.n)
            bar.set_postfix({"step": done, **{name: f"{value:.4f}" for name, value in figures.items()}}, refresh=False)
            if spent >= limit or time.monotonic() - saved > SAVE_EVERY:
                save(
                    checkpoint,
                    {"spent": spent, "steps": done, **{n: p.state_dict() for n, p in parts.items()}},
                )
                saved = time.monotonic()


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint so that a cut leaves the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save(dict(content), fresh)
    fresh.replace(path)


def rate(peak: float, spent: float, flat: float = 0.3) -> float:
    """Learning rate after a part `spent` of the time: a short rise, flat, then a cosine to a hundredth."""
    fall = max(0.0, (spent - flat) / (1 - flat))
    return peak * min(1.0, 0.02 + spent / 0.02) * max(0.01, 0.5 * (1 + math.cos(math.pi * fall)))


def set_rate(optimizers: Iterable[torch.optim.Optimizer], value: float) -> None:
    """Set the learning rate of all groups of these optimizers."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = value


def muon_and_adam(model: nn.Module, tables: Sequence[str]) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon for the matrices between layers; AdamW for the rest, and for parameters with one of `tables` in
    their name.
    """
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and not any(t in name for t in tables) else others).append(parameter)
    muon = torch.optim.Muon(matrices, lr=1e-3, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    return muon, torch.optim.AdamW(others, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0, fused=True)


class Average:
    """A running mean of a model's parameters, which draws better than the parameters themselves."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.seen = model, decay, 0
        self.means = [p.detach().clone() for p in model.parameters()]

    def update(self) -> None:
        """Take the model's present parameters in; early ones weigh little, so that the start is soon
        forgotten.
        """
        self.seen += 1
        decay = min(self.decay, self.seen / (10 + self.seen))
        torch._foreach_lerp_(self.means, [p.detach() for p in self.model.parameters()], 1 - decay)

    def apply(self) -> None:
        """Put the means into the model."""
        with torch.no_grad():
            for parameter, mean in zip(self.model.parameters(), self.means, strict=True):
                parameter.copy_(mean)

    def state_dict(self) -> dict[str, Any]:
        """The means and how many models they are of."""
        return {"means": self.means, "seen": self.seen}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from means that were kept."""
        self.means = [kept.to(now.device) for kept, now in zip(state["means"], self.means, strict=True)]
        self.seen = state["seen"]
