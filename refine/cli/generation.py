"""For researchers: draw the target pictures, or make them from your own; draw a participant's picture again and compare.

Knows: the commands. Does not know: how to draw or compare.
"""

import argparse
import sys
from pathlib import Path

from huggingface_hub import get_token

from refine.configuration import (
    StartError,
    drawing_settings,
    open_generator,
    open_journal,
    target_settings,
    targets_folder,
)
from refine.generation.adopt import adopt
from refine.generation.generator import GenerationError
from refine.generation.pipeline import PipelineGenerator
from refine.generation.redraw import compare
from refine.generation.targets import draw_targets, read_prompts
from refine.profiles import PROFILES
from refine.protocol import Provenance
from refine.settings import Settings, SettingsError, read_settings
from refine.storage.errors import StorageError
from refine.storage.pictures.folder import Pictures


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0 done (redraw: the same), 1 not, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="python -m refine.generation", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    targets = commands.add_parser("targets", help="draw the target pictures; goes on where it was interrupted")
    targets.add_argument("--profile", choices=PROFILES, help="default: REFINE_PROFILE")
    targets.add_argument("--out", type=Path, help="default: where the study looks for them")
    own = commands.add_parser("adopt", help="make targets from your own pictures and a table of prompts")
    own.add_argument("pictures", type=Path, metavar="FOLDER", help="the folder with the pictures")
    own.add_argument(
        "--csv", type=Path, required=True, help="a table with columns file and prompt, perhaps subject and id"
    )
    own.add_argument("--out", type=Path, required=True, help="a new folder, for REFINE_TARGETS")
    redraw = commands.add_parser("redraw", help="draw an iteration again and compare the pixels")
    redraw.add_argument("iteration", metavar="ITERATION_ID")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings()
        if given.command == "targets":
            return _targets(settings.model_copy(update={"profile": given.profile or settings.profile}), given.out)
        if given.command == "adopt":
            return _adopt(settings, given.pictures, given.csv, given.out)
        return _redraw(settings, given.iteration)
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return 2
    except (StartError, GenerationError, StorageError) as fault:
        print(fault, file=sys.stderr)
        return 1


def _targets(settings: Settings, out: Path | None) -> int:
    source = PROFILES[settings.profile].prompts
    folder = out or targets_folder(settings)
    draw_targets(open_generator(settings, target_settings(settings)), read_prompts(source), folder)
    print(f"The targets are in {folder}.")
    return 0


def _adopt(settings: Settings, pictures: Path, table: Path, out: Path) -> int:
    drawing = drawing_settings(settings)
    adopted = adopt(pictures, table, out, (drawing.width, drawing.height))
    print(f"{adopted.targets} targets of {drawing.width} x {drawing.height} pixels are in {out}.")
    for words, files in (
        ("The edges were cut, so that the shape is that of the drawings", adopted.cut),
        ("Smaller than the drawings, and blurred therefore", adopted.enlarged),
        ("Not in the table, and left out", adopted.unnamed),
    ):
        if files:
            print(f"{words}: {', '.join(files)}")
    print(f"To show them, set REFINE_TARGETS={out}")
    return 0


def _redraw(settings: Settings, iteration_id: str) -> int:
    iteration = open_journal(settings).iteration(iteration_id)
    if iteration is None:
        raise GenerationError(f"There is no iteration {iteration_id!r} in the journal in {settings.data_dir}.")
    stored = Pictures(settings.data_dir / "pictures").open(iteration.picture)
    generator = _generator_of(iteration.provenance)
    drawing = generator.draw(iteration.prompt, lambda done: None)
    result = compare(stored, drawing.picture)
    print(
        f"{result.verdict}: {result.differing:,} of {result.values:,} values differ, by at most {result.largest} of 255"
    )
    if result.differing:
        print(f"drawn then: {_circumstances(iteration.provenance)}")
        print(f"drawn now:  {_circumstances(drawing.provenance)}")
    return 0 if result.verdict != "different" else 1


def _generator_of(provenance: Provenance) -> PipelineGenerator:
    settings = provenance.settings
    for profile in PROFILES.values():
        if profile.drawing.model == settings.model:
            return PipelineGenerator(profile.pipeline, settings, token=get_token())
    known = ", ".join(profile.drawing.model for profile in PROFILES.values())
    raise GenerationError(f"It was drawn by {settings.model}, which no profile has. Known are {known}.")


def _circumstances(provenance: Provenance) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(provenance.versions.items()))
    return f"{provenance.settings.revision}, {provenance.dtype} on {provenance.device}, {versions}"


if __name__ == "__main__":
    sys.exit(main())
