"""The targets: descriptions of 6 to 12 facets in three grades, every facet of which can be seen, drawn by the pipeline.

Knows: what makes a good target, how targets are kept. Does not know: participants, metrics. A description is taken when
the probe reads from its drawing all that it says.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from diffusers import StableDiffusion3Pipeline
from PIL import Image

from refine.files import write_whole
from refine.protocol import pixel_hash
from refine.target_list import LIST, Entry, read_list, write_list
from refine.world3.models.obedience import judge, obeyed
from refine.world3.models.pipeline import TARGET_SEED, draw
from refine.world3.models.pipeline import load as load_pipeline
from refine.world3.models.probe import Probe, load_probe, look
from refine.world3.scenes.compose import compose, compose_pixels
from refine.world3.scenes.describers import assemble, growing, statements
from refine.world3.scenes.description import LANDSCAPES, Description, Ground, Thing, facets
from refine.world3.scenes.layout import arrange, as_said
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.sampling import sample_description
from refine.world3.scenes.sprites import Sprites, read_sprites
from refine.world3.words.captions import sentence

SUBJECTS = ("animals", "food", "vehicles", "nature", "things")
GRADES = {"easy": range(6, 8), "medium": range(8, 10), "hard": range(10, 13)}
"""Grade -> how many facets."""
EACH = 20
TRIES = 20
"""Drawings for each target that was found, and at first, after which it is given up."""
RECOLOURING = ("grayscale", "sepia", "negative")
"""Styles in which a colour is not seen as it is said."""
GREYS = ("white", "light grey", "grey", "dark grey", "black")
VISIBLE = 0.6
"""Mean change of a pixel, in levels of 255, below which a facet is taken to be hidden."""


class Target(NamedTuple):
    """A target: what is to be seen, the hidden prompt that says it, and its picture."""

    subject: str
    grade: str
    description: Description
    prompt: str
    picture: Image.Image


Paint = Callable[[Description, str], Image.Image | None]
"""(description, prompt) -> its picture; None if that is not what the description says."""


def choose_targets(subject: str, seed: int, sprites: Sprites, paint: Paint, count: int = EACH) -> list[Target]:
    """Choose the targets of a subject, the three grades in equal shares.

    Args:
        subject: One of `SUBJECTS`: that of the first thing.
        seed: Chance.
        sprites: The artwork.
        paint: The painter.
        count: How many.

    Returns:
        Targets from easy to hard; no object comes first more than twice, no ground more than three times.

    Raises:
        RuntimeError: The painter does not obey often enough.
    """
    rng = random.Random(f"{seed} {subject}")
    left = Counter({grade: count // 3 + (index < count % 3) for index, grade in enumerate(GRADES)})
    firsts, grounds = Counter[str](), Counter[str]()
    found: list[Target] = []
    painted = 0
    while left.total():
        description, boxes = sample_description(rng)
        grade = next((name for name, size in GRADES.items() if len(facets(description)) in size), None)
        first = description.things[0].name
        if grade is None or not left[grade] or OBJECTS[first].subject != subject or description.ground is None:
            continue
        if firsts[first] >= 2 or grounds[description.ground.kind] >= max(3, count // 3):
            continue
        good = as_said(description.things, boxes) and can_be_said(description) and can_be_named(description)
        if not good or not can_be_seen(description, sprites):
            continue
        prompt = sentence(description, rng)
        picture, painted = paint(description, prompt), painted + 1
        if picture is not None:
            left[grade] -= 1
            firsts[first] += 1
            grounds[description.ground.kind] += 1
            found.append(Target(subject, grade, description, prompt, picture))
        elif painted >= TRIES * (1 + len(found)):
            raise RuntimeError(f"too few drawings of {subject} obey their prompts: train for longer")
    return sorted(found, key=lambda target: list(GRADES).index(target.grade))


def perfect_painter(sprites: Sprites) -> Paint:
    """A painter that composes what is described."""
    return lambda description, prompt: compose(description, sprites)


def judged_painter(pipeline: StableDiffusion3Pipeline, probe: Probe) -> Paint:
    """A painter that draws the prompt, and gives the drawing only if the probe reads all of the description from it."""

    def paint(description: Description, prompt: str) -> Image.Image | None:
        boxes = arrange(description.things)
        drawing = draw(pipeline, prompt, TARGET_SEED)
        return drawing if boxes is not None and obeyed(judge(description, boxes, look(probe, [drawing])[0])) else None

    return paint


def draw_targets(assets: Path, icons: Path, subject: str, seed: int, count: int = EACH) -> list[Target]:
    """Choose and draw the targets of a subject with the world in `assets`, in a process of its own."""
    sprites = read_sprites(icons)
    painter = judged_painter(load_pipeline(assets / "pipeline"), load_probe(assets / "probe.safetensors"))
    return choose_targets(subject, seed, sprites, painter, count)


def save(targets: Sequence[Target], folder: Path) -> None:
    """Write targets: pictures, `targets.json`, and `scenes.json` with the descriptions, for the checks."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.webp"):
        stale.unlink()
    entries: list[Entry] = []
    descriptions: dict[str, Description] = {}
    counts = Counter[str]()
    for target in targets:
        counts[target.subject] += 1
        identity = f"{target.subject}-{counts[target.subject]:02}"
        file = f"{identity}.webp"
        target.picture.save(folder / file, lossless=True, quality=100, method=6)
        digest = pixel_hash(target.picture)
        entries.append(Entry(identity, target.subject, target.prompt, file, digest, target.grade))
        descriptions[identity] = target.description
    write_list(folder / LIST, entries)
    write_whole(folder / "scenes.json", json.dumps(descriptions, indent=1).encode() + b"\n")


def load(folder: Path) -> list[tuple[Entry, Description]]:
    """Read targets back: their entries in `targets.json`, and their descriptions."""
    descriptions = json.loads((folder / "scenes.json").read_text())
    return [(entry, from_json(descriptions[entry.id])) for entry in read_list(folder / LIST)]


def from_json(kept: list) -> Description:
    """A description as JSON keeps it: lists for tuples."""
    things, ground, weather, style, frame = kept
    return Description(
        tuple(Thing(*values)._replace(place=values[3] and (values[3][0], values[3][1])) for values in things),
        ground and Ground(*ground),
        weather,
        style,
        frame,
    )


def can_be_said(description: Description) -> bool:
    """Whether a describer can come to the target step by step, each step a picture."""
    return all(arrange(said.things) is not None for _, said in growing(description))


def can_be_named(description: Description) -> bool:
    """Whether no colour is said that the style shows as another."""
    ground = description.ground
    if description.style not in RECOLOURING or ground is None:
        return True
    grey = ground.kind in LANDSCAPES or (ground.first in GREYS and ground.second in (None, *GREYS))
    return grey and all(thing.colour is None for thing in description.things)


def can_be_seen(description: Description, sprites: Sprites) -> bool:
    """Whether leaving out any one facet changes the picture."""
    whole = _pixels(description, sprites)
    every = statements(description)
    return whole is not None and all(
        without is None or float(np.abs(whole - without).mean()) > VISIBLE
        for without in (
            _pixels(assemble(description, [other for other in every if other != one]), sprites) for one in every
        )
    )


def _pixels(description: Description, sprites: Sprites) -> np.ndarray | None:
    boxes = arrange(description.things)
    return None if boxes is None else compose_pixels(description, boxes, sprites).astype(np.float32)
