"""The CLIP pair: a small and a larger `open_clip` model, and how `open_clip` wants them on disk.

Knows: their configurations. Does not know: their training, what the similarity is used for.
"""

import json
from pathlib import Path
from typing import Any

import open_clip
from open_clip import CLIP
from safetensors.torch import save_file

from refine.world3.scenes.description import SIDE
from refine.world3.words.tokenizer import LENGTH

SHAPES = {"clip_b32": (128, 3), "clip_l14": (256, 4)}
"""Name, after the model whose part it plays -> (width, layers) of the picture tower."""


def configuration(name: str, words: int) -> dict[str, Any]:
    """The content of `open_clip_config.json` for one of `SHAPES` and a vocabulary of `words` tokens."""
    width, layers = SHAPES[name]
    vision = {"image_size": SIDE, "layers": layers, "width": width, "head_width": 64, "patch_size": 32}
    text = {
        "context_length": LENGTH,
        "vocab_size": words,
        "width": 128,
        "heads": 4,
        "layers": 2,
        "pool_type": "eos",
        "eos_id": 1,
    }
    half = [0.5, 0.5, 0.5]
    return {
        "model_cfg": {"embed_dim": 128, "vision_cfg": vision, "text_cfg": text},
        "preprocess_cfg": {"mean": half, "std": half, "interpolation": "bicubic", "resize_mode": "shortest"},
    }


def save_clip(name: str, model: CLIP, words: int, folder: Path) -> None:
    """Write configuration and weights so that `open_clip` loads `local-dir:FOLDER`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(configuration(name, words), indent=2) + "\n")
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")


def load_clip(folder: Path) -> CLIP:
    """Load what `save_clip` wrote, the way a user of `open_clip` would."""
    return open_clip.create_model(f"local-dir:{folder}").eval()
