import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace

import lpips
import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

from refine.metrics import METRICS
from refine.similarity.catalogue import digest_of, open_metric
from refine.similarity.metric import MetricError
from tests.similarity.conftest import SHAPE

IDEAL = {"lpips_world": 0, "clip_b32_world": 1, "clip_l14_world": 1, "imagehash": 0}


@pytest.fixture(scope="module")
def metrics(clip_folder, lpips_folder):
    weights = {"lpips_world": lpips_folder, "clip_b32_world": clip_folder, "clip_l14_world": clip_folder}
    return {name: open_metric(name, str(weights.get(name, "")), "cpu") for name in IDEAL}


def score(metric, one, other):
    return metric.compare(*metric.prepare([one]), *metric.prepare([other]))


@pytest.mark.parametrize("name", IDEAL)
def test_equal_pictures_score_the_ideal_value_exactly(metrics, name, scene):
    assert score(metrics[name], scene, scene.copy()) == IDEAL[name]


@pytest.mark.parametrize("name", IDEAL)
def test_a_like_picture_scores_better_than_an_unlike_one(metrics, name, scene, near_scene, far_scene):
    orient = metrics[name].info.orient
    near, far = (score(metrics[name], scene, other) for other in (near_scene, far_scene))
    assert orient(IDEAL[name]) >= orient(near) > orient(far)


@pytest.mark.parametrize("name", IDEAL)
def test_scores_are_symmetric_repeatable_and_in_range(metrics, name, scene, far_scene):
    metric = metrics[name]
    forth = score(metric, scene, far_scene)
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        assert score(metric, scene, far_scene) == forth
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert score(metric, far_scene, scene) == pytest.approx(forth, abs=1e-6)
    assert metric.info.lowest <= forth
    assert metric.info.highest is None or forth <= metric.info.highest


def test_lpips_is_the_librarys_own_number(metrics, lpips_folder, scene, far_scene):
    network = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    network.load_state_dict(load_file(lpips_folder / "lpips.safetensors"))
    tensors = [lpips.im2tensor(np.asarray(picture)) for picture in (scene, far_scene)]
    expected = float(network(*tensors))
    assert expected > 0
    assert score(metrics["lpips_world"], scene, far_scene) == pytest.approx(expected, rel=1e-5)


def test_clip_is_the_librarys_own_number(metrics, clip_folder, scene, far_scene):
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{clip_folder}")
    with torch.no_grad():
        pictures = torch.stack([transform(picture) for picture in (scene, far_scene)])
        one, other = model.eval().encode_image(pictures, normalize=True)
    assert score(metrics["clip_b32_world"], scene, far_scene) == pytest.approx(float(one @ other), abs=1e-5)


def test_ids_labels_and_explanations(metrics):
    for name, metric in metrics.items():
        assert metric.info.id == name
        better = "larger" if metric.info.direction == 1 else "smaller"
        assert f"{better} is more similar" in metric.info.column
        assert metric.info.explanation.startswith("Compares ")
    assert [metric.info.label for metric in metrics.values()] == [
        "Perceptual Similarity",
        "CLIP B/32",
        "CLIP L/14",
        "ImageHash",
    ]


def test_unknown_metric():
    with pytest.raises(MetricError, match=r"no metric 'warmth'\. Known are lpips"):
        open_metric("warmth", None)


@pytest.mark.parametrize("name", ["lpips_world", "clip_b32_world"])
def test_missing_weights(tmp_path, name):
    with pytest.raises(MetricError, match="missing") as fault:
        open_metric(name, str(tmp_path))
    assert str(tmp_path) in str(fault.value)
    with pytest.raises(MetricError, match="missing"):
        open_metric(name, str(tmp_path / "nowhere"))


@pytest.mark.parametrize("size", [0, 100, 5000])
@pytest.mark.parametrize("name", ["lpips_world", "clip_b32_world"])
def test_truncated_weights(tmp_path, clip_folder, lpips_folder, name, size):
    folder = shutil.copytree(lpips_folder if name == "lpips_world" else clip_folder, tmp_path / "weights")
    (file,) = folder.glob("*.safetensors")
    os.truncate(file, size)
    with pytest.raises(MetricError, match="damaged") as fault:
        open_metric(name, str(folder))
    assert "\n" not in str(fault.value)


def test_weights_of_another_network(tmp_path, clip_folder):
    with pytest.raises(MetricError, match="damaged"):
        open_metric("lpips_world", str(clip_folder))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model_cfg": {"embed_dim": 3}}'])
def test_damaged_clip_configuration(tmp_path, clip_folder, content):
    folder = shutil.copytree(clip_folder, tmp_path / "weights")
    (folder / "open_clip_config.json").write_text(content)
    with pytest.raises(MetricError, match="missing or damaged"):
        open_metric("clip_b32_world", str(folder))


def test_clip_weights_absent_beside_their_configuration_are_not_made_up(tmp_path, clip_folder):
    folder = shutil.copytree(clip_folder, tmp_path / "weights")
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(MetricError, match="missing"):
        open_metric("clip_b32_world", str(folder))


def test_official_lpips_takes_torchvisions_backbone_and_the_librarys_heads(torch_home, scene, far_scene):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric = open_metric("lpips", "alex", "cpu")
    expected = float(
        lpips.LPIPS(net="alex", verbose=False)(*[lpips.im2tensor(np.asarray(p)) for p in (scene, far_scene)])
    )
    assert score(metric, scene, far_scene) == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_damaged_official_lpips(torch_home):
    os.truncate(torch_home, 100)
    with pytest.raises(MetricError, match=r"AlexNet weights .* delete a damaged alexnet file") as fault:
        open_metric("lpips", "alex", "cpu")
    assert str(torch_home.parent) in str(fault.value)


OFFLINE = """
from refine.similarity.catalogue import digest_of, open_metric
from refine.similarity.metric import MetricError
from tests.similarity.conftest import SHAPE
for name, weights in (("clip_b32", "ViT-B-32"), ("clip_l14", "ViT-L-14")):
    try:
        open_metric(name, weights)
    except MetricError as fault:
        print(fault)
"""


def test_official_clip_without_network(tmp_path):
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", OFFLINE], env=environment, capture_output=True, text=True, timeout=120)
    for model, sentence in zip(("ViT-B-32", "ViT-L-14"), done.stdout.splitlines(), strict=True):
        assert sentence.startswith(f"The weights of CLIP {model} could not be loaded")
        assert "check the network" in sentence


@pytest.fixture
def small_official_clip(tmp_path, monkeypatch):
    """A model that `open_clip` knows by name, with weights that OpenAI is said to have trained; both are small."""
    (tmp_path / "Small.json").write_text(json.dumps(SHAPE))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", list(open_clip.factory._MODEL_CONFIG_PATHS))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", dict(open_clip.factory._MODEL_CONFIGS))
    open_clip.add_model_config(tmp_path / "Small.json")
    torch.manual_seed(0)
    state = open_clip.CLIP(**SHAPE).state_dict()
    torch.save({name: 4 * of if "mlp" in name else of for name, of in state.items()}, tmp_path / "small.pt")
    means = {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}
    official = {"file": str(tmp_path / "small.pt"), "quick_gelu": True, **means}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "Small", {"openai": official})
    return "Small"


def test_official_clip_is_the_librarys_own_number_with_quick_gelu(small_official_clip, scene, far_scene):
    metric = open_metric("clip_b32", small_official_clip, "cpu")
    found = {}
    for quick in (True, False):
        model, _, transform = open_clip.create_model_and_transforms(
            small_official_clip, "openai", force_quick_gelu=quick
        )
        with torch.no_grad():
            one, other = model.eval().encode_image(
                torch.stack([transform(p) for p in (scene, far_scene)]), normalize=True
            )
        found[quick] = float(one @ other)
    assert score(metric, scene, far_scene) == pytest.approx(found[True], abs=1e-5)
    assert found[True] != pytest.approx(found[False], abs=5e-5), "GELU would be told from QuickGELU"


def test_unknown_clip_model():
    with pytest.raises(MetricError, match="neither a folder nor a model"):
        open_metric("clip_b32", "ViT-B-33")


def test_weights_that_are_not_the_declared_ones_are_refused_where_those_are_declared_to_be(
    tmp_path, monkeypatch, lpips_folder
):
    folder = shutil.copytree(lpips_folder, tmp_path / "weights")
    info = replace(METRICS["lpips_world"], weights={"world": str(folder)}, digest=digest_of(folder)[:12])
    monkeypatch.setitem(METRICS, "lpips_world", info)
    assert open_metric("lpips_world", str(folder), "cpu").info is info
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    content[-1000] ^= 1  # one bit, which every other check passes over
    file.write_bytes(content)
    with pytest.raises(MetricError, match=r"are not the declared ones, or damaged \(SHA-256 .* `git checkout`"):
        open_metric("lpips_world", str(folder), "cpu")


def test_the_digest_of_a_folder_is_what_sha256sum_says(clip_folder):
    done = subprocess.run("sha256sum * | sha256sum", shell=True, cwd=clip_folder, capture_output=True, text=True)
    assert done.stdout.split()[0] == digest_of(clip_folder)


@pytest.mark.parametrize("name", ["lpips_world", "clip_b32_world"])
def test_weights_out_of_which_no_number_comes_are_refused(tmp_path, clip_folder, lpips_folder, name):
    folder = shutil.copytree(lpips_folder if name == "lpips_world" else clip_folder, tmp_path / "weights")
    (file,) = folder.glob("*.safetensors")
    save_file({key: torch.full_like(value, torch.nan) for key, value in load_file(file).items()}, file)
    with pytest.raises(MetricError, match=r"No number comes out of .* its weights are damaged"):
        open_metric(name, str(folder), "cpu")


@pytest.mark.parametrize("name", ["lpips_world", "clip_b32_world"])
def test_weights_of_the_wrong_shape_are_refused(tmp_path, clip_folder, lpips_folder, name):
    folder = shutil.copytree(lpips_folder if name == "lpips_world" else clip_folder, tmp_path / "weights")
    (file,) = folder.glob("*.safetensors")
    save_file({key: value.flatten()[:1].clone() for key, value in load_file(file).items()}, file)
    with pytest.raises(MetricError, match="damaged"):
        open_metric(name, str(folder), "cpu")
