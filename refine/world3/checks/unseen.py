"""Obedience to unseen captions, as read in latents and as seen in drawings.

Knows: which captions are drawn, who looks. Does not know: how anything was trained.
"""

import random
from collections.abc import Iterator

from diffusers import StableDiffusion3Pipeline
from tqdm import tqdm

from refine.world3.models.layers import Layers
from refine.world3.models.obedience import judge, rates
from refine.world3.models.pipeline import draw, draw_latents
from refine.world3.models.probe import Probe, look
from refine.world3.models.reading import read_layers
from refine.world3.scenes.description import Description
from refine.world3.scenes.layout import Box
from refine.world3.scenes.sampling import sample_description
from refine.world3.words.captions import sentence

UNSEEN = 2_000_003
"""Seed of the captions that are drawn to be judged; no training uses it."""
AT_ONCE = 10


def unseen(count: int) -> Iterator[tuple[Description, tuple[Box, ...], str]]:
    """Descriptions with their boxes and a plain caption, always the same."""
    rng = random.Random(UNSEEN)
    for _ in range(count):
        description, boxes = sample_description(rng)
        yield description, boxes, sentence(description, rng)


def obedience_in_latents(pipeline: StableDiffusion3Pipeline, layers: Layers, count: int) -> dict[str, float]:
    """Part of the facets that the transformer obeys, by facet, before any decoder."""
    judged, chosen = [], list(unseen(count))
    for start in tqdm(range(0, count, AT_ONCE), desc="latents"):
        some = chosen[start : start + AT_ONCE]
        for (description, boxes, _), latents in zip(
            some, draw_latents(pipeline, [one[2] for one in some]), strict=True
        ):
            judged.append(judge(description, boxes, read_layers(latents, layers)))
    return rates(judged)


def obedience_in_drawings(pipeline: StableDiffusion3Pipeline, probe: Probe, count: int) -> dict[str, float]:
    """Part of the facets that the probe sees in drawings, by facet."""
    return rates(
        judge(description, boxes, look(probe, [draw(pipeline, text)])[0])
        for description, boxes, text in tqdm(unseen(count), total=count, desc="drawings")
    )
