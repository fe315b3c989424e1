"""The checks: figures that say whether this world does what a participant is promised.

Knows: what is measured, and below what an edition is not good enough. Does not know: how anything was
trained.
"""

import json
import random
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from refine.protocol import pixel_hash
from refine.world import targets
from refine.world.captions import plain_caption
from refine.world.pipeline import draw, load
from refine.world.probe import load_probe, look
from refine.world.scenes import Scene, sample_scene
from refine.world.variations import swap_object
from refine.world3.checks import likeness
from refine.world3.checks.likeness import Similarity
from refine.world3.checks.workers import workers

FLOORS = {"object": 0.6, "place": 0.6, "background": 0.8, "redrawn": 1.0, "swap": 0.8}
UNSEEN = 2_000_003
"""Seed of the captions that are drawn to be judged; no training uses it."""


def check(assets: Path, captions: int = 200, jobs: int = 1) -> dict[str, float]:
    """Measure everything, and write the figures to `checks.json` beside the weights.

    Args:
        assets: The folder that holds `pipeline`, `metrics`, `targets` and `probe.safetensors`.
        captions: How many unseen captions to draw.
        jobs: Processes, of one thread each.

    Returns:
        Figures by name, as parts of one: those of `FLOORS`, and the swaps by metric.
    """
    with workers(jobs) as pool:
        parts = [
            pool.submit(obedience, assets, captions),
            pool.submit(swaps, assets),
            pool.submit(redrawn, assets),
        ]
        figures = {"captions": float(captions)}
        for part in parts:
            figures |= part.result()
    fresh = assets / "checks.json.new"
    fresh.write_text(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2) + "\n")
    fresh.replace(assets / "checks.json")
    return figures


def failures(figures: dict[str, float]) -> list[str]:
    """A sentence for each figure below its floor."""
    return [f"{name} is {figures[name]:.3f}, below {floor}" for name, floor in FLOORS.items() if figures[name] < floor]


def obedience(assets: Path, captions: int) -> dict[str, float]:
    """How often the probe finds a named object, a named object at its place, and the background."""
    pipeline, probe = load(assets / "pipeline"), load_probe(assets / "probe.safetensors")
    rng = random.Random(UNSEEN)
    found, placed, named, grounded = 0, 0, 0, 0
    for _ in tqdm(range(captions), desc="captions"):
        scene = sample_scene(rng)
        seen = look(probe, [draw(pipeline, plain_caption(scene, rng, synonyms=True))])[0]
        named += len(scene.objects)
        found += sum(one.name in seen.objects for one in scene.objects)
        placed += sum(seen.objects.get(one.name) == one.place for one in scene.objects)
        grounded += seen.background == scene.background
    return {"object": found / named, "place": placed / named, "background": grounded / captions}


def redrawn(assets: Path) -> dict[str, float]:
    """How many targets come back exactly from their hidden prompts, and how many up to rounding (one level of
    255).
    """
    pipeline, folder = load(assets / "pipeline"), assets / "targets"
    exact, near = [], []
    for row, _ in tqdm(targets.load(folder), desc="redraw"):
        image = draw(pipeline, row["prompt"])
        exact.append(pixel_hash(image) == row["pixel_hash"])
        kept = np.asarray(Image.open(folder / row["file"]).convert("RGB"), int)
        near.append(int(np.abs(np.asarray(image, int) - kept).max()) <= 1)
    return {"redrawn": float(np.mean(exact)), "redrawn_but_for_rounding": float(np.mean(near))}


def swaps(assets: Path) -> dict[str, float]:
    """How often another object costs more similarity than other words: for all learned metrics at once, and
    for each.
    """
    pipeline, metrics = load(assets / "pipeline"), similarities(assets / "metrics")
    rng = random.Random(UNSEEN)
    won: dict[str, list[bool]] = {name: [] for name in metrics}
    for row, scene in tqdm(targets.load(assets / "targets"), desc="swaps"):
        target = Image.open(assets / "targets" / row["file"]).convert("RGB")
        reworded, swapped = (
            draw(pipeline, reword(scene, row["prompt"], rng)),
            draw(pipeline, swap(scene, rng)),
        )
        for name, similarity in metrics.items():
            won[name].append(similarity(target, reworded) > similarity(target, swapped))
    every = np.all(list(won.values()), axis=0)
    return {
        "swap": float(every.mean()),
        **{f"swap_{name}": float(np.mean(each)) for name, each in won.items()},
    }


def reword(scene: Scene, prompt: str, rng: random.Random) -> str:
    """The same scene in words other than `prompt`."""
    while (other := plain_caption(scene, rng, synonyms=True)) == prompt:
        pass
    return other


def swap(scene: Scene, rng: random.Random) -> str:
    """The same scene with one object swapped, in plain words."""
    return plain_caption(swap_object(scene, rng), rng)


def similarities(folder: Path) -> dict[str, Similarity]:
    """The three learned metrics, larger meaning more alike."""
    return {name: one for name, one in likeness.similarities(folder).items() if name != "imagehash"}
