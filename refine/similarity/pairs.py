"""Pairs of picture files to be compared: which file belongs to which, and both as pictures of one size, or refused in words.

Knows: names, sizes, and the rule by which they are made alike. Does not know: file formats (foreign_pictures), metrics.

The rule, beside that of `foreign_pictures`: a drawing of another size but the target's shape is resized to the target's size
(Lanczos); one of another shape, and a picture of more than `LARGEST` pixels a side, is refused.
"""

from pathlib import Path
from typing import NamedTuple

from PIL import Image

from refine.foreign_pictures import PictureError, read_foreign

LARGEST = 4096


class PairError(ValueError):
    """Two files that cannot be compared. The message is a plain sentence with what to do."""


class Pair(NamedTuple):
    """Two files, and the name under which their comparison is told."""

    name: str
    target: Path
    drawing: Path


def find_pairs(target: Path, drawing: Path) -> tuple[list[Pair], list[str]]:
    """Two pictures; a picture and each one in a folder; or the pictures of two folders that have the same name.

    Also returns a sentence for each picture that has no counterpart. Raises `PairError` if there is no pair.
    """
    if not target.is_dir() and not drawing.is_dir():
        return [Pair(drawing.name, target, drawing)], []
    if not drawing.is_dir():
        raise PairError(f"{target} is a folder and {drawing} is none: name the target first, or two folders.")
    drawings = _pictures(drawing)
    if not target.is_dir():
        pairs, alone = [Pair(name, target, path) for name, path in drawings.items()], []
    else:
        targets = _pictures(target)
        pairs = [Pair(name, targets[name], path) for name, path in drawings.items() if name in targets]
        left = [targets[name] for name in targets.keys() - drawings] + [
            drawings[name] for name in drawings.keys() - targets
        ]
        alone = [f"{path} has no counterpart in the other folder and is left out." for path in sorted(left)]
    if not pairs:
        raise PairError(
            f"There is nothing to compare in {target} and {drawing}: pictures of two folders need the same names."
        )
    return pairs, alone


def read_target(path: Path) -> Image.Image:
    """The picture in a file, RGB. Raises `PairError`."""
    try:
        picture = read_foreign(path)
    except FileNotFoundError as fault:
        raise PairError(f"There is no picture {path}.") from fault
    except PictureError as fault:
        raise PairError(f"{path} {fault}.") from fault
    if max(picture.size) > LARGEST:
        raise PairError(f"{path} has {_size(picture)} pixels, more than {LARGEST} a side: make it smaller first.")
    return picture


def read_drawing(path: Path, target: Image.Image) -> tuple[Image.Image, str]:
    """A picture as large as its target, and a sentence if it was not. Raises `PairError`."""
    drawing = read_target(path)
    if drawing.size == target.size:
        return drawing, ""
    # As high as it would be at the target's width, up to the half pixel that was rounded when one was made smaller.
    larger = target.width / drawing.width
    if abs(drawing.height * larger - target.height) > max(1.0, larger / 2):
        raise PairError(
            f"{path} has {_size(drawing)} pixels, which is another shape than the target's {_size(target)}: crop one of them "
            "first."
        )
    words = f"{path} was resized from {_size(drawing)} to the target's {_size(target)} pixels."
    return drawing.resize(target.size, Image.Resampling.LANCZOS), words


def _pictures(folder: Path) -> dict[str, Path]:
    """The picture files of a folder by their name without its ending."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in Image.registered_extensions() or path.name.startswith("."):
            continue
        if path.stem in found:
            raise PairError(f"{found[path.stem]} and {path.name} have the same name: remove one of them.")
        found[path.stem] = path
    return found


def _size(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height}"
