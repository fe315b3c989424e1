"""DINOv2: do two pictures show the same things in the same way, to a network that learned from pictures alone?

Knows: a vision transformer of the `timm` library, where its weights may be. Does not know: other metrics.
Source: Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, TMLR 2024.
"""

from collections.abc import Sequence
from pathlib import Path

import timm
import torch
from PIL import Image
from safetensors import SafetensorError

from refine.metrics import MetricInfo
from refine.similarity.cosine import Embedded, cosine, dense, embed
from refine.similarity.metric import Map, MetricError, brief
from refine.similarity.precision import exact


class DinoMetric:
    """Cosine of the angle between the embeddings of two pictures: 1 is identical, -1 opposite."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """Load the network.

        `weights` is the `timm` name of a model (fetched from the Hub at first use), or a folder that `timm` reads as
        `local-dir:`. Raises `MetricError`.
        """
        self.info = info
        self._device = device
        name = f"local-dir:{weights}" if Path(weights).is_dir() else weights
        try:
            self._network = timm.create_model(name, pretrained=True, num_classes=0).to(device).eval()
        except (OSError, RuntimeError, ValueError, KeyError, TypeError, SafetensorError) as fault:
            raise MetricError(
                f"The weights of DINOv2, {weights}, are missing or damaged ({brief(fault)}). They come from the Hub at first "
                "use: check the network, or delete a damaged copy in the Hub's cache, and start again."
            ) from fault
        data = timm.data.resolve_model_data_config(self._network)
        self._seen: float = data["crop_pct"]
        self._transform = timm.data.create_transform(**data, is_training=False)

    @exact
    def prepare(self, pictures: Sequence[Image.Image]) -> list[Embedded]:
        """The embedding of each picture and of its patches, those of the last layer."""
        pixels = torch.stack([self._transform(picture) for picture in pictures]).to(self._device)
        features, layers = self._network.forward_intermediates(pixels, indices=1, norm=True)
        return embed(self._network.forward_head(features), layers[0], [one.size for one in pictures])

    @exact
    def compare(self, target: Embedded, drawing: Embedded) -> float:
        """The cosine of their angle."""
        return cosine(target, drawing)

    @exact
    def map(self, target: Embedded, drawing: Embedded) -> Map:
        """How far the patches at each place are apart."""
        return dense(target, drawing, self._seen)
