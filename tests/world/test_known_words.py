"""The list of known words: it is what the tables say, and it holds every word of the captions that the models learn."""

import random
import re
from collections import Counter

from refine.profiles import PROFILES
from refine.world.captions import caption, plain_caption
from refine.world.known_words import known_words
from refine.world.scenes import sample_scene
from refine.world.stages import Workshop, run


def test_the_shipped_list_is_what_the_stage_writes(tmp_path):
    run(Workshop(tmp_path / "work", tmp_path / "assets", seed=1), "vocabulary")
    written = (tmp_path / "assets" / "vocabulary.txt").read_text()
    assert PROFILES["world"].vocabulary.read_text() == written
    assert written.split() == known_words() == sorted(set(known_words()))


def test_every_word_of_the_captions_is_in_the_list():
    rng = random.Random(3)
    scenes = [sample_scene(rng) for _ in range(5_000)]
    said = Counter(word for scene in scenes for word in re.findall(r"\b[a-z']+\b", caption(scene, rng)))
    plain = {word for scene in scenes for word in re.findall(r"\b[a-z']+\b", plain_caption(scene, rng, synonyms=True))}
    # What is said only now and then may be the gibberish of captions.
    often = {word for word, times in said.items() if times > 10}
    assert len(often) > 200
    assert (plain | often) - set(known_words()) == set()
