import math
from dataclasses import replace

import pytest
from PIL import Image

from refine.metrics import MetricInfo
from refine.similarity.catalogue import open_metric
from refine.similarity.metric import MetricError
from refine.similarity.panel import PREPARED_TARGETS, Panel


class Brightness:
    """Difference of mean brightness; remembers what it looked at."""

    def __init__(self):
        self.info = MetricInfo("brightness", "Brightness", -1, 0, 255, "")
        self.seen = []

    def prepare(self, picture):
        self.seen.append(picture.getpixel((0, 0)))
        grey = picture.convert("L").tobytes()
        return sum(grey) / len(grey)

    def compare(self, target, drawing):
        return abs(target - drawing)


def plain(level):
    return Image.new("RGB", (40, 40), (level, level, level))


def test_all_metrics_score_in_their_order(scene, far_scene):
    panel = Panel([open_metric("imagehash", None), Brightness()])
    scores = panel.score(scene, far_scene)
    assert list(scores) == ["imagehash", "brightness"]
    assert scores["imagehash"] > 0
    assert panel.score(scene, scene) == {"imagehash": 0, "brightness": 0}


def test_a_target_is_prepared_once_by_what_it_shows():
    metric = Brightness()
    panel = Panel([metric])
    assert [panel.score(plain(10), plain(level))["brightness"] for level in (20, 30, 40)] == [10, 20, 30]
    assert metric.seen == [(10, 10, 10), (20, 20, 20), (30, 30, 30), (40, 40, 40)]


def test_targets_used_lately_stay_prepared():
    metric = Brightness()
    panel = Panel([metric])
    for level in range(PREPARED_TARGETS):
        panel.score(plain(level), plain(200))
    panel.score(plain(0), plain(200))
    panel.score(plain(100), plain(200))  # one too many: level 1, unused for longest, gives way
    metric.seen.clear()
    panel.score(plain(0), plain(200))
    panel.score(plain(1), plain(200))
    assert metric.seen == [(200, 200, 200), (1, 1, 1), (200, 200, 200)]


def test_sizes_must_agree():
    with pytest.raises(MetricError, match="40 x 40 pixels and the drawing 41 x 40"):
        Panel([Brightness()]).score(plain(1), Image.new("RGB", (41, 40)))


def test_a_score_that_is_no_number_is_not_passed_on():
    class Broken(Brightness):
        def compare(self, target, drawing):
            return math.nan

    with pytest.raises(MetricError, match="No score came out of brightness"):
        Panel([Broken()]).score(plain(1), plain(2))


def test_a_metric_that_fails_keeps_no_other_from_an_attempt(caplog):
    class Failing(Brightness):
        def __init__(self, fault):
            super().__init__()
            self.info = replace(self.info, id="failing")
            self.fault = fault

        def prepare(self, picture):
            raise self.fault

    class Undefined(Brightness):
        def __init__(self):
            super().__init__()
            self.info = replace(self.info, id="undefined")

        def compare(self, target, drawing):
            return math.nan

    panel = Panel([Failing(RuntimeError("out of memory")), Undefined(), Brightness()])
    assert panel.attempt(plain(10), plain(30)) == {"brightness": 20}
    assert "out of memory" in caplog.text


def test_transparent_pictures_are_read_as_rgb():
    scores = Panel([Brightness()]).score(plain(255).convert("RGBA"), plain(255).convert("L"))
    assert scores == {"brightness": 0}
