"""What can be in a picture: objects, backgrounds, sizes and places, and the nouns people use for them.

Knows: names only, as plain tables. Does not know: how anything looks, how a scene is put together, how a
sentence is built.
"""

from typing import NamedTuple


class Thing(NamedTuple):
    """An object that can be named: its artwork's name in the icon set, its nouns (usual one first), its
    colours, its subject.
    """

    artwork: str
    nouns: tuple[str, ...]
    colours: tuple[str, ...]
    subject: str


OBJECTS: dict[str, Thing] = {
    "cat": Thing("cat-face", ("cat", "kitten", "kitty", "cat face", "cats head"), ("orange", "yellow"), "animals"),
    "dog": Thing("dog-face", ("dog", "puppy", "dog face", "doggy"), ("brown", "beige"), "animals"),
    "fish": Thing("fish", ("fish",), ("blue",), "animals"),
    "bird": Thing("bird", ("bird",), ("red", "dark red"), "animals"),
    "butterfly": Thing("butterfly", ("butterfly",), ("orange", "purple and orange"), "animals"),
    "elephant": Thing("elephant", ("elephant",), ("grey", "gray"), "animals"),
    "horse": Thing("horse", ("horse", "pony"), ("brown",), "animals"),
    "rabbit": Thing("rabbit-face", ("rabbit", "bunny", "rabbit face", "hare"), ("grey", "gray", "purple"), "animals"),
    "frog": Thing("frog", ("frog", "frog face", "toad"), ("green",), "animals"),
    "turtle": Thing("turtle", ("turtle", "tortoise"), ("green",), "animals"),
    "snail": Thing("snail", ("snail",), ("brown",), "animals"),
    "bear": Thing("bear", ("bear", "bear face", "teddy bear"), ("brown",), "animals"),
    "pig": Thing("pig-face", ("pig", "piglet", "pig face"), ("pink",), "animals"),
    "lion": Thing("lion", ("lion", "lion face"), ("orange", "brown"), "animals"),
    "owl": Thing("owl", ("owl",), ("brown",), "animals"),
    "penguin": Thing("penguin", ("penguin",), ("purple", "dark"), "animals"),
    "duck": Thing("duck", ("duck", "mallard"), ("green and grey", "grey"), "animals"),
    "whale": Thing("whale", ("whale",), ("blue",), "animals"),
    "octopus": Thing("octopus", ("octopus", "squid"), ("orange", "coral"), "animals"),
    "bee": Thing("honeybee", ("bee", "honeybee", "honey bee", "bumblebee"), ("yellow", "striped"), "animals"),
    "ladybug": Thing("lady-beetle", ("ladybug", "ladybird", "beetle", "lady beetle"), ("red",), "animals"),
    "apple": Thing("red-apple", ("apple",), ("red",), "food"),
    "banana": Thing("banana", ("banana",), ("yellow",), "food"),
    "grapes": Thing("grapes", ("grapes", "bunch of grapes", "grape"), ("purple",), "food"),
    "strawberry": Thing("strawberry", ("strawberry",), ("red",), "food"),
    "watermelon": Thing(
        "watermelon", ("watermelon", "slice of watermelon", "watermelon slice", "melon"), ("red",), "food"
    ),
    "lemon": Thing("lemon", ("lemon",), ("yellow",), "food"),
    "cherries": Thing("cherries", ("cherries", "cherry", "two cherries"), ("red",), "food"),
    "pineapple": Thing("pineapple", ("pineapple", "ananas"), ("yellow", "orange"), "food"),
    "carrot": Thing("carrot", ("carrot",), ("orange",), "food"),
    "mushroom": Thing("mushroom", ("mushroom", "toadstool"), ("red",), "food"),
    "pizza": Thing("pizza", ("pizza", "slice of pizza", "pizza slice"), ("yellow",), "food"),
    "burger": Thing("hamburger", ("hamburger", "burger", "cheeseburger"), ("brown",), "food"),
    "donut": Thing("doughnut", ("doughnut", "donut"), ("chocolate", "brown"), "food"),
    "cake": Thing("birthday-cake", ("cake", "birthday cake"), ("brown",), "food"),
    "car": Thing("automobile", ("car", "automobile"), ("red",), "vehicles"),
    "bus": Thing("bus", ("bus",), ("yellow", "orange"), "vehicles"),
    "bicycle": Thing("bicycle", ("bicycle", "bike"), ("red", "pink"), "vehicles"),
    "airplane": Thing("airplane", ("airplane", "plane", "aeroplane", "aircraft", "jet"), ("blue", "grey"), "vehicles"),
    "rocket": Thing("rocket", ("rocket", "spaceship", "rocket ship"), ("red", "grey"), "vehicles"),
    "sailboat": Thing("sailboat", ("sailboat", "boat", "sailing boat", "ship"), ("yellow", "orange"), "vehicles"),
    "train": Thing("train", ("train", "locomotive"), ("blue",), "vehicles"),
    "helicopter": Thing("helicopter", ("helicopter", "chopper"), ("orange",), "vehicles"),
    "tractor": Thing("tractor", ("tractor",), ("green",), "vehicles"),
    "house": Thing("house", ("house", "home", "cottage"), ("red roof", "orange"), "things"),
    "castle": Thing("castle", ("castle", "palace", "fortress"), ("grey", "purple"), "things"),
    "tree": Thing(
        "evergreen-tree",
        ("tree", "pine tree", "evergreen tree", "fir tree", "christmas tree", "pine"),
        ("green",),
        "nature",
    ),
    "palm": Thing("palm-tree", ("palm tree", "palm", "coconut tree"), ("green",), "nature"),
    "cactus": Thing("cactus", ("cactus",), ("green",), "nature"),
    "sunflower": Thing("sunflower", ("sunflower",), ("yellow",), "nature"),
    "tulip": Thing("tulip", ("tulip",), ("pink",), "nature"),
    "star": Thing("star", ("star",), ("yellow", "gold", "golden"), "nature"),
    "snowman": Thing("snowman", ("snowman", "snow man"), ("white",), "nature"),
    "umbrella": Thing("umbrella", ("umbrella", "parasol"), ("purple",), "things"),
    "balloon": Thing("balloon", ("balloon",), ("red",), "things"),
    "guitar": Thing("guitar", ("guitar", "electric guitar"), ("red",), "things"),
    "key": Thing("key", ("key",), ("gold", "golden", "yellow"), "things"),
    "clock": Thing("alarm-clock", ("clock", "alarm clock"), ("red",), "things"),
    "ball": Thing("soccer-ball", ("soccer ball", "football", "ball"), ("blue and white", "blue"), "things"),
    "crown": Thing("crown", ("crown",), ("gold", "golden", "orange"), "things"),
    "hat": Thing("top-hat", ("hat", "top hat"), ("purple", "dark"), "things"),
    "chair": Thing("chair", ("chair",), ("brown", "wooden"), "things"),
    "gift": Thing("wrapped-gift", ("gift", "present", "gift box"), ("yellow", "red and yellow"), "things"),
    "heart": Thing("red-heart", ("heart",), ("red",), "things"),
    "robot": Thing("robot", ("robot", "robot head"), ("grey", "metal"), "things"),
}

PLAIN: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (16, 16, 20),
    "red": (214, 48, 49),
    "orange": (250, 145, 50),
    "yellow": (250, 222, 90),
    "green": (70, 170, 90),
    "blue": (75, 150, 230),
    "purple": (130, 90, 190),
    "pink": (250, 175, 205),
    "grey": (150, 155, 162),
}
SCENIC = ("grass", "sea", "snow", "desert", "sunset", "night")
BACKGROUNDS = (*PLAIN, *SCENIC)

SIZES = {"small": 64, "medium": 96, "big": 160}
"""Side of an object's square, in pixels."""

COLUMNS = ("left", "centre", "right")
ROWS = ("top", "middle", "bottom")

Place = tuple[int, int]
"""(column, row), each 0, 1 or 2."""

MIDDLE: Place = (1, 1)
