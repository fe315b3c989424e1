"""The pipeline: the trained parts as a `StableDiffusion3Pipeline`, and how it draws.

Knows: how the parts are put together and asked, how those that learn together are kept between sittings. Does not know: how
they were trained, how a whole pipeline is saved and loaded (the second edition's module does).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from PIL import Image
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from refine.world.pipeline import ABSENT, GUIDANCE, SHARD, SHIFT, STEPS
from refine.world3.description import SIDE
from refine.world3.models import ABSENT_TOKENS, TextToLatents

DRAWING_SEED = 1029
"""Seed of the noise of participants' drawings: the paper's."""
TARGET_SEED = 2504
"""Seed of the noise of targets: another, so that flaws of a target are not given away with it."""


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


def save_models(model: TextToLatents, folder: Path) -> None:
    """Write transformer and text encoders in half precision, in files of less than 10 MB."""
    model.transformer.half().save_pretrained(folder / "transformer", max_shard_size=SHARD)
    model.small.half().save_pretrained(folder / "text_encoder", max_shard_size=SHARD)
    model.large.half().save_pretrained(folder / "text_encoder_2", max_shard_size=SHARD)
    model.float()


def load_models(folder: Path, words: int) -> TextToLatents:
    """Read what `save_models` wrote, in single precision, for a vocabulary of `words` tokens."""
    model = TextToLatents(words)
    for mine, kind, name in (
        (model.transformer, SD3Transformer2DModel, "transformer"),
        (model.small, CLIPTextModelWithProjection, "text_encoder"),
        (model.large, CLIPTextModelWithProjection, "text_encoder_2"),
    ):
        mine.load_state_dict(kind.from_pretrained(folder / name).float().state_dict())
    return model


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
