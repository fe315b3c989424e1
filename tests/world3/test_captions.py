"""Captions say what a description says, and nothing else."""

import random

import pytest

from refine.world3.scenes.description import Description, Ground, Thing
from refine.world3.scenes.objects import HYPERNYMS, OBJECTS
from refine.world3.scenes.sampling import sample_description
from refine.world3.words.captions import caption, misspell, sentence
from refine.world3.words.wordings import (
    POSE_WORDS,
    SIZE_WORDS,
    STYLE_WORDS,
    TEXTURE_WORDS,
    WEATHER_WORDS,
)

FULL = Description(
    (Thing("cat", 2, "small", (0, 0), "blue", "striped", "upside down"), Thing("apple")),
    Ground("sea", "night"),
    "rain",
    "sepia",
    "gold",
)


@pytest.mark.parametrize("loose", [False, True])
def test_every_facet_is_said_in_words_of_its_own(loose):
    rng = random.Random(1)
    for _ in range(100):
        text = sentence(FULL, rng, loose)
        for words in (
            SIZE_WORDS["small"],
            POSE_WORDS["upside down"],
            TEXTURE_WORDS["striped"],
            WEATHER_WORDS["rain"],
            STYLE_WORDS["sepia"],
            ("blue",),
            ("two", "2", "pair", "couple"),
            ("cats", "kittens", "kitties", "cat faces", "cats head"),
            ("top", "upper"),
            ("gold", "mustard", "dark yellow"),
        ):
            assert any(word in text for word in words), (words, text)


def test_what_is_not_said_is_left_out():
    rng = random.Random(2)
    for _ in range(200):
        text = sentence(Description((Thing("cat"),)), rng)
        assert text in {f"{article} {noun}" for noun in OBJECTS["cat"].nouns for article in ("a", "an")}


def test_the_order_of_mention_is_kept_where_it_decides_who_stands_where():
    rng = random.Random(3)
    for _ in range(200):
        text = sentence(Description((Thing("turtle"), Thing("bus"))), rng, loose=True)
        first = min(text.index(noun) for noun in OBJECTS["turtle"].nouns if noun in text)
        assert first < text.index("bus")


def test_captions_of_a_seed_are_the_same_and_differ_among_themselves():
    def many(seed):
        rng = random.Random(seed)
        return [caption(sample_description(rng)[0], rng) for _ in range(50)]

    assert many(4) == many(4)
    assert len(set(many(4))) == 50


def test_a_misspelling_changes_one_word_by_one_letter():
    rng = random.Random(5)
    for _ in range(100):
        words, wrong = ["a", "purple", "elephant"], misspell("a purple elephant", rng).split()
        assert sum(one != other for one, other in zip(words, wrong, strict=True)) <= 1
        assert abs(len(" ".join(words)) - len(" ".join(wrong))) <= 1
    assert misspell("a cat", rng) == "a cat"


def test_hypernyms_name_objects_that_exist():
    assert set(HYPERNYMS.values()) <= set(OBJECTS)
