"""Targets: a folder of pictures with `targets.json`, which says what they are.

Knows: the layout of the folder. Does not know: how the pictures were drawn, or who sees which.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from refine.protocol import DrawingSettings, Target
from refine.storage.errors import StorageError
from refine.storage.pictures import png, read_picture, write_whole


@dataclass(frozen=True, slots=True)
class TargetSet:
    """The targets of a study by id, and their pictures. `drawing`: with which settings, if that is known."""

    targets: dict[str, Target]
    files: dict[str, Path]
    drawing: DrawingSettings | None = None

    def picture(self, target_id: str) -> Image.Image:
        """The picture of a target, RGB. Raises `StorageError` if there is none, or its file is missing or damaged."""
        if target_id not in self.targets:
            raise StorageError(f"There is no target {target_id}: the study has other targets now.")
        return read_picture(self.files[target_id], self.targets[target_id].picture)


def load_targets(folder: Path, drawing: DrawingSettings | None = None) -> TargetSet:
    """The targets in a folder, drawn with `drawing`, every picture checked against its pixel hash.

    Raises `StorageError` if there are none, or one is missing or damaged.
    """
    index = folder / "targets.json"
    try:
        entries = json.loads(index.read_text())
        targets = {e["id"]: Target(e["id"], e["subject"], e["prompt"], e["pixel_hash"]) for e in entries}
        files = {entry["id"]: folder / entry["file"] for entry in entries}
    except FileNotFoundError as fault:
        raise StorageError(
            f"There are no targets in {folder}. Draw them with these settings first: python -m refine.generation targets"
        ) from fault
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise StorageError(f"{index} is damaged ({fault!r}). Draw the targets again, or restore the file.") from fault
    found = TargetSet(targets, files, drawing)
    for target_id in targets:
        found.picture(target_id)
    return found


def save_targets(folder: Path, drawn: Iterable[tuple[Target, Image.Image]]) -> None:
    """Write targets with their pictures into a folder that `load_targets` reads."""
    entries = []
    for target, picture in drawn:
        write_whole(folder / f"{target.id}.png", png(picture))
        entries.append(
            {
                "id": target.id,
                "subject": target.subject,
                "prompt": target.prompt,
                "file": f"{target.id}.png",
                "pixel_hash": target.picture,
            }
        )
    write_whole(folder / "targets.json", json.dumps(entries, indent=1, ensure_ascii=False).encode())
