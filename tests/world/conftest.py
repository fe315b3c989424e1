"""Artwork that needs no network: a coloured shape for each object; and the shipped world, loaded once."""

import colorsys
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

from refine.world import pipeline
from refine.world.vocabulary import OBJECTS, SIZES

ASSETS = Path(__file__).parents[2] / "assets" / "world"


@pytest.fixture(scope="session")
def sprites():
    made = {}
    for index, name in enumerate(OBJECTS):
        colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(index / len(OBJECTS), 1, 0.8))
        for size, side in SIZES.items():
            image = Image.new("RGBA", (side, side))
            pen = ImageDraw.Draw(image)
            (pen.ellipse if index % 2 else pen.rectangle)((4, 4, side - 5, side - 5), fill=colour)
            made[name, size] = image
    return made


@pytest.fixture(scope="session")
def assets():
    return ASSETS


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def drawer(assets):
    return pipeline.load(assets / "pipeline")
