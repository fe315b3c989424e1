"""The pictures that participants will try to reach: a list of prompts, drawn into a folder.

Knows: the folder's layout while it grows, how to go on after an interruption. Does not know: how a picture is
drawn, or how the study reads the folder (storage).

The folder: a PNG file for each target; `targets.json`, a list of {id, subject, prompt, file, pixel_hash},
written only when all are drawn (until then `targets.part.json`); `drawing.json`, the settings of the drawing.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from refine.generation.generator import GenerationError, Generator
from refine.protocol import pixel_hash


@dataclass(frozen=True, slots=True)
class TargetPrompt:
    """What to draw: `id` names the file, `subject` is one of the set's subjects."""

    id: str
    subject: str
    prompt: str


def read_prompts(file: Path) -> list[TargetPrompt]:
    """The prompts in a JSON list of objects with `id`, `subject` and `prompt`. Raises `GenerationError`."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [TargetPrompt(entry["id"], entry["subject"], entry["prompt"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise GenerationError(f"The target prompts in {file} cannot be read: {fault!r}.") from fault


def draw_targets(generator: Generator, prompts: Sequence[TargetPrompt], folder: Path) -> None:
    """Draw all prompts into `folder`, with a progress bar. Pictures that are there already are kept.

    Raises `GenerationError` if a drawing fails, or if the folder holds targets drawn with other settings.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, generator)
        done = {entry["id"]: entry for entry in _entries(folder)}
        entries = []
        for prompt in tqdm(prompts, desc="targets", unit="picture"):
            entry = done.get(prompt.id)
            if entry is None or not _stands(entry, prompt, folder):
                entry = _draw(generator, prompt, folder)
            entries.append(entry)
            _write_json(folder / "targets.part.json", entries)
        os.replace(folder / "targets.part.json", folder / "targets.json")
    except OSError as fault:
        raise GenerationError(f"The targets could not be written to {folder}: {fault}.") from fault


def _claim(folder: Path, generator: Generator) -> None:
    settings, label = asdict(generator.settings), folder / "drawing.json"
    if not label.exists() and not (folder / "targets.json").exists():
        _write_json(label, settings)
    elif not label.exists() or json.loads(label.read_text()) != settings:
        raise GenerationError(
            f"{folder} holds targets that were drawn otherwise. Choose another folder, or remove this one."
        )


def _entries(folder: Path) -> list[dict[str, str]]:
    known: list[dict[str, str]] = []
    for name in ("targets.json", "targets.part.json"):
        if (folder / name).exists():
            known += json.loads((folder / name).read_text(encoding="utf-8"))
    return known


def _stands(entry: dict[str, str], prompt: TargetPrompt, folder: Path) -> bool:
    if (entry["subject"], entry["prompt"]) != (prompt.subject, prompt.prompt):
        return False
    try:
        with Image.open(folder / entry["file"]) as picture:
            return pixel_hash(picture) == entry["pixel_hash"]
    except (OSError, SyntaxError):
        return False  # missing or damaged (Pillow calls a broken PNG a syntax error): drawn again


def _draw(generator: Generator, prompt: TargetPrompt, folder: Path) -> dict[str, str]:
    picture = generator.draw(prompt.prompt, lambda done: None).picture
    file = f"{prompt.id}.png"
    part = folder / f"{file}.part"
    with part.open("wb") as stream:
        picture.save(stream, "PNG")
        _settle(stream.fileno())
    os.replace(part, folder / file)
    return {**asdict(prompt), "file": file, "pixel_hash": pixel_hash(picture)}


def _write_json(file: Path, content: object) -> None:
    part = file.with_suffix(".json.part")
    with part.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1, ensure_ascii=False)
        stream.flush()
        _settle(stream.fileno())
    os.replace(part, file)


def _settle(descriptor: int) -> None:
    # On disk before the new name is: a power cut leaves the old file or the new one.
    os.fsync(descriptor)
