"""What a metric is: two pictures in, one number out, in two steps so that each picture is looked at only once.

Knows: the two steps, and the optional third. Does not know: any model.
"""

import typing
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from refine.metrics import MetricInfo

Map = NDArray[np.float32]
"""Of a drawing, (height, width): how much each place differs, in the metric's own units; NaN where it does not look."""


class MetricError(RuntimeError):
    """A metric cannot be used. The message is a plain sentence with what to do."""


class Metric(typing.Protocol):
    """Compares pictures. What `prepare` returns is understood only by the same metric's `compare` and `map`."""

    @property
    def info(self) -> MetricInfo:
        """Name, direction and range."""
        ...

    def prepare(self, pictures: Sequence[Image.Image]) -> Sequence[typing.Any]:
        """What the metric needs to know of each picture (RGB, all of one size), looked at together; never `None`."""
        ...

    def compare(self, target: typing.Any, drawing: typing.Any) -> float:
        """The raw score of two prepared pictures, in the range that `info` states."""
        ...


@typing.runtime_checkable
class Mapped(Metric, typing.Protocol):
    """A metric that can also say where two pictures differ."""

    def map(self, target: typing.Any, drawing: typing.Any) -> Map:
        """How much each place of the drawing differs from the target, from what `prepare` found: no network runs."""
        ...


def brief(fault: Exception) -> str:
    """The first line of what a library says about a fault, to be quoted in a sentence."""
    return str(fault).strip().split("\n")[0].rstrip(".:") or type(fault).__name__
