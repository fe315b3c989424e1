"""A contact sheet: thirty prompts of the kind a participant would write, drawn side by side.

Knows: the prompts. Does not know: whether the drawings are right; that is what eyes are for.
"""

from pathlib import Path

from diffusers import StableDiffusion3Pipeline
from PIL import Image, ImageDraw
from tqdm import tqdm

from refine.world.pipeline import draw

PROMPTS = (
    *("a cat", "a big penguin in the snow", "a red apple on the left and a banana on the right"),
    *("small rocket in the top right corner, night sky", "elephant at sunset", "robot, yellow background"),
    *(
        "castle on the grass with a tree on the right",
        "a sailboat in the ocean",
        "a huge pizza on a purple background",
    ),
    *("a butterfly at the top and a sunflower at the bottom, pink background", "heart", "guitar"),
    *("two people walking a dog in the park", "ladybug bottom left, umbrella top right, black background"),
    *("blue whale and an octopus in the sea", "a cactus in the desert", "crown on a green background"),
    *(
        "tiny star in the upper left corner of the night sky",
        "train on the left, bus on the right, grey background",
    ),
    *(
        "I would like to see a nice frog sitting on a chair please",
        "a lion to the left of a horse, on the grass",
    ),
    *("alarm clock, blue background", "a snowman in the snow and a small gift bottom right", "a big burger"),
    *("an owl above a house at night", "a bee in the top left corner and a tulip below, on grass"),
    *(
        "strawberry, lemon and grapes on white",
        "helicopter over the sea",
        "a turtle on the sand",
        "a soccer ball",
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
