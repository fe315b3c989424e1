"""A metric of one's own: how far apart two pictures are in their mean colour.

Run it: `.venv/bin/python examples/own_metric.py target.png drawing.png`. To have it in a study, move the class to a file of
`refine/similarity/`, and put the declaration into `METRICS` of `refine/metrics.py`, with `opened_by` naming the class.
"""

import sys
from collections.abc import Sequence

import numpy as np
from PIL import Image

from refine.metrics import MetricInfo, Simulated
from refine.similarity.panel import Panel

COLOUR = MetricInfo(
    "colour",
    "Colour",
    -1,
    0.0,
    255.0,
    "Compares how much of each colour there is.",
    measures="mean absolute difference of the mean RGB values",
    unit="levels",
    decimals=1,
    simulated=Simulated(40.0, 8.0),
)


class ColourMetric:
    """Mean absolute difference of mean colours."""

    info = COLOUR

    def prepare(self, pictures: Sequence[Image.Image]) -> list[np.ndarray]:
        """The mean colour of each picture, (3,), 0..255."""
        return [np.asarray(picture, float).mean(axis=(0, 1)) for picture in pictures]

    def compare(self, target: np.ndarray, drawing: np.ndarray) -> float:
        """0 for pictures of the same mean colour, at most 255."""
        return float(np.abs(target - drawing).mean())


def main(target: str, drawing: str) -> None:
    """Print the score of a drawing, as a page would show it."""
    with Image.open(target) as one, Image.open(drawing) as other:
        scores = Panel([ColourMetric()]).score(one.convert("RGB"), other.convert("RGB"))
    print(f"{COLOUR.label}: {scores['colour']:.{COLOUR.decimals}f} {COLOUR.unit}")


if __name__ == "__main__":
    main(*sys.argv[1:])
