"""Picture files that people bring, as the eight-bit sRGB picture that a viewer shows: one rule, or a refusal in words.

Knows: file formats, orientation, transparency, bit depth, colour profiles. Does not know: what a picture is for.

The rule: turned as its EXIF tag says; palettes and greys become RGB; 16-bit greys are scaled to 8 bits; what is
transparent shows white; an embedded colour profile is applied. Several frames, CMYK without a profile, and values without
a known range (32-bit integers, floating point) are refused.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

PLAIN = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "CMYK"}
GREYS = {"1", "L", "LA", "La"}


class PictureError(ValueError):
    """A picture file that is refused. The message goes on after its name: "... has two frames: ..."."""


def read_foreign(path: Path) -> Image.Image:
    """The picture in a file, RGB. Raises `PictureError`, and `FileNotFoundError` if there is none."""
    try:
        with Image.open(path) as file:
            # Phones keep a second view beside the picture itself, and call that a frame.
            if getattr(file, "n_frames", 1) > 1 and file.format != "MPO":
                raise PictureError("has more than one frame: save the one that is meant as a PNG file")
            file.load()
            turned = ImageOps.exif_transpose(file)
            return _as_seen(turned, file.info.get("icc_profile"))
    except (FileNotFoundError, PictureError, MemoryError):
        raise
    except Image.DecompressionBombError as fault:
        raise PictureError("has too many pixels: make it smaller first") from fault
    except Exception as fault:  # a damaged file is whatever its format's reader stumbles over
        raise PictureError("cannot be read as a picture: save it as a PNG, JPEG or WebP file") from fault


def _as_seen(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode.startswith("I;16") and "transparency" not in picture.info:
        wide = np.asarray(picture).astype(np.uint32)
        picture = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    if picture.mode not in PLAIN:
        raise PictureError(
            f"has values whose range is not known (Pillow's mode {picture.mode}): save it as an 8-bit PNG file"
        )
    if picture.mode == "CMYK" and not profile:
        raise PictureError("is in CMYK without a colour profile: save it as an sRGB PNG file")
    opaque = _on_white(picture)
    if not profile:
        return opaque.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        shown = ImageCms.profileToProfile(opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError) as fault:
        raise PictureError("has a colour profile that cannot be applied: save it as an sRGB PNG file") from fault
    assert shown is not None, "a new picture, because it was not asked for in place"
    return shown


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, in the colours that a profile speaks of: L, RGB or CMYK."""
    if picture.mode == "CMYK":
        return picture
    mode = "L" if picture.mode in GREYS else "RGB"
    if not picture.has_transparency_data:
        return picture.convert(mode)
    seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    white.alpha_composite(seen)
    return white.convert("RGB").convert(mode)
