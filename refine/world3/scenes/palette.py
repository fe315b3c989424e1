"""The palette: the colours that a ground, a frame or an object can have, and the words for each.

Knows: names, RGB values, words. Does not know: what is coloured.
"""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 48, 49),
    "dark red": (135, 25, 40),
    "orange": (250, 145, 50),
    "gold": (214, 165, 40),
    "yellow": (250, 222, 80),
    "cream": (242, 228, 195),
    "lime": (170, 218, 70),
    "green": (70, 170, 90),
    "dark green": (25, 92, 55),
    "olive": (125, 130, 50),
    "teal": (30, 145, 145),
    "cyan": (90, 215, 235),
    "light blue": (165, 212, 250),
    "blue": (60, 125, 228),
    "navy": (30, 40, 98),
    "purple": (130, 85, 190),
    "lilac": (202, 182, 242),
    "magenta": (215, 50, 165),
    "pink": (250, 170, 205),
    "salmon": (250, 165, 140),
    "brown": (122, 78, 48),
    "tan": (196, 152, 108),
    "white": (255, 255, 255),
    "light grey": (206, 209, 214),
    "grey": (150, 155, 162),
    "dark grey": (78, 80, 88),
    "black": (18, 18, 22),
}
"""Name -> red, green, blue in 0..255."""

WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "bright red", "scarlet"),
    "dark red": ("dark red", "crimson", "maroon", "burgundy", "wine red"),
    "orange": ("orange", "bright orange"),
    "gold": ("gold", "golden", "mustard", "dark yellow"),
    "yellow": ("yellow", "bright yellow", "lemon yellow"),
    "cream": ("cream", "beige", "ivory", "pale yellow", "light yellow", "off white"),
    "lime": ("lime", "light green", "lime green", "bright green", "pale green"),
    "green": ("green", "grass green"),
    "dark green": ("dark green", "forest green", "deep green"),
    "olive": ("olive", "olive green", "khaki"),
    "teal": ("teal", "turquoise", "blue green", "petrol"),
    "cyan": ("cyan", "aqua", "bright blue"),
    "light blue": ("light blue", "sky blue", "pale blue", "baby blue"),
    "blue": ("blue", "royal blue"),
    "navy": ("navy", "dark blue", "navy blue", "deep blue", "midnight blue"),
    "purple": ("purple", "violet", "dark purple"),
    "lilac": ("lilac", "lavender", "light purple", "pale purple", "mauve"),
    "magenta": ("magenta", "hot pink", "fuchsia", "dark pink", "bright pink"),
    "pink": ("pink", "light pink", "rose", "pale pink"),
    "salmon": ("salmon", "peach", "coral", "light orange", "apricot"),
    "brown": ("brown", "dark brown", "chocolate"),
    "tan": ("tan", "light brown", "sand colored", "sandy", "caramel"),
    "white": ("white", "snow white"),
    "light grey": ("light grey", "light gray", "silver", "pale grey", "pale gray"),
    "grey": ("grey", "gray"),
    "dark grey": ("dark grey", "dark gray", "charcoal", "slate"),
    "black": ("black", "jet black"),
}
"""Name -> what people say, the usual word first."""

NAME_OF = {word: name for name, words in WORDS.items() for word in words}
"""Word -> name."""
