"""Targets from one's own pictures: a table names them, all become one size, and the study reads the folder."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from refine.cli.generation import main
from refine.generation.adopt import adopt, read_table
from refine.generation.generator import GenerationError
from refine.profiles import PROFILES
from refine.storage.targets import load_targets
from refine.target_list import read_list

RED, BLUE = (255, 0, 0), (0, 0, 255)
SIZE = (64, 64)
GUIDE = (Path(__file__).parent.parent.parent / "docs" / "targets.md").read_text()


@pytest.fixture
def pictures(tmp_path):
    """A wide picture, red with a blue middle; a small one; one of the right size; and what nobody mentions."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    wide = Image.new("RGB", (256, 128), RED)
    wide.paste(BLUE, (64, 0, 192, 128))
    wide.save(folder / "wide cat.png")
    Image.new("RGB", (32, 32), BLUE).save(folder / "small.webp")
    Image.new("RGB", SIZE, RED).save(folder / "fits.tiff")
    Image.new("RGB", SIZE).save(folder / "forgotten.png")
    return folder


def table(tmp_path, text, encoding="utf-8"):
    (tmp_path / "table.csv").write_bytes(text.encode(encoding))
    return tmp_path / "table.csv"


TEXT = 'file,prompt,subject\nwide cat.png,"a cat, wide",animals\nsmall.webp,a dög,\nfits.tiff,a house,things\n'


def test_the_study_reads_what_was_adopted(tmp_path, pictures):
    adopted = adopt(pictures, table(tmp_path, TEXT), tmp_path / "out", SIZE)
    found = load_targets(tmp_path / "out")
    found.check(replace(PROFILES["world"].drawing, width=64, height=64), trials=3)
    assert [(t.id, t.subject, t.prompt) for t in found.targets.values()] == [
        ("wide-cat", "animals", "a cat, wide"),
        ("small", "other", "a dög"),
        ("fits", "things", "a house"),
    ]
    assert (adopted.targets, adopted.cut, adopted.enlarged) == (3, ("wide cat.png",), ("small.webp",))
    assert adopted.unnamed == ("forgotten.png",)
    inner = found.picture("wide-cat").crop((8, 8, 56, 56))
    assert inner.getcolors() == [(48 * 48, BLUE)], "the middle, without the edges"
    assert found.picture("small").size == SIZE
    assert found.picture("fits").getcolors() == [(64 * 64, RED)]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_spreadsheets_write_is_read(tmp_path, separator, encoding):
    lines = read_table(
        table(tmp_path, separator.join(["file", "prompt", "id"]) + f"\r\na.png{separator}ö{separator}x\r\n", encoding)
    )
    assert [(line.file, line.prompt, line.id) for line in lines] == [("a.png", "ö", "x")]


def test_empty_columns_without_a_name_are_what_spreadsheets_write(tmp_path):
    (line,) = read_table(table(tmp_path, "file,prompt\na.png,a cat,, \n"))
    assert line.prompt == "a cat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column file and no column prompt"),
        ("file,title\na.png,b\n", "no column prompt"),
        ("file,prompt\n", "no line below"),
        ("file,prompt\nwide cat.png,\n", "line 2: there is no prompt"),
        ("file,prompt\n,a cat\n", "line 2: '' is no file in the folder"),
        ("file,prompt\n../table.csv,a cat\n", "line 2: '../table.csv' is no file in the folder"),
        ("file,prompt\nmissing.png,a cat\n", "line 2: there is no missing.png in "),
        ("file,prompt\nfits.tiff,a\nfits.tiff,b\n", "line 3: line 2 has the id 'fits' too"),
        ("file,prompt,id\nfits.tiff,a,ä\n", "line 2: the id 'ä' must have"),
        ('file,prompt\nfits.tiff,"a', "cannot be read at line"),
        ("file,prompt\nfits.tiff,a cat, red\n", "line 2: there are more values than columns; put quotes"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_line_and_nothing_is_written(tmp_path, pictures, text, words):
    with pytest.raises(GenerationError, match=words):
        adopt(pictures, table(tmp_path, text), tmp_path / "out", SIZE)
    assert not (tmp_path / "out").exists()


def test_all_that_cannot_be_used_is_told_at_once(tmp_path, pictures):
    (pictures / "fits.tiff").write_bytes(b"no picture")
    Image.new("CMYK", SIZE).save(pictures / "small.jpg")
    text = TEXT.replace("small.webp", "small.jpg")
    with pytest.raises(GenerationError, match=r"line 3: small.jpg is in CMYK(.|\n)*line 4: fits.tiff cannot be read"):
        adopt(pictures, table(tmp_path, text), tmp_path / "out", SIZE)


def test_a_table_in_another_encoding_is_told(tmp_path):
    with pytest.raises(GenerationError, match="not in UTF-8"):
        read_table(table(tmp_path, "file,prompt\na.png,ö\n", "latin-1"))


def test_nothing_is_written_over(tmp_path, pictures):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    for folder in (pictures, tmp_path / "other"):
        with pytest.raises(GenerationError, match="give --out a new folder"):
            adopt(pictures, table(tmp_path, TEXT), folder, SIZE)


def test_the_command_says_what_it_did_and_what_to_set(tmp_path, pictures, monkeypatch, capsys):
    monkeypatch.setenv("REFINE_SIZE", "64")
    out = tmp_path / "out"
    assert main(["adopt", str(pictures), "--csv", str(table(tmp_path, TEXT)), "--out", str(out)]) == 0
    words = capsys.readouterr().out
    assert words.startswith(f"3 targets of 64 x 64 pixels are in {out}.")
    for line in ("cut, so that the shape is that of the drawings: wide cat.png", "blurred therefore: small.webp"):
        assert line in words
    assert "left out: forgotten.png" in words
    assert f"REFINE_TARGETS={out}" in words
    assert main(["adopt", str(pictures), "--csv", str(tmp_path / "none.csv"), "--out", str(tmp_path / "new")]) == 1
    assert "none.csv cannot be read" in capsys.readouterr().err


def test_the_examples_of_the_guide_are_read(tmp_path):
    lines = read_table(table(tmp_path, GUIDE.split("```csv\n")[1].split("```")[0]))
    assert [(line.id, line.subject) for line in lines] == [("cat", "animals"), ("house", "things")]
    (tmp_path / "targets.json").write_text(GUIDE.split("```json\n")[1].split("```")[0])
    assert [entry.file for entry in read_list(tmp_path / "targets.json")] == ["cat.png"]
