"""Training on tiny budgets: it lowers its loss's inputs, keeps what it made, and goes on after a cut."""

import random

import pytest
import torch

from refine.world3.models import autoencoder, clip_pair, perceptual, pipeline, probe
from refine.world3.models.layers import AT
from refine.world3.scenes.compose import compose_pixels
from refine.world3.scenes.description import Description, Thing
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.objects import OBJECTS
from refine.world3.training.cells import Cells, every_part, scenes, train_cells, train_sprites
from refine.world3.training.clip_pair import train_clip
from refine.world3.training.decoder import train_decoder
from refine.world3.training.encoder import train_encoder
from refine.world3.training.perceptual import fit_heads, train_backbone
from refine.world3.training.probe import train_probe
from refine.world3.training.transformer import Difficulty, sample_times, tokens, train_transformer
from refine.world3.words import tokenizer

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
    return path, train_transformer(path, BLINK, 1, layers, words, batch=2)


def test_the_transformer_is_learned_and_resumed(trained, words, layers):
    path, first = trained
    done = steps_in(path)
    again = train_transformer(path, BLINK, 1, layers, words, batch=2)
    assert steps_in(path) == done
    ids, noise, times = tokens(words, ["a cat"]), torch.randn(1, 65, 16, 16), torch.ones(1)
    with torch.no_grad():
        assert torch.equal(first(ids, noise, times), again(ids, noise, times))


def test_worker_processes_supply_batches_too(words, layers, tmp_path):
    path = tmp_path / "transformer.pt"
    train_transformer(path, BLINK, 1, layers, words, batch=2, workers=2)
    assert steps_in(path) >= 1


def test_the_worst_drawn_objects_are_practised_most():
    difficulty = Difficulty()
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


def test_what_cells_learn_is_what_the_decoder_begins_with(layers, sprites, tmp_path):
    cells, vae = Cells(), autoencoder.autoencoder()
    before = vae.decoder.conv_out.weight.clone()
    train_sprites(cells, tmp_path / "sprites.pt", BLINK, 1, layers, sprites, batch=1)
    train_cells(cells, tmp_path / "cells.pt", BLINK, 1, layers, sprites, batch=1)
    cells.put_into(vae.decoder)
    latents, _ = scenes(random.Random(1), 1, layers, sprites)
    with torch.no_grad():
        inner = vae.decoder.mid_block(vae.decoder.conv_in(latents))
        for resnet in vae.decoder.up_blocks[0].resnets:
            inner = resnet(inner, None)
        assert torch.allclose(inner, cells.features(latents), atol=1e-4)
    assert torch.equal(before, vae.decoder.conv_out.weight)


def test_sprites_are_learned_by_heart(layers, sprites):
    torch.manual_seed(1)
    cells, (codes, looks) = Cells(), every_part(layers, sprites)
    assert codes.shape == (len(OBJECTS) * 152, 65) and looks.shape == (len(codes), 1024)
    chosen = torch.arange(0, len(codes), len(codes) // 256)[:256].view(1, 16, 16)
    latents = codes[chosen].permute(0, 3, 1, 2)
    wanted = torch.nn.functional.pixel_shuffle(looks[chosen].permute(0, 3, 1, 2), 16)
    optimizer = torch.optim.AdamW(cells.parameters(), 2e-3)
    errors = []
    for _ in range(25):
        error = (cells(latents, cells.show) - wanted).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.5 * errors[0]


def test_parts_are_cut_as_scenes_are(layers, sprites):
    """An object by itself on white is the same picture by its parts' looks and by composition."""
    codes, looks = every_part(layers, sprites)
    description = Description((Thing("cat", size="small", place=(0, 0)),))
    boxes = arrange(description.things)
    grid, pixels = layers.encode(description, boxes), compose_pixels(description, boxes, sprites)
    found = torch.from_numpy(grid[:, 1:5, 1:5].reshape(65, 16).T)
    of_a_thing = slice(0, AT["kind"].start)
    rows = [int((codes[:, of_a_thing] - one[of_a_thing]).abs().sum(1).argmin()) for one in found]
    look = torch.nn.functional.pixel_shuffle(looks[rows].T.view(1, 1024, 4, 4), 16)[0]
    painted = look[:3] + 1 - look[3:]
    wanted = torch.from_numpy(pixels[16:80, 16:80].copy()).permute(2, 0, 1) / 255
    assert (painted - wanted).abs().max() < 0.01


def test_decoder_and_encoder_are_learned(layers, sprites, tmp_path):
    vae = autoencoder.autoencoder()
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    train_decoder(vae.decoder, tmp_path / "decoder.pt", BLINK, 1, layers, sprites, batch=2)
    train_encoder(vae, tmp_path / "encoder.pt", BLINK, 1, layers, sprites, batch=2)
    moved = {name.split(".")[0] for name, value in vae.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"decoder", "encoder"}
    latents, pixels = scenes(random.Random(1), 2, layers, sprites)
    assert latents.shape == (2, 65, 16, 16) and pixels.shape == (2, 3, 256, 256)
    with torch.no_grad():
        assert vae.decode(latents).sample.shape == pixels.shape


def test_the_probe_is_learned_and_kept(sprites, tmp_path):
    model = train_probe(tmp_path / "probe.pt", BLINK, 1, sprites, batch=2)
    probe.save_probe(model, tmp_path / "probe.safetensors")
    pixels = torch.zeros(1, 3, 256, 256)
    kept = probe.load_probe(tmp_path / "probe.safetensors")
    for one, other in zip(model(pixels), kept(pixels), strict=True):
        assert torch.allclose(one, other, atol=0.05)


def test_the_perceptual_metric_learns_and_its_heads_are_not_negative(sprites, tmp_path):
    backbone = train_backbone(tmp_path / "lpips.pt", BLINK, 1, sprites, batch=2)
    right = fit_heads(backbone.metric, 1, sprites, triplets=24)
    assert 0.5 <= right <= 1
    assert all((head.model[-1].weight >= 0).all() for head in backbone.metric.lins)


def test_a_clip_is_learned_and_loads_as_a_user_of_open_clip_would(sprites, words, tmp_path):
    model = train_clip("clip_b32", tmp_path / "clip.pt", BLINK, 1, sprites, words, pairs=2)
    clip_pair.save_clip("clip_b32", model, len(words), tmp_path / "clip")
    ids, pixels = tokens(words, ["a cat"]), torch.zeros(1, 3, 256, 256)
    kept = clip_pair.load_clip(tmp_path / "clip")
    with torch.no_grad():
        assert torch.allclose(kept.encode_text(ids), model.encode_text(ids), atol=0.05)
        assert torch.allclose(kept.encode_image(pixels), model.encode_image(pixels), atol=0.05)


def test_noise_levels_are_mostly_high():
    torch.manual_seed(1)
    times = sample_times(2_000)
    assert times.min() >= 0 and times.max() == 1
    assert (times == 1).float().mean() > 0.07 and times.median() > 0.7


def test_lpips_is_kept_as_its_library_loads_it(sprites, tmp_path):
    metric = train_backbone(tmp_path / "lpips.pt", BLINK, 1, sprites, batch=1).metric
    perceptual.save_metric(metric, tmp_path / "lpips.safetensors")
    kept, pixels = perceptual.load_metric(tmp_path / "lpips.safetensors"), torch.rand(2, 3, 256, 256) * 2 - 1
    with torch.no_grad():
        near, far = metric(pixels[:1], pixels[1:]), kept(pixels[:1], pixels[1:])
    # Convolutions are kept in eight bits.
    assert float(near) == pytest.approx(float(far), rel=0.2)
