"""A contact sheet: sixty prompts of the kind a participant would write, drawn side by side.

Knows: the prompts. Does not know: whether the drawings are right; that is what eyes are for.
"""

from pathlib import Path

from diffusers import StableDiffusion3Pipeline
from PIL import Image, ImageDraw
from tqdm import tqdm

from refine.world3.models.pipeline import draw

PROMPTS = (
    *("a cat", "a big penguin in the snow, falling snowflakes", "a red apple on the left and a banana on the right"),
    *(
        "small rocket in the top right corner, night sky with stars",
        "elephant at sunset in the desert",
        "robot, yellow frame",
    ),
    *(
        "castle on green hills with a tree on the right",
        "a sailboat in the ocean, rain",
        "huge pizza, purple polka dots on pink",
    ),
    *(
        "blue cat on the left, pink dog on the right, grey background",
        "two big pears side by side",
        "old sepia photo of a train",
    ),
    *(
        "three bananas at the bottom, light blue background",
        "heart upside down",
        "a guitar lying on its side, black background",
    ),
    *("pixel art mushroom in a meadow", "blurry car on a road in the fog", "a striped horse in the mountains at night"),
    *("spotted turtle, red and white checkerboard", "a cow under a moon, cloudy field", "crown, confetti, gold border"),
    *("a green frog between two things", "an owl above a house at night", "lion left of a giraffe, on the grass"),
    *(
        "black and white picture of a bus in the city",
        "inverted colors, butterfly on orange",
        "snowman with falling leaves",
    ),
    *(
        "I would like to see a nice bunny with bubbles please",
        "tiny yellow duck bottom left",
        "two small bees at the top",
    ),
    *("an animal on the beach", "a fruit in the middle of a teal background", "vehicle, street, evening"),
    *("lots of dragons fighting in space", "strawbery and lemmon on white", "olive green backpack, cream background"),
    *(
        "violin top left, drum top right, trophy bottom middle",
        "ghost, candle, skull and bell, dark background",
        "tent at night",
    ),
    *(
        "a cactus and a snake, warm colors",
        "whale at sea, cold tones, white frame",
        "volcano with a purple sky at sunset",
    ),
    *("navy and gold stripes, a white swan", "camera on brown", "two turquoise umbrellas on the right, in the rain"),
    *(
        "a fox in the snow at night, small, bottom right",
        "an upside down taxi on the left",
        "hot dog and popcorn, blue tint",
    ),
    *(
        "cup of tea, lilac background, brown frame",
        "a panda next to a clover",
        "three little red stars at the top, night, city",
    ),
    *(
        "giant strawberry",
        "helicopter over the sea, grey sky",
        "pink elephant with white dots, black and yellow stripes",
    ),
    *("unicorn above a rainbow, bubbles everywhere", "crab on the sand, bottom left, big", "sunflower, foggy meadow"),
    *(
        "a key in the center of a maroon background with a green border",
        "tv with stripes",
        "airplane, blue sky, upper left",
    ),
)
TILE, CAPTION, ACROSS = 256, 18, 6


def sheet(pipeline: StableDiffusion3Pipeline, path: Path) -> None:
    """Draw the prompts and write the sheet as PNG."""
    down = -(-len(PROMPTS) // ACROSS)
    page = Image.new("RGB", (ACROSS * TILE, down * (TILE + CAPTION)), "white")
    pen = ImageDraw.Draw(page)
    for index, prompt in enumerate(tqdm(PROMPTS, desc="sheet")):
        left, top = index % ACROSS * TILE, index // ACROSS * (TILE + CAPTION)
        page.paste(draw(pipeline, prompt), (left, top + CAPTION))
        pen.text((left + 2, top + 3), prompt[:44], fill="black")
    page.save(path)
