"""The tokenizer: a small byte-pair vocabulary in CLIP's own format, learned from captions.

Knows: how text becomes ids. Does not know: what they mean. Every byte is a token, so that nothing anybody
types fails.
"""

import json
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from refine.world3.scenes.sampling import sample_description
from refine.world3.words.captions import caption

LENGTH = 56
"""Tokens that are read, start and end included; the rest is cut."""

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
COMMON = (
    "the of to is are it in on at with and a an that this there scene sky sun moon cloud clouds person "
    "man woman people tree trees flower flowers mountain river lake road city street building looking "
    "standing sitting flying running swimming eyes mouth nose ears tail leaf leaves stem wheel wheels "
    "window windows door roof wing wings legs face smile bright dark light color colour round square "
    "circle shape line lines style art picture image photo drawing cartoon vector icon emoji simple flat "
    "minimal realistic beautiful background foreground front behind beside under over between around near "
)
PIECES = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]+")
"""How CLIP cuts lower-case English before it looks for known parts."""


def learn(folder: Path, seed: int, captions: int = 60_000, size: int = 2_400) -> None:
    """Learn the vocabulary from captions of random descriptions and save a `CLIPTokenizer` in `folder`.

    Args:
        folder: Where `vocab.json`, `merges.txt` and the rest go.
        seed: Which descriptions and captions.
        captions: How many to learn from.
        size: Tokens in all.
    """
    rng = random.Random(seed)
    learn_from([caption(sample_description(rng)[0], rng) for _ in range(captions)], folder, rng, size, LENGTH)


def learn_from(lines: list[str], folder: Path, rng: random.Random, size: int, length: int) -> None:
    """Learn the vocabulary from captions and common words, and save a `CLIPTokenizer` in `folder`.

    Args:
        lines: The captions.
        folder: Where `vocab.json`, `merges.txt` and the rest go.
        rng: How common words are put together.
        size: Tokens in all.
        length: Tokens that are read.
    """
    common = COMMON.split()
    lines = lines + [" ".join(rng.sample(common, 8)) for _ in range(len(lines) // 15)]
    letters = sorted(ByteLevel.alphabet())
    vocabulary = [START, END, *letters, *(letter + WORD_END for letter in letters)]
    merges = _merges(Counter(piece for line in lines for piece in PIECES.findall(line)), size - len(vocabulary))
    vocabulary += ["".join(pair) for pair in merges]
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: number for number, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, merges), ""]))
    tokenizer = CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=length, pad_token=END
    )
    tokenizer.save_pretrained(folder)


def load(folder: Path) -> CLIPTokenizer:
    """Read the tokenizer that `learn` saved."""
    return CLIPTokenizer.from_pretrained(folder, model_max_length=LENGTH)


def _merges(words: Counter[str], count: int) -> list[tuple[str, str]]:
    """The pairs met most often, counted anew after each is joined; ties go by the alphabet."""
    parts = {word: (*word[:-1], word[-1] + WORD_END) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs = Counter[tuple[str, str]]()
        for word, split in parts.items():
            for pair in pairwise(split):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        parts = {word: _join(split, best) for word, split in parts.items()}
    return merges


def _join(split: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    if pair not in pairwise(split):
        return split
    joined: list[str] = []
    for part in split:
        if joined and (joined[-1], part) == pair:
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
