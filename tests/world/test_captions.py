import random

from refine.world.captions import caption, plain_caption
from refine.world.scenes import LEFT_AND_RIGHT, Placed, Scene, sample_scene
from refine.world.vocabulary import OBJECTS

ROCKET = Scene("night", (Placed("rocket", "big", (2, 0)),))


def test_a_caption_names_every_object():
    rng = random.Random(1)
    for _ in range(300):
        scene = sample_scene(rng)
        text = caption(scene, rng)
        for one in scene.objects:
            assert any(noun in text for noun in OBJECTS[one.name].nouns), (scene, text)


def test_a_caption_is_one_line_of_lower_case_words():
    rng = random.Random(2)
    for _ in range(300):
        text = caption(sample_scene(rng), rng)
        assert text == text.lower() and text.strip() == text and "\n" not in text and "  " not in text


def test_there_are_many_wordings_of_one_scene():
    rng = random.Random(3)
    assert len({caption(ROCKET, rng) for _ in range(200)}) > 150


def test_a_plain_caption_says_size_place_and_background():
    rng = random.Random(4)
    for _ in range(50):
        text = plain_caption(ROCKET, rng)
        assert "rocket" in text and "right" in text
        assert any(word in text for word in ("top", "upper"))
        assert any(word in text for word in ("big", "large", "huge", "giant"))
        assert any(word in text for word in ("night", "star", "space")), text


def test_a_plain_caption_leaves_the_middle_unsaid():
    text = plain_caption(Scene("red", (Placed("owl", "medium", (1, 1)),)), random.Random(5))
    assert text.startswith("an owl, ") and "red" in text


def test_side_by_side_is_said_in_the_right_order():
    scene = Scene("white", tuple(Placed(n, "medium", p) for n, p in zip(("cat", "bus"), LEFT_AND_RIGHT, strict=True)))
    rng = random.Random(6)
    for text in (caption(scene, rng) for _ in range(400)):
        if " to the left of " in text:
            left = text.index("to the left of")
            assert not any(noun in text[:left] for noun in OBJECTS["bus"].nouns), text
