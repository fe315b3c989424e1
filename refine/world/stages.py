"""The stages: everything from artwork to targets, in order, each keeping its result for the next.

Knows: which stage needs what, where results lie, how long each takes by default. Does not know: how a stage
does its work. A stage that was cut goes on from its checkpoint; one that is finished returns at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from transformers import CLIPTokenizer

from refine.world import (
    artwork,
    autoencoder,
    clip_pair,
    drawing,
    latents,
    perceptual,
    pipeline,
    probe,
    targets,
    tokenizer,
)
from refine.world.artwork import Sprites
from refine.world.known_words import known_words
from refine.world.models import Drawing
from refine.world3.checks.workers import workers
from refine.world3.models.perceptual import save_metric
from refine.world3.scenes.artwork import install


@dataclass(frozen=True)
class Workshop:
    """Where a world is made: checkpoints in `work`, the finished parts in `assets`, chance from `seed`.

    `minutes` overrides every stage's own time. `start` is a finished world whose weights the new ones grow
    from. `jobs` processes draw the targets.
    """

    work: Path
    assets: Path
    seed: int
    minutes: float | None = None
    start: Path | None = None
    jobs: int = 1

    @cached_property
    def sprites(self) -> Sprites:
        """The artwork, installed when it is not there yet."""
        return artwork.render(install(self.work))

    @cached_property
    def tokenizer(self) -> CLIPTokenizer:
        """The tokenizer of the tokenizer stage, or of the world to start from."""
        return tokenizer.load(self.start / "pipeline" / "tokenizer" if self.start else self.work / "tokenizer")

    @cached_property
    def latents(self) -> latents.Latents:
        """The principal components of the latents stage, or of the world to start from."""
        return latents.Latents.load((self.start or self.assets) / "latents.safetensors")

    def time(self, usual: float) -> float:
        """Minutes for a stage."""
        return usual if self.minutes is None else self.minutes


def make_artwork(shop: Workshop) -> None:
    """Fetch the icons."""
    install(shop.work)


def make_tokenizer(shop: Workshop) -> None:
    """Learn the vocabulary."""
    if shop.start is None and not (shop.work / "tokenizer").exists():
        tokenizer.learn(shop.work / "tokenizer", shop.seed)


def make_latents(shop: Workshop) -> None:
    """Find the principal components."""
    path = shop.assets / "latents.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    if shop.start is not None:
        shop.latents.save(path)
    elif not path.exists():
        latents.fit(shop.sprites, shop.seed).save(path)


def make_autoencoder(shop: Workshop) -> None:
    """Train decoder and encoder."""
    vae = autoencoder.autoencoder()
    if shop.start is not None:
        vae = pipeline.load(shop.start / "pipeline").vae
    seed, sprites, grid = shop.seed, shop.sprites, shop.latents
    autoencoder.train_decoder(vae.decoder, shop.work / "decoder.pt", shop.time(60), seed, sprites, grid)
    autoencoder.train_encoder(vae.encoder, shop.work / "encoder.pt", shop.time(10), seed, sprites, grid)
    vae.eval().save_pretrained(shop.work / "vae")


def make_drawing(shop: Workshop) -> None:
    """Train the transformer and the text encoders, and assemble the pipeline."""
    start: Drawing | None = pipeline.load_drawing(shop.start / "pipeline") if shop.start else None
    model = drawing.train_drawing(
        shop.work / "drawing.pt",
        shop.time(150),
        shop.seed,
        shop.sprites,
        shop.tokenizer,
        shop.latents,
        start,
    )
    vae = autoencoder.AutoencoderKL.from_pretrained(shop.work / "vae")
    pipeline.save(pipeline.assemble(model, shop.tokenizer, vae), shop.assets / "pipeline")


def make_clip(shop: Workshop) -> None:
    """Train the two CLIP models."""
    for name in clip_pair.SHAPES:
        model = clip_pair.train_clip(
            name, shop.work / f"{name}.pt", shop.time(8), shop.seed, shop.sprites, shop.tokenizer
        )
        clip_pair.save_clip(name, model, len(shop.tokenizer), shop.assets / "metrics" / name)


def make_lpips(shop: Workshop) -> None:
    """Train LPIPS: its backbone, then its heads."""
    backbone = perceptual.train_backbone(shop.work / "lpips.pt", shop.time(10), shop.seed, shop.sprites)
    perceptual.fit_heads(backbone.metric, shop.seed, shop.sprites)
    save_metric(backbone.metric, shop.assets / "metrics" / "lpips" / "lpips.safetensors")


def make_probe(shop: Workshop) -> None:
    """Train the probe."""
    model = probe.train_probe(shop.work / "probe.pt", shop.time(30), shop.seed, shop.sprites)
    shop.assets.mkdir(parents=True, exist_ok=True)
    probe.save_probe(model, shop.assets / "probe.safetensors")


def make_targets(shop: Workshop) -> None:
    """Choose and draw the hundred targets."""
    icons, subjects = install(shop.work), targets.SUBJECTS
    with workers(shop.jobs) as pool:
        found = [pool.submit(targets.choose, shop.assets, icons, subject, shop.seed) for subject in subjects]
        chosen = [(subject, one) for subject, result in zip(subjects, found, strict=True) for one in result.result()]
    targets.save(chosen, shop.assets / "targets")


def make_vocabulary(shop: Workshop) -> None:
    """Write down the words that the world knows, for whoever wants to tell a participant."""
    shop.assets.mkdir(parents=True, exist_ok=True)
    (shop.assets / "vocabulary.txt").write_text("\n".join(known_words()) + "\n", encoding="utf-8")


STAGES: dict[str, Callable[[Workshop], None]] = {
    "vocabulary": make_vocabulary,
    "artwork": make_artwork,
    "tokenizer": make_tokenizer,
    "latents": make_latents,
    "autoencoder": make_autoencoder,
    "drawing": make_drawing,
    "clip": make_clip,
    "lpips": make_lpips,
    "probe": make_probe,
    "targets": make_targets,
}
"""In the order in which they need each other."""


def run(shop: Workshop, stage: str) -> None:
    """Run one stage, from a seed of its own so that stages do not depend on each other's chance."""
    torch.manual_seed(shop.seed)
    STAGES[stage](shop)
