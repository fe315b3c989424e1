"""A generator on this machine: a `diffusers.StableDiffusion3Pipeline`, from a folder or from the Hub.

Knows: the pipeline, devices, what makes a drawing the same every time. Does not know: where its files come
from (weights), who waits for the drawing (queue).
Source: Esser et al., Scaling Rectified Flow Transformers for High-Resolution Image Synthesis, ICML 2024.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusion3Pipeline

from refine.generation.generator import Drawing, GenerationError, Progress
from refine.generation.unread import unread
from refine.generation.weights import brief, count_parameters, locate, require_memory, zeros_of_third_encoder
from refine.protocol import DrawingSettings, Provenance

# The pipeline logs the end of a long prompt; what participants write belongs into the journal only.
logging.getLogger("diffusers.pipelines.stable_diffusion_3").setLevel(logging.ERROR)

OUT_OF_MEMORY = ("DefaultCPUAllocator", "could not create a primitive", "bad_alloc")
"""What torch and oneDNN say in a bare `RuntimeError` when the memory of the CPU runs out."""


class PipelineGenerator:
    """Draws one picture at a time. The same prompt gives the same pixels on the same kind of machine.

    On another kind of processor single values may differ by one level of 255: the order in which its
    libraries add up is not the same.
    """

    def __init__(
        self,
        source: str | Path,
        settings: DrawingSettings,
        *,
        device: str | None = None,
        token: str | None = None,
    ) -> None:
        """Load the weights of `source`, a folder or Hub repository, onto `device` (by default a GPU if any).

        Raises `GenerationError` if weights are missing, damaged or not given to us, or memory is too small.
        """
        self.settings = settings
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = torch.float16 if self._device.startswith("cuda") else torch.float32
        folder, revision = locate(source, settings.revision, token)
        require_memory(count_parameters(folder), dtype, self._device)
        with _memory_sentence("load the weights"):
            self._pipeline = _load(folder, dtype).to(self._device)
        # As many as the words of the others, as in training: 154 = 2 x 77 in the source. The library's own default is 256.
        self._zeros = zeros_of_third_encoder(folder, self._pipeline.tokenizer_max_length)
        self._check_size()
        self._provenance = Provenance(
            settings=replace(settings, revision=revision),
            dtype=str(dtype).removeprefix("torch."),
            device=torch.cuda.get_device_name(self._device) if dtype is torch.float16 else "cpu",
            versions={name: version(name) for name in ("torch", "diffusers", "transformers")},
        )
        self._lock = threading.Lock()

    def draw(self, prompt: str, progress: Progress) -> Drawing:
        """Draw `prompt`. Raises `GenerationError` if memory runs out."""
        settings, pipeline = self.settings, self._pipeline

        def step_done(_pipeline: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            progress((step + 1) / (settings.steps + 1))  # decoding the latents is the last part
            return tensors

        with self._lock, _one_thread(), torch.inference_mode(), _memory_sentence("draw"):
            started = time.perf_counter()
            picture = pipeline(
                prompt,
                num_inference_steps=settings.steps,
                guidance_scale=settings.guidance_scale,
                width=settings.width,
                height=settings.height,
                max_sequence_length=self._zeros,
                # Noise from the CPU is the same whatever device and dtype draw.
                generator=torch.Generator("cpu").manual_seed(settings.seed),
                callback_on_step_end=step_done,
            ).images[0]
            seconds = time.perf_counter() - started
            left = unread(prompt, (pipeline.tokenizer, pipeline.tokenizer_2), pipeline.tokenizer_max_length)
        progress(1.0)
        return Drawing(picture, left, seconds, self._provenance)

    def _check_size(self) -> None:
        config = self._pipeline.transformer.config
        unit = self._pipeline.vae_scale_factor * config.patch_size
        largest = config.pos_embed_max_size * unit
        for side in (self.settings.width, self.settings.height):
            if side % unit or side > largest:
                raise GenerationError(
                    f"This pipeline cannot draw {self.settings.width} x {self.settings.height} pixels: "
                    f"width and height must be multiples of {unit}, up to {largest}."
                )


def _load(folder: Path, dtype: torch.dtype) -> StableDiffusion3Pipeline:
    try:
        pipeline = StableDiffusion3Pipeline.from_pretrained(
            folder, text_encoder_3=None, tokenizer_3=None, dtype=dtype, local_files_only=True
        )
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as fault:  # whatever the libraries trip over in files that are not what they should be
        raise GenerationError(
            f"The folder {folder} could not be read as a Stable Diffusion 3 pipeline ({brief(fault)}). "
            "Get the weights again."
        ) from fault
    for tokenizer, encoder in (("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2")):
        # Without its files the library would make an empty tokenizer, and every prompt would read the same.
        if len(getattr(pipeline, tokenizer)) != getattr(pipeline, encoder).config.vocab_size:
            raise GenerationError(f"Weights are damaged: {folder / tokenizer} does not fit {encoder}. Get them again.")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    # The order of a sum, and so the last digits, depend on the number of threads.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _memory_sentence(what: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as fault:
        named = isinstance(fault, MemoryError | torch.OutOfMemoryError)
        if not named and not any(sign in str(fault) for sign in OUT_OF_MEMORY):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise GenerationError(
            f"Too little memory to {what}. Close other programs that use it, or use a larger machine."
        ) from fault
