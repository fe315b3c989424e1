"""Captions: a scene in plain English, in many wordings.

Knows: how a sentence about a scene is put together. Does not know: pictures, tokens. What people take for
granted (one object in the middle, medium sized, on white) is mostly left unsaid; the rest is mostly said.
"""

import random
from string import ascii_lowercase

from refine.world.scenes import ABOVE_AND_BELOW, LEFT_AND_RIGHT, Placed, Scene, arranged_as
from refine.world.vocabulary import MIDDLE, OBJECTS
from refine.world.wordings import (
    ABOVE_WORDS,
    BESIDE_WORDS,
    ENDINGS,
    OPENINGS,
    PRAISE,
    SIZE_WORDS,
    background_words,
    place_words,
    with_article,
)


def caption(scene: Scene, rng: random.Random) -> str:
    """Write one of the many captions of a scene, lower case, with now and then a filler or a word that means
    nothing.
    """
    text = _with_background(_objects(scene, rng), scene, rng)
    if rng.random() < 0.74:
        text = f"{rng.choice(OPENINGS)} {text}"
    if rng.random() < 0.73:
        text = f"{text}{rng.choice((', ', ' '))}{rng.choice(ENDINGS)}"
    if rng.random() < 0.06:
        words = text.split()
        words.insert(rng.randrange(len(words) + 1), _gibberish(rng))
        text = " ".join(words)
    return text.replace(",", "") if rng.random() < 0.1 else text


def plain_caption(scene: Scene, rng: random.Random, synonyms: bool = False) -> str:
    """Write a caption that says everything once: every object with its size and place, and the background.

    Args:
        scene: What to say.
        rng: Which wording.
        synonyms: Whether objects may go by other than their usual noun.
    """
    phrases = []
    for one in scene.objects:
        nouns = OBJECTS[one.name].nouns
        size = "" if one.size == "medium" else rng.choice(SIZE_WORDS[one.size]) + " "
        noun = size + (rng.choice(nouns) if synonyms else nouns[0])
        article = "an" if noun[0] in "aeiou" else "a"
        where = "" if one.place == MIDDLE and len(scene.objects) == 1 else " " + place_words(one.place, rng)
        phrases.append(f"{article} {noun}{where}")
    objects = " and ".join([", ".join(phrases[:-1]), phrases[-1]] if phrases[1:] else phrases)
    return f"{objects}, {background_words(scene.background, rng)}"


def _objects(scene: Scene, rng: random.Random) -> str:
    beside, stacked = arranged_as(scene, LEFT_AND_RIGHT), arranged_as(scene, ABOVE_AND_BELOW)
    if (beside or stacked) and rng.random() < 0.25:
        first, second = (with_article(_noun(one, rng), rng) for one in scene.objects)
        return rng.choice(BESIDE_WORDS if beside else ABOVE_WORDS).format(first, second)
    in_order = beside and rng.random() < 0.5
    objects = list(scene.objects) if in_order else rng.sample(scene.objects, len(scene.objects))
    plain = in_order or (len(objects) == 1 and objects[0].place == MIDDLE)
    return _join([_phrase(one, plain, rng) for one in objects], in_order, rng)


def _phrase(one: Placed, plain: bool, rng: random.Random) -> str:
    phrase = with_article(_noun(one, rng), rng)
    if rng.random() >= (0.3 if plain else 0.93):
        return phrase
    words, order = place_words(one.place, rng), rng.random()
    if order < 0.8:
        return f"{phrase} {words}"
    return f"{words} {phrase}" if order < 0.92 else f"{words}: {phrase}"


def _noun(one: Placed, rng: random.Random) -> str:
    thing, words = OBJECTS[one.name], []
    if rng.random() < (0.05 if one.size == "medium" else 0.9):
        words.append(rng.choice(SIZE_WORDS[one.size]))
    if rng.random() < 0.25:
        words.append(rng.choice([colour for colour in thing.colours if " roof" not in colour]))
    if rng.random() < 0.08:
        words.append(rng.choice(PRAISE))
    words.append(rng.choice(thing.nouns) if rng.random() < 0.6 else thing.nouns[0])
    return " ".join(words)


def _join(phrases: list[str], beside: bool, rng: random.Random) -> str:
    if len(phrases) == 2:
        links = (" and ", " and ", ", ", " and ", " with ", " and also ", ", and ", " plus ")
        return rng.choice((*links, " next to ") if beside else links).join(phrases)
    first = rng.choice((", ", " and ", ", ")).join(phrases[:-1])
    return rng.choice((" and ", ", ", ", and ")).join([first, phrases[-1]] if first else [phrases[-1]])


def _with_background(text: str, scene: Scene, rng: random.Random) -> str:
    if rng.random() >= (0.3 if scene.background == "white" else 0.94):
        return text
    words = background_words(scene.background, rng)
    return rng.choice(
        (
            f"{text} {words}",
            f"{text} {words}",
            f"{text}, {words}",
            f"{text}, {words}",
            f"{words}, {text}",
            f"{text}. {words}",
        )
    )


def _gibberish(rng: random.Random) -> str:
    return "".join(rng.choice(ascii_lowercase) for _ in range(rng.randrange(2, 8)))
