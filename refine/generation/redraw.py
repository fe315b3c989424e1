"""Are two drawings of one prompt the same picture?

Knows: what differs between two pictures, and what rounding may do. Does not know: where the pictures
come from.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

Verdict = Literal["identical", "same up to rounding", "different"]

ROUNDING_LEVELS = 1
ROUNDING_SHARE = 1e-3
"""On another processor up to 0.01% of the values were seen to move, by one level."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many of the `values` (pixels x 3 colours) differ, and by how many levels of 255 at most."""

    values: int
    differing: int
    largest: int

    @property
    def verdict(self) -> Verdict:
        """What the counts amount to."""
        if self.differing == 0:
            return "identical"
        if self.largest <= ROUNDING_LEVELS and self.differing <= ROUNDING_SHARE * self.values:
            return "same up to rounding"
        return "different"


def compare(stored: Image.Image, drawn: Image.Image) -> Comparison:
    """Compare two pictures value by value; pictures of different sizes differ in every value."""
    one, other = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (stored, drawn))
    if one.shape != other.shape:
        return Comparison(one.size, one.size, 255)
    apart = np.abs(one - other)
    return Comparison(one.size, int(np.count_nonzero(apart)), int(apart.max()))
