"""The list of a folder of targets: it comes back as it was written, and names nothing outside its folder."""

import json
from dataclasses import asdict, replace

import pytest

from refine.target_list import Entry, TargetListError, is_inside, read_list, write_list

ENTRY = Entry("cat-1", "animals", "a cät", "cat-1.webp", "0" * 64)


def test_a_list_comes_back(tmp_path):
    entries = [ENTRY, replace(ENTRY, id="dog.2", file="dogs/dog 2.png")]
    write_list(tmp_path / "targets.json", entries)
    assert read_list(tmp_path / "targets.json") == entries


@pytest.mark.parametrize("file", ["a.png", "dogs/a.png", "a..b.png", "[1]*.png", "...png"])
def test_files_of_the_folder(file):
    assert is_inside(file)


@pytest.mark.parametrize(
    "file",
    ["../a.png", "dogs/../../a.png", "/etc/passwd", "..", "\\a.png", "dogs\\..\\..\\a.png", "C:a.png", "C:\\a.png"],
)
def test_files_elsewhere_are_refused(tmp_path, file):
    write_list(tmp_path / "targets.json", [replace(ENTRY, file=file)])
    with pytest.raises(TargetListError, match=r"entry 1 names the file .* not in the folder"):
        read_list(tmp_path / "targets.json")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({}, "not a JSON list"),
        ([], "not a JSON list"),
        ([1], "entry 1 is not an object"),
        ([asdict(ENTRY), {"id": "x"}], "entry 2 has no text as its subject"),
        ([{**asdict(ENTRY), "prompt": " "}], "entry 1 has no text as its prompt"),
        ([{**asdict(ENTRY), "pixel_hash": 5}], "entry 1 has no text as its pixel_hash"),
        ([asdict(ENTRY)] * 2, "two targets have the id 'cat-1'"),
        ([{**asdict(ENTRY), "id": "a/b"}], "entry 1 has the id 'a/b'"),
        ([{**asdict(ENTRY), "id": "a" * 65}], "at most 64"),
        ([{**asdict(ENTRY), "id": ".hidden"}], "entry 1 has the id"),
    ],
)
def test_what_is_wrong_is_told_with_its_entry(tmp_path, rows, words):
    (tmp_path / "targets.json").write_text(json.dumps(rows))
    with pytest.raises(TargetListError, match=words):
        read_list(tmp_path / "targets.json")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 100_000], ids=["bytes", "brackets"])
def test_what_is_no_text_is_told(tmp_path, content):
    (tmp_path / "targets.json").write_bytes(content)
    with pytest.raises(TargetListError, match="no JSON text"):
        read_list(tmp_path / "targets.json")
