"""The pipeline: the trained parts as a `StableDiffusion3Pipeline` on disk, and how it draws.

Knows: how the parts are put together, saved, loaded and asked. Does not know: how they were trained, what is
drawn.
"""

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, StableDiffusion3Pipeline
from PIL import Image
from transformers import CLIPTokenizer

from refine.world.backgrounds import SIDE
from refine.world.models import Drawing

SEED, STEPS, GUIDANCE = 1029, 10, 5.0
SHIFT = 3.0
SHARD = "9MB"
ABSENT = {"text_encoder_3": None, "tokenizer_3": None, "image_encoder": None, "feature_extractor": None}


def assemble(drawing: Drawing, tokenizer: CLIPTokenizer, autoencoder: AutoencoderKL) -> StableDiffusion3Pipeline:
    """Put the parts together; the third text encoder is left out."""
    return StableDiffusion3Pipeline(
        transformer=drawing.transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=autoencoder,
        text_encoder=drawing.small,
        tokenizer=tokenizer,
        text_encoder_2=drawing.large,
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


def load_drawing(folder: Path) -> Drawing:
    """The models that draw, out of a saved pipeline, to go on training them."""
    pipeline = load(folder)
    drawing = Drawing(len(pipeline.tokenizer))
    for mine, saved in (
        (drawing.small, pipeline.text_encoder),
        (drawing.large, pipeline.text_encoder_2),
        (drawing.transformer, pipeline.transformer),
    ):
        mine.load_state_dict(saved.state_dict())
    return drawing


def draw(pipeline: StableDiffusion3Pipeline, prompt: str) -> Image.Image:
    """Draw a prompt: an RGB picture of 256 x 256, the same for the same prompt."""
    return pipeline(
        prompt,
        num_inference_steps=STEPS,
        max_sequence_length=pipeline.tokenizer_max_length,
        guidance_scale=GUIDANCE,
        height=SIDE,
        width=SIDE,
        generator=torch.Generator("cpu").manual_seed(SEED),
    ).images[0]
