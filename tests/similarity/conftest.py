"""Metrics of the real classes with small or random weights, saved the way the real ones are."""

import json

import lpips
import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import alexnet

SHAPE = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory):
    """A folder that `open_clip` reads as `local-dir:`."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("clip")
    config = {"model_cfg": SHAPE, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    state = open_clip.CLIP(**SHAPE).state_dict()
    save_file({key: value.contiguous() for key, value in state.items()}, folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="session")
def lpips_folder(tmp_path_factory):
    """A folder with the state of an LPIPS network, heads not negative, in half precision."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("lpips")
    state = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False).state_dict()
    half = {key: (value.abs() if key.startswith("lin") else value).half().clone() for key, value in state.items()}
    save_file(half, folder / "lpips.safetensors")
    return folder


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    """torchvision's cache, with an AlexNet in it whose classifier, unused by LPIPS, takes no room."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    file.parent.mkdir(parents=True)
    torch.manual_seed(0)
    state = alexnet().state_dict()
    slim = {
        key: value if key.startswith("features") else torch.zeros(1).expand(value.shape) for key, value in state.items()
    }
    torch.save(slim, file)
    return file


@pytest.fixture(scope="session")
def scene():
    """A picture with a large and a small thing in it."""
    return draw_scene(20)


@pytest.fixture(scope="session")
def near_scene():
    """Almost the same."""
    return draw_scene(21)


@pytest.fixture(scope="session")
def far_scene():
    """Nothing of the kind."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def draw_scene(left):
    pixels = np.full((96, 96, 3), (90, 160, 220), dtype=np.uint8)
    pixels[60:] = (60, 140, 60)
    pixels[30:70, left : left + 40] = (200, 60, 40)
    pixels[10:20, 75:85] = (250, 230, 90)
    return Image.fromarray(pixels)
