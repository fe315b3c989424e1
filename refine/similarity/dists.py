"""DISTS: do two pictures have the same structure and texture, to a network that forgives a texture that lies elsewhere?

Knows: the `torchmetrics` library's network, where its weights come from. Does not know: other metrics.
Source: Ding et al., Image Quality Assessment: Unifying Structure and Texture Similarity, TPAMI 2020.
"""

import pickle
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torchmetrics.functional.image.dists import DISTSNetwork
from torchvision.transforms.functional import resize, to_tensor

from refine.metrics import MetricInfo
from refine.similarity.metric import MetricError, brief
from refine.similarity.precision import exact

SIDE = 256
"""Pixels of the shorter side, as in the paper; a smaller picture stays as it is."""


class Features(list[torch.Tensor]):
    """What the network finds in one picture: the picture itself, and what comes out of each stage, with one place a batch."""

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self[0].device


class _Network(DISTSNetwork):
    """The library's network, which compares features of pictures as it compares pictures."""

    def forward_once(self, x: torch.Tensor | Features) -> list[torch.Tensor]:
        """The features of a picture, or those that are given."""
        return x if isinstance(x, Features) else super().forward_once(x)


class DistsMetric:
    """Distance between means and correlations of deep features: 0 is identical, larger is less alike."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """Load backbone (from torchvision's server at first use) and the library's weights. Raises `MetricError`."""
        self.info = info
        self._device = device
        try:
            self._network = _Network().to(device).eval()
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as fault:
            folder = Path(torch.hub.get_dir()) / "checkpoints"
            raise MetricError(
                f"The VGG-16 weights that DISTS needs could not be loaded ({brief(fault)}). They come from "
                f"download.pytorch.org at first use and are kept in {folder}: check the network, or delete a damaged vgg16 file "
                "there, and start again."
            ) from fault

    @exact
    def prepare(self, pictures: Sequence[Image.Image]) -> list[Features]:
        """The features of each picture."""
        small = [resize(one, SIDE) if min(one.size) > SIDE else one for one in pictures]
        stages = self._network.forward_once(torch.stack([to_tensor(one) for one in small]).to(self._device))
        return [Features(stage[[place]] for stage in stages) for place in range(len(pictures))]

    @exact
    def compare(self, target: Features, drawing: Features) -> float:
        """The library's distance: exactly 0 for equal pictures, which rounding would not leave."""
        return 0.0 if torch.equal(target[0], drawing[0]) else float(self._network(drawing, target).clamp(min=0))
