import math
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from refine.metrics import METRICS, MetricInfo
from refine.similarity.catalogue import open_metric
from refine.similarity.maps import most_different
from refine.similarity.metric import MetricError
from refine.similarity.panel import PREPARED_TARGETS, Panel


class Brightness:
    """Difference of mean brightness; remembers what it looked at, and together with what."""

    def __init__(self):
        self.info = MetricInfo("brightness", "Brightness", -1, 0, 255, "")
        self.seen = []

    def prepare(self, pictures):
        self.seen.append([picture.getpixel((0, 0))[0] for picture in pictures])
        return [np.asarray(picture.convert("L")).mean() for picture in pictures]

    def compare(self, target, drawing):
        return float(abs(target - drawing))


def plain(level):
    return Image.new("RGB", (40, 40), (level, level, level))


@pytest.fixture(scope="module")
def real(clip_folder, lpips_folder):
    """Metrics of the real classes, whose networks count how often they run."""
    weights = {"lpips_world": lpips_folder, "clip_b32_world": clip_folder, "imagehash": ""}
    return [open_metric(name, str(folder), "cpu") for name, folder in weights.items()]


@pytest.fixture(scope="module")
def drawings():
    """Ten pictures of as many sizes of one thing."""
    pictures = []
    for step in range(10):
        pixels = np.full((96, 96, 3), (90, 160, 220), np.uint8)
        pixels[30:70, 8 * step : 8 * step + 24] = (200, 60, 40)
        pictures.append(Image.fromarray(pixels))
    return pictures


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
    assert metric.seen == [[10], [20], [30], [40]]


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
    assert metric.seen == [[200], [1], [200]]


def test_sizes_must_agree():
    with pytest.raises(MetricError, match="40 x 40 pixels and the drawing 41 x 40"):
        Panel([Brightness()]).score(plain(1), Image.new("RGB", (41, 40)))


def test_drawings_are_looked_at_together_and_equal_ones_once():
    metric = Brightness()
    compared = Panel([metric]).compare(plain(10), [plain(level) for level in (20, 10, 30, 20)])
    assert [one.scores["brightness"] for one in compared] == [10, 0, 20, 10]
    assert metric.seen == [[10], [20, 30]]
    assert Panel([metric]).compare(plain(10), []) == []


def test_large_pictures_are_looked_at_in_parts(monkeypatch):
    monkeypatch.setattr("refine.similarity.panel.BATCH_PIXELS", 2 * 40 * 40 + 1)
    metric = Brightness()
    compared = Panel([metric]).compare(plain(0), [plain(level) for level in (1, 2, 3, 4, 5)])
    assert [one.scores["brightness"] for one in compared] == [1, 2, 3, 4, 5]
    assert metric.seen == [[0], [1, 2], [3, 4], [5]]


def test_a_batch_goes_through_each_network_once(real, drawings):
    runs = []
    hooks = [
        network.register_forward_hook(lambda *_: runs.append(1))
        for network in (real[0]._network.net, real[1]._tower.conv1)
    ]
    Panel(real).compare(drawings[0], drawings[1:])
    assert len(runs) == 2 * 2  # the target's, and that of all drawings
    for hook in hooks:
        hook.remove()


def test_scores_are_the_same_alone_in_any_batch_in_any_order_and_from_any_thread(real, drawings):
    target = drawings[4]
    alone = [Panel(real).score(target, drawing) for drawing in drawings]
    together = [one.scores for one in Panel(real).compare(target, drawings)]
    backwards = [one.scores for one in Panel(real).compare(target, drawings[::-1])][::-1]
    own, shared, threaded = torch.get_num_threads(), Panel(real), {}

    def score(place):
        threaded[place] = shared.score(target, drawings[place])

    threads = [threading.Thread(target=score, args=(place,)) for place in range(len(drawings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [threaded[place] for place in range(len(drawings))] == alone
    assert torch.get_num_threads() == own, "nobody's number of threads is changed for good"
    for others in (together, backwards):
        for one, other in zip(alone, others, strict=True):
            assert one == pytest.approx(other, abs=1e-5)
            assert one["imagehash"] == other["imagehash"]
    assert len({tuple(scores.values()) for scores in alone}) == len(drawings)


def test_an_equal_picture_has_the_extreme_score_exactly_also_in_a_batch(real, drawings):
    found = Panel(real).compare(drawings[3], [*drawings[:3], drawings[3].copy(), *drawings[4:]], mapped=True)
    assert found[3].scores == {"lpips_world": 0.0, "clip_b32_world": 1.0, "imagehash": 0.0}
    assert not found[3].where.any()


def test_where_a_drawing_differs_is_told_from_all_maps(real, scene):
    changed = scene.copy()
    changed.paste((10, 10, 10), (64, 64, 96, 96))
    (found,) = Panel(real).compare(scene, [changed], mapped=True)
    assert most_different(found.where)[0] == "lower right"
    assert Panel(real).compare(scene, [changed])[0].where is None
    assert Panel([Brightness()]).compare(scene, [changed], mapped=True)[0].where is None


def broken(metric_id, **does):
    """A metric of this id in which something is replaced."""
    metric = Brightness()
    metric.info = replace(metric.info, id=metric_id)
    for name, replaced in does.items():
        setattr(metric, name, replaced)
    return metric


def test_a_metric_that_fails_keeps_no_other_from_scoring(caplog):
    def fails(*_):
        raise RuntimeError("out of memory")

    metrics = [broken("looks", prepare=fails), broken("compares", compare=fails), Brightness()]
    assert Panel(metrics).score(plain(10), plain(30)) == {"brightness": 20}
    assert caplog.text.count("out of memory") == 2


def test_a_score_that_is_no_number_is_not_passed_on(caplog):
    panel = Panel([broken("undefined", compare=lambda *_: math.nan), Brightness()])
    assert panel.score(plain(10), plain(30)) == {"brightness": 20}
    assert "gave no number" in caplog.text


def test_a_picture_on_which_a_metric_fails_takes_no_other_with_it():
    metric = Brightness()
    look = metric.prepare

    def fails_on_white(pictures):
        if any(picture.getpixel((0, 0)) == (255, 255, 255) for picture in pictures):
            raise RuntimeError("too bright")
        return look(pictures)

    metric.prepare = fails_on_white
    compared = Panel([metric]).compare(plain(0), [plain(5), plain(255), plain(7)])
    assert [dict(one.scores) for one in compared] == [{"brightness": 5}, {}, {"brightness": 7}]


def test_a_target_on_which_a_metric_failed_once_is_looked_at_again():
    metric = Brightness()
    look, faults = metric.prepare, [RuntimeError("out of memory")]

    def fails_once(pictures):
        if faults:
            raise faults.pop()
        return look(pictures)

    metric.prepare = fails_once
    panel = Panel([metric])
    assert panel.score(plain(1), plain(3)) == {}
    assert panel.score(plain(1), plain(3)) == {"brightness": 2}


def test_a_picture_that_is_too_small_for_a_metric_has_no_score_of_it(real, caplog):
    tiny = Image.new("RGB", (20, 20))
    assert METRICS["lpips_world"].least == 32
    assert list(Panel(real).score(tiny, tiny)) == ["clip_b32_world", "imagehash"]
    assert "needs pictures of 32 pixels a side" in caplog.text


def test_transparent_pictures_are_read_as_rgb():
    scores = Panel([Brightness()]).score(plain(255).convert("RGBA"), plain(255).convert("L"))
    assert scores == {"brightness": 0}
