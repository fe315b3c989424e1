"""`python -m refine.world3`: train the third edition, measure its depth, choose and show its targets.

Knows: the command line. Does not know: how anything is done.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import imagehash
import torch
from PIL import Image

from refine.world import artwork
from refine.world.checks import similarities
from refine.world.pipeline import SHARD
from refine.world3 import tokenizer
from refine.world3.compose import compose
from refine.world3.depth import STEPS, Depth, measure_depth
from refine.world3.layers import Layers, fit_layers
from refine.world3.sprites import Sprites, read_sprites
from refine.world3.targets import SUBJECTS, choose_targets

ASSETS = Path(__file__).parents[2] / "assets" / "world"
CELLS = 0.6
"""Part of a new decoder's time in which it learns single cells."""
MODELS = Path(__file__).parents[2] / "assets" / "world3"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when all is well."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    sprites = read_sprites(artwork.install(options.work))
    {"depth": _depth, "targets": _targets, "train": _train, "decoder": _decoder, "probe": _probe}[options.command](
        options, sprites
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m refine.world3", description="The third edition, in the making.")
    parser.add_argument(
        "command",
        choices=["depth", "targets", "train", "decoder", "probe"],
        help="depth of targets as the perfect painter shows it; a folder of targets, composed; training",
    )
    parser.add_argument("--work", type=Path, default=Path("world-work"), help="folder for artwork and checkpoints")
    parser.add_argument("--assets", type=Path, default=ASSETS, help="folder with the `metrics` that measure depth")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of the models, to begin from and to write")
    parser.add_argument("--seed", type=int, default=7, help="where chance comes from")
    parser.add_argument("--count", type=int, default=20, help="targets of each of the five subjects")
    parser.add_argument("--minutes", type=float, default=60, help="time to train in all, earlier sittings included")
    parser.add_argument("--batch", type=int, default=32, help="descriptions a step; on a GPU 512")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches; on a GPU one a core")
    parser.add_argument("--threads", type=int, default=1, help="threads of a computation")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, default=Path("targets"), help="folder for targets")
    return parser


def _depth(options: argparse.Namespace, sprites: Sprites) -> None:
    chosen = [one for subject in SUBJECTS for one in choose_targets(subject, options.seed, sprites, options.count)]
    metrics = similarities(options.assets / "metrics")
    metrics["imagehash"] = lambda one, other: -float(imagehash.phash(one) - imagehash.phash(other))
    measured = measure_depth(
        [(one.description, compose(one.description, sprites)) for one in chosen],
        lambda description: compose(description, sprites),
        metrics,
        random.Random(options.seed),
    )
    print(json.dumps(measured._asdict(), indent=1) if options.json else table(measured))


def table(measured: Depth) -> str:
    """The depth as text: a row a step, a column a metric, and the rates below."""
    lines = [f"{'share of the way after':24}" + "".join(f"{name:>12}" for name in measured.shares)]
    lines += [
        f"{step:24}" + "".join(f"{shares[index]:12.2f}" for shares in measured.shares.values())
        for index, step in enumerate(STEPS)
    ]
    lines.append(f"{measured.targets} targets of {measured.facets:.1f} facets")
    lines.append(f"ordinary sentence within 0.05 LPIPS: {measured.near:.1%}; a true facet hurts: {measured.hurt:.1%}")
    return "\n".join(lines)


def _targets(options: argparse.Namespace, sprites: Sprites) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for subject in SUBJECTS:
        for number, one in enumerate(choose_targets(subject, options.seed, sprites, options.count), 1):
            name = f"{subject}-{number:02}"
            picture: Image.Image = compose(one.description, sprites)
            picture.save(options.out / f"{name}.webp", lossless=True)
            rows.append(
                {"id": name, "subject": subject, "grade": one.grade, "prompt": one.prompt, "file": f"{name}.webp"}
            )
    (options.out / "targets.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{len(rows)} targets in {options.out}")


def _train(options: argparse.Namespace, sprites: Sprites) -> None:
    from refine.world3.pipeline import load_models, save_models
    from refine.world3.train_transformer import train_transformer

    kept, checkpoint = options.models, options.work / "transformer.pt"
    components, vocabulary = kept / "layers.safetensors", kept / "tokenizer"
    if not components.exists():
        kept.mkdir(parents=True, exist_ok=True)
        fit_layers(sprites).save(components)
    if not vocabulary.exists():
        tokenizer.learn(vocabulary, options.seed)
    words = tokenizer.load(vocabulary)
    begun = (kept / "transformer").exists() and not checkpoint.exists()
    model = train_transformer(
        checkpoint,
        options.minutes,
        options.seed,
        Layers.load(components),
        words,
        load_models(kept, len(words)) if begun else None,
        batch=options.batch,
        workers=options.workers,
    )
    save_models(model, kept)


def _decoder(options: argparse.Namespace, sprites: Sprites) -> None:
    from diffusers import AutoencoderKL

    from refine.world3.autoencoder import autoencoder
    from refine.world3.train_decoder import train_cells, train_decoder

    folder, layers = options.models / "vae", Layers.load(options.models / "layers.safetensors")
    vae, left = autoencoder(), options.minutes
    if folder.exists():
        vae.load_state_dict(AutoencoderKL.from_pretrained(folder).float().state_dict())
    else:
        left *= 1 - CELLS
        first = options.work / "cells.pt"
        train_cells(vae.decoder, first, CELLS * options.minutes, options.seed, layers, sprites, batch=options.batch)
    train_decoder(
        *(vae.decoder, options.work / "decoder.pt", left, options.seed + 1, layers, sprites),
        batch=options.batch,
        workers=options.workers,
    )
    vae.half().save_pretrained(folder, max_shard_size=SHARD)


def _probe(options: argparse.Namespace, sprites: Sprites) -> None:
    from refine.world3.probe import save_probe, train_probe

    model = train_probe(options.work / "probe.pt", options.minutes, options.seed, sprites)
    save_probe(model, options.work / "probe.safetensors")


if __name__ == "__main__":
    sys.exit(main())
