"""The words that the embedded world knows, as a plain list: those of its captions, and small words that need no telling.

Knows: where the words of captions come from. Does not know: who reads the list.
"""

import random
import re
from collections.abc import Iterator

from refine.world3.scenes.description import LANDSCAPES, LIGHTS, PATTERNS, Ground
from refine.world3.scenes.objects import HYPERNYMS, OBJECTS
from refine.world3.scenes.palette import WORDS
from refine.world3.words.captions import plural
from refine.world3.words.wordings import (
    COUNT_WORDS,
    ENDINGS,
    FRAME_WORDS,
    OPENINGS,
    POSE_WORDS,
    PRAISE,
    RELATION_WORDS,
    SIZE_WORDS,
    STYLE_WORDS,
    TEXTURE_WORDS,
    WEATHER_WORDS,
    ground_words,
    place_words,
)

IRREGULAR_PLURALS = ("cacti", "octopi", "snowmen")
SMALL_WORDS = (
    *("a", "an", "the", "this", "that", "these", "those", "some", "any", "each", "every", "another", "other", "same"),
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "no", "not", "none", "without"),
    *(
        "i",
        "me",
        "my",
        "you",
        "your",
        "we",
        "us",
        "our",
        "it",
        "its",
        "he",
        "him",
        "his",
        "she",
        "her",
        "they",
        "them",
        "their",
    ),
    *("is", "are", "was", "were", "be", "been", "being", "am", "has", "have", "had", "having", "do", "does", "did"),
    *("isn't", "aren't", "don't", "doesn't", "can't", "can", "could", "should", "would", "will", "may", "must", "let"),
    *("and", "or", "but", "with", "also", "plus", "as", "than", "then", "so", "if", "both", "only", "just", "like"),
    *("in", "on", "at", "of", "to", "from", "for", "by", "into", "onto", "off", "out", "up", "down", "over", "under"),
    *("above", "below", "next", "near", "beside", "between", "behind", "before", "after", "around", "across", "along"),
    *(
        "through",
        "towards",
        "toward",
        "against",
        "front",
        "back",
        "inside",
        "outside",
        "away",
        "here",
        "there",
        "where",
    ),
    *("which", "who", "what", "how", "when", "while", "all", "more", "most", "less", "least", "much", "many", "few"),
    *("very", "really", "quite", "too", "rather", "bit", "again", "now", "still", "please", "show", "draw", "make"),
    *("first", "second", "third", "last", "part", "half", "side", "way", "thing", "something", "sees", "seen", "see"),
    *(
        "color",
        "colored",
        "colour",
        "coloured",
        "things",
        "kind",
        "type",
        "shape",
        "size",
        "place",
        "object",
        "objects",
    ),
    *("picture", "image", "drawing", "photo", "put", "placed", "shown", "using", "made", "looking", "looks", "look"),
)


def known_words() -> list[str]:
    """Every known word once, lower case, in alphabetical order. The same for the same tables of the world."""
    phrases = [*_phrases(), *IRREGULAR_PLURALS, *SMALL_WORDS]
    return sorted({word for phrase in phrases for word in re.findall(r"\b[a-z][a-z']*", phrase.lower())})


def _phrases() -> Iterator[str]:
    for thing in OBJECTS.values():
        yield from thing.nouns
        yield from map(plural, thing.nouns)
    yield from HYPERNYMS
    for table in (COUNT_WORDS, SIZE_WORDS, POSE_WORDS, TEXTURE_WORDS, WEATHER_WORDS, STYLE_WORDS, WORDS):
        for wordings in table.values():
            yield from wordings
    yield from (*PRAISE, *OPENINGS, *ENDINGS, *(form.replace("{}", "") for form in FRAME_WORDS))
    for forms in RELATION_WORDS.values():
        yield from (form.format("", "", "") for form in forms)
    # What is said of places and grounds is chosen by chance, and asked for until all of it has come.
    rng = random.Random(0)
    grounds = [Ground("plain", "red"), *(Ground(kind, "red", "blue") for kind in PATTERNS)]
    grounds += [Ground(name, light) for name in LANDSCAPES for light in LIGHTS]
    for _ in range(500):
        yield from (place_words((column, row), rng) for column in range(3) for row in range(3))
        for ground in grounds:
            yield from ground_words(ground, rng)
