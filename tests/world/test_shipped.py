"""The shipped world keeps its promises, on a small sample; `refine.world check` measures all of it."""

import json
from collections import Counter

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from refine.metrics import METRICS, metrics_of, rewording_noise
from refine.protocol import pixel_hash
from refine.world import checks, noise, pipeline, targets

MEGABYTE = 1_000_000


def test_every_file_is_small_enough_for_a_space(assets):
    sizes = {file: file.stat().st_size for file in assets.rglob("*") if file.is_file()}
    assert max(sizes.values()) < 10 * MEGABYTE, max(sizes, key=sizes.get)
    assert sum(sizes.values()) < 60 * MEGABYTE


def test_named_objects_appear_where_they_should(assets):
    figures = checks.obedience(assets, captions=14)
    assert figures["object"] >= checks.FLOORS["object"], figures
    assert figures["place"] >= checks.FLOORS["place"], figures
    assert figures["background"] >= checks.FLOORS["background"], figures


@pytest.mark.parametrize("index", [0, 37, 99])
def test_a_hidden_prompt_gives_its_target_back(drawer, assets, index):
    row, _ = targets.load(assets / "targets")[index]
    drawn, kept = pipeline.draw(drawer, row["prompt"]), Image.open(assets / "targets" / row["file"])
    # Another kind of processor may round a few values the other way, by one level.
    assert np.abs(np.asarray(drawn, int) - np.asarray(kept.convert("RGB"), int)).max() <= 1


def test_the_same_prompt_gives_the_same_pixels(drawer):
    one, other = (pixel_hash(pipeline.draw(drawer, "a cat on the left")) for _ in range(2))
    assert one == other


def test_there_are_a_hundred_targets_of_five_subjects(assets):
    rows = [row for row, _ in targets.load(assets / "targets")]
    assert Counter(row["subject"] for row in rows) == dict.fromkeys(targets.SUBJECTS, targets.EACH)
    assert len({row["id"] for row in rows}) == len({row["prompt"] for row in rows}) == 100
    assert all(len(row["prompt"].split()) in targets.WORDS for row in rows)


def test_targets_are_the_pictures_their_hashes_say(assets):
    for row, _ in targets.load(assets / "targets"):
        image = Image.open(assets / "targets" / row["file"])
        assert image.size == (256, 256)
        assert pixel_hash(image) == row["pixel_hash"], row["id"]


def test_a_swapped_object_costs_more_than_other_words(assets):
    figures = json.loads((assets / "checks.json").read_text())
    assert checks.failures(figures) == []


def test_the_noise_of_a_rewording_was_measured_with_these_weights_for_every_metric(assets):
    kept = json.loads((assets / "noise.json").read_text())
    assert kept["weights"] == noise.weights_digest(assets), "measure it again: python -m refine.world noise"
    assert kept["targets"] >= noise.TARGETS
    assert rewording_noise("world") == kept["noise"]
    assert list(kept["noise"]) == list(metrics_of("world"))
    for name, value in kept["noise"].items():
        usual = METRICS[name].simulated
        assert 0 < value < 20 * usual.deviation, name


def test_the_noise_is_measured_in_the_raw_units_of_the_pages_metrics(assets, tmp_path):
    there = tmp_path / "world"
    there.mkdir()
    for part in ("pipeline", "metrics", "targets"):
        (there / part).symlink_to(assets / part)
    found = noise.measure(there, count=2)
    kept = json.loads((there / "noise.json").read_text())
    assert kept == {
        "weights": noise.weights_digest(assets),
        "targets": 2,
        "noise": {name: round(value, 4) for name, value in found.items()},
    }
    assert list(found) == list(metrics_of("world"))
    assert all(value >= 0 for value in found.values())


def test_a_profile_without_a_measure_has_no_noise():
    assert rewording_noise("paper") == {}


def test_failures_name_what_is_too_low():
    assert checks.failures(dict.fromkeys(checks.FLOORS, 1.0)) == []
    assert "place is 0.500" in checks.failures({**dict.fromkeys(checks.FLOORS, 1.0), "place": 0.5})[0]


def test_equal_pictures_are_most_alike(assets):
    row = targets.load(assets / "targets")[0][0]
    image = Image.open(assets / "targets" / row["file"]).convert("RGB")
    other = Image.new("RGB", image.size, "red")
    for name, similarity in checks.similarities(assets / "metrics").items():
        assert similarity(image, image) > similarity(image, other), name


@pytest.mark.parametrize("name", ["clip_b32", "clip_l14"])
def test_open_clip_makes_its_own_transforms_for_the_models(assets, name):
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{assets / 'metrics' / name}")
    with torch.no_grad():
        features = model.encode_image(preprocess(Image.new("RGB", (256, 256), "red"))[None], normalize=True)
    assert features.norm().item() == pytest.approx(1, abs=1e-4)
