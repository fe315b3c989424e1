"""The seed of the targets and that of the drawings are two settings; targets are drawn and looked for by the first."""

from dataclasses import replace

import pytest

from refine.assembly import protocol_of
from refine.configuration import drawing_settings, target_settings, targets_folder
from refine.profiles import PROFILES
from refine.settings import read_settings
from refine.storage.dataset.records import target_row
from refine.storage.errors import StorageError
from refine.storage.targets import TargetSet


def settings(monkeypatch, tmp_path, **variables):
    monkeypatch.setenv("REFINE_DATA_DIR", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(f"REFINE_{name}", value)
    return read_settings()


def test_targets_of_the_paper_have_the_seed_of_the_drawings(monkeypatch, tmp_path):
    chosen = settings(monkeypatch, tmp_path, PROFILE="paper", SEED="7")
    assert target_settings(chosen) == drawing_settings(chosen) and target_settings(chosen).seed == 7
    assert protocol_of(chosen).target_seed is None


def test_a_seed_of_the_targets_is_in_the_protocol_and_in_the_folder_and_leaves_the_drawings(monkeypatch, tmp_path):
    chosen = settings(monkeypatch, tmp_path, PROFILE="paper", TARGET_SEED="11")
    protocol = protocol_of(chosen)
    assert (protocol.drawing.seed, protocol.target_seed, protocol.target_drawing.seed) == (1029, 11, 11)
    assert "seed11-" in targets_folder(chosen).name
    assert protocol.hash != replace(protocol, target_seed=None).hash


def test_the_embedded_targets_serve_as_long_as_their_own_settings_are_asked_for(monkeypatch, tmp_path):
    world = PROFILES["world"]
    assert targets_folder(settings(monkeypatch, tmp_path)) == world.targets
    own = str(world.target_drawing.seed)
    assert targets_folder(settings(monkeypatch, tmp_path, TARGET_SEED=own)) == world.targets
    assert targets_folder(settings(monkeypatch, tmp_path, TARGET_SEED="11")) != world.targets


def test_pictures_of_ones_own_have_no_seed(monkeypatch, tmp_path):
    chosen = settings(monkeypatch, tmp_path, TARGETS=str(tmp_path), TARGET_SEED="11")
    assert protocol_of(chosen).target_seed is None


def test_targets_of_another_seed_are_not_published_for_a_protocol(monkeypatch, tmp_path):
    protocol = protocol_of(settings(monkeypatch, tmp_path, TARGET_SEED="11"))
    targets = TargetSet({}, {}, {}, protocol.drawing)
    with pytest.raises(StorageError):
        target_row(targets, "t", protocol)
