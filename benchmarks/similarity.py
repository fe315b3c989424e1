"""Claim: scoring ten drawings of one target takes at most half of what the four libraries take pair by pair, with equal results.

    .venv/bin/python -m benchmarks.similarity [N]

Both ways take turns in one process, N times (default 7), with the weights of the embedded world; the libraries as their own
READMEs show it, ours from a panel that does not know the target yet. The ratio is that of the medians, on one thread and
on as many as torch takes by itself (ours always takes one).
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import imagehash
import lpips
import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors.torch import load_file

from refine import ASSETS
from refine.metrics import metrics_of
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel

Score = dict[str, float]


def libraries(weights: dict[str, str | None]) -> Callable[[Image.Image, Image.Image], Score]:
    """A function that compares two pictures by each library's own example."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    (file,) = Path(str(weights["lpips_world"])).glob("*.safetensors")
    loss.load_state_dict(load_file(file))
    clips = {}
    for name in ("clip_b32_world", "clip_l14_world"):
        model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{weights[name]}")
        clips[name] = (model.eval(), preprocess)

    def compare(one: Image.Image, other: Image.Image) -> Score:
        pixels = [lpips.im2tensor(np.asarray(picture)) for picture in (one, other)]
        scores = {"lpips_world": loss(*pixels).item()}
        for name, (model, preprocess) in clips.items():
            features = []
            for picture in (one, other):
                with torch.no_grad():
                    found = model.encode_image(preprocess(picture).unsqueeze(0))
                    features.append(found / found.norm(dim=-1, keepdim=True))
            scores[name] = (features[0] @ features[1].T).item()
        scores["imagehash"] = float(imagehash.phash(one) - imagehash.phash(other))
        return scores

    return compare


def main(times: int) -> None:
    files = sorted((ASSETS / "world" / "targets").glob("*.webp"))[::9][:11]
    target, *drawings = [Image.open(file).convert("RGB") for file in files]
    weights = metrics_of("world")
    compare = libraries(weights)
    metrics = [open_metric(*metric) for metric in weights.items()]

    def theirs() -> list[Score]:
        return [compare(target, drawing) for drawing in drawings]

    def ours() -> list[Score]:
        return [dict(one.scores) for one in Panel(metrics).compare(target, drawings)]

    apart = max(abs(one[name] - other[name]) for one, other in zip(theirs(), ours(), strict=True) for name in weights)
    print(f"{len(drawings)} drawings of {target.width} x {target.height} pixels, {len(weights)} metrics")
    print(f"largest difference of a score: {apart:.1e}")
    assert apart <= 1e-5
    own = torch.get_num_threads()
    for threads in sorted({1, own}):
        torch.set_num_threads(threads)
        seconds: dict[str, list[float]] = {"libraries": [], "panel": []}
        for _ in range(times):
            for name, run in (("libraries", theirs), ("panel", ours)):
                started = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - started)
        theirs_, ours_ = (statistics.median(seconds[name]) for name in ("libraries", "panel"))
        print(
            f"{threads} thread{'s' * (threads > 1)}: libraries {theirs_ * 1000:.0f} ms, panel {ours_ * 1000:.0f} ms, "
            f"{theirs_ / ours_:.2f} times as fast"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
