"""Stages on tiny budgets: they finish, keep what they made, and go on after a cut."""

import pytest
import torch

from refine.world import __main__ as command
from refine.world import autoencoder, clip_pair, drawing, latents, perceptual, probe, tokenizer
from refine.world.models import Drawing
from refine.world.scenes import Placed, Scene
from refine.world3.models.clip_pair import load_clip
from refine.world3.models.perceptual import load_metric, save_metric

BLINK = 0.001


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.learn(folder, seed=1, captions=200, size=700)
    return tokenizer.load(folder)


@pytest.fixture(scope="module")
def grid(sprites):
    return latents.fit(sprites, seed=1, scenes=100, sample=2_000)


def steps_in(path):
    return torch.load(path, weights_only=True)["steps"]


def test_drawing_is_learned_and_resumed(sprites, words, grid, tmp_path):
    path = tmp_path / "drawing.pt"
    first = drawing.train_drawing(path, BLINK, 1, sprites, words, grid, batch=2)
    done = steps_in(path)
    # A cut: the same course again has its time spent, and draws alike.
    again = drawing.train_drawing(path, BLINK, 1, sprites, words, grid, batch=2)
    assert steps_in(path) == done
    ids, noise, times = drawing.tokens(words, ["a cat"]), torch.randn(1, 32, 16, 16), torch.ones(1)
    with torch.no_grad():
        assert torch.equal(first(ids, noise, times), again(ids, noise, times))


def test_the_worst_drawn_objects_are_practised_most():
    difficulty = drawing.Difficulty()
    scenes = [Scene("red", (Placed(name, "small", (0, 0)),)) for name in ("cat", "dog")]
    for _ in range(100):
        difficulty.learn(scenes, torch.tensor([0.3, 0.1]), torch.tensor([0.2, 0.2]))
    weights = difficulty.weights()
    assert weights["cat"] > weights["owl"] > weights["dog"]


def test_decoder_and_encoder_are_learned(sprites, grid, tmp_path):
    vae = autoencoder.autoencoder()
    before = vae.decoder.conv_out.weight.clone()
    autoencoder.train_decoder(vae.decoder, tmp_path / "decoder.pt", BLINK, 1, sprites, grid, batch=1)
    autoencoder.train_encoder(vae.encoder, tmp_path / "encoder.pt", BLINK, 1, sprites, grid, batch=1)
    assert not torch.equal(before, vae.decoder.conv_out.weight)
    assert steps_in(tmp_path / "encoder.pt") >= 1


@pytest.mark.parametrize("name", clip_pair.SHAPES)
def test_a_clip_model_is_learned_and_open_clip_loads_it(name, sprites, words, tmp_path):
    model = clip_pair.train_clip(name, tmp_path / "clip.pt", BLINK, 1, sprites, words, pairs=1)
    clip_pair.save_clip(name, model, len(words), tmp_path / name)
    loaded = load_clip(tmp_path / name)
    picture = torch.zeros(1, 3, 256, 256)
    with torch.no_grad():
        assert torch.allclose(loaded.encode_image(picture), model.encode_image(picture), atol=0.05)


def test_lpips_is_learned_with_heads_that_are_never_negative(sprites, tmp_path):
    backbone = perceptual.train_backbone(tmp_path / "lpips.pt", BLINK, 1, sprites, batch=1)
    perceptual.fit_heads(backbone.metric, 1, sprites, triplets=8, steps=5)
    save_metric(backbone.metric, tmp_path / "lpips.safetensors")
    metric = load_metric(tmp_path / "lpips.safetensors")
    assert all((head.model[-1].weight >= 0).all() for head in metric.lins)


def test_the_probe_is_learned(sprites, tmp_path):
    judge = probe.train_probe(tmp_path / "probe.pt", BLINK, 1, sprites, batch=2)
    probe.save_probe(judge, tmp_path / "probe.safetensors")
    again = probe.load_probe(tmp_path / "probe.safetensors")
    picture = torch.rand(1, 3, 256, 256)
    with torch.no_grad():
        # Kept in half precision.
        assert torch.allclose(judge(picture)[0], again(picture)[0], atol=0.02)


def test_the_command_tells_its_stages(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    assert stop.value.code == 0
    assert "drawing" in capsys.readouterr().out


def test_an_unknown_stage_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["paint"])
    assert stop.value.code == 2


def test_random_weights_have_the_shape_of_stable_diffusion_3(words):
    model = Drawing(len(words))
    out = model(drawing.tokens(words, ["a cat", ""]), torch.zeros(2, 32, 16, 16), torch.tensor([1.0, 0.5]))
    assert out.shape == (2, 32, 16, 16)
