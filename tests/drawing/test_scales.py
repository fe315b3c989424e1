"""The scale of a target: from a typical unrelated picture to the target itself, and nobody waits for it."""

import statistics
import threading
import time

import pytest
from PIL import Image

from refine.drawing.scales import UNRELATED, Scales
from refine.metrics import METRICS, Scale
from refine.protocol import Target, pixel_hash
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel
from refine.storage.targets import load_targets
from tests.conftest import Painter
from tests.target_folder import save_targets


def paint(words):
    return Painter().draw(words, lambda done: None).picture


@pytest.fixture
def targets(tmp_path):
    """A function that makes a study's targets."""

    def make(count):
        drawn = [paint(f"target {i}") for i in range(count)]
        named = [Target(f"t{i:02}", "things", "hidden", pixel_hash(p)) for i, p in enumerate(drawn)]
        save_targets(tmp_path / "targets", zip(named, drawn, strict=True))
        return load_targets(tmp_path / "targets")

    return make


@pytest.fixture
def running():
    """A function that starts scales, which are closed in the end."""
    opened = []

    def start(targets, metrics, idle=None):
        opened.append(Scales(targets, idle or threading.Lock()))
        opened[-1].start(Panel(metrics))
        return opened[-1]

    yield start
    for scales in opened:
        scales.close()


def made(scales, target_id):
    """The scale, once it is made."""
    ends = time.monotonic() + 60
    while not (scale := scales.of(target_id)):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)
    return scale


def hash_metric():
    return open_metric("imagehash", None)


def test_it_goes_from_the_median_of_the_other_targets_to_the_target_itself(targets, running):
    few = targets(6)
    metric = hash_metric()
    prepared = {name: metric.prepare([few.picture(name)])[0] for name in few.targets}
    others = [metric.compare(prepared["t02"], prepared[name]) for name in few.targets if name != "t02"]
    scales = running(few, [metric])
    assert scales.of("t02") == {}, "nobody waits for it"
    scale = made(scales, "t02")["imagehash"]
    assert scale == Scale(statistics.median(others), 0.0)
    assert (scale.points(scale.unrelated), scale.points(0.0), scale.points(64.0)) == (0, 100, 0)


def test_it_is_made_once_and_the_same_after_a_restart_of_no_more_than_forty_others(targets, running):
    many = targets(UNRELATED + 5)

    class Counting:
        def __init__(self):
            self.metric, self.compared = hash_metric(), 0
            self.info, self.prepare = self.metric.info, self.metric.prepare

        def compare(self, target, drawing):
            self.compared += 1
            return self.metric.compare(target, drawing)

    counting = [Counting(), Counting()]
    scales = [running(many, [one]) for one in counting]
    first = made(scales[0], "t01")
    assert made(scales[0], "t01") is first
    assert made(scales[1], "t01") == first
    assert [one.compared for one in counting] == [UNRELATED + 1] * 2


def test_a_metric_that_fails_or_ties_all_has_no_scale_and_keeps_no_other_from_one(targets, running):
    class Failing:
        info = METRICS["imagehash"]

        def prepare(self, pictures):
            raise RuntimeError("out of memory")

    class Tying:
        info = METRICS["clip_b32"]

        def prepare(self, pictures):
            return ["all the same"] * len(pictures)

        def compare(self, target, drawing):
            return 1.0

    class Red:
        info = METRICS["lpips"]

        def prepare(self, pictures):
            return [one.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))[0] for one in pictures]

        def compare(self, target, drawing):
            return abs(target - drawing)

    assert list(made(running(targets(5), [Failing(), Tying(), Red()]), "t00")) == ["lpips"]


def test_a_study_of_one_target_has_no_unrelated_picture_and_goes_on(targets, running):
    one = targets(1)
    metric = hash_metric()
    looked = threading.Event()

    class Watched:
        info, compare = metric.info, staticmethod(metric.compare)

        def prepare(self, pictures):
            looked.set()
            return metric.prepare(pictures)

    scales = running(one, [Watched()])
    scales.of("t00")
    assert looked.wait(60)
    assert scales.of("t00") == {}


def test_an_unreadable_target_has_none_and_others_do_without_it(targets, running):
    few = targets(4)
    few.files["t00"].write_bytes(b"damaged")
    scales = running(few, [hash_metric()])
    assert scales.of("t00") == scales.of("nobody knows it") == {}
    assert "imagehash" in made(scales, "t01"), "which comes after both"
    assert scales.of("t00") == {}


def test_while_somebody_draws_nothing_is_compared(targets, running):
    few, idle = targets(4), threading.Lock()
    looked = threading.Event()
    metric = hash_metric()

    class Watched:
        info, compare = metric.info, staticmethod(metric.compare)

        def prepare(self, pictures):
            looked.set()
            assert idle.locked()
            return metric.prepare(pictures)

    with idle:
        scales = running(few, [Watched()], idle)
        scales.of("t00")
        assert not looked.wait(0.2)
    assert "imagehash" in made(scales, "t00")
