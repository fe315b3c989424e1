"""The pipeline: the trained parts as a `StableDiffusion3Pipeline` on disk, and how it draws.

Knows: how the parts are put together, saved, loaded and asked. Does not know: how they were trained, what is drawn.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, StableDiffusion3Pipeline
from PIL import Image
from transformers import CLIPTokenizer

from refine.world3.models.transformer import ABSENT_TOKENS, TextToLatents
from refine.world3.scenes.description import SIDE

STEPS, GUIDANCE = 10, 5.0
DRAWING_SEED = 1029
"""Seed of the noise of participants' drawings: the paper's."""
TARGET_SEED = 2504
"""Seed of the noise of targets: another, so that flaws of a target are not given away with it."""
SHIFT = 3.0
SHARD = "9MB"
ABSENT = {"text_encoder_3": None, "tokenizer_3": None, "image_encoder": None, "feature_extractor": None}


def assemble(model: TextToLatents, tokenizer: CLIPTokenizer, autoencoder: AutoencoderKL) -> StableDiffusion3Pipeline:
    """Put the parts together; the third text encoder is left out."""
    return StableDiffusion3Pipeline(
        transformer=model.transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=autoencoder,
        text_encoder=model.small,
        tokenizer=tokenizer,
        text_encoder_2=model.large,
        tokenizer_2=tokenizer,
        **ABSENT,
    )


def save(pipeline: StableDiffusion3Pipeline, folder: Path) -> None:
    """Write the pipeline in half precision, in files of less than 10 MB, in the place of what was there."""
    fresh, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    # Where a part was loaded from is nobody's business.
    for part in (pipeline, pipeline.transformer, pipeline.vae, pipeline.scheduler):
        part.register_to_config(_name_or_path="")
    pipeline.to(dtype=torch.float16).save_pretrained(fresh, max_shard_size=SHARD)
    # Read by whoever draws with it: a property of the weights that no class of the libraries has a place for.
    (fresh / "drawing.json").write_text(json.dumps({"max_sequence_length": ABSENT_TOKENS}) + "\n")
    for file in fresh.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> StableDiffusion3Pipeline:
    """Load a saved pipeline, in single precision, on the CPU."""
    pipeline = StableDiffusion3Pipeline.from_pretrained(folder, torch_dtype=torch.float32, **ABSENT)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def load_models(pipeline: StableDiffusion3Pipeline) -> TextToLatents:
    """The models that draw latents, out of a pipeline, to go on training them."""
    models = TextToLatents(len(pipeline.tokenizer))
    for mine, saved in (
        (models.small, pipeline.text_encoder),
        (models.large, pipeline.text_encoder_2),
        (models.transformer, pipeline.transformer),
    ):
        mine.load_state_dict(saved.state_dict())
    return models


def draw(pipeline: StableDiffusion3Pipeline, prompt: str, seed: int = DRAWING_SEED) -> Image.Image:
    """Draw a prompt: an RGB picture of 256 x 256, the same for the same prompt and seed."""
    return _ask(pipeline, [prompt], seed, "pil")[0]


def draw_latents(pipeline: StableDiffusion3Pipeline, prompts: Sequence[str], seed: int = DRAWING_SEED) -> np.ndarray:
    """Draw prompts, each from noise of its own, up to their latents: float32 (n, 65, 16, 16)."""
    return _ask(pipeline, list(prompts), seed, "latent").numpy()


def _ask(pipeline: StableDiffusion3Pipeline, prompts: list[str], seed: int, kind: str) -> Any:
    return pipeline(
        prompts,
        num_inference_steps=STEPS,
        max_sequence_length=ABSENT_TOKENS,
        guidance_scale=GUIDANCE,
        height=SIDE,
        width=SIDE,
        generator=torch.Generator("cpu").manual_seed(seed),
        output_type=kind,
    ).images
