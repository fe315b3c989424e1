"""Pictures: lossless files named by their pixels.

Knows: files and hashes. Does not know: what a picture shows, or who drew it.
"""

from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from refine.protocol import pixel_hash
from refine.storage.disk import keep_file
from refine.storage.errors import DamagedError, StorageError


class Pictures:
    """A folder of PNG files, two hex digits a subfolder. The same pixels are kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, pixels: str) -> Path:
        """Where the picture with this pixel hash is, or would be."""
        return self.folder / pixels[:2] / f"{pixels}.png"

    def add(self, content: bytes) -> str:
        """Keep a PNG file and return its pixel hash; when this returns, the file is on disk, whole.

        Raises `StorageError` if it is no picture or cannot be written.
        """
        pixels = read_pixels(content)
        path = self.path(pixels)
        if not path.exists():
            keep_file(path, content)
        return pixels

    def open(self, pixels: str) -> Image.Image:
        """The picture with this pixel hash, RGB. Raises `StorageError` if it is missing or damaged."""
        return read_picture(self.path(pixels), pixels)

    def delete(self, pixels: str) -> None:
        """Remove the picture with this pixel hash. One that is not there is no fault."""
        try:
            self.path(pixels).unlink(missing_ok=True)
        except OSError as fault:
            raise StorageError(f"The picture {self.path(pixels)} cannot be removed: {fault.strerror}.") from fault


def png(picture: Image.Image) -> bytes:
    """A picture as an RGB PNG file."""
    content = BytesIO()
    picture.convert("RGB").save(content, "PNG")
    return content.getvalue()


def read_pixels(content: bytes) -> str:
    """The pixel hash of a picture file. Raises `DamagedError` if it is none."""
    try:
        with Image.open(BytesIO(content)) as file:
            return pixel_hash(file.convert("RGB"))
    except (OSError, SyntaxError, UnidentifiedImageError) as fault:
        raise DamagedError("A picture is damaged: it cannot be read.") from fault


def read_picture(path: Path, pixels: str) -> Image.Image:
    """The picture at `path`, checked against its pixel hash. Raises `StorageError` if it is missing or damaged."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGB")
    except FileNotFoundError as fault:
        raise StorageError(f"The picture {path} is missing.") from fault
    except (OSError, SyntaxError, UnidentifiedImageError) as fault:
        raise StorageError(f"The picture {path} is damaged: it cannot be read.") from fault
    if pixel_hash(picture) != pixels:
        raise StorageError(f"The picture {path} is damaged: it is not the one that was written.")
    return picture
