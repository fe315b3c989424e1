"""`python -m refine.world`: make the embedded world again, check it, look at it.

Knows: the command line. Does not know: what a stage does.
"""

import argparse
import sys
from pathlib import Path

import torch

from refine.world import card, checks, noise, pipeline
from refine.world.sheet import sheet
from refine.world.stages import STAGES, Workshop, run

ASSETS = Path(__file__).parents[2] / "assets" / "world"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when a check is below its floor."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.command == "sheet":
        sheet(pipeline.load(options.assets / "pipeline"), options.out)
        return 0
    if options.command == "noise":
        _show(noise.measure(options.assets))
        return 0
    if options.command != "check":
        shop = Workshop(options.work, options.assets, options.seed, options.minutes, options.start, options.jobs)
        for stage in STAGES if options.command == "all" else [options.command]:
            run(shop, stage)
        if options.command != "all":
            return 0
    figures = checks.check(options.assets, options.captions, options.jobs)
    noise.measure(options.assets)
    card.write(options.assets)
    _show(figures)
    failed = checks.failures(figures)
    for sentence in failed:
        print(sentence, file=sys.stderr)
    return 1 if failed else 0


def _show(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"{name:26} {value:g}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.world", description="Make, check and show the embedded world."
    )
    parser.add_argument(
        "command",
        choices=["all", *STAGES, "check", "noise", "sheet"],
        help="a stage, all of them, what it does, or a look",
    )
    parser.add_argument("--work", type=Path, default=Path("world-work"), help="folder for artwork and checkpoints")
    parser.add_argument("--assets", type=Path, default=ASSETS, help="folder for the finished world")
    parser.add_argument("--minutes", type=float, help="time for each stage that trains, instead of its own")
    parser.add_argument("--seed", type=int, default=7, help="where chance comes from")
    parser.add_argument("--start", type=Path, help="a finished world whose weights the new ones grow from")
    parser.add_argument("--threads", type=int, default=1, help="the pixels of a drawing depend on it in the last bit")
    parser.add_argument("--jobs", type=int, default=1, help="processes that draw targets and checks")
    parser.add_argument("--captions", type=int, default=200, help="how many unseen captions the check draws")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"), help="where the contact sheet goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
