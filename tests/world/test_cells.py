import random

import torch
import torch.nn.functional as F

from refine.world.cells import NOTHING, labels, read
from refine.world.scenes import Placed, Scene, sample_scene
from refine.world.vocabulary import BACKGROUNDS


def perfect(scenes):
    grid, background = labels(scenes)
    chances = F.one_hot(grid, NOTHING + 1).permute(0, 3, 1, 2).float()
    return read(chances, F.one_hot(background, len(BACKGROUNDS)).float())


def test_a_perfect_eye_reads_back_every_scene():
    rng = random.Random(1)
    scenes = [sample_scene(rng) for _ in range(200)]
    for scene, seen in zip(scenes, perfect(scenes), strict=True):
        assert seen.background == scene.background
        assert seen.objects == {one.name: one.place for one in scene.objects}


def test_every_size_is_read_at_every_place():
    for size in ("small", "medium", "big"):
        for place in [(column, row) for column in range(3) for row in range(3)]:
            assert perfect([Scene("sea", (Placed("dog", size, place),))])[0].objects == {"dog": place}


def test_a_trace_of_an_object_is_not_an_object():
    chances = torch.zeros(1, NOTHING + 1, 16, 16)
    chances[:, NOTHING] = 1.0
    chances[0, 0, 0, :3] = 1.0
    assert read(chances, torch.zeros(1, len(BACKGROUNDS)))[0].objects == {}
