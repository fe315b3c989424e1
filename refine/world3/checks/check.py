"""The checks: figures that say whether this world does what a participant is promised.

Knows: what is measured, and what an edition aims at. Does not know: how anything was trained.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from diffusers import StableDiffusion3Pipeline
from PIL import Image

from refine.files import write_whole
from refine.protocol import pixel_hash
from refine.world3 import targets
from refine.world3.checks.facet_table import changed_facets, near_misses
from refine.world3.checks.fidelity import fidelity
from refine.world3.checks.likeness import similarities
from refine.world3.checks.unseen import UNSEEN, obedience_in_drawings
from refine.world3.checks.workers import workers
from refine.world3.models.pipeline import TARGET_SEED, draw, load
from refine.world3.models.probe import load_probe
from refine.world3.scenes.description import Description
from refine.world3.scenes.sprites import read_sprites
from refine.world3.words.captions import sentence

AIMS = {
    "object (1-2)": 0.97,
    "object (3-4)": 0.92,
    "place": 0.93,
    "size": 0.9,
    "colour": 0.92,
    "pose": 0.9,
    "number": 0.9,
    "ground": 0.97,
    "light": 0.95,
    "weather": 0.95,
    "style": 0.95,
    "frame": 0.97,
    "nothing else": 0.98,
    "redrawn": 1.0,
    "changed lpips": 0.95,
    "changed clip_b32": 0.95,
    "changed clip_l14": 0.95,
    "richer lpips": 0.9,
    "richer clip_b32": 0.85,
    "richer clip_l14": 0.85,
}
"""Figure -> the least that is aimed at, as a part of one."""
PSNR_AIM = 32.0


def check(assets: Path, icons: Path, captions: int = 400, jobs: int = 1) -> dict[str, float]:
    """Measure everything, and write the figures to `checks.json` beside the weights.

    Args:
        assets: The folder that holds `pipeline`, `metrics`, `targets` and `probe.safetensors`.
        icons: The icon set's `icons.json`.
        captions: How many unseen captions to draw; a quarter as many scenes for the other figures.
        jobs: Processes, of one thread each.

    Returns:
        Figures by name: those of `AIMS`, PSNR in dB, and what each facet costs, "changed lpips: colour" and so on.
    """
    with workers(jobs) as pool:
        parts = [
            pool.submit(_obedience, assets, captions),
            pool.submit(_facets, assets, max(1, captions // 16)),
            pool.submit(_redrawn, assets),
            pool.submit(_fidelity, assets, icons, max(1, captions // 4)),
        ]
        figures = {"captions": float(captions)}
        for part in parts:
            figures |= part.result()
    rounded = {name: round(value, 4) for name, value in figures.items()}
    write_whole(assets / "checks.json", json.dumps(rounded, indent=2).encode() + b"\n")
    return figures


def failures(figures: dict[str, float]) -> list[str]:
    """A sentence for each figure below its aim."""
    aims = {**AIMS, "psnr_autoencoder": PSNR_AIM}
    return [f"{name} is {figures[name]:.3f}, the aim is {aim:g}" for name, aim in aims.items() if figures[name] < aim]


def painter(pipeline: StableDiffusion3Pipeline, rng: random.Random) -> Callable[[Description], Image.Image]:
    """Draws descriptions in words that are chosen anew each time, as participants would, under their seed."""
    return lambda description: draw(pipeline, sentence(description, rng))


def _obedience(assets: Path, captions: int) -> dict[str, float]:
    pipeline, probe = load(assets / "pipeline"), load_probe(assets / "probe.safetensors")
    found = obedience_in_drawings(pipeline, probe, captions)
    return found | {"nothing else": 1 - found.pop("not asked for")}


def _facets(assets: Path, pairs: int) -> dict[str, float]:
    pipeline, metrics, rng = load(assets / "pipeline"), similarities(assets / "metrics"), random.Random(UNSEEN)
    kept = [
        (description, Image.open(assets / "targets" / entry.file).convert("RGB"))
        for entry, description in targets.load(assets / "targets")
    ]
    paint = painter(pipeline, rng)
    tables = {
        "changed": changed_facets(kept, paint, metrics, rng, pairs),
        "richer": near_misses(kept, paint, metrics, rng, 8 * pairs),
    }
    return {
        f"{kind} {name}" + ("" if facet == "all" else f": {facet}"): rate
        for kind, table in tables.items()
        for facet, row in table.items()
        for name, rate in row.items()
    }


def _redrawn(assets: Path) -> dict[str, float]:
    """How many targets come back exactly from their hidden prompts under their seed, and how many up to rounding."""
    pipeline, folder = load(assets / "pipeline"), assets / "targets"
    exact, near = [], []
    for entry, _ in targets.load(folder):
        image = draw(pipeline, entry.prompt, TARGET_SEED)
        exact.append(pixel_hash(image) == entry.pixel_hash)
        kept = np.asarray(Image.open(folder / entry.file).convert("RGB"), int)
        near.append(int(np.abs(np.asarray(image, int) - kept).max()) <= 1)
    return {"redrawn": float(np.mean(exact)), "redrawn_but_for_rounding": float(np.mean(near))}


def _fidelity(assets: Path, icons: Path, count: int) -> dict[str, float]:
    return fidelity(load(assets / "pipeline"), read_sprites(icons), count)
