"""The list of known words: it is what the tables say, and it holds every word of the captions that the models learn."""

import random
import re
from collections import Counter

from refine.world3.scenes.sampling import sample_description
from refine.world3.stages import Build, run
from refine.world3.words.captions import caption, sentence
from refine.world3.words.known_words import known_words


def test_the_list_is_what_the_stage_writes(tmp_path):
    run(Build(tmp_path / "work", tmp_path / "assets", seed=1), "vocabulary")
    written = (tmp_path / "assets" / "vocabulary.txt").read_text()
    assert written.split() == known_words() == sorted(set(known_words()))


def test_every_word_of_the_captions_is_in_the_list():
    rng = random.Random(3)
    described = [sample_description(rng)[0] for _ in range(5_000)]
    said = Counter(word for one in described for word in re.findall(r"\b[a-z']+\b", caption(one, rng)))
    plain = {word for one in described for word in re.findall(r"\b[a-z']+\b", sentence(one, rng))}
    # What is said only now and then may be the gibberish of captions.
    often = {word for word, times in said.items() if times > 10}
    assert len(often) > 200
    assert (plain | often) - set(known_words()) == set()
