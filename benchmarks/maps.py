"""Claims: a map of where a drawing differs costs at most as much as its scores, since it is made from the same features; the
place that it names is where an object was exchanged; and what metrics declare as usual in their maps is so.

    .venv/bin/python -m benchmarks.maps [N]

The weights are those of the embedded world. *Cost*: scores alone and scores with a map take turns in one process, 15 times, with
a target that is prepared, for one drawing, as a participant waits for it, and for ten at once; what the map adds is a share of
scoring alone, by the medians. *Place*: N targets (default 40) are drawn from their own scene with one object exchanged for
another in the prompt; the place named first is right if it touches the square in which the object stands. *Apart*: the mean of
each metric's map between 40 pairs of unrelated targets, median over pairs.
"""

import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from refine import ASSETS
from refine.metrics import metrics_of
from refine.similarity.catalogue import open_metric
from refine.similarity.maps import Place, most_different
from refine.similarity.metric import Mapped, Metric
from refine.similarity.panel import Panel
from refine.world import targets
from refine.world.checks import reword
from refine.world.pipeline import draw, load
from refine.world.scenes import SIDE, Placed, box
from refine.world.variations import swap_object

WORLD = ASSETS / "world"


def main(count: int) -> None:
    metrics = [open_metric(*metric) for metric in metrics_of("world").items()]
    panel = Panel(metrics)
    files = sorted((WORLD / "targets").glob("*.webp"))
    cost(panel, files)
    apart(metrics, files)
    place(panel, count)


def cost(panel: Panel, files: list[Path]) -> None:
    target, *drawings = [Image.open(file).convert("RGB") for file in files[::9][:11]]
    for some in (drawings[:1], drawings):
        seconds: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(16):
            for mapped, taken in seconds.items():
                started = time.perf_counter()
                panel.compare(target, some, mapped=mapped)
                taken.append(time.perf_counter() - started)
        alone, both = (statistics.median(seconds[mapped][1:]) * 1000 for mapped in (False, True))
        print(
            f"{len(some)} drawing{'s' * (len(some) > 1)}: scores {alone:.1f} ms, with maps {both:.1f} ms; "
            f"a map costs {(both - alone) / alone:.2f} of scoring alone"
        )


def apart(metrics: list[Metric], files: list[Path]) -> None:
    rng = random.Random(0)
    pairs = [[Image.open(file).convert("RGB") for file in rng.sample(files, 2)] for _ in range(40)]
    for metric in metrics:
        if isinstance(metric, Mapped):
            means = [float(np.mean(metric.map(*metric.prepare(pair)))) for pair in pairs]
            print(
                f"{metric.info.id}: {statistics.median(means):.2f} between unrelated targets, declared {metric.info.apart}"
            )


def place(panel: Panel, count: int) -> None:
    pipeline, rng = load(WORLD / "pipeline"), random.Random(0)
    known = targets.load(WORLD / "targets")
    right, chance = 0, 0.0
    for row, scene in tqdm(rng.sample(known, count), desc="places", disable=not sys.stderr.isatty()):
        target = Image.open(WORLD / "targets" / row["file"]).convert("RGB")
        other = swap_object(scene, rng)
        (exchanged,) = (before for before, after in zip(scene.objects, other.objects, strict=True) if before != after)
        (found,) = panel.compare(target, [draw(pipeline, reword(other, row["prompt"], rng))], mapped=True)
        touched = ninths(exchanged)
        right += bool({*most_different(found.where)[:1]} & touched)
        chance += len(touched) / len(Place)
    print(f"place named first: right in {right} of {count} drawings; by chance {chance:.0f}")


def ninths(thing: Placed) -> set[Place]:
    """The places that the square of an object touches by a quarter of a ninth's side or more."""
    left, top, right, bottom = box(thing.size, thing.place)
    third, least = SIDE / 3, SIDE / 12
    return {
        place
        for number, place in enumerate(Place)
        if min(right, third * (number % 3 + 1)) - max(left, third * (number % 3)) >= least
        and min(bottom, third * (number // 3 + 1)) - max(top, third * (number // 3)) >= least
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
