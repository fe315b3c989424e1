import random

import pytest
import torch

from refine.world.autoencoder import autoencoder, crops
from refine.world.latents import CHANNELS, Latents, fit, unit
from refine.world.scenes import draw_many, sample_scene


@pytest.fixture(scope="module")
def latents(sprites):
    return fit(sprites, seed=1, scenes=200, sample=3_000)


@pytest.fixture(scope="module")
def pictures(sprites):
    rng = random.Random(2)
    return torch.as_tensor(draw_many([sample_scene(rng) for _ in range(6)], sprites))


def test_latents_nearly_give_the_picture_back(latents, pictures):
    grid = latents.encode(pictures)
    assert grid.shape == (6, CHANNELS, 16, 16)
    error = (latents.decode(grid) - unit(pictures)).abs().mean()
    assert error < 0.05, error


def test_latents_are_about_as_wide_as_the_noise(latents, pictures):
    assert 0.3 < latents.encode(pictures).std() < 3


def test_encoding_what_was_decoded_changes_nothing(latents, pictures):
    grid = latents.encode(pictures)
    pixels = ((latents.decode(grid) + 1) * 127.5).permute(0, 2, 3, 1)
    assert torch.allclose(latents.encode(pixels), grid, atol=1e-2)


def test_a_saved_map_is_the_same_map(latents, pictures, tmp_path):
    latents.save(tmp_path / "map.safetensors")
    assert torch.equal(Latents.load(tmp_path / "map.safetensors").encode(pictures), latents.encode(pictures))


def test_crops_are_cut_on_the_grid(sprites):
    assert crops(random.Random(3), 4, sprites).shape == (4, 128, 128, 3)


def test_the_autoencoder_has_the_shape_of_the_latents():
    vae = autoencoder()
    assert vae.decoder(torch.zeros(1, CHANNELS, 8, 8)).shape == (1, 3, 128, 128)
    assert vae.encoder(torch.zeros(1, 3, 128, 128)).shape == (1, 2 * CHANNELS, 8, 8)
