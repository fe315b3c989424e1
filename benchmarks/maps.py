"""Claim: a map of where a drawing differs costs at most as much as its scores, since it is made from the same features.

    .venv/bin/python -m benchmarks.maps [N]

Scores alone and scores with a map take turns in one process, N times (default 15), with the weights of the embedded world and
a target that is prepared: for one drawing, as a participant waits for it, and for ten at once. What the map adds is given as a
share of scoring alone, by the medians.
"""

import statistics
import sys
import time

from PIL import Image

from refine.metrics import metrics_of
from refine.profiles import ASSETS
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel


def main(times: int) -> None:
    files = sorted((ASSETS / "world" / "targets").glob("*.webp"))[::9][:11]
    target, *drawings = [Image.open(file).convert("RGB") for file in files]
    panel = Panel([open_metric(*metric) for metric in metrics_of("world").items()])
    for some in (drawings[:1], drawings):
        seconds: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(times + 1):
            for mapped, taken in seconds.items():
                started = time.perf_counter()
                panel.compare(target, some, mapped=mapped)
                taken.append(time.perf_counter() - started)
        alone, both = (statistics.median(seconds[mapped][1:]) * 1000 for mapped in (False, True))
        print(
            f"{len(some)} drawing{'s' * (len(some) > 1)}: scores {alone:.1f} ms, with maps {both:.1f} ms; "
            f"a map costs {(both - alone) / alone:.2f} of scoring alone"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
