"""The metrics by choice: each is its library's own number, with small or random weights where the official ones are large."""

import os
import shutil

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.models import save_for_hf
from torchmetrics.functional.image import (
    deep_image_structure_and_texture_similarity,
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)
from torchvision.models import vgg16
from torchvision.transforms.functional import resize, to_tensor

from refine.similarity.catalogue import open_metric
from refine.similarity.metric import MetricError
from refine.similarity.panel import Panel


@pytest.fixture(scope="module")
def pictures(scene, near_scene, far_scene):
    """A target and three drawings, large enough for all metrics."""
    return [picture.resize((288, 288), Image.Resampling.BICUBIC) for picture in (scene, near_scene, far_scene, scene)]


@pytest.fixture(scope="module")
def dino_folder(tmp_path_factory):
    """A small network of the real class, saved as `timm` saves it."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("dino")
    shape = {"img_size": 56, "depth": 2}
    network = timm.create_model("vit_small_patch14_dinov2.lvd142m", pretrained=False, **shape)
    with torch.no_grad():
        for block in network.blocks:  # which start as good as absent
            block.ls1.gamma.fill_(1.0)
            block.ls2.gamma.fill_(1.0)
    save_for_hf(network, folder, safe_serialization=True, model_args=shape)
    return folder


@pytest.fixture(scope="module")
def vgg_home(tmp_path_factory):
    """torchvision's cache, with a VGG-16 in it whose classifier, unused by DISTS, takes no room."""
    home = tmp_path_factory.mktemp("torch")
    file = home / "hub" / "checkpoints" / "vgg16-397923af.pth"
    file.parent.mkdir(parents=True)
    torch.manual_seed(0)
    state = vgg16().state_dict()
    torch.save(
        {name: of if name.startswith("features") else torch.zeros(1).expand(of.shape) for name, of in state.items()},
        file,
    )
    return home


@pytest.fixture(scope="module")
def metrics(dino_folder, vgg_home):
    patched = pytest.MonkeyPatch()
    patched.setenv("TORCH_HOME", str(vgg_home))
    yield [
        open_metric(n, w, "cpu")
        for n, w in (("ssim", None), ("ms_ssim", None), ("dists", "vgg16"), ("dinov2_s14", str(dino_folder)))
    ]
    patched.undo()


@pytest.fixture(scope="module")
def expected(metrics, pictures, dino_folder):
    """Each library's own number for the target and the near and far drawing. `metrics`: while its weights can be found."""
    tensors = [to_tensor(picture)[None] for picture in pictures]
    small = [to_tensor(resize(picture, 256))[None] for picture in pictures]
    network = timm.create_model(f"local-dir:{dino_folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)
    found = []
    for place in (1, 2):
        with torch.no_grad():
            one, other = (network(transform(pictures[at]).unsqueeze(0)) for at in (0, place))
            found.append(
                {
                    "ssim": structural_similarity_index_measure(tensors[place], tensors[0], data_range=1.0),
                    "ms_ssim": multiscale_structural_similarity_index_measure(
                        tensors[place], tensors[0], data_range=1.0
                    ),
                    "dists": deep_image_structure_and_texture_similarity(small[place], small[0]),
                    "dinov2_s14": torch.nn.functional.cosine_similarity(one, other)[0],
                }
            )
    return [{name: float(score) for name, score in scores.items()} for scores in found]


def test_scores_are_the_libraries_own_alone_and_in_a_batch(metrics, pictures, expected):
    alone = [Panel(metrics).score(pictures[0], pictures[place]) for place in (1, 2)]
    batch = [one.scores for one in Panel(metrics).compare(pictures[0], pictures[1:3])]
    for place in (0, 1):
        assert alone[place] == pytest.approx(expected[place], abs=1e-5)
        assert batch[place] == pytest.approx(expected[place], abs=1e-5)
    for metric in metrics:
        near, far = (metric.info.orient(one[metric.info.id]) for one in expected)
        assert near > far + 1e-4


def test_equal_pictures_have_the_extreme_score_exactly(metrics, pictures):
    for metric in metrics:
        ideal = 0.0 if metric.info.direction < 0 else 1.0
        assert metric.compare(*metric.prepare([pictures[0]]), *metric.prepare([pictures[3].copy()])) == ideal


def test_maps_cover_the_picture_and_show_what_was_covered(metrics, pictures):
    changed = pictures[0].copy()
    changed.paste((10, 10, 10), (192, 192, 288, 288))
    for metric in (metrics[0], metrics[3]):
        assert metric.info.apart is not None
        found = metric.map(*metric.prepare([pictures[0], changed]))
        assert found.shape == (288, 288)
        assert np.isfinite(found).all()
        assert found[192:, 192:].mean() > 3 * found[:96, :96].mean()


def test_ssims_map_is_the_librarys_own(metrics, pictures):
    one, other = (to_tensor(picture)[None] for picture in pictures[:3:2])
    _, whole = structural_similarity_index_measure(other, one, data_range=1.0, return_full_image=True)
    found = metrics[0].map(*metrics[0].prepare(pictures[:3:2]))
    np.testing.assert_allclose(found, 1 - whole[0].mean(0).numpy(), atol=1e-5)


def test_pictures_too_small_for_five_scales_have_no_score_of_them_and_of_the_others_all(metrics, scene, far_scene):
    assert list(Panel(metrics).score(scene, far_scene)) == ["ssim", "dists", "dinov2_s14"]


def test_damaged_vgg_weights_are_told_in_a_sentence(tmp_path, vgg_home, monkeypatch):
    home = shutil.copytree(vgg_home, tmp_path / "torch")
    monkeypatch.setenv("TORCH_HOME", str(home))
    (file,) = home.rglob("*.pth")
    os.truncate(file, 100)
    with pytest.raises(MetricError, match=r"VGG-16 weights that DISTS needs .* delete a damaged vgg16 file"):
        open_metric("dists", "vgg16", "cpu")


@pytest.mark.parametrize("damage", ["missing", "truncated", "configuration", "unknown"])
def test_damaged_dino_weights_are_told_in_a_sentence(tmp_path, dino_folder, monkeypatch, damage):
    folder = shutil.copytree(dino_folder, tmp_path / "dino")
    if damage == "missing":
        (folder / "model.safetensors").unlink()
    elif damage == "truncated":
        os.truncate(folder / "model.safetensors", 5000)
    elif damage == "configuration":
        (folder / "config.json").write_text("{}")
    weights = "vit_of_nobody" if damage == "unknown" else str(folder)
    with pytest.raises(MetricError, match=r"The weights of DINOv2, .* are missing or damaged \(.*check the network"):
        open_metric("dinov2_s14", weights, "cpu")
