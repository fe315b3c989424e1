"""Captions: a description in plain English, in many wordings and orders.

Knows: how a sentence is put together, how people misspell. Does not know: pictures, tokens. All that a description says
is said; defaults are now and then said as well; what it does not say is left out.
"""

import random
from string import ascii_lowercase

from refine.world3.scenes.description import MIDDLE, WHITE, Description, Thing
from refine.world3.scenes.objects import HYPERNYMS, OBJECTS
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
    colour_words,
    ground_words,
    place_words,
)

_KINDS: dict[str, list[str]] = {}
for _word, _name in HYPERNYMS.items():
    _KINDS.setdefault(_name, []).append(_word)


def caption(description: Description, rng: random.Random) -> str:
    """One of the many captions of a description, lower case, now and then with fillers, typos or gibberish."""
    text = sentence(description, rng, loose=True)
    if rng.random() < 0.3:
        text = f"{rng.choice(OPENINGS)} {text}"
    if rng.random() < 0.2:
        text += rng.choice((", ", " ")) + rng.choice(ENDINGS)
    if rng.random() < 0.12:
        text = misspell(text, rng)
    if rng.random() < 0.05:
        words = text.split()
        gibberish = "".join(rng.choice(ascii_lowercase) for _ in range(rng.randrange(3, 9)))
        words.insert(rng.randrange(len(words) + 1), gibberish)
        text = " ".join(words)
    return text.replace(",", "") if rng.random() < 0.12 else text


def sentence(description: Description, rng: random.Random, loose: bool = False) -> str:
    """A plain sentence that says all of a description.

    Args:
        description: What to say.
        rng: Which words.
        loose: In any order, sometimes with a default or a filler; else things first, then the ground and the rest.
    """
    relation = _related(description.things, rng) if loose and rng.random() < 0.3 else None
    things = relation or _things(description, rng, loose)
    parts: list[str] = []
    if description.ground is not None:
        parts += ground_words(description.ground, rng)
    elif loose and rng.random() < 0.08:
        parts += ground_words(WHITE, rng)
    if description.weather is not None:
        parts.append(rng.choice(WEATHER_WORDS[description.weather]))
    if description.style is not None:
        parts.append(rng.choice(STYLE_WORDS[description.style]))
    if description.frame is not None:
        parts.append(rng.choice(FRAME_WORDS).format(colour_words(description.frame, rng)))
    if not loose:
        return ", ".join([things, *parts])
    if rng.random() < 0.4:
        rng.shuffle(parts)
    before = parts[: rng.randrange(len(parts) + 1)] if parts and rng.random() < 0.2 else []
    text = ", ".join([*before, things])
    for part in parts[len(before) :]:
        text += rng.choice((", ", ", ", " ", ". ", " and " if rng.random() < 0.3 else ", ")) + part
    return text


def misspell(text: str, rng: random.Random) -> str:
    """Change one letter of one word of five or more: dropped, doubled, swapped or replaced."""
    words = text.split()
    long = [index for index, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return text
    index = rng.choice(long)
    word = words[index]
    at = rng.randrange(1, len(word) - 1)
    letter = rng.choice(ascii_lowercase)
    words[index] = rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + letter + word[at + 1 :],
        )
    )
    return " ".join(words)


def _things(description: Description, rng: random.Random, loose: bool) -> str:
    things = list(description.things)
    # Who stands where goes by the order of mention, unless every place is said.
    if loose and all(thing.place is not None for thing in things):
        rng.shuffle(things)
    phrases = [_phrase(thing, rng, loose, len(things) == 1) for thing in things]
    if len(phrases) == 1:
        return phrases[0]
    if not loose:
        return " and ".join([", ".join(phrases[:-1]), phrases[-1]])
    link = rng.choice((" and ", " and ", ", ", " with ", ", and ", " plus ", ". ", " and also "))
    return link.join([rng.choice((", ", ", ", " and ")).join(phrases[:-1]), phrases[-1]])


def _related(things: tuple[Thing, ...], rng: random.Random) -> str | None:
    """Two or three things by their relation, where their places are those that the relation means."""
    places = tuple(thing.place for thing in things)
    names = [_noun_phrase(thing, rng, loose=True) for thing in things]
    forms = RELATION_WORDS.get(places, ())
    if forms and (places != (None, None) or rng.random() < 0.4):
        return rng.choice(forms).format(*names)
    return None


def _phrase(thing: Thing, rng: random.Random, loose: bool, alone: bool) -> str:
    phrase = _noun_phrase(thing, rng, loose)
    place = thing.place
    if place is None and alone and loose and rng.random() < 0.08:
        place = MIDDLE
    if place is None:
        return phrase
    where, order = place_words(place, rng), rng.random()
    if not loose or order < 0.8:
        return f"{phrase} {where}"
    return f"{where} {phrase}" if order < 0.9 else f"{where}: {phrase}"


def _noun_phrase(thing: Thing, rng: random.Random, loose: bool) -> str:
    before: list[str] = []
    after: list[str] = []
    if thing.size is not None:
        before.append(rng.choice(SIZE_WORDS[thing.size]))
    elif loose and thing.number == 1 and rng.random() < 0.03:
        before.append(rng.choice(SIZE_WORDS["medium"]))
    if loose and rng.random() < 0.06:
        before.append(rng.choice(PRAISE))
    if thing.texture is not None:
        words = rng.choice(TEXTURE_WORDS[thing.texture])
        (after if words.startswith("with") else before).append(words)
    if thing.colour is not None:
        before.append(colour_words(thing.colour, rng))
    elif loose and OBJECTS[thing.name].colours and rng.random() < 0.12:
        before.append(colour_words(rng.choice(OBJECTS[thing.name].colours), rng))
    if thing.pose is not None:
        words = rng.choice(POSE_WORDS[thing.pose])
        (
            before if words in ("upside down", "upside-down", "rotated", "tilted") and rng.random() < 0.3 else after
        ).append(words)
    noun = _noun(thing, rng, loose)
    if thing.number > 1:
        lead = rng.choice(COUNT_WORDS[thing.number])
        return " ".join([lead, *before, plural(noun), *after])
    words = " ".join([*before, noun, *after])
    chance = rng.random()
    if not loose or chance < 0.6:
        return ("an " if words[0] in "aeiou" else "a ") + words
    return ("the " if chance < 0.72 else "one ") + words if chance < 0.78 else words


def _noun(thing: Thing, rng: random.Random, loose: bool) -> str:
    nouns = OBJECTS[thing.name].nouns
    if loose and thing.name in _KINDS and thing.number == 1 and rng.random() < 0.12:
        return rng.choice(_KINDS[thing.name])
    return rng.choice(nouns) if rng.random() < 0.5 else nouns[0]


def plural(noun: str) -> str:
    """The plural of a noun."""
    if noun.endswith("s"):
        return noun
    if noun.endswith(("x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith("fe"):
        return noun[:-2] + "ves"
    if noun.endswith("mouse"):
        return noun[:-5] + "mice"
    return noun[:-3] + "men" if noun.endswith("man") else noun + "s"
