"""Wordings: how people say a size, a place, a background, and what they put around it.

Knows: phrases. Does not know: which scene they are for, or how a sentence is put together.
"""

import random

from refine.world.vocabulary import COLUMNS, MIDDLE, PLAIN, Place

SIZE_WORDS = {
    "small": ("small", "little", "tiny", "mini"),
    "medium": ("medium", "medium sized", "normal sized"),
    "big": ("big", "large", "huge", "giant", "very big"),
}
PRAISE = (
    *("cute", "smiling", "happy", "nice", "pretty", "beautiful"),
    *("simple", "funny", "single", "flat", "colorful"),
)
MIDDLE_WORDS = (
    *("in the middle", "in the center", "in the centre", "centered", "at the center"),
    *("in the middle of the picture", "center"),
)
PLAIN_WORDS = (
    *("on a {} background", "{} background", "with a {} background", "on {}", "background is {}"),
    *("in front of a {} background", "the background is {}", "against a {} background"),
    *("plain {} background", "{} backdrop", "over {}"),
)
SCENIC_WORDS = {
    "grass": (
        *(
            "on the grass",
            "in a meadow",
            "on grass",
            "in a green field",
            "on a lawn",
            "green field and blue sky",
        ),
        *("grass", "in the park", "grassy field", "on green grass", "with grass and sky", "on a meadow"),
    ),
    "sea": (
        *("at sea", "in the ocean", "on the water", "in the sea", "on the sea", "ocean", "sea background"),
        *("with blue water", "above the waves", "over the ocean", "with water and waves", "at the beach"),
    ),
    "snow": (
        *(
            "in the snow",
            "in winter",
            "on snow",
            "snowy landscape",
            "snow",
            "winter scene",
            "snowy background",
        ),
        *("with snow falling", "on a snowy hill", "on a snowy day"),
    ),
    "desert": (
        *("in the desert", "on sand", "desert", "sand dunes", "in a desert", "sandy desert", "on the sand"),
        "with sand dunes",
    ),
    "sunset": (
        *("at sunset", "in front of a sunset", "sunset", "at dusk", "sunset sky", "orange sky", "at sunrise"),
        *("orange and purple sky", "sunset background", "with an orange purple gradient background"),
    ),
    "night": (
        *("at night", "in the night", "under the stars", "night sky", "in space", "in a starry night"),
        *(
            "starry sky",
            "with stars in the sky",
            "dark blue starry background",
            "night time",
            "in the night sky",
        ),
    ),
}
OPENINGS = (
    *("a picture of", "an image of", "draw", "an illustration of", "a drawing of", "cartoon of", "emoji of"),
    *("there is", "i see", "a cartoon", "a photo of", "please draw", "icon of", "show me"),
    *("flat illustration of", "simple drawing of", "clipart of"),
)
ENDINGS = (
    *("flat design", "vector art", "cartoon style", "simple", "cute", "emoji style", "high quality"),
    *("minimalist", "4k", "nice", "clean", "clip art", "digital art", "illustration", "flat style", "icon"),
    *("colorful", "detailed", "no text", "please"),
)
BESIDE_WORDS = ("{} to the left of {}", "{} on the left of {}", "{} left of {}")
ABOVE_WORDS = ("{} above {}", "{} over {}", "{} on top of {}")


def place_words(place: Place, rng: random.Random) -> str:
    """Say a place."""
    column, row = COLUMNS[place[0]], place[1]
    if place == MIDDLE:
        return rng.choice(MIDDLE_WORDS)
    if row == 1:
        return rng.choice(_side_words(column))
    vertical, other = ("top", "upper") if row == 0 else ("bottom", "lower")
    if place[0] == 1:
        return rng.choice(_edge_words(vertical, other, up=row == 0))
    return rng.choice(_corner_words(rng.choice((vertical, other)), column))


def background_words(background: str, rng: random.Random) -> str:
    """Say a background."""
    if background not in PLAIN:
        return rng.choice(SCENIC_WORDS[background])
    others = {"grey": ("gray", 0.5), "blue": ("light blue", 0.2), "black": ("dark", 0.2)}
    other, chance = others.get(background, (background, 0.0))
    return rng.choice(PLAIN_WORDS).format(other if rng.random() < chance else background)


def with_article(phrase: str, rng: random.Random) -> str:
    """Put an article (or "one", or nothing) before a noun phrase."""
    chance = rng.random()
    if chance < 0.55:
        return ("an " if phrase[0] in "aeiou" else "a ") + phrase
    if chance < 0.78:
        return ("the " if chance < 0.7 else "one ") + phrase
    return phrase


def _side_words(side: str) -> tuple[str, ...]:
    return (
        *(f"on the {side}", f"on the {side} side", f"to the {side}", f"at the {side}", side, f"{side} side"),
        *(f"on the {side} of the image", f"in the middle {side}", f"middle {side}", f"{side} center"),
    )


def _edge_words(edge: str, other: str, up: bool) -> tuple[str, ...]:
    return (
        *(f"at the {edge}", f"on the {edge}", edge, f"{edge} center", f"in the {edge} middle"),
        *(f"{edge} middle", f"at the {edge} center", f"in the {other} part"),
        *(("above", "up") if up else ("below", "down")),
    )


def _corner_words(edge: str, side: str) -> tuple[str, ...]:
    return (
        *(f"in the {edge} {side}", f"in the {edge} {side} corner", f"{edge} {side}", f"{edge} {side} corner"),
        *(f"at the {edge} {side}", f"on the {edge} {side}", f"in the {side} {edge} corner", f"{side} {edge}"),
    )
