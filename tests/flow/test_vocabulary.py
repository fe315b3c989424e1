"""A vocabulary: it names the words that a model does not know, and nags about nothing else."""

import json

import pytest

from refine.flow.vocabulary import Vocabulary
from refine.profiles import PROFILES

WORLD = Vocabulary.load(PROFILES["world"].vocabulary)


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a red jeep on the beach", ("jeep",)),
        ("A Jeep, a jeep; jeeps and ZEBRAS", ("Jeep", "jeeps", "ZEBRAS")),
        ("a cat's head wearing sunglasses", ("wearing", "sunglasses")),
        ("قطة على العشب", ("قطة", "على", "العشب")),
        ("un chat noir", ("un", "chat", "noir")),
    ],
)
def test_words_that_the_world_does_not_know_are_named_as_they_are_written(prompt, unknown):
    assert WORLD.unknown(prompt) == unknown


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Two small cats, three big dogs & 12 red cherries!",
        "buses, fishes, strawberries, cacti, octopuses and octopi",
        "the cat’s in the top-left corner; it isn't on the cats' left side",
        "a 4k picture, 256x256, 3d, at 100%",
        "🦊 🐱 !!! ... —",
        "I see one grape (purple) next to a bunch of grapes",
    ],
)
def test_plurals_small_words_numbers_and_punctuation_are_nothing_to_tell(prompt):
    assert WORLD.unknown(prompt) == ()


def test_every_prompt_of_the_worlds_targets_is_known():
    prompts = [target["prompt"] for target in json.loads(PROFILES["world"].prompts.read_text())]
    assert {word for prompt in prompts for word in WORLD.unknown(prompt)} == set()


def test_only_a_model_whose_words_are_listed_has_a_vocabulary():
    assert PROFILES["paper"].vocabulary is None
