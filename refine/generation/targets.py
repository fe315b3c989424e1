"""The pictures that participants will try to reach: a list of prompts, drawn into a folder.

Knows: the folder's layout while it grows, how to go on after an interruption. Does not know: how a picture is
drawn, or how the study reads the folder (storage).

The folder: a PNG file for each target; `targets.json`, their list, written only when all are drawn (until then
`targets.part.json`); `drawing.json`, the settings of the drawing.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from refine.files import write_whole
from refine.generation.generator import GenerationError, Generator
from refine.protocol import pixel_hash
from refine.target_list import LIST, Entry, TargetListError, read_list, write_list

PART = "targets.part.json"


@dataclass(frozen=True, slots=True)
class TargetPrompt:
    """What to draw: `id` names the file, `subject` is one of the set's subjects, `grade` how hard it is said to be."""

    id: str
    subject: str
    prompt: str
    grade: str = ""


def read_prompts(file: Path) -> list[TargetPrompt]:
    """The prompts in a JSON list of objects with `id`, `subject` and `prompt`. Raises `GenerationError`."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [
            TargetPrompt(entry["id"], entry["subject"], entry["prompt"], entry.get("grade", "")) for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise GenerationError(f"The target prompts in {file} cannot be read: {fault!r}.") from fault


def draw_targets(generator: Generator, prompts: Sequence[TargetPrompt], folder: Path) -> None:
    """Draw all prompts into `folder`, with a progress bar. Pictures that are there already are kept.

    Raises `GenerationError` if a drawing fails, or if the folder holds targets drawn with other settings.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, generator)
        done = {entry.id: entry for name in (LIST, PART) for entry in _entries(folder / name)}
        entries: list[Entry] = []
        for prompt in tqdm(prompts, desc="targets", unit="picture"):
            entry = done.get(prompt.id)
            if entry is None or not _stands(entry, prompt, folder):
                entry = _draw(generator, prompt, folder)
            entries.append(entry)
            write_list(folder / PART, entries)
        write_list(folder / LIST, entries)
        (folder / PART).unlink(missing_ok=True)
    except OSError as fault:
        raise GenerationError(f"The targets could not be written to {folder}: {fault}.") from fault
    except TargetListError as fault:
        raise GenerationError(
            f"The targets in {folder} cannot be gone on with: {fault}. Choose another folder."
        ) from fault


def _claim(folder: Path, generator: Generator) -> None:
    settings, label = asdict(generator.settings), folder / "drawing.json"
    if not label.exists() and not (folder / LIST).exists():
        write_whole(label, json.dumps(settings, indent=1).encode())
    elif not label.exists() or json.loads(label.read_text()) != settings:
        raise GenerationError(
            f"{folder} holds targets that were drawn otherwise. Choose another folder, or remove this one."
        )


def _entries(path: Path) -> list[Entry]:
    return read_list(path) if path.exists() else []


def _stands(entry: Entry, prompt: TargetPrompt, folder: Path) -> bool:
    if (entry.subject, entry.prompt) != (prompt.subject, prompt.prompt):
        return False
    try:
        with Image.open(folder / entry.file) as picture:
            return pixel_hash(picture) == entry.pixel_hash
    except (OSError, SyntaxError):
        return False  # missing or damaged (Pillow calls a broken PNG a syntax error): drawn again


def _draw(generator: Generator, prompt: TargetPrompt, folder: Path) -> Entry:
    picture = generator.draw(prompt.prompt, lambda done: None).picture
    file, content = f"{prompt.id}.png", BytesIO()
    picture.save(content, "PNG")
    write_whole(folder / file, content.getvalue())
    return Entry(prompt.id, prompt.subject, prompt.prompt, file, pixel_hash(picture), prompt.grade)
