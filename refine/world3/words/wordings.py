"""Wordings: how people say a size, a place, a ground, a light, a weather, a style, a frame.

Knows: phrases. Does not know: which description they are for, or how a sentence is put together.
"""

import random

from refine.world3.scenes.description import MIDDLE, PATTERNS, Ground, Place
from refine.world3.scenes.palette import WORDS

SIZE_WORDS = {
    "small": ("small", "little", "tiny", "mini", "very small"),
    "medium": ("medium", "medium sized", "normal sized", "medium size"),
    "big": ("big", "large", "huge", "giant", "very big", "enormous"),
}
COUNT_WORDS = {2: ("two", "2", "a pair of", "a couple of"), 3: ("three", "3", "a row of three")}
POSE_WORDS = {
    "upside down": (
        *("upside down", "turned upside down", "standing on its head", "flipped upside down", "flipped vertically"),
        *("upside-down", "inverted upside down"),
    ),
    "sideways": (
        *("lying on its side", "turned sideways", "rotated", "on its side", "rotated by 90 degrees", "tilted"),
        *("fallen over", "sideways", "lying down"),
    ),
}
TEXTURE_WORDS = {
    "striped": ("striped", "stripy", "with stripes", "with diagonal stripes", "with a striped texture"),
    "spotted": ("spotted", "dotted", "with spots", "with dots", "polka dot"),
}
LANDSCAPE_WORDS = {
    "meadow": (
        *("in a meadow", "on the grass", "on grass", "in a green field", "in a field", "on a lawn", "in the park"),
        *("green field", "grass background", "grassy field", "on green grass", "meadow", "garden"),
    ),
    "sea": (
        *("at sea", "on the sea", "in the ocean", "on the water", "with water and waves", "on blue water"),
        *("sea background", "ocean", "sea with waves", "at the beach", "lake"),
    ),
    "snow": (
        *("in the snow", "on a snowy hill", "snowy landscape", "in a snowy field", "winter landscape", "on snow"),
        *("in winter", "snowy ground", "snow covered ground"),
    ),
    "desert": (
        *("in the desert", "on sand dunes", "desert", "on the sand", "in a sandy desert", "sand dunes", "desert hills"),
    ),
    "road": (
        *("on a road", "on the street", "street", "road with white lines", "on a grey road", "on the highway"),
        *("on asphalt", "road background"),
    ),
    "hills": (
        *("on green hills", "hills", "in front of green hills", "rolling hills", "hilly landscape", "green hills"),
        *("on a green hill", "with two hills"),
    ),
    "mountains": (
        *("in front of mountains", "in the mountains", "mountains in the background", "mountain landscape"),
        *("with mountains", "two mountains behind", "mountain background"),
    ),
    "city": (
        *("in the city", "city skyline", "in front of tall buildings", "skyscrapers in the background"),
        *("in front of a city", "with buildings", "in a town", "skyline", "buildings in the background"),
    ),
}
LIGHT_WORDS = {
    "day": ("blue sky", "by day", "in daylight", "with a clear blue sky", "daytime", "with a light blue sky"),
    "sunset": (
        *("at sunset", "sunset sky", "orange and purple sky", "at dusk", "orange sky", "evening", "in the evening"),
        *("purple and orange sky", "at dawn", "sunrise"),
    ),
    "night": (
        *("at night", "night sky", "starry sky", "under the stars", "in the dark", "with stars in the sky"),
        *("dark blue sky with stars", "night time", "starry night"),
    ),
    "cloudy": ("grey sky", "cloudy", "overcast", "gray sky", "dull grey sky", "cloudy day", "pale grey sky"),
}
WEATHER_WORDS = {
    "rain": (
        "rain",
        "in the rain",
        "it is raining",
        "raindrops",
        "with rain falling",
        "rainy",
        "rain drops",
        "raining",
    ),
    "snowfall": (
        *("snow falling", "while it snows", "snowflakes falling", "falling snow", "it is snowing", "snowing"),
        *("white dots falling", "with snowflakes in the air", "snowfall"),
    ),
    "fog": ("fog", "in the fog", "misty", "foggy", "mist", "hazy", "in thick fog", "fading to white at the bottom"),
    "bubbles": (
        "bubbles",
        "with bubbles",
        "soap bubbles",
        "bubbles everywhere",
        "covered in bubbles",
        "with air bubbles",
    ),
    "confetti": (
        *("confetti", "with confetti", "colorful confetti", "party confetti", "confetti falling"),
        *("with colorful confetti everywhere",),
    ),
    "leaves": (
        *("falling leaves", "autumn leaves falling", "with leaves falling", "brown leaves in the air"),
        *("orange leaves falling", "leaves in the wind"),
    ),
}
STYLE_WORDS = {
    "grayscale": (
        *(
            "black and white",
            "in black and white",
            "greyscale",
            "grayscale",
            "monochrome",
            "no colors",
            "without color",
        ),
        *("black and white photo", "in grey tones"),
    ),
    "sepia": (
        "sepia",
        "old photo",
        "in sepia",
        "vintage",
        "brownish old photograph",
        "sepia tone",
        "sepia colors",
        "retro",
    ),
    "pixel": ("pixel art", "pixelated", "8 bit", "in pixel art style", "blocky pixels", "mosaic", "low resolution"),
    "blurry": ("blurry", "blurred", "out of focus", "very blurry", "unsharp", "blurry picture"),
    "negative": ("inverted colors", "negative", "like a photo negative", "colors inverted", "negative image"),
    "warm": (
        "warm colors",
        "warm light",
        "orange tint",
        "yellowish light",
        "warm tones",
        "orange filter",
        "yellow tint",
    ),
    "cold": ("cold colors", "blue tint", "bluish light", "cold tones", "cool tones", "blue filter", "bluish"),
}
FRAME_WORDS = (
    *("{} frame", "with a {} border", "{} border", "in a {} frame", "with a {} frame", "framed in {}"),
    *("{} edge around it", "thick {} border", "surrounded by a {} frame"),
)
PLAIN_WORDS = (
    *("on a {} background", "{} background", "with a {} background", "on {}", "the background is {}"),
    *("in front of a {} background", "against a {} background", "plain {} background", "{} backdrop"),
    *("background {}", "all {} background"),
)
PATTERN_WORDS = {
    "stripes": (
        *("{} and {} stripes", "striped {} and {} background", "{} {} striped background", "on {} and {} stripes"),
        *("background with {} and {} stripes", "vertical {} and {} stripes in the background"),
    ),
    "dots": (
        *("{} background with {} dots", "{} background with {} polka dots", "on {} with {} dots"),
        *("dotted background, {} with {} dots", "{} backdrop with {} circles"),
    ),
    "checks": (
        *("{} and {} checkerboard", "checkered {} and {} background", "{} {} checks", "on a {} and {} chessboard"),
        *("{} and {} checkered background", "{} and {} squares in the background"),
    ),
}
RELATION_WORDS: dict[tuple[Place | None, ...], tuple[str, ...]] = {
    ((0, 1), (2, 1)): ("{0} to the left of {1}", "{0} left of {1}", "{1} to the right of {0}", "{1} right of {0}"),
    ((1, 0), (1, 2)): ("{0} above {1}", "{0} over {1}", "{1} below {0}", "{1} under {0}"),
    (None, None): ("{0} next to {1}", "{0} beside {1}", "{0} near {1}"),
    ((0, 1), (1, 1), (2, 1)): ("{1} between {0} and {2}", "{0}, {1} and {2} in a row"),
}
"""Places of two or three things -> how their relation says them."""
PRAISE = ("cute", "smiling", "happy", "nice", "pretty", "beautiful", "funny", "single", "flat", "cartoon", "lonely")
OPENINGS = (
    *("a picture of", "an image of", "draw", "an illustration of", "a drawing of", "there is", "i see", "i can see"),
    *("a cartoon of", "show me", "please draw", "make", "generate", "create an image with", "picture with", "icon of"),
    *("clipart of", "we have", "it shows", "a photo of"),
)
ENDINGS = (
    *("flat design", "vector art", "cartoon style", "simple", "clip art", "high quality", "illustration"),
    *("emoji style", "please", "4k", "nice", "minimalist", "digital art", "icon", "detailed", "no text"),
)


def colour_words(name: str, rng: random.Random) -> str:
    """Say a colour, in half of the cases by its usual word."""
    return WORDS[name][0] if rng.random() < 0.5 else rng.choice(WORDS[name])


def place_words(place: Place, rng: random.Random) -> str:
    """Say a place."""
    column, row = ("left", "middle", "right")[place[0]], place[1]
    if place == MIDDLE:
        return rng.choice(
            (
                *("in the middle", "in the center", "in the centre", "centered", "at the center", "center"),
                *("in the middle of the picture",),
            )
        )
    if row == 1:
        return rng.choice(
            (
                *(f"on the {column}", f"on the {column} side", f"to the {column}", f"at the {column}", column),
                *(f"{column} side", f"on the {column} of the image", f"in the middle {column}", f"middle {column}"),
                f"center {column}",
            )
        )
    edge, other = ("top", "upper") if row == 0 else ("bottom", "lower")
    if place[0] == 1:
        return rng.choice(
            (
                *(f"at the {edge}", f"on the {edge}", edge, f"{edge} center", f"in the {edge} middle"),
                *(f"{edge} middle", f"at the {edge} center", f"in the {other} part", f"at the {edge} in the middle"),
                *(f"in the {other} middle", f"{edge} centre"),
            )
        )
    either = rng.choice((edge, other))
    return rng.choice(
        (
            *(f"in the {either} {column}", f"in the {either} {column} corner", f"{either} {column}"),
            *(f"{either} {column} corner", f"at the {either} {column}", f"on the {either} {column}"),
            *(f"{column} {edge}", f"in the {column} {either} corner", f"on the {edge} {column} side"),
        )
    )


def ground_words(ground: Ground, rng: random.Random) -> list[str]:
    """Say a ground: one phrase, or two where a landscape has a light."""
    if ground.kind == "plain":
        return [rng.choice(PLAIN_WORDS).format(colour_words(ground.first, rng))]
    if ground.kind in PATTERNS:
        first, second = ground.first, ground.second or ground.first
        if ground.kind == "dots" and rng.random() < 0.3:
            form = rng.choice(("{} dots on {}", "{} polka dots on a {} background", "{} dots on a {} background"))
            return [form.format(colour_words(second, rng), colour_words(first, rng))]
        return [rng.choice(PATTERN_WORDS[ground.kind]).format(colour_words(first, rng), colour_words(second, rng))]
    said = [rng.choice(LANDSCAPE_WORDS[ground.kind])]
    if ground.first != "day" or rng.random() < 0.25:
        said.append(rng.choice(LIGHT_WORDS[ground.first]))
    return said
