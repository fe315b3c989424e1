"""Artwork that needs no network: a two-coloured shape for each object."""

import colorsys
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from refine.world3.models.layers import fit_layers
from refine.world3.scenes.description import SIZES
from refine.world3.scenes.objects import OBJECTS

TURNS = {"upside down": Image.Transpose.FLIP_TOP_BOTTOM, "sideways": Image.Transpose.ROTATE_90}


@pytest.fixture(scope="session")
def sprites():
    @cache
    def sprite(name, size, pose):
        index, side = list(OBJECTS).index(name), SIZES[size]
        colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(index / len(OBJECTS), 1, 0.8))
        image = Image.new("RGBA", (side, side))
        pen = ImageDraw.Draw(image)
        (pen.ellipse if index % 2 else pen.rectangle)((4, 4, side - 5, side - 5), fill=colour)
        pen.rectangle((side // 2, 8, side // 2 + 12, side // 2), fill=(250, 250, 250))
        return np.array(image.transpose(TURNS[pose]) if pose else image)

    return sprite


@pytest.fixture(scope="session")
def layers(sprites):
    return fit_layers(sprites)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
