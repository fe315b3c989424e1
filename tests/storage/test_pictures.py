"""Pictures and targets: lossless, named by their pixels, whole or not there."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from refine.protocol import Target, pixel_hash
from refine.storage.disk import keep_file
from refine.storage.errors import StorageError
from refine.storage.pictures.folder import Pictures, png
from refine.storage.targets import load_targets
from tests.target_folder import save_targets


def noise(seed=0, size=(24, 16)):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def test_a_picture_comes_back_with_every_pixel(tmp_path):
    pictures = Pictures(tmp_path)
    name = pictures.add(png(noise()))
    assert name == pixel_hash(noise())
    assert pictures.open(name).tobytes() == noise().tobytes()


def test_the_same_pixels_are_kept_once(tmp_path):
    pictures = Pictures(tmp_path)
    pictures.add(png(noise()))
    pictures.add(png(noise()))
    assert len(list(tmp_path.rglob("*.png"))) == 1


def test_shape_counts_in_the_hash():
    assert pixel_hash(Image.new("RGB", (2, 8))) != pixel_hash(Image.new("RGB", (8, 2)))


def test_missing_and_damaged_pictures_are_told(tmp_path):
    pictures = Pictures(tmp_path)
    name = pictures.add(png(noise()))
    with pytest.raises(StorageError, match="missing"):
        pictures.open("0" * 64)
    path = pictures.path(name)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StorageError, match="damaged"):
        pictures.open(name)
    noise(1).save(path)
    with pytest.raises(StorageError, match="not the one"):
        pictures.open(name)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        keep_file(tmp_path / "folder" / "file", b"content")
    (tmp_path / "there").mkdir()
    with pytest.raises(StorageError):
        keep_file(tmp_path / "there", b"a folder has this name")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "there"]


def test_a_file_has_the_mode_that_the_system_gives_to_any(tmp_path):
    """So that a researcher's other account can read it where the server's own umask lets it."""
    before = os.umask(0o027)
    try:
        keep_file(tmp_path / "file", b"content")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_deleted_picture_is_gone(tmp_path):
    pictures = Pictures(tmp_path)
    name = pictures.add(png(noise()))
    pictures.delete(name)
    pictures.delete(name)
    with pytest.raises(StorageError, match="missing"):
        pictures.open(name)


@pytest.fixture
def targets_folder(tmp_path):
    pictures = [noise(0), noise(1)]
    save_targets(
        tmp_path, [(Target(f"t{i}", "things", f"words {i}", pixel_hash(p)), p) for i, p in enumerate(pictures)]
    )
    return tmp_path


def test_targets_come_back(targets_folder):
    found = load_targets(targets_folder)
    assert list(found.targets) == ["t0", "t1"]
    assert found.targets["t1"].prompt == "words 1"
    assert found.picture("t1").tobytes() == noise(1).tobytes()


def test_no_targets_are_told_with_the_command(tmp_path):
    with pytest.raises(StorageError, match=r"python -m refine\.generation targets"):
        load_targets(tmp_path)


def test_a_damaged_target_is_told_by_name(targets_folder):
    noise(5).save(targets_folder / "t1.png")
    with pytest.raises(StorageError, match=r"t1\.png"):
        load_targets(targets_folder)


@pytest.mark.parametrize("content", ["", "{", "[1]", json.dumps([{"id": "t0"}])])
def test_a_damaged_index_is_told(targets_folder, content):
    (targets_folder / "targets.json").write_text(content)
    with pytest.raises(StorageError, match=r"targets\.json cannot be used"):
        load_targets(targets_folder)
