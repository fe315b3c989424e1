from dataclasses import replace

import lpips
import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from refine import ASSETS
from refine.metrics import METRICS, MetricInfo, metrics_of
from refine.similarity.catalogue import open_metric
from refine.similarity.maps import (
    SIDE,
    Place,
    change,
    change_words,
    difference_words,
    most_different,
    together,
)
from refine.similarity.metric import Mapped
from refine.similarity.panel import Panel

ONE = MetricInfo("one", "One", -1, 0, None, "", apart=2.0)


@pytest.fixture(scope="module")
def metrics(clip_folder, lpips_folder):
    weights = {"lpips_world": lpips_folder, "clip_b32_world": clip_folder, "imagehash": ""}
    return {name: open_metric(name, str(folder), "cpu") for name, folder in weights.items()}


@pytest.fixture(scope="module")
def embedded():
    return Panel([open_metric(*metric) for metric in metrics_of("world").items()])


def differing_in(column, row, by=1.0):
    """A map of one metric that differs in one ninth of a picture of 90 x 90 pixels."""
    whole = np.zeros((90, 90), np.float32)
    whole[30 * row : 30 * row + 30, 30 * column : 30 * column + 30] = by
    return together([(ONE, whole)])


def test_what_has_a_map_declares_what_is_usual_in_it(metrics):
    assert [name for name, metric in metrics.items() if isinstance(metric, Mapped)] == ["lpips_world", "clip_b32_world"]
    for name, metric in metrics.items():
        assert (METRICS[name].apart is not None) == isinstance(metric, Mapped)


def test_lpips_map_is_the_librarys_spatial_form(metrics, lpips_folder, scene, far_scene):
    network = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, spatial=True, verbose=False)
    network.load_state_dict(load_file(lpips_folder / "lpips.safetensors"))
    with torch.no_grad():
        expected = network(*[lpips.im2tensor(np.asarray(picture)) for picture in (scene, far_scene)])[0, 0].numpy()
    found = metrics["lpips_world"].map(*metrics["lpips_world"].prepare([scene, far_scene]))
    assert found.shape == (96, 96)
    assert expected.max() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_clip_map_is_the_cosine_of_the_librarys_patches(metrics, clip_folder, scene, far_scene):
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{clip_folder}")
    model.visual.output_tokens = True
    with torch.no_grad():
        _, tokens = model.eval().visual(torch.stack([transform(picture) for picture in (scene, far_scene)]))
    cosine = torch.nn.functional.cosine_similarity(*tokens, dim=1).reshape(1, 1, 4, 4)
    expected = 1 - torch.nn.functional.interpolate(cosine, (96, 96), mode="bilinear")[0, 0].numpy()
    found = metrics["clip_b32_world"].map(*metrics["clip_b32_world"].prepare([scene, far_scene]))
    assert expected.max() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_clip_says_nothing_of_what_it_cuts_off(metrics):
    metric = metrics["clip_b32_world"]
    wide = Image.effect_noise((120, 64), 80).convert("RGB")
    found = metric.map(*metric.prepare([wide, wide.rotate(180)]))
    assert found.shape == (64, 120)
    assert np.isnan(found[:, :28]).all() and np.isnan(found[:, 92:]).all()
    assert np.isfinite(found[:, 28:92]).all()


def test_maps_of_several_metrics_count_alike_where_they_look():
    half = np.full((40, 40), np.nan, np.float32)
    half[:, :20] = 3.0
    other = replace(ONE, id="other", apart=6.0)
    found = together([(ONE, np.full((40, 40), 2.0, np.float32)), (other, half)])
    assert found.shape == (SIDE, SIDE)
    assert found[:, 0] == pytest.approx(0.75)  # of 1 and a half
    assert found[:, -1] == pytest.approx(1.0)


def test_one_metric_cannot_drown_the_others():
    loud = np.full((40, 40), 1e6, np.float32)
    assert together([(ONE, loud), (ONE, np.zeros((40, 40), np.float32))]) == pytest.approx(0.5)


def test_where_no_metric_looks_there_is_no_difference():
    assert together([]) is None
    nothing = np.full((40, 40), np.nan, np.float32)
    assert not together([(ONE, nothing)]).any()


@pytest.mark.parametrize(("number", "place"), list(enumerate(Place)))
def test_the_place_that_differs_is_named(number, place):
    grid = differing_in(number % 3, number // 3)
    assert most_different(grid) == (place,)
    assert difference_words(grid) == f"Most different: {place}."
    same = differing_in(0, 0, by=0.0)
    assert change_words(change(grid, same)) == f"Came closer: {place}."
    assert change_words(change(same, grid)) == f"Went away: {place}."


@pytest.mark.parametrize(("number", "place"), list(enumerate(Place)))
def test_the_embedded_weights_tell_which_ninth_of_a_target_was_exchanged(embedded, number, place):
    target, other = (
        Image.open(ASSETS / "world" / "targets" / f"{name}-01.webp").convert("RGB") for name in ("food", "nature")
    )
    left, top = 85 * (number % 3), 85 * (number // 3)
    exchanged = target.copy()
    exchanged.paste(other.crop((left, top, left + 86, top + 86)), (left, top))
    (found,) = embedded.compare(target, [exchanged], mapped=True)
    assert most_different(found.where) == (place,)


def test_several_places_are_named_the_most_different_first():
    grid = np.maximum(differing_in(0, 0, by=0.95), differing_in(2, 2))
    assert difference_words(grid) == "Most different: lower right, upper left."
    one_left = change(grid, differing_in(2, 2))
    assert change_words(one_left) == "Came closer: upper left."
    moved = change(differing_in(1, 0), differing_in(1, 2))
    assert change_words(moved) == "Came closer: top. Went away: bottom."


def test_no_place_is_named_where_none_stands_out():
    flat = np.full((SIDE, SIDE), 0.01, np.float32)
    assert difference_words(flat) == "Hardly any difference in any place."
    assert change_words(change(flat, flat)) == "Hardly any change in any place."
    assert difference_words(flat + 0.5) == "About equally different everywhere."
    melon = np.minimum(flat + 0.5, 1 - differing_in(0, 2, by=2.0))
    assert difference_words(melon) == "Different in most places, least: lower left."
    assert change_words(change(flat + 0.5, flat)) == "Came closer: most places."
