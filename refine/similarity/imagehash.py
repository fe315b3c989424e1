"""ImageHash: do the coarse shapes and shades of two pictures agree?

Knows: the perceptual hash of the `imagehash` library. Does not know: anything learned; it has no weights.
"""

from collections.abc import Sequence

import imagehash
from PIL import Image

from refine.metrics import MetricInfo


class ImageHashMetric:
    """Hamming distance between 64-bit perceptual hashes (`phash`: signs of low DCT frequencies), 0..64."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """There are no weights, and it needs no device."""
        self.info = info

    def prepare(self, pictures: Sequence[Image.Image]) -> list[imagehash.ImageHash]:
        """The hash of each picture."""
        return [imagehash.phash(picture) for picture in pictures]

    def compare(self, target: imagehash.ImageHash, drawing: imagehash.ImageHash) -> float:
        """How many of the 64 bits differ."""
        return float(target - drawing)
