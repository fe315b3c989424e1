"""A simulated crowd: people who rank drawings by what they see in them, and how far each metric agrees.

Knows: how far two scenes are apart for an eye that counts facets. Does not know: any metric, pixels.
"""

import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image
from scipy.stats import rankdata
from tqdm import tqdm

from refine.analysis.icc import icc
from refine.world3.checks.likeness import Similarity
from refine.world3.scenes.describers import assemble, statements
from refine.world3.scenes.description import SIZES, WHITE, Description
from refine.world3.scenes.layout import arrange

WEIGHTS = {
    "object": 3.0,
    "ground": 2.5,
    "style": 2.0,
    "light": 1.5,
    "frame": 1.0,
    "weather": 1.0,
    "number": 1.0,
    "colour": 1.0,
    "pose": 0.8,
    "texture": 0.5,
}
"""Facet -> how much it counts when it differs."""
PLACE, SIZE = 2.0, 1.0
"""What an object at the far corner counts, and one of the smallest size where the largest was wanted."""


def apart(one: Description, other: Description) -> float:
    """How far two scenes with the same objects in the same order are apart for the crowd: 0 where they are alike."""
    total = sum(
        WEIGHTS[facet] for facet in ("style", "frame", "weather") if getattr(one, facet) != getattr(other, facet)
    )
    here, there = one.ground or WHITE, other.ground or WHITE
    if here.kind != there.kind:
        total += WEIGHTS["ground"]
    elif here != there:
        total += WEIGHTS["light"]
    for thing, its, box, where in zip(
        one.things, other.things, arrange(one.things) or (), arrange(other.things) or (), strict=True
    ):
        total += WEIGHTS["object"] * (thing.name != its.name)
        for facet in ("number", "colour", "pose", "texture"):
            total += WEIGHTS[facet] * (getattr(thing, facet) != getattr(its, facet))
        total += PLACE * float(np.hypot(box.lefts[0] - where.lefts[0], box.top - where.top)) / 256
        total += SIZE * abs(SIZES[box.size] - SIZES[where.size]) / 96
    return total


def agreement_with_crowd(
    targets: Sequence[tuple[Description, Image.Image]],
    paint: Callable[[Description], Image.Image],
    metrics: Mapping[str, Similarity],
    rng: random.Random,
    trials: int,
    rounds: int = 10,
    blur: float = 0.5,
) -> dict[str, float]:
    """ICC(C,1) of each metric's ranks with those of people who each rank `rounds` drawings of one target.

    Args:
        targets: Descriptions and their pictures.
        paint: The painter.
        metrics: By name.
        rng: What people say and how well they look.
        trials: How many people.
        rounds: Drawings of each, of prompts that say more and more of the target, but forget now and then.
        blur: Standard deviation of what a person takes a distance for, beside the distance itself.
    """
    people: list[float] = []
    ranked: dict[str, list[float]] = {name: [] for name in metrics}
    for index in tqdm(range(trials), desc="crowd"):
        full, picture = targets[index % len(targets)]
        said = _prompts(full, rounds, rng)
        drawn = [paint(one) for one in said]
        people += list(rankdata([apart(full, one) + rng.gauss(0, blur) for one in said]))
        for name, similarity in metrics.items():
            ranked[name] += list(rankdata([-similarity(picture, one) for one in drawn]))
    degrees = float(trials * (rounds - 1))
    return {name: icc(np.column_stack([people, ranks]), degrees).ICC3.value for name, ranks in ranked.items()}


def _prompts(full: Description, rounds: int, rng: random.Random) -> list[Description]:
    """What a person says round by round: each time a facet more, and one in ten forgotten."""
    order = statements(full)
    rng.shuffle(order)
    found: list[Description] = []
    while len(found) < rounds:
        known = order[: 1 + len(found) * len(order) // (rounds - 1)]
        said = assemble(full, [one for one in known if rng.random() < 0.9])
        if arrange(said.things):
            found.append(said)
    return found
