"""The CLIP pair: a small and a larger `open_clip` model that tell which scene a caption is of.

Knows: their configurations, their training, how `open_clip` wants them on disk. Does not know: what the
similarity is used for. Each batch holds scenes that differ in one object only, so that objects count and not
only colours.
"""

import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from open_clip import CLIP
from safetensors.torch import save_file
from transformers import CLIPTokenizer

from refine.world.artwork import Sprites
from refine.world.backgrounds import SIDE
from refine.world.captions import caption
from refine.world.drawing import tokens
from refine.world.latents import unit
from refine.world.scenes import draw_many, sample_scene
from refine.world.tokenizer import LENGTH
from refine.world.variations import swap_object
from refine.world3.training.attention import plain_attention
from refine.world3.training.loop import Average, muon_and_adam, rate, set_rate, train

SHAPES = {"clip_b32": (128, 3), "clip_l14": (256, 4)}
"""Name, after the model whose part it plays -> (width, layers) of the picture tower."""

TABLES = ("positional_embedding", "token_embedding", "class_embedding", "conv1")


def configuration(name: str, words: int, length: int = LENGTH) -> dict:
    """The content of `open_clip_config.json` for one of `SHAPES`, a vocabulary of `words` and captions of `length` tokens."""
    width, layers = SHAPES[name]
    vision = {"image_size": SIDE, "layers": layers, "width": width, "head_width": 64, "patch_size": 32}
    text = {
        "context_length": length,
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


def train_clip(
    name: str,
    checkpoint: Path,
    minutes: float,
    seed: int,
    sprites: Sprites,
    tokenizer: CLIPTokenizer,
    pairs: int = 64,
) -> CLIP:
    """Train one of the two by contrast between scenes and captions.

    Args:
        name: One of `SHAPES`.
        checkpoint: Where the state is kept.
        minutes: Time in all.
        seed: Chance.
        sprites: The artwork.
        tokenizer: The one that also reads prompts.
        pairs: Scenes a step, each with a twin in which one object is another.
    """
    torch.manual_seed(seed)
    model = CLIP(**configuration(name, len(tokenizer))["model_cfg"])
    optimizers, average = muon_and_adam(model, TABLES), Average(model, 0.998)

    def step(spent: float, rng: random.Random) -> dict[str, float]:
        set_rate(optimizers, rate(2e-3, spent))
        scenes = [sample_scene(rng) for _ in range(pairs)]
        scenes += [swap_object(scene, rng) for scene in scenes]
        pixels = unit(torch.as_tensor(draw_many(scenes, sprites)))
        ids = tokens(tokenizer, [caption(scene, rng) for scene in scenes])
        with torch.autocast("cpu", torch.bfloat16):
            pictures, texts = model.encode_image(pixels), model.encode_text(ids)
        pictures, texts = F.normalize(pictures.float(), dim=-1), F.normalize(texts.float(), dim=-1)
        logits = model.logit_scale.exp().clamp(max=100) * pictures @ texts.T
        own = torch.arange(len(scenes))
        loss = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        average.update()
        return {"loss": loss.item(), "right": (logits.argmax(1) == own).float().mean().item()}

    muon, adam = optimizers
    with plain_attention():
        train(checkpoint, minutes, seed, {"model": model, "muon": muon, "adam": adam, "average": average}, step)
    average.apply()
    return model.eval()


def save_clip(name: str, model: CLIP, words: int, folder: Path, length: int = LENGTH) -> None:
    """Write configuration and weights so that `open_clip` loads `local-dir:FOLDER`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(configuration(name, words, length), indent=2) + "\n")
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
