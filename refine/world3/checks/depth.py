"""Depth: how far each thing that is said takes a picture towards its target.

Knows: shares of the way from an unrelated picture to the target, by metric and step; how often the truth hurts. Does not
know: how pictures are painted: by composition (the perfect painter) or by a model.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from refine.world3.checks.likeness import Similarity
from refine.world3.scenes.describers import ORDER, add_one, growing
from refine.world3.scenes.description import Description, facets

Paint = Callable[[Description], Image.Image]
STEPS = ("objects", "ordinary sentence", *(f"+ {name}" for name in ORDER))
NEAR = 0.05
"""LPIPS below which a drawing is taken for the target."""
WORSE = 0.1
"""LPIPS by which a true facet must worsen a drawing to be said to hurt."""


class Depth(NamedTuple):
    """What was measured on `targets` targets with `facets` facets at the mean.

    `shares` are, by metric, the mean share of the way after each of `STEPS`; `near` is the part of the ordinary sentences
    within `NEAR` of their target by LPIPS; `hurt` the part of single true facets that worsened LPIPS by more than `WORSE`.
    """

    targets: int
    facets: float
    shares: dict[str, list[float]]
    near: float
    hurt: float
    hurt_by_facet: dict[str, float]


def measure_depth(
    targets: Sequence[tuple[Description, Image.Image]],
    paint: Paint,
    similarities: Mapping[str, Similarity],
    rng: random.Random,
    additions: int = 4,
) -> Depth:
    """Let simulated describers say each target, facet by facet, and compare what is painted with it.

    Args:
        targets: Full descriptions and their pictures, two or more.
        paint: The painter.
        similarities: Metrics, "lpips" among them.
        rng: Which true facets are added to what.
        additions: Single true facets to add, a target.
    """
    rows: dict[str, list[list[float]]] = {name: [] for name in similarities}
    unrelated: dict[str, list[float]] = {name: [] for name in similarities}
    same: dict[str, list[float]] = {name: [] for name in similarities}
    ordinary: list[float] = []
    hurt: dict[str, list[bool]] = {}
    for index, (full, picture) in enumerate(tqdm(targets, desc="depth")):
        other = targets[(index + 1) % len(targets)][1]
        reached: dict[str, dict[str, float]] = {name: {} for name in similarities}
        for step, said in growing(full):
            drawn = paint(said)
            for name, similarity in similarities.items():
                reached[name][step] = similarity(picture, drawn)
        for name, similarity in similarities.items():
            row: list[float] = []
            for step in STEPS:
                row.append(reached[name].get(step, row[-1] if row else np.nan))
            rows[name].append(row)
            unrelated[name].append(similarity(picture, other))
            same[name].append(similarity(picture, picture))
        ordinary.append(-reached["lpips"]["ordinary sentence"])
        for _ in range(additions):
            facet, less, more = add_one(full, rng)
            change = similarities["lpips"](picture, paint(less)) - similarities["lpips"](picture, paint(more))
            hurt.setdefault(facet, []).append(change > WORSE)
    shares = {
        name: [
            float((np.mean(column) - np.mean(unrelated[name])) / (np.mean(same[name]) - np.mean(unrelated[name])))
            for column in zip(*rows[name], strict=True)
        ]
        for name in similarities
    }
    return Depth(
        len(targets),
        float(np.mean([len(facets(full)) for full, _ in targets])),
        shares,
        float(np.mean([value < NEAR for value in ordinary])),
        float(np.mean([one for each in hurt.values() for one in each])),
        {name: float(np.mean(each)) for name, each in sorted(hurt.items())},
    )


def table(measured: Depth) -> str:
    """The depth as text: a row a step, a column a metric, and the rates below."""
    lines = [f"{'share of the way after':24}" + "".join(f"{name:>12}" for name in measured.shares)]
    lines += [
        f"{step:24}" + "".join(f"{shares[index]:12.2f}" for shares in measured.shares.values())
        for index, step in enumerate(STEPS)
    ]
    lines.append(f"{measured.targets} targets of {measured.facets:.1f} facets")
    lines.append(f"ordinary sentence within 0.05 LPIPS: {measured.near:.1%}; a true facet hurts: {measured.hurt:.1%}")
    return "\n".join(lines)
