"""LPIPS: do two pictures look alike, patch by patch, to a network trained on human judgements?

Knows: the `lpips` library with an AlexNet backbone, where its weights may be. Does not know: other metrics.
Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018,
equation 1.
"""

import pickle
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import lpips
import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file

from refine.metrics import MetricInfo
from refine.similarity.metric import Map, MetricError, brief
from refine.similarity.precision import exact


class Features(NamedTuple):
    """Of one picture: unit-length features of each layer, (1, channels, rows, columns), and its height and width."""

    layers: list[torch.Tensor]
    size: tuple[int, int]


class LpipsMetric:
    """Distance between deep features of two pictures: 0 is identical, larger is less alike."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """Load backbone and heads.

        `weights` is `alex` for the official ones (the backbone comes from torchvision's server at first use),
        or a folder with the `safetensors` state of an `lpips.LPIPS(net="alex")`. Raises `MetricError`.
        """
        self.info = info
        self._device = device
        network = _official() if weights == "alex" else _from_folder(Path(weights))
        # Channels last: the convolutions are a quarter quicker.
        self._network = network.to(device, memory_format=torch.channels_last)

    @exact
    def prepare(self, pictures: Sequence[Image.Image]) -> list[Features]:
        """The features of each picture."""
        pixels = torch.cat([lpips.im2tensor(np.asarray(picture)) for picture in pictures]).to(self._device)  # -1..1
        layers = [lpips.normalize_tensor(layer) for layer in self._network.net(self._network.scaling_layer(pixels))]
        size = pixels.shape[2], pixels.shape[3]
        return [Features([layer[[place]] for layer in layers], size) for place in range(len(pictures))]

    @exact
    def compare(self, target: Features, drawing: Features) -> float:
        """Squared feature differences, weighted by channel, averaged over places, summed over layers."""
        return sum(float(layer.mean()) for layer in self._weighted(target, drawing))

    @exact
    def map(self, target: Features, drawing: Features) -> Map:
        """The library's spatial form: weighted differences of each layer, enlarged to the picture's size, and summed."""
        layers = [lpips.upsample(layer, drawing.size) for layer in self._weighted(target, drawing)]
        return torch.stack(layers).sum(0)[0, 0].cpu().numpy()

    def _weighted(self, target: Features, drawing: Features) -> Iterator[torch.Tensor]:
        """Squared differences of each layer, (1, 1, rows, columns)."""
        pairs = zip(self._network.lins, target.layers, drawing.layers, strict=True)
        return (head((one - other) ** 2) for head, one, other in pairs)


def _network(**options: bool) -> lpips.LPIPS:
    with warnings.catch_warnings():
        # The library asks torchvision for its backbone in an old way.
        warnings.simplefilter("ignore", UserWarning)
        return lpips.LPIPS(net="alex", verbose=False, **options)


def _official() -> lpips.LPIPS:
    try:
        return _network()
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as fault:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise MetricError(
            f"The AlexNet weights that LPIPS needs could not be loaded ({brief(fault)}). They come "
            f"from download.pytorch.org at first use and are kept in {folder}: check the network, or delete "
            "a damaged alexnet file there, and start again."
        ) from fault


def _from_folder(folder: Path) -> lpips.LPIPS:
    shards = sorted(folder.glob("*.safetensors"))
    if not shards:
        raise MetricError(f"The LPIPS weights are missing: there is no *.safetensors file in {folder}.")
    network = _network(pretrained=False, pnet_rand=True)
    try:
        network.load_state_dict({key: value for shard in shards for key, value in load_file(shard).items()})
    except (OSError, SafetensorError, RuntimeError) as fault:
        raise MetricError(
            f"The LPIPS weights in {folder} are damaged ({brief(fault)}). Get them again, for example with "
            "`git checkout`."
        ) from fault
    return network
