"""The tokenizer: a byte-pair vocabulary in CLIP's own format, learned from captions of the third edition.

Knows: which captions it is learned from. Does not know: how merges are counted (the second edition's tokenizer does).
"""

import random
from pathlib import Path

from transformers import CLIPTokenizer

from refine.world.tokenizer import learn_from
from refine.world3.captions import caption
from refine.world3.sampling import sample_description

LENGTH = 56
"""Tokens that are read, start and end included; the rest is cut."""


def learn(folder: Path, seed: int, captions: int = 60_000, size: int = 2_400) -> None:
    """Learn the vocabulary from captions of random descriptions and save a `CLIPTokenizer` in `folder`."""
    rng = random.Random(seed)
    learn_from([caption(sample_description(rng)[0], rng) for _ in range(captions)], folder, rng, size, LENGTH)


def load(folder: Path) -> CLIPTokenizer:
    """Read the tokenizer that `learn` saved."""
    return CLIPTokenizer.from_pretrained(folder, model_max_length=LENGTH)
