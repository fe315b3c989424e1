"""Training on tiny budgets: it lowers its loss's inputs, keeps what it made, and goes on after a cut."""

import random

import pytest
import torch

from refine.world.clip_pair import load_clip, save_clip
from refine.world3 import __main__ as command
from refine.world3 import (
    autoencoder,
    clip_pair,
    perceptual,
    pipeline,
    probe,
    tokenizer,
    train_decoder,
    train_encoder,
    train_transformer,
)
from refine.world3.objects import OBJECTS

BLINK = 0.001


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.learn(folder, seed=1, captions=300, size=900)
    return tokenizer.load(folder)


def steps_in(path):
    return torch.load(path, weights_only=True)["steps"]


@pytest.fixture(scope="module")
def trained(words, layers, tmp_path_factory):
    path = tmp_path_factory.mktemp("work") / "transformer.pt"
    return path, train_transformer.train_transformer(path, BLINK, 1, layers, words, batch=2)


def test_the_transformer_is_learned_and_resumed(trained, words, layers):
    path, first = trained
    done = steps_in(path)
    again = train_transformer.train_transformer(path, BLINK, 1, layers, words, batch=2)
    assert steps_in(path) == done
    ids, noise, times = train_transformer.tokens(words, ["a cat"]), torch.randn(1, 65, 16, 16), torch.ones(1)
    with torch.no_grad():
        assert torch.equal(first(ids, noise, times), again(ids, noise, times))


def test_worker_processes_supply_batches_too(words, layers, tmp_path):
    path = tmp_path / "transformer.pt"
    train_transformer.train_transformer(path, BLINK, 1, layers, words, batch=2, workers=2)
    assert steps_in(path) >= 1


def test_the_worst_drawn_objects_are_practised_most():
    difficulty = train_transformer.Difficulty()
    drawn = [["cat"], ["dog"]]
    for _ in range(100):
        difficulty.learn(drawn, torch.tensor([0.3, 0.1]), torch.tensor([0.2, 0.2]))
    weights = difficulty.weights()
    assert weights["cat"] > weights["owl"] > weights["dog"] and set(weights) == set(OBJECTS)


def test_the_pipeline_draws_with_what_was_trained_and_the_seed_matters(trained, words):
    made = pipeline.assemble(trained[1].eval(), words, autoencoder.autoencoder().eval())
    made.set_progress_bar_config(disable=True)
    one, same, other = (pipeline.draw(made, "a cat", seed) for seed in (1, 1, pipeline.TARGET_SEED))
    assert one.size == (256, 256) and one.tobytes() == same.tobytes() != other.tobytes()


def test_training_from_the_command_goes_on_from_the_models_of_another_sitting(sprites, words, tmp_path, monkeypatch):
    monkeypatch.setattr(command.artwork, "install", lambda work: work)
    monkeypatch.setattr(command, "read_sprites", lambda icons: sprites)
    words.save_pretrained(tmp_path / "models" / "tokenizer")

    def sitting(work):
        arguments = ["train", "--minutes", str(BLINK), "--batch", "2", "--models", str(tmp_path / "models")]
        assert command.main([*arguments, "--work", str(tmp_path / work)]) == 0
        return pipeline.load_models(tmp_path / "models", len(words))

    first, second = sitting("one"), sitting("two")
    apart = [
        float((one - other).detach().abs().mean() / (one.detach().abs().mean() + 1e-6))
        for one, other in zip(first.parameters(), second.parameters(), strict=True)
        if one.ndim == 2
    ]
    # A step of a few changes little; other random weights would be far away.
    assert 0 < max(apart) < 0.5


def test_decoder_and_encoder_are_learned(layers, sprites, tmp_path):
    vae = autoencoder.autoencoder()
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    train_decoder.train_cells(vae.decoder, tmp_path / "cells.pt", BLINK, 1, layers, sprites, batch=2)
    train_decoder.train_decoder(vae.decoder, tmp_path / "decoder.pt", BLINK, 1, layers, sprites, batch=2)
    assert steps_in(tmp_path / "cells.pt") >= 1
    train_encoder.train_encoder(vae, tmp_path / "encoder.pt", BLINK, 1, layers, sprites, batch=2)
    moved = {name.split(".")[0] for name, value in vae.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"decoder", "encoder"}
    latents, pixels = train_decoder.scenes(random.Random(1), 2, layers, sprites)
    assert latents.shape == (2, 65, 16, 16) and pixels.shape == (2, 3, 256, 256)
    with torch.no_grad():
        assert vae.decode(latents).sample.shape == pixels.shape


def test_the_first_part_of_a_decoder_learns_to_paint_by_itself(layers, sprites):
    torch.manual_seed(1)
    cells = train_decoder.Cells(autoencoder.autoencoder().decoder)
    cells.clear_borders()
    latents, pixels = train_decoder.scenes(random.Random(1), 1, layers, sprites)
    optimizer = torch.optim.AdamW(cells.parameters(), 2e-3)
    errors = []
    for _ in range(12):
        error = (cells(latents) - pixels).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.5 * errors[0]


def test_the_probe_is_learned_and_kept(sprites, tmp_path):
    model = probe.train_probe(tmp_path / "probe.pt", BLINK, 1, sprites, batch=2)
    probe.save_probe(model, tmp_path / "probe.safetensors")
    pixels = torch.zeros(1, 3, 256, 256)
    kept = probe.load_probe(tmp_path / "probe.safetensors")
    for one, other in zip(model(pixels), kept(pixels), strict=True):
        assert torch.allclose(one, other, atol=0.05)


def test_the_perceptual_metric_learns_and_its_heads_are_not_negative(sprites, tmp_path):
    backbone = perceptual.train_backbone(tmp_path / "lpips.pt", BLINK, 1, sprites, batch=2)
    right = perceptual.fit_heads(backbone.metric, 1, sprites, triplets=24)
    assert 0.5 <= right <= 1
    assert all((head.model[-1].weight >= 0).all() for head in backbone.metric.lins)


def test_a_clip_is_learned_and_loads_as_a_user_of_open_clip_would(sprites, words, tmp_path):
    model = clip_pair.train_clip("clip_b32", tmp_path / "clip.pt", BLINK, 1, sprites, words, pairs=2)
    save_clip("clip_b32", model, len(words), tmp_path / "clip", tokenizer.LENGTH)
    ids, pixels = train_transformer.tokens(words, ["a cat"]), torch.zeros(1, 3, 256, 256)
    kept = load_clip(tmp_path / "clip")
    with torch.no_grad():
        assert torch.allclose(kept.encode_text(ids), model.encode_text(ids), atol=0.05)
        assert torch.allclose(kept.encode_image(pixels), model.encode_image(pixels), atol=0.05)
