"""The tokenizer: a small byte-pair vocabulary in CLIP's own format, learned from captions.

Knows: how text becomes ids. Does not know: what they mean. Every byte is a token, so that nothing anybody
types fails.
"""

import random
from pathlib import Path

from transformers import CLIPTokenizer

from refine.world.captions import caption
from refine.world.scenes import sample_scene
from refine.world3.words.tokenizer import learn_from

LENGTH = 32
"""Tokens that are read, start and end included; the rest is cut."""


def learn(folder: Path, seed: int, captions: int = 60_000, size: int = 1_600) -> None:
    """Learn the vocabulary from captions of random scenes and save a `CLIPTokenizer` in `folder`.

    Args:
        folder: Where `vocab.json`, `merges.txt` and the rest go.
        seed: Which scenes and captions.
        captions: How many to learn from.
        size: Tokens in all.
    """
    rng = random.Random(seed)
    learn_from([caption(sample_scene(rng), rng) for _ in range(captions)], folder, rng, size, LENGTH)


def load(folder: Path) -> CLIPTokenizer:
    """Read the tokenizer that `learn` saved."""
    return CLIPTokenizer.from_pretrained(folder, model_max_length=LENGTH)
