"""The words that the embedded world knows, as a plain list: those of its captions, and small words that need no telling.

Knows: where the words of captions come from. Does not know: who reads the list.
"""

import random
import re
from collections.abc import Iterator

from refine.world.vocabulary import COLUMNS, OBJECTS, PLAIN, ROWS, SCENIC, SIZES
from refine.world.wordings import (
    ABOVE_WORDS,
    BESIDE_WORDS,
    ENDINGS,
    MIDDLE_WORDS,
    OPENINGS,
    PLAIN_WORDS,
    PRAISE,
    SCENIC_WORDS,
    SIZE_WORDS,
    background_words,
    place_words,
)
from refine.world3.words.known_words import IRREGULAR_PLURALS, SMALL_WORDS


def known_words() -> list[str]:
    """Every known word once, lower case, in alphabetical order. The same for the same tables of the world."""
    phrases = [*_phrases(), *IRREGULAR_PLURALS, *SMALL_WORDS]
    return sorted({word for phrase in phrases for word in re.findall(r"\b[a-z][a-z']*", phrase.lower())})


def _phrases() -> Iterator[str]:
    for thing in OBJECTS.values():
        yield from (*thing.nouns, *thing.colours)
    for table in (SIZE_WORDS, SCENIC_WORDS):
        for wordings in table.values():
            yield from wordings
    yield from (*PRAISE, *MIDDLE_WORDS, *PLAIN_WORDS, *OPENINGS, *ENDINGS, *BESIDE_WORDS, *ABOVE_WORDS)
    yield from (*PLAIN, *SCENIC, *SIZES, *COLUMNS, *ROWS)
    # What is said of places and backgrounds is chosen by chance, and asked for until all of it has come.
    rng = random.Random(0)
    for _ in range(500):
        yield from (place_words((column, row), rng) for column in range(3) for row in range(3))
        yield from (background_words(background, rng) for background in PLAIN)
