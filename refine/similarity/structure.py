"""SSIM and MS-SSIM: do small windows of two pictures agree in brightness, contrast and structure?

Knows: the `torchmetrics` library's functions on RGB. Does not know: anything learned; they have no weights.
Sources: Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, TIP 2004; Wang, Simoncelli and
Bovik, Multiscale Structural Similarity for Image Quality Assessment, Asilomar 2003.
"""

from collections.abc import Sequence

import torch
from PIL import Image
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)
from torchvision.transforms.functional import to_tensor

from refine.metrics import MetricInfo
from refine.similarity.metric import Map
from refine.similarity.precision import exact


class MsSsimMetric:
    """Structural similarity at five scales, each half as large as the one before: 1 is identical."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """There are no weights."""
        self.info = info
        self._device = device

    def prepare(self, pictures: Sequence[Image.Image]) -> list[torch.Tensor]:
        """The values of each picture, (1, 3, rows, columns), 0..1."""
        return [to_tensor(picture)[None].to(self._device) for picture in pictures]

    @exact
    def compare(self, target: torch.Tensor, drawing: torch.Tensor) -> float:
        """The library's mean over places, scales and channels: exactly 1 for equal pictures, which rounding would not leave."""
        return 1.0 if torch.equal(target, drawing) else float(self._similarity(target, drawing).clamp(-1, 1))

    def _similarity(self, target: torch.Tensor, drawing: torch.Tensor) -> torch.Tensor:
        return multiscale_structural_similarity_index_measure(drawing, target, data_range=1.0)


class SsimMetric(MsSsimMetric):
    """Structural similarity of windows of 11 x 11 pixels: 1 is identical, below 0 what is bright in one is dark in the other."""

    def _similarity(self, target: torch.Tensor, drawing: torch.Tensor) -> torch.Tensor:
        return structural_similarity_index_measure(drawing, target, data_range=1.0)

    @exact
    def map(self, target: torch.Tensor, drawing: torch.Tensor) -> Map:
        """1 - similarity of the window around each pixel, 0..2."""
        _, whole = structural_similarity_index_measure(drawing, target, data_range=1.0, return_full_image=True)
        return (1 - whole[0].mean(0)).clamp(0, 2).cpu().numpy()
