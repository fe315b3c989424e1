"""`python -m refine.world3`: make the embedded world again, check it, look at it.

Knows: the command line. Does not know: what a stage does.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from refine.world3 import targets
from refine.world3.checks import card, check, depth, noise
from refine.world3.checks.likeness import similarities
from refine.world3.checks.sheet import sheet
from refine.world3.models import pipeline
from refine.world3.scenes import artwork
from refine.world3.scenes.compose import compose
from refine.world3.scenes.description import Description
from refine.world3.scenes.sprites import Sprites, read_sprites
from refine.world3.stages import STAGES, Build, choose_hundred, run

ASSETS = Path(__file__).parents[2] / "assets" / "world3"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when a check misses its aim."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.command == "targets" and options.out:
        _another_hundred(options)
        return 0
    if options.command in LOOKS:
        LOOKS[options.command](options)
        return 0
    if options.command != "check":
        build = Build(
            *(options.work, options.assets, options.seed, options.minutes, options.start, options.jobs, options.batch)
        )
        for stage in STAGES if options.command == "all" else [options.command]:
            run(build, stage)
        if options.command != "all":
            return 0
    figures = check.check(options.assets, artwork.install(options.work), options.captions, options.jobs)
    noise.measure(options.assets)
    card.write(options.assets)
    _show(figures)
    missed = check.failures(figures)
    for sentence in missed:
        print(sentence, file=sys.stderr)
    return 1 if missed else 0


def _show(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"{name:34} {value:g}")


def _noise(options: argparse.Namespace) -> None:
    _show(noise.measure(options.assets))


def _sheet(options: argparse.Namespace) -> None:
    sheet(pipeline.load(options.assets / "pipeline"), options.out or Path("sheet.png"))


def _another_hundred(options: argparse.Namespace) -> None:
    """Another hundred targets, in a folder that the study can be pointed at."""
    targets.save(choose_hundred(options.assets, artwork.install(options.work), options.seed, options.jobs), options.out)
    print(f"The targets are in {options.out}.")


def _depth(options: argparse.Namespace) -> None:
    """The depth of `--count` targets of each subject, as the perfect painter shows it or as the model does."""
    sprites, rng = read_sprites(artwork.install(options.work)), random.Random(options.seed)
    kept, paint = _composed(options, sprites) if options.perfect else _drawn(options, rng)
    measured = depth.measure_depth(kept, paint, similarities(options.assets / "metrics"), rng)
    print(json.dumps(measured._asdict(), indent=1) if options.json else depth.table(measured))


Kept = list[tuple[Description, Image.Image]]
Paint = Callable[[Description], Image.Image]


def _composed(options: argparse.Namespace, sprites: Sprites) -> tuple[Kept, Paint]:
    painter = targets.perfect_painter(sprites)
    chosen = [
        one
        for subject in targets.SUBJECTS
        for one in targets.choose_targets(subject, options.seed, sprites, painter, options.count)
    ]
    return [(one.description, one.picture) for one in chosen], lambda description: compose(description, sprites)


def _drawn(options: argparse.Namespace, rng: random.Random) -> tuple[Kept, Paint]:
    """The targets of the world itself, the first `--count` of each subject, and its pipeline."""
    folder = options.assets / "targets"
    rows = [row for row in targets.load(folder) if int(row[0].id.rsplit("-")[-1]) <= options.count]
    kept = [(description, Image.open(folder / entry.file).convert("RGB")) for entry, description in rows]
    return kept, check.painter(pipeline.load(options.assets / "pipeline"), rng)


LOOKS = {"noise": _noise, "sheet": _sheet, "depth": _depth}
"""Commands that look at a finished world."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.world3", description="Make, check and show the embedded world."
    )
    parser.add_argument(
        "command", choices=["all", *STAGES, "check", *LOOKS], help="a stage, all of them, what it does, or a look"
    )
    parser.add_argument("--work", type=Path, default=Path("world-work"), help="folder for artwork and checkpoints")
    parser.add_argument("--assets", type=Path, default=ASSETS, help="folder for the finished world")
    parser.add_argument("--minutes", type=float, help="time for each stage that trains, instead of its own")
    parser.add_argument("--seed", type=int, default=7, help="where chance comes from")
    parser.add_argument("--start", type=Path, help="a finished world whose weights the new ones grow from")
    parser.add_argument("--threads", type=int, default=1, help="the pixels of a drawing depend on it in the last bit")
    parser.add_argument("--jobs", type=int, default=1, help="processes that make batches, draw targets and checks")
    parser.add_argument("--batch", type=int, help="scenes a step; on a GPU 512 with --jobs 15")
    parser.add_argument("--captions", type=int, default=400, help="how many unseen captions the check draws")
    parser.add_argument("--count", type=int, default=8, help="targets of each subject whose depth is measured")
    parser.add_argument("--perfect", action="store_true", help="measure depth by composed pictures, not drawings")
    parser.add_argument("--json", action="store_true", help="print depth as JSON instead of a table")
    parser.add_argument("--out", type=Path, help="where the contact sheet or another hundred targets go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
