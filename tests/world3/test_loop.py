"""The loop that every model is trained by: it goes on after a cut, and its parts are what they say."""

import pytest
import torch
from torch import nn

from refine.world3.training import loop
from refine.world3.training.attention import plain_attention

BLINK = 0.001


def steps_in(path):
    return torch.load(path, weights_only=True)["steps"]


def test_training_goes_on_where_it_was_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)
    path, model, spent_at = tmp_path / "course.pt", nn.Linear(1, 1), []
    start = model.weight.item()

    def step(spent, rng):
        spent_at.append(spent)
        with torch.no_grad():
            model.weight += 1
        return {"chance": rng.random()}

    def cut(spent, rng):
        if len(spent_at) == 3:
            raise KeyboardInterrupt
        return step(spent, rng)

    with pytest.raises(KeyboardInterrupt):
        loop.train(path, 1, 1, {"model": model}, cut)
    assert steps_in(path) == 3
    with torch.no_grad():
        model.weight.zero_()
    # What was spent before the cut counts: a thousandth of a minute more is the end.
    spent = torch.load(path, weights_only=True)["spent"] / 60
    loop.train(path, spent + BLINK, 1, {"model": model}, step)
    assert spent_at[3] > 0
    assert steps_in(path) == len(spent_at) > 3
    assert model.weight.item() == pytest.approx(start + len(spent_at), rel=1e-4)


def test_a_finished_course_returns_at_once(tmp_path):
    path, model = tmp_path / "course.pt", nn.Linear(1, 1)
    loop.train(path, BLINK, 1, {"model": model}, lambda spent, rng: {})

    def never(spent, rng):
        raise AssertionError("there was no time left")

    loop.train(path, BLINK, 1, {"model": model}, never)


def test_a_cut_while_saving_leaves_the_old_checkpoint(tmp_path):
    path = tmp_path / "course.pt"
    loop.save(path, {"steps": 1})
    with pytest.raises(AttributeError):
        loop.save(path, {"steps": lambda: 2})
    assert steps_in(path) == 1


def test_the_learning_rate_rises_stays_and_falls():
    values = [loop.rate(1.0, part / 100) for part in range(101)]
    assert values[0] < 0.1 and max(values) == pytest.approx(1.0) and values[100] == pytest.approx(0.01)
    assert values[40] > values[60] > values[80]


def test_attention_in_plain_matrices_is_attention():
    torch.manual_seed(1)
    query, key, value = (torch.randn(2, 4, 6, 8) for _ in range(3))
    mask = torch.rand(2, 1, 6, 6) < 0.8
    mask[..., 0] = True
    fused = nn.functional.scaled_dot_product_attention
    wanted = [
        fused(query, key, value),
        fused(query, key, value, is_causal=True),
        fused(query, key, value, mask),
    ]
    with plain_attention():
        plain = nn.functional.scaled_dot_product_attention
        got = [
            plain(query, key, value),
            plain(query, key, value, is_causal=True),
            plain(query, key, value, mask),
        ]
    assert nn.functional.scaled_dot_product_attention is fused
    for one, other in zip(wanted, got, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
