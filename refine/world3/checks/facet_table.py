"""What a facet costs by each metric: a changed one against other words, a missing one against one said.

Knows: which pairs are compared, how they are counted. Does not know: how pictures are drawn.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from PIL import Image
from tqdm import tqdm

from refine.world3.checks.likeness import Similarity
from refine.world3.scenes.describers import add_one
from refine.world3.scenes.description import Description
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.variations import CHANGES, vary

Paint = Callable[[Description], Image.Image]
"""Draws a description in words of its own choice, other ones each time."""
Table = dict[str, dict[str, float]]
"""Facet (or "all") -> metric -> part of the pairs that it orders rightly."""


def changed_facets(
    targets: Sequence[tuple[Description, Image.Image]],
    paint: Paint,
    metrics: Mapping[str, Similarity],
    rng: random.Random,
    pairs: int,
) -> Table:
    """How often a target is nearer to itself in other words than to itself with one facet changed.

    Args:
        targets: Descriptions and their pictures.
        paint: The painter.
        metrics: By name.
        rng: Which changes.
        pairs: How many for each facet, as far as targets allow it.
    """
    won: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for index in tqdm(range(pairs * len(CHANGES)), desc="changed facets"):
        description, picture = targets[index % len(targets)]
        facet, boxes = list(CHANGES)[index // pairs], arrange(description.things)
        changed = None if boxes is None else vary(description, boxes, rng, facet)
        if changed is None:
            continue
        same, other = paint(description), paint(changed[1])
        for name, similarity in metrics.items():
            won[facet][name].append(similarity(picture, same) > similarity(picture, other))
    return _rates(won)


def near_misses(
    targets: Sequence[tuple[Description, Image.Image]],
    paint: Paint,
    metrics: Mapping[str, Similarity],
    rng: random.Random,
    pairs: int,
) -> Table:
    """How often of two prompts that differ by one true facet the richer one's drawing is nearer to the target.

    Args are those of `changed_facets`; `pairs` is how many in all.
    """
    won: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for index in tqdm(range(pairs), desc="near misses"):
        description, picture = targets[index % len(targets)]
        facet, less, more = add_one(description, rng)
        poorer, richer = paint(less), paint(more)
        for name, similarity in metrics.items():
            won[facet][name].append(similarity(picture, richer) > similarity(picture, poorer))
    return _rates(won)


def _rates(won: Mapping[str, Mapping[str, list[bool]]]) -> Table:
    every: dict[str, list[bool]] = defaultdict(list)
    for by_metric in won.values():
        for name, values in by_metric.items():
            every[name] += values
    return {
        facet: {name: sum(values) / len(values) for name, values in by_metric.items()}
        for facet, by_metric in [*sorted(won.items()), ("all", every)]
    }
