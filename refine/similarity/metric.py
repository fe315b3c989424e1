"""What a metric is: two pictures in, one number out, in two steps so that a target is looked at only once.

Knows: the two steps. Does not know: any model.
"""

import typing

from PIL import Image

from refine.metrics import MetricInfo


class MetricError(RuntimeError):
    """A metric cannot be used. The message is a plain sentence with what to do."""


class Metric(typing.Protocol):
    """Compares pictures. What `prepare` returns is understood only by the same metric's `compare`."""

    @property
    def info(self) -> MetricInfo:
        """Name, direction and range."""
        ...

    def prepare(self, picture: Image.Image) -> typing.Any:
        """What the metric needs to know of one picture (RGB)."""
        ...

    def compare(self, target: typing.Any, drawing: typing.Any) -> float:
        """The raw score of two prepared pictures, in the range that `info` states."""
        ...


def brief(fault: Exception) -> str:
    """The first line of what a library says about a fault, to be quoted in a sentence."""
    return str(fault).strip().split("\n")[0].rstrip(".:") or type(fault).__name__
