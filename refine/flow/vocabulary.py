"""A vocabulary: which words of a prompt a model does not know.

Knows: words, their plurals, and what is no word (numbers, punctuation). Does not know: which model, or where its list of
words comes from (profiles).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import regex

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:'\p{L}+)*")
DIGIT = regex.compile(r"\p{N}")
ENDINGS = (("'s", ""), ("'", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))
"""What a plural or a possessive may end in, and what a singular has instead."""


class Vocabulary:
    """The words that a model knows, each in singular and plural."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take words in any case and number."""
        self._known = {form for word in words for form in _forms(word.casefold())}

    @classmethod
    def load(cls, path: Path) -> Self:
        """The vocabulary of a text file, one word a line."""
        return cls(path.read_text(encoding="utf-8").split())

    def unknown(self, prompt: str) -> tuple[str, ...]:
        """The words of `prompt` that are not known, as they are written, each once, in their order."""
        found: dict[str, str] = {}
        for written in WORD.findall(prompt.replace("’", "'")):
            word = written.casefold()
            if not DIGIT.search(word) and self._known.isdisjoint(_forms(word)):
                found.setdefault(word, written)
        return tuple(found.values())


def _forms(word: str) -> Iterator[str]:
    """A word, and what it may be the plural or the possessive of."""
    yield word
    for ending, singular in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1 and not word.endswith("ss"):
            yield word.removesuffix(ending) + singular
