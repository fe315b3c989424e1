"""The hundred targets: five subjects, twenty hidden prompts each, drawn by the pipeline itself.

Knows: which prompts make good targets, how targets are kept. Does not know: participants, metrics. A prompt
is taken when the probe reads from its drawing all that the prompt says; of those, the ones drawn most like
the composed scene.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from refine.files import write_whole
from refine.protocol import pixel_hash
from refine.target_list import LIST, Entry, write_list
from refine.world.artwork import render
from refine.world.captions import plain_caption
from refine.world.cells import Seen
from refine.world.pipeline import draw
from refine.world.pipeline import load as load_pipeline
from refine.world.probe import load_probe, look
from refine.world.scenes import Placed, Scene, sample_scene
from refine.world.scenes import draw as compose
from refine.world.vocabulary import OBJECTS

SUBJECTS = ("animals", "food", "vehicles", "nature", "things")
EACH = 20
WORDS = range(6, 15)
COUNTS = {1: 10, 2: 10}
"""Of the twenty targets of a subject, how many hold one and two objects; three are seldom all drawn."""


class Candidate(NamedTuple):
    """A prompt that might become a target, with what it says, its drawing, and how far that is from the
    composed scene.
    """

    scene: Scene
    prompt: str
    image: Image.Image
    distance: float


def choose(assets: Path, icons: Path, subject: str, seed: int, tries: int = 24) -> list[Candidate]:
    """Find the targets of one subject.

    Args:
        assets: The folder that holds `pipeline`, which draws, and `probe.safetensors`, which judges.
        icons: The icon set's `icons.json`.
        subject: One of `SUBJECTS`.
        seed: Chance.
        tries: Drawings to make before looking whether there are enough.

    Raises:
        RuntimeError: The pipeline obeys so badly that twenty times as many tries do not yield enough.
    """
    pipeline, probe = load_pipeline(assets / "pipeline"), load_probe(assets / "probe.safetensors")
    sprites, rng = render(icons), random.Random(f"{seed} {subject}")
    good: list[Candidate] = []
    for attempt in tqdm(range(1, 20 * tries + 1), desc=subject):
        scene, prompt = _invent(subject, rng)
        image = draw(pipeline, prompt)
        if obeys(look(probe, [image])[0], scene):
            wanted = np.asarray(compose(scene, sprites), float)
            good.append(Candidate(scene, prompt, image, float(np.abs(np.asarray(image) - wanted).mean())))
        if attempt % tries == 0 and len(chosen := _pick(good)) == EACH:
            return chosen
    raise RuntimeError(f"too few drawings of {subject} obey their prompts: train for longer")


def obeys(seen: Seen, scene: Scene) -> bool:
    """Whether all of a scene, and nothing else, was seen."""
    return seen.background == scene.background and seen.objects == {one.name: one.place for one in scene.objects}


def save(chosen: Sequence[tuple[str, Candidate]], folder: Path) -> None:
    """Write targets, (subject, candidate): pictures, `targets.json`, and `scenes.json` for the checks."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.webp"):
        stale.unlink()
    entries: list[Entry] = []
    scenes: dict[str, Scene] = {}
    counts = Counter[str]()
    for subject, candidate in chosen:
        counts[subject] += 1
        identity = f"{subject}-{counts[subject]:02}"
        candidate.image.save(folder / f"{identity}.webp", lossless=True, quality=100, method=6)
        file = f"{identity}.webp"
        entries.append(Entry(identity, subject, candidate.prompt, file, pixel_hash(candidate.image)))
        scenes[identity] = candidate.scene
    write_list(folder / LIST, entries)
    write_whole(folder / "scenes.json", json.dumps(scenes, indent=1).encode() + b"\n")


def load(folder: Path) -> list[tuple[dict[str, str], Scene]]:
    """Read targets back: their rows in `targets.json`, and their scenes."""
    scenes = json.loads((folder / "scenes.json").read_text())
    rows = json.loads((folder / LIST).read_text())
    return [(row, _scene(scenes[row["id"]])) for row in rows]


def _scene(kept: list) -> Scene:
    background, objects = kept
    return Scene(background, tuple(Placed(name, size, (place[0], place[1])) for name, size, place in objects))


def _invent(subject: str, rng: random.Random) -> tuple[Scene, str]:
    count = rng.choice((1, 2, 2))
    while True:
        scene = sample_scene(rng)
        if len(scene.objects) != count or OBJECTS[scene.objects[0].name].subject != subject:
            continue
        prompt = plain_caption(scene, rng)
        if len(prompt.split()) in WORDS:
            return scene, prompt


def _pick(good: Sequence[Candidate]) -> list[Candidate]:
    """The closest, with the wanted numbers of objects, and no main object or background too often."""
    left, mains, backgrounds = Counter(COUNTS), Counter[str](), Counter[str]()
    often = 2 + EACH // max(1, len({candidate.scene.objects[0].name for candidate in good}))
    chosen = []
    for candidate in sorted(good, key=lambda c: c.distance):
        main, background = candidate.scene.objects[0].name, candidate.scene.background
        if left[len(candidate.scene.objects)] and mains[main] < often and backgrounds[background] < 4:
            left[len(candidate.scene.objects)] -= 1
            mains[main] += 1
            backgrounds[background] += 1
            chosen.append(candidate)
    return chosen
