"""Claim: drawing and scoring through our generator and panel cost no more than calling the bare pipeline and
the four libraries one after the other.

    .venv/bin/python -m benchmarks.drawing [N]

Both ways take turns in one process, N times (default 9), on one thread, against the same target; the ratio is
that of the medians. Also printed: the time of the first drawing after loading, and the resident memory.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import imagehash
import lpips
import numpy as np
import open_clip
import psutil
import torch
from diffusers import StableDiffusion3Pipeline
from PIL import Image
from safetensors.torch import load_file

from refine.configuration import drawing_settings, open_generator
from refine.profiles import PROFILES
from refine.settings import Settings
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel

PROMPTS = ["a big cat at night", "two stars above the sea", "a red car on grass", "an apple in the snow"]


def ours() -> Callable[[str, Image.Image], object]:
    settings = Settings(profile="world")
    generator = open_generator(settings)
    panel = Panel([open_metric(name, weights) for name, weights in PROFILES["world"].metrics.items()])

    def draw_and_score(prompt: str, target: Image.Image) -> object:
        return panel.score(target, generator.draw(prompt, lambda done: None).picture)

    return draw_and_score


def bare() -> Callable[[str, Image.Image], object]:
    profile = PROFILES["world"]
    settings = drawing_settings(Settings(profile="world"))
    pipeline = StableDiffusion3Pipeline.from_pretrained(
        profile.pipeline, text_encoder_3=None, tokenizer_3=None, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    perceptual = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    (weights,) = Path(profile.metrics["lpips_world"]).glob("*.safetensors")
    perceptual.load_state_dict(load_file(weights))
    clips = [
        open_clip.create_model_and_transforms(f"local-dir:{profile.metrics[name]}")
        for name in ("clip_b32_world", "clip_l14_world")
    ]
    for model, _, _ in clips:
        model.eval()

    @torch.inference_mode()
    def draw_and_score(prompt: str, target: Image.Image) -> object:
        picture = pipeline(
            prompt,
            num_inference_steps=settings.steps,
            max_sequence_length=pipeline.tokenizer_max_length,
            guidance_scale=settings.guidance_scale,
            width=settings.width,
            height=settings.height,
            generator=torch.Generator("cpu").manual_seed(settings.seed),
        ).images[0]
        pair = (target, picture)
        scores = [float(perceptual(*(lpips.im2tensor(np.asarray(one)) for one in pair)))]
        for model, _, transform in clips:
            one, other = model.encode_image(torch.stack([transform(one) for one in pair]), normalize=True)
            scores.append(float(one @ other))
        scores.append(imagehash.phash(target) - imagehash.phash(picture))
        return scores

    return draw_and_score


def main() -> None:
    torch.set_num_threads(1)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    started = time.perf_counter()
    our_way = ours()
    print(f"loading                    {time.perf_counter() - started:6.2f} s")
    target = Image.effect_noise((256, 256), 64).convert("RGB")
    started = time.perf_counter()
    our_way(PROMPTS[0], target)
    print(f"first drawing with scores  {time.perf_counter() - started:6.2f} s")
    print(f"resident memory            {psutil.Process().memory_info().rss / 2**30:6.2f} GiB")
    ways = {"ours": our_way, "bare": bare()}
    ways["bare"](PROMPTS[0], target)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        order = list(ways) if number % 2 else list(reversed(ways))
        for name in order:
            started = time.perf_counter()
            ways[name](PROMPTS[number % len(PROMPTS)], target)
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name}, median of {rounds:2}         {median:6.3f} s")
    print(f"ratio ours / bare          {medians['ours'] / medians['bare']:6.3f}   (claim: at most 1)")


if __name__ == "__main__":
    main()
