"""Obedience: how often a drawing shows what was said, facet by facet, as the probe reads it.

Knows: which facets of a description can be judged, and how they are counted. Does not know: how a drawing is made.
"""

from collections import defaultdict
from collections.abc import Iterable

from refine.world3.models.facets import COLOURLESS, Seen, SeenThing
from refine.world3.scenes.description import LANDSCAPES, WHITE, Description
from refine.world3.scenes.layout import Box

Counts = dict[str, list[bool]]


def judge(description: Description, boxes: tuple[Box, ...], seen: Seen) -> Counts:
    """What of a description was seen, by facet: "object (1-2)", "object (3-4)", "not asked for", "place" and so on.

    Facets of a thing are judged only where the thing was found, colours only where the style leaves them.
    """
    counts: Counts = defaultdict(list)
    few = "object (1-2)" if len(description.things) <= 2 else "object (3-4)"
    names = {thing.name for thing in description.things}
    counts["not asked for"] = [any(name not in names for name in seen.things)]
    for thing, box in zip(description.things, boxes, strict=True):
        found = seen.things.get(thing.name)
        counts[few].append(found is not None)
        if found is None:
            continue
        wanted = SeenThing(thing.number, box.size, box.place, thing.colour, thing.texture, thing.pose)
        for facet in ("number", "size", "place", "pose", "texture", "colour"):
            if facet != "colour" or description.style not in COLOURLESS:
                counts[facet].append(getattr(found, facet) == getattr(wanted, facet))
    ground = description.ground or WHITE
    if ground.kind in LANDSCAPES:
        counts["ground"].append(seen.ground.kind == ground.kind)
        counts["light"].append(seen.ground == ground)
    elif description.style not in COLOURLESS:
        counts["ground"].append(seen.ground == ground)
    for facet in ("weather", "style", "frame"):
        counts[facet].append(getattr(seen, facet) == getattr(description, facet))
    return dict(counts)


def obeyed(counts: Counts) -> bool:
    """Whether all that was said was seen, and no object that was not asked for."""
    return not any(counts["not asked for"]) and all(
        all(values) for facet, values in counts.items() if facet != "not asked for"
    )


def rates(judged: Iterable[Counts]) -> dict[str, float]:
    """Part of the facets that were obeyed, by facet."""
    total: Counts = defaultdict(list)
    for counts in judged:
        for facet, values in counts.items():
            total[facet] += values
    return {facet: sum(values) / len(values) for facet, values in sorted(total.items()) if values}
