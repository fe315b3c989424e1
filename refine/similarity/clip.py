"""CLIP: do two pictures show the same things, by a network that learned to match pictures and captions?

Knows: the picture tower of an `open_clip` model, where its weights may be. Does not know: other metrics.
Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision, ICML 2021.
"""

from collections.abc import Sequence
from pathlib import Path

import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors import SafetensorError

from refine.metrics import MetricInfo
from refine.similarity.cosine import Embedded, cosine, dense, embed
from refine.similarity.metric import Map, MetricError, brief
from refine.similarity.precision import exact


class ClipMetric:
    """Cosine of the angle between the embeddings of two pictures: 1 is identical, -1 opposite."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        """Load the picture tower.

        `weights` is the `open_clip` name of a model that OpenAI trained, e.g. `ViT-B-32` (fetched from the
        Hub at first use), or a folder that `open_clip` reads as `local-dir:`. Raises `MetricError`.
        """
        self.info = info
        self._device = device
        model = _from_folder(Path(weights)) if Path(weights).is_dir() else _official(weights)
        # The text tower is not needed; letting it go saves a third of the memory.
        self._tower = model.visual.to(device).eval()
        self._transform = image_transform_v2(PreprocessCfg(**open_clip.get_model_preprocess_cfg(model)), is_train=False)

    @exact
    def prepare(self, pictures: Sequence[Image.Image]) -> list[Embedded]:
        """The embedding of each picture and of its patches, those of the last layer."""
        pixels = torch.stack([self._transform(picture) for picture in pictures]).to(self._device)
        found = self._tower.forward_intermediates(pixels, indices=1, normalize_intermediates=True)
        return embed(found["image_features"], found["image_intermediates"][0], [one.size for one in pictures])

    @exact
    def compare(self, target: Embedded, drawing: Embedded) -> float:
        """The cosine of their angle."""
        return cosine(target, drawing)

    @exact
    def map(self, target: Embedded, drawing: Embedded) -> Map:
        """How far the patches at each place are apart."""
        return dense(target, drawing)


def _official(name: str) -> open_clip.CLIP:
    if name not in open_clip.list_models():
        raise MetricError(f"The CLIP weights are missing: {name} is neither a folder nor a model that open_clip knows.")
    try:
        # OpenAI trained with QuickGELU; open_clip's plain names mean GELU, and would give other embeddings.
        return open_clip.create_model(name, "openai", force_quick_gelu=True, require_pretrained=True)
    except (OSError, RuntimeError, SafetensorError) as fault:
        raise MetricError(
            f"The weights of CLIP {name} could not be loaded ({brief(fault)}). They come from the Hub at "
            "first use: check the network, or delete a damaged copy in the Hub's cache, and start again."
        ) from fault


def _from_folder(folder: Path) -> open_clip.CLIP:
    try:
        return open_clip.create_model(f"local-dir:{folder}", require_pretrained=True)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, SafetensorError) as fault:
        raise MetricError(
            f"The CLIP weights in {folder} are missing or damaged ({brief(fault)}). Get them again, for "
            "example with `git checkout`."
        ) from fault
