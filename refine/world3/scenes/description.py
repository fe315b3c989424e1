"""Descriptions: what is said of a picture, facet by facet; what is not said is the default.

Knows: the facets, their values, their defaults, how many a description says. Does not know: words, pixels, where the
unsaid places are (layout). A picture is a function of its description: that is what makes every true facet help.
"""

from typing import Literal, NamedTuple

Size = Literal["small", "medium", "big"]
Pose = Literal["upside down", "sideways"]
Texture = Literal["striped", "spotted"]
Place = tuple[int, int]
"""(column, row), each 0, 1 or 2."""

SIDE = 256
"""Width and height of a picture, in pixels."""
CELL = 16
"""The grid that everything lies on, in pixels."""

SIZES: dict[Size, int] = {"small": 64, "medium": 96, "big": 160}
"""Side of an object's square, in pixels."""
POSES: tuple[Pose, ...] = ("upside down", "sideways")
TEXTURES: tuple[Texture, ...] = ("striped", "spotted")
MIDDLE: Place = (1, 1)
PATTERNS = ("stripes", "dots", "checks")
LANDSCAPES = ("meadow", "sea", "snow", "desert", "road", "hills", "mountains", "city")
LIGHTS = ("day", "sunset", "night", "cloudy")
WEATHERS = ("rain", "snowfall", "fog", "bubbles", "confetti", "leaves")
STYLES = ("grayscale", "sepia", "pixel", "blurry", "negative", "warm", "cold")
FRAMES = ("white", "black", "red", "gold", "blue", "green", "pink", "brown")
"""Colours of the palette that a frame can have."""


class Thing(NamedTuple):
    """An object, or a row of up to three alike, and what is said of it; None stands for unsaid."""

    name: str
    number: int = 1
    size: Size | None = None
    place: Place | None = None
    colour: str | None = None
    texture: Texture | None = None
    pose: Pose | None = None


class Ground(NamedTuple):
    """What is behind the objects: ("plain", colour), (a pattern, colour, second colour) or (a landscape, light)."""

    kind: str
    first: str
    second: str | None = None


class Description(NamedTuple):
    """What is said of a picture, things in the order in which they are mentioned."""

    things: tuple[Thing, ...]
    ground: Ground | None = None
    weather: str | None = None
    style: str | None = None
    frame: str | None = None


WHITE = Ground("plain", "white")


def landscape(name: str, light: str = "day") -> Ground:
    """A landscape in a light."""
    return Ground(name, light)


def facets(description: Description) -> list[str]:
    """The facets that a description says, one entry each: "object", "place", "ground", "light" and so on."""
    said: list[str] = []
    for thing in description.things:
        said.append("object")
        said += ["number"] * (thing.number > 1)
        said += [name for name in ("size", "place", "colour", "texture", "pose") if getattr(thing, name) is not None]
    ground = description.ground
    if ground is not None:
        said.append("ground")
        if ground.kind in PATTERNS:
            said.append("pattern")
        if ground.kind in LANDSCAPES and ground.first != "day":
            said.append("light")
    return said + [name for name in ("weather", "style", "frame") if getattr(description, name) is not None]
