"""The stages: everything from artwork to targets, in order, each keeping its result for the next.

Knows: which stage needs what, where results lie, how long each takes by default. Does not know: how a stage does its work.
A stage that was cut goes on from its checkpoint; one that is finished returns at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from diffusers import StableDiffusion3Pipeline
from transformers import CLIPTokenizer

from refine.files import write_whole
from refine.world3 import targets
from refine.world3.checks.workers import workers
from refine.world3.models import autoencoder, clip_pair, perceptual, pipeline, probe
from refine.world3.models.layers import Layers, fit_layers
from refine.world3.scenes import artwork
from refine.world3.scenes.sprites import Sprites, read_sprites
from refine.world3.training.cells import Cells, load_cells, save_cells, train_cells, train_sprites
from refine.world3.training.clip_pair import train_clip
from refine.world3.training.decoder import train_decoder
from refine.world3.training.encoder import train_encoder
from refine.world3.training.perceptual import fit_heads, train_backbone
from refine.world3.training.probe import train_probe
from refine.world3.training.transformer import train_transformer
from refine.world3.words import tokenizer
from refine.world3.words.known_words import known_words


@dataclass(frozen=True)
class Build:
    """Where a world is made: checkpoints in `work`, the finished parts in `assets`, chance from `seed`.

    `minutes` overrides every stage's own time, `batch` the transformer's and the decoder's; `start` is a finished world
    whose weights the new ones grow from. `jobs` processes put batches together and draw targets.
    """

    work: Path
    assets: Path
    seed: int
    minutes: float | None = None
    start: Path | None = None
    jobs: int = 1
    batch: int | None = None

    @cached_property
    def sprites(self) -> Sprites:
        """The artwork, installed when it is not there yet."""
        return read_sprites(artwork.install(self.work))

    @cached_property
    def begun(self) -> StableDiffusion3Pipeline | None:
        """The pipeline of the world to start from."""
        return pipeline.load(self.start / "pipeline") if self.start else None

    @cached_property
    def tokenizer(self) -> CLIPTokenizer:
        """The tokenizer of its stage, or of the world to start from."""
        return self.begun.tokenizer if self.begun else tokenizer.load(self.work / "tokenizer")

    @cached_property
    def layers(self) -> Layers:
        """The codes of their stage."""
        return Layers.load(self.assets / "layers.safetensors")

    @property
    def workers(self) -> int:
        """Processes that make batches, beside the one that learns."""
        return self.jobs - 1

    def time(self, usual: float) -> float:
        """Minutes for a stage."""
        return usual if self.minutes is None else self.minutes


def make_vocabulary(build: Build) -> None:
    """Write down the words that the world knows, for whoever wants to tell a participant."""
    build.assets.mkdir(parents=True, exist_ok=True)
    write_whole(build.assets / "vocabulary.txt", "\n".join([*known_words(), ""]).encode())


def make_artwork(build: Build) -> None:
    """Fetch the icons."""
    artwork.install(build.work)


def make_tokenizer(build: Build) -> None:
    """Learn the vocabulary of tokens."""
    if build.start is None and not (build.work / "tokenizer").exists():
        tokenizer.learn(build.work / "tokenizer", build.seed)


def make_layers(build: Build) -> None:
    """Find the objects' codes."""
    path = build.assets / "layers.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    if build.start is not None:
        Layers.load(build.start / "layers.safetensors").save(path)
    elif not path.exists():
        fit_layers(build.sprites).save(path)


def make_cells(build: Build) -> None:
    """Train the decoder's part at 16 px, unless there is a decoder to start from."""
    if build.start is not None:
        return
    cells, vae, known = Cells(), autoencoder.autoencoder(), build.assets / "cells.safetensors"
    if known.exists():
        cells = load_cells(known)
    else:
        train_sprites(cells, build.work / "sprites.pt", build.time(40), build.seed, build.layers, build.sprites)
        save_cells(cells, known)
    train_cells(
        *(cells, build.work / "cells.pt", build.time(60), build.seed, build.layers, build.sprites),
        *(build.batch or 8, build.workers),
    )
    cells.put_into(vae.decoder)
    vae.save_pretrained(build.work / "cells")


def make_decoder(build: Build) -> None:
    """Train the whole decoder."""
    vae = build.begun.vae if build.begun else autoencoder.AutoencoderKL.from_pretrained(build.work / "cells")
    train_decoder(
        *(vae.decoder, build.work / "decoder.pt", build.time(60), build.seed, build.layers, build.sprites),
        *(build.batch or 8, build.workers),
    )
    vae.save_pretrained(build.work / "decoder")


def make_encoder(build: Build) -> None:
    """Train the encoder for the decoder."""
    vae = autoencoder.AutoencoderKL.from_pretrained(build.work / "decoder")
    checkpoint = build.work / "encoder.pt"
    train_encoder(
        vae, checkpoint, build.time(30), build.seed, build.layers, build.sprites, build.batch or 8, build.workers
    )
    vae.save_pretrained(build.work / "vae")


def make_transformer(build: Build) -> None:
    """Train the transformer and the text encoders, and put the pipeline together."""
    models = train_transformer(
        build.work / "transformer.pt",
        build.time(240),
        build.seed,
        build.layers,
        build.tokenizer,
        pipeline.load_models(build.begun) if build.begun else None,
        build.batch or 32,
        build.workers,
    )
    vae = autoencoder.AutoencoderKL.from_pretrained(build.work / "vae")
    pipeline.save(pipeline.assemble(models, build.tokenizer, vae), build.assets / "pipeline")


def make_clip(build: Build) -> None:
    """Train the two CLIP models."""
    for name in clip_pair.SHAPES:
        checkpoint = build.work / f"{name}.pt"
        model = train_clip(name, checkpoint, build.time(25), build.seed, build.sprites, build.tokenizer)
        clip_pair.save_clip(name, model, len(build.tokenizer), build.assets / "metrics" / name)


def make_lpips(build: Build) -> None:
    """Train LPIPS: its backbone, then its heads."""
    backbone = train_backbone(build.work / "lpips.pt", build.time(25), build.seed, build.sprites)
    fit_heads(backbone.metric, build.seed, build.sprites)
    perceptual.save_metric(backbone.metric, build.assets / "metrics" / "lpips" / "lpips.safetensors")


def make_probe(build: Build) -> None:
    """Train the probe."""
    model = train_probe(build.work / "probe.pt", build.time(40), build.seed, build.sprites)
    build.assets.mkdir(parents=True, exist_ok=True)
    probe.save_probe(model, build.assets / "probe.safetensors")


def make_targets(build: Build) -> None:
    """Choose and draw the hundred targets."""
    targets.save(
        choose_hundred(build.assets, artwork.install(build.work), build.seed, build.jobs), build.assets / "targets"
    )


def choose_hundred(
    assets: Path, icons: Path, seed: int, jobs: int = 1, count: int = targets.EACH
) -> list[targets.Target]:
    """Draw `count` targets of each subject with the world in `assets`, in `jobs` processes."""
    with workers(jobs) as pool:
        found = [pool.submit(targets.draw_targets, assets, icons, name, seed, count) for name in targets.SUBJECTS]
        return [target for result in found for target in result.result()]


STAGES: dict[str, Callable[[Build], None]] = {
    "vocabulary": make_vocabulary,
    "artwork": make_artwork,
    "tokenizer": make_tokenizer,
    "layers": make_layers,
    "cells": make_cells,
    "decoder": make_decoder,
    "encoder": make_encoder,
    "transformer": make_transformer,
    "clip": make_clip,
    "lpips": make_lpips,
    "probe": make_probe,
    "targets": make_targets,
}
"""In the order in which they need each other."""


def run(build: Build, stage: str) -> None:
    """Run one stage, from a seed of its own so that stages do not depend on each other's chance."""
    torch.manual_seed(build.seed)
    STAGES[stage](build)
