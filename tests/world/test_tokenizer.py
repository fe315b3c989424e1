import random

import pytest

from refine.world.captions import caption
from refine.world.drawing import tokens
from refine.world.scenes import sample_scene
from refine.world.tokenizer import LENGTH, learn, load
from refine.world3.words.tokenizer import END, START


@pytest.fixture(scope="module")
def shipped(assets):
    return load(assets / "pipeline" / "tokenizer")


def test_whatever_is_typed_becomes_tokens(shipped):
    for text in (
        "",
        "   ",
        "😀🦄",
        "قطة على العشب",
        "猫",
        "zebra unicorn naïve",
        "\x00\x07",
        "<b>cat</b>",
        "a" * 5_000,
    ):
        ids = tokens(shipped, [text])
        assert ids.shape == (1, LENGTH)
        assert ids[0, 0] == shipped.convert_tokens_to_ids(START)
        assert ids.min() >= 0 and ids.max() < len(shipped)
        assert shipped.convert_tokens_to_ids(END) in ids[0]


def test_case_and_spaces_do_not_matter(shipped):
    assert shipped("A Cat  on the LEFT")["input_ids"] == shipped("a cat on the left")["input_ids"]


def test_captions_mostly_fit(shipped):
    rng = random.Random(1)
    lengths = sorted(len(shipped(caption(sample_scene(rng), rng))["input_ids"]) for _ in range(300))
    assert lengths[270] <= LENGTH


def test_unknown_words_are_not_cut_from_known_ones(shipped):
    assert shipped.tokenize("cat")[0] in shipped.tokenize("the qwxz cat")


def test_a_vocabulary_can_be_learned_again(tmp_path):
    learn(tmp_path / "one", seed=1, captions=300, size=800)
    learn(tmp_path / "two", seed=1, captions=300, size=800)
    assert (tmp_path / "one" / "vocab.json").read_text() == (tmp_path / "two" / "vocab.json").read_text()
    fresh = load(tmp_path / "one")
    assert (
        fresh.decode(fresh("a penguin in the snow")["input_ids"], skip_special_tokens=True).strip()
        == "a penguin in the snow"
    )
