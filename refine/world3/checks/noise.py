"""The noise of a rewording: how much scores differ between two pictures of one scene, asked for in different words.

Knows: how it is measured, and where it is kept. Does not know: what is made of it (the page shows no smaller change).
"""

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from refine.metrics import metrics_of
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel
from refine.world3 import targets
from refine.world3.checks.check import painter
from refine.world3.checks.unseen import UNSEEN
from refine.world3.models.pipeline import load
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.variations import vary

TARGETS = 60
"""For each a scene is drawn in two wordings."""

SHARE = 0.9
"""Of all rewordings, those that change a score by no more than its noise."""


def measure(assets: Path, count: int = TARGETS) -> dict[str, float]:
    """The noise of each metric of the embedded world in its raw units, by id; written to `noise.json` beside the weights.

    For `count` targets of `assets` one scene is drawn in two wordings: the target's own and, for every other target, the one
    with a facet changed, since a score is at its least sensitive where a drawing is the target. The noise is what the scores
    of nine in ten such pairs differ by at most.
    """
    pipeline, rng = load(assets / "pipeline"), random.Random(UNSEEN)
    weights = {name: _here(assets, declared) for name, declared in metrics_of("world").items()}
    panel = Panel([open_metric(name, folder, "cpu") for name, folder in weights.items()])
    chosen = targets.load(assets / "targets")
    chosen = [chosen[place * len(chosen) // count] for place in range(count)]
    differences: dict[str, list[float]] = {name: [] for name in weights}
    paint = painter(pipeline, rng)
    for place, (entry, own) in enumerate(tqdm(chosen, desc="noise")):
        target, scene = Image.open(assets / "targets" / entry.file).convert("RGB"), own
        boxes = arrange(own.things)
        changed = vary(own, boxes, rng) if place % 2 == 0 and boxes is not None else None
        if changed is not None:
            scene = changed[1]
        scores = [panel.score(target, paint(scene)) for _ in range(2)]
        for name, found in differences.items():
            found.append(abs(scores[0][name] - scores[1][name]))
    noise = {name: float(np.quantile(found, SHARE)) for name, found in differences.items()}
    _write(assets, noise, count)
    return noise


def weights_digest(assets: Path) -> str:
    """Names the weights that draw and compare; where they change, the noise is to be measured again."""
    files = sorted(file for part in ("pipeline", "metrics") for file in (assets / part).rglob("*.safetensors"))
    together = hashlib.sha256()
    for file in files:
        together.update(hashlib.sha256(file.read_bytes()).digest())
    return together.hexdigest()[:12]


def _here(assets: Path, declared: str | None) -> str | None:
    return None if declared is None else str(assets / "metrics" / Path(declared).name)


def _write(assets: Path, noise: Mapping[str, float], count: int) -> None:
    kept = {
        "weights": weights_digest(assets),
        "targets": count,
        "noise": {name: round(value, 4) for name, value in noise.items()},
    }
    fresh = assets / "noise.json.new"
    fresh.write_text(json.dumps(kept, indent=2) + "\n")
    fresh.replace(assets / "noise.json")
