"""Targets: a folder of pictures with `targets.json`, which says what they are.

Knows: the pictures of the folder, and which of them a study can show. Does not know: how they were drawn, or who sees which.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from refine.foreign_pictures import PictureError, read_foreign
from refine.protocol import DrawingSettings, Target, pixel_hash
from refine.storage.errors import StorageError
from refine.target_list import LIST, TargetListError, read_list


@dataclass(frozen=True, slots=True)
class TargetSet:
    """The targets of a study by id, and their pictures. `drawing`: with which settings, if that is known.

    `sizes` are width and height of the pictures, in pixels.
    """

    targets: dict[str, Target]
    files: dict[str, Path]
    sizes: dict[str, tuple[int, int]]
    drawing: DrawingSettings | None = None

    def check(self, drawing: DrawingSettings, trials: int) -> None:
        """Whether sessions of so many trials can be held with them. Raises `StorageError`.

        Each trial needs a target of its own, and a picture as large as drawings are: else the two could not be compared.
        """
        if len(self.targets) < trials:
            raise StorageError(
                f"A session has {trials} trials with a target each, and there are {len(self.targets)} targets. Set "
                "REFINE_TRIALS to fewer, or bring more targets."
            )
        for target_id, (width, height) in self.sizes.items():
            if (width, height) != (drawing.width, drawing.height):
                raise StorageError(
                    f"The target {self.files[target_id]} is {width} x {height} pixels, and drawings are {drawing.width} x "
                    f"{drawing.height}: they could not be compared. Bring your pictures to that size with python -m "
                    "refine.generation adopt, or set REFINE_SIZE to theirs."
                )

    def picture(self, target_id: str) -> Image.Image:
        """The picture of a target, RGB. Raises `StorageError` if there is none, or its file is missing or damaged."""
        if target_id not in self.targets:
            raise StorageError(f"There is no target {target_id}: the study has other targets now.")
        path = self.files[target_id]
        try:
            picture = read_foreign(path)
        except FileNotFoundError as fault:
            raise StorageError(f"The picture {path} is missing.") from fault
        except PictureError as fault:
            raise StorageError(f"The picture {path} {fault}.") from fault
        if pixel_hash(picture) != self.targets[target_id].picture:
            raise StorageError(f"The picture {path} is damaged: it is not the one that {LIST} describes.")
        return picture


def load_targets(folder: Path, drawing: DrawingSettings | None = None) -> TargetSet:
    """The targets in a folder, drawn with `drawing`, every picture checked against its pixel hash.

    Raises `StorageError` if there are none, or one is missing, damaged, or of no kind that can be shown.
    """
    try:
        entries = read_list(folder / LIST)
    except FileNotFoundError as fault:
        raise StorageError(
            f"There are no targets in {folder}. Draw them with these settings first (python -m refine.generation targets), "
            "or make them from your own pictures (python -m refine.generation adopt)."
        ) from fault
    except (OSError, TargetListError) as fault:
        raise StorageError(
            f"{folder / LIST} cannot be used: {fault}. Make it anew with python -m refine.generation adopt, or draw the "
            "targets again."
        ) from fault
    targets = {
        entry.id: Target(entry.id, entry.subject, entry.prompt, entry.pixel_hash, entry.grade) for entry in entries
    }
    found = TargetSet(targets, {entry.id: folder / entry.file for entry in entries}, {}, drawing)
    sizes = {target_id: found.picture(target_id).size for target_id in targets}
    return replace(found, sizes=sizes)
