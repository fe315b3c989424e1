"""The objects: their artwork, nouns, natural colours and subject.

Knows: names only. Does not know: how an object looks or where it is. Hypernyms (*an animal*) are nouns of one object.
"""

from typing import NamedTuple

from refine.world.vocabulary import OBJECTS as SECOND_EDITION
from refine.world3.palette import NAME_OF


class Object(NamedTuple):
    """An object: its icon, its nouns (usual one first), the palette's names for its own colours, its subject."""

    artwork: str
    nouns: tuple[str, ...]
    colours: tuple[str, ...]
    subject: str


def _kept() -> dict[str, Object]:
    return {
        name: Object(
            one.artwork,
            one.nouns,
            tuple(dict.fromkeys(NAME_OF[c] for c in one.colours if c in NAME_OF)),
            one.subject,
        )
        for name, one in SECOND_EDITION.items()
    }


_NEW = {
    "fox": Object("fox", ("fox",), ("orange",), "animals"),
    "panda": Object("panda", ("panda", "panda bear"), ("white", "black"), "animals"),
    "tiger": Object("tiger-face", ("tiger", "tiger face"), ("orange", "yellow"), "animals"),
    "monkey": Object("monkey-face", ("monkey", "ape", "chimp", "monkey face"), ("brown",), "animals"),
    "cow": Object("cow-face", ("cow", "cattle", "cow face"), ("white", "brown"), "animals"),
    "mouse": Object("mouse-face", ("mouse", "rat", "mouse face"), ("grey",), "animals"),
    "chick": Object("baby-chick", ("chick", "baby chick", "baby bird"), ("yellow",), "animals"),
    "crab": Object("crab", ("crab", "lobster"), ("red",), "animals"),
    "dolphin": Object("dolphin", ("dolphin",), ("light blue", "blue", "cyan"), "animals"),
    "shark": Object("shark", ("shark",), ("grey", "blue"), "animals"),
    "unicorn": Object("unicorn", ("unicorn",), ("white", "pink"), "animals"),
    "dragon": Object("dragon-face", ("dragon", "dragon head"), ("green",), "animals"),
    "giraffe": Object("giraffe", ("giraffe",), ("yellow", "orange"), "animals"),
    "zebra": Object("zebra", ("zebra",), ("white", "black"), "animals"),
    "snake": Object("snake", ("snake", "serpent"), ("green",), "animals"),
    "flamingo": Object("flamingo", ("flamingo",), ("pink",), "animals"),
    "spider": Object("spider", ("spider",), ("purple", "black"), "animals"),
    "pear": Object("pear", ("pear",), ("green", "lime"), "food"),
    "peach": Object("peach", ("peach", "nectarine"), ("orange", "salmon"), "food"),
    "tomato": Object("tomato", ("tomato",), ("red",), "food"),
    "corn": Object("ear-of-corn", ("corn", "corn cob", "ear of corn", "maize"), ("yellow",), "food"),
    "broccoli": Object("broccoli", ("broccoli",), ("green",), "food"),
    "bread": Object("bread", ("bread", "loaf of bread", "slice of bread", "toast"), ("brown", "tan"), "food"),
    "cheese": Object("cheese-wedge", ("cheese", "piece of cheese", "cheese wedge"), ("yellow",), "food"),
    "egg": Object("egg", ("egg",), ("cream", "tan"), "food"),
    "cookie": Object("cookie", ("cookie", "biscuit", "chocolate chip cookie"), ("brown", "tan"), "food"),
    "icecream": Object("soft-ice-cream", ("ice cream", "ice cream cone", "icecream"), ("white", "cream"), "food"),
    "avocado": Object("avocado", ("avocado", "half an avocado"), ("green",), "food"),
    "croissant": Object("croissant", ("croissant", "pastry"), ("brown", "orange"), "food"),
    "popcorn": Object("popcorn", ("popcorn", "bucket of popcorn"), ("red", "white"), "food"),
    "hotdog": Object("hot-dog", ("hot dog", "hotdog", "sausage"), ("orange", "tan"), "food"),
    "cup": Object("teacup-without-handle", ("cup", "cup of tea", "teacup", "mug"), ("grey", "light grey"), "food"),
    "truck": Object("delivery-truck", ("truck", "lorry", "van", "delivery truck"), ("yellow", "orange"), "vehicles"),
    "taxi": Object("taxi", ("taxi", "cab", "yellow car"), ("yellow",), "vehicles"),
    "scooter": Object("kick-scooter", ("scooter", "kick scooter"), ("light blue", "blue", "cyan"), "vehicles"),
    "ambulance": Object("ambulance", ("ambulance",), ("white",), "vehicles"),
    "ufo": Object("flying-saucer", ("ufo", "flying saucer", "alien ship"), ("grey", "purple"), "vehicles"),
    "fireengine": Object("fire-engine", ("fire engine", "fire truck", "firetruck"), ("red",), "vehicles"),
    "motorcycle": Object("motorcycle", ("motorcycle", "motorbike"), ("red", "navy"), "vehicles"),
    "ship": Object("ship", ("cruise ship", "ferry", "steamship", "ocean liner"), ("magenta", "white"), "vehicles"),
    "policecar": Object("police-car", ("police car", "cop car"), ("grey", "white"), "vehicles"),
    "tent": Object("camping", ("tent", "camping tent"), ("lime", "green"), "things"),
    "moon": Object("crescent-moon", ("moon", "crescent moon", "crescent"), ("yellow",), "nature"),
    "sun": Object("sun", ("sun",), ("yellow",), "nature"),
    "cloud": Object("cloud", ("cloud",), ("white", "lilac"), "nature"),
    "rose": Object("rose", ("rose",), ("red",), "nature"),
    "leaf": Object("maple-leaf", ("maple leaf", "leaf", "autumn leaf"), ("red", "orange"), "nature"),
    "rainbow": Object("rainbow", ("rainbow",), ("red",), "nature"),
    "snowflake": Object("snowflake", ("snowflake", "snow crystal"), ("light blue", "blue"), "nature"),
    "fire": Object("fire", ("fire", "flame", "flames", "campfire"), ("orange", "yellow", "red"), "nature"),
    "volcano": Object("volcano", ("volcano",), ("navy", "black"), "nature"),
    "clover": Object("four-leaf-clover", ("four leaf clover", "clover", "lucky clover"), ("green",), "nature"),
    "acorn": Object("chestnut", ("chestnut", "acorn", "nut"), ("brown",), "nature"),
    "shell": Object(
        "spiral-shell", ("shell", "seashell", "sea shell", "snail shell"), ("grey", "light grey"), "nature"
    ),
    "seedling": Object("seedling", ("seedling", "sprout", "small plant"), ("green",), "nature"),
    "book": Object("closed-book", ("book", "closed book"), ("red", "magenta"), "things"),
    "bell": Object("bell", ("bell",), ("gold", "yellow"), "things"),
    "camera": Object("camera", ("camera", "photo camera"), ("navy", "purple"), "things"),
    "phone": Object("telephone", ("telephone", "phone", "old telephone"), ("red",), "things"),
    "hammer": Object("hammer", ("hammer", "tool"), ("grey", "brown"), "things"),
    "scissors": Object("scissors", ("scissors", "pair of scissors"), ("red",), "things"),
    "trophy": Object("trophy", ("trophy", "golden cup", "winner's cup"), ("gold", "yellow"), "things"),
    "gem": Object("gem-stone", ("diamond", "gem", "gemstone", "jewel"), ("light blue", "blue"), "things"),
    "teddy": Object("teddy-bear", ("teddy bear", "teddy", "toy bear"), ("brown", "tan"), "things"),
    "ghost": Object("ghost", ("ghost",), ("white",), "things"),
    "skull": Object("skull", ("skull",), ("white", "light grey"), "things"),
    "glasses": Object("glasses", ("glasses", "eyeglasses", "spectacles"), ("blue", "purple"), "things"),
    "candle": Object("candle", ("candle",), ("cream", "orange"), "things"),
    "drum": Object("drum", ("drum",), ("red",), "things"),
    "television": Object("television", ("television", "tv", "old tv"), ("dark grey", "blue"), "things"),
    "bulb": Object("light-bulb", ("light bulb", "lightbulb", "lamp", "bulb"), ("yellow",), "things"),
    "backpack": Object("backpack", ("backpack", "school bag", "rucksack", "bag"), ("red",), "things"),
    "anchor": Object("anchor", ("anchor",), ("blue", "light blue"), "things"),
    "pencil": Object("pencil", ("pencil", "pen"), ("yellow", "orange"), "things"),
    "violin": Object("violin", ("violin", "fiddle"), ("brown", "orange"), "things"),
}

OBJECTS: dict[str, Object] = _kept() | _NEW

HYPERNYMS = {
    "animal": "dog",
    "pet": "cat",
    "insect": "butterfly",
    "bug": "ladybug",
    "fruit": "apple",
    "vegetable": "carrot",
    "food": "burger",
    "dessert": "cake",
    "vehicle": "car",
    "flower": "tulip",
    "plant": "cactus",
    "building": "house",
    "toy": "teddy",
    "instrument": "guitar",
    "sea animal": "fish",
}
"""What a word for a whole kind draws."""
