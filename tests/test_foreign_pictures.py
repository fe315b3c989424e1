"""Pictures that people bring are shown as a viewer shows them, or refused with what to do."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from refine.foreign_pictures import PictureError, read_foreign

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def read(tmp_path, picture, name="picture.png", **options):
    picture.save(tmp_path / name, **options)
    return read_foreign(tmp_path / name)


def test_plain_pixels_stay_as_they_are(tmp_path):
    noise = Image.frombytes("RGB", (5, 3), np.random.default_rng(0).bytes(45))
    for name, options in (("a.png", {}), ("a.webp", {"lossless": True}), ("a.tiff", {}), ("a.bmp", {})):
        found = read(tmp_path, noise, name, **options)
        assert (found.mode, found.tobytes()) == ("RGB", noise.tobytes()), name


@pytest.mark.parametrize("name", ["wide.png", "wide.tiff"])
def test_sixteen_bits_become_eight_and_not_white(tmp_path, name):
    wide = Image.fromarray(np.array([[0, 257, 12_850, 32_767, 65_535]], dtype=np.uint16))
    found = read(tmp_path, wide, name)
    assert [found.getpixel((x, 0)) for x in range(5)] == [(v, v, v) for v in (0, 1, 50, 127, 255)]


def test_what_is_transparent_shows_white_and_what_is_half_shows_half(tmp_path):
    seen = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 128, 255)):
        seen.putpixel((x, 0), (0, 0, 0, alpha))
    found = read(tmp_path, seen)
    assert [found.getpixel((x, 0))[0] for x in range(3)] == [255, 127, 0]
    assert [read(tmp_path, seen.convert("LA")).getpixel((x, 0))[0] for x in range(3)] == [255, 127, 0]
    assert read(tmp_path, Image.new("RGB", (1, 1), RED), transparency=RED).getpixel((0, 0)) == WHITE


def test_palettes_and_greys_are_colours(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([*RED, *BLUE])
    palette.putpixel((1, 0), 1)
    found = read(tmp_path, palette)
    assert [found.getpixel((x, 0)) for x in range(2)] == [RED, BLUE]
    clear = read(tmp_path, palette, transparency=1)
    assert [clear.getpixel((x, 0)) for x in range(2)] == [RED, WHITE]
    assert read(tmp_path, Image.new("L", (1, 1), 77)).getpixel((0, 0)) == (77, 77, 77)
    assert read(tmp_path, Image.new("1", (1, 1), 1)).getpixel((0, 0)) == WHITE


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_a_phones_turn_is_made(tmp_path, kind):
    lying = Image.new("RGB", (32, 16), RED)
    lying.paste(BLUE, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise by a quarter
    found = read(tmp_path, lying, f"phone.{kind}", exif=exif)
    assert found.size == (16, 32)
    assert found.getpixel((8, 4))[2] > 200, "what was left is above"


def test_an_embedded_profile_is_applied(tmp_path):
    """The profile says that the red channel is blue, as no sRGB picture would."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    red, green, blue = read(tmp_path, Image.new("RGB", (1, 1), RED), icc_profile=swapped).getpixel((0, 0))
    assert blue > 200 > 60 > red + green


def test_cmyk_is_refused_without_a_profile_and_so_is_a_profile_that_does_not_fit(tmp_path):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    with pytest.raises(PictureError, match="CMYK without a colour profile: save it as an sRGB PNG"):
        read(tmp_path, ink, "ink.jpg")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for words in (profile, b"no profile"):
        with pytest.raises(PictureError, match="cannot be applied"):
            read(tmp_path, ink, "ink.jpg", icc_profile=words)


def test_values_without_a_range_and_several_frames_are_refused(tmp_path):
    with pytest.raises(PictureError, match="range is not known"):
        read(tmp_path, Image.fromarray(np.ones((2, 2), dtype=np.float32)), "float.tiff")
    with pytest.raises(PictureError, match="range is not known"):
        read(tmp_path, Image.fromarray(np.ones((2, 2), dtype=np.int32)), "integer.tiff")
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN)]
    for name in ("film.gif", "film.webp", "film.png", "pages.tiff"):
        with pytest.raises(PictureError, match="more than one frame"):
            read(tmp_path, frames[0], name, save_all=True, append_images=frames[1:])


def test_a_phones_picture_with_a_second_view_is_its_first(tmp_path):
    views = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN)]
    found = read(tmp_path, views[0], "phone.mpo", save_all=True, append_images=views[1:])
    assert found.getpixel((8, 8))[0] > 200


def png_that_claims(width, height):
    """A PNG of one pixel whose header says otherwise."""
    content = BytesIO()
    Image.new("L", (1, 1)).save(content, "PNG")
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    check = PngImagePlugin._crc32(head).to_bytes(4, "big")
    return content.getvalue()[:12] + head + check + content.getvalue()[33:]


def avif_of_nothing():
    """An AVIF picture whose list of items is called otherwise."""
    content = BytesIO()
    Image.new("RGB", (16, 16)).save(content, "AVIF")
    return content.getvalue().replace(b"iinf", b"????")


def png_with_a_book():
    """A PNG with more text in it than Pillow unpacks."""
    content, book = BytesIO(), PngImagePlugin.PngInfo()
    book.add_text("Comment", "?" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    Image.new("L", (1, 1)).save(content, "PNG", pnginfo=book)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read as a picture"),
        (b"<svg/>", "cannot be read as a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"?" * 40, "cannot be read as a picture"),
        (png_that_claims(3, 3), "cannot be read as a picture"),
        (avif_of_nothing(), "cannot be read as a picture"),
        (png_with_a_book(), "cannot be read as a picture"),
        (b"P6 4 4 2n5 " + b"?" * 48, "cannot be read as a picture"),
        (b"DDS " + bytes([124]) + bytes(200), "cannot be read as a picture"),
        (png_that_claims(60_000, 60_000), "too many pixels"),
    ],
    ids=["empty", "svg", "broken", "cut", "avif", "book", "ppm", "dds", "huge"],
)
def test_what_is_no_picture_is_told(tmp_path, content, words):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(PictureError, match=words):
        read_foreign(tmp_path / "file")
