"""The pieces of the page: words that a layman reads right, markup that cannot be smuggled in, figures that tell."""

import json
import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pytest

from refine.analysis.results import analyse
from refine.analysis.simulate import simulate
from refine.analysis.summary import summarise
from refine.arms.scores import change_words, score_table, shown, sparkline
from refine.live.results import FittedResults
from refine.metrics import METRICS as KNOWN
from refine.metrics import Scale
from refine.ui.html import figure, message, text
from refine.ui.plots import course
from refine.ui.results_page import sections
from tests.storage.test_journal import an_iteration

UP, DOWN, HASH = (KNOWN[name] for name in ("clip_b32", "lpips", "imagehash"))


HALF = Scale(unrelated=0.5, itself=1.0)
BITS = Scale(unrelated=32, itself=0)


@pytest.mark.parametrize(
    ("metric", "scale", "before", "after", "words"),
    [
        (UP, None, 0.5, 0.6, "▲ 0.100 closer"),
        (UP, None, 0.6, 0.5, "▼ 0.100 further away"),
        (DOWN, None, 0.5, 0.4, "▲ 0.100 closer"),
        (DOWN, None, 0.4, 0.5, "▼ 0.100 further away"),
        (HASH, None, 20, 12, "▲ 8 closer"),
        (UP, HALF, 0.6, 0.9, "▲ 60 closer"),
        (HASH, BITS, 8, 16, "▼ 25 further away"),
        (UP, HALF, 0.1, 0.4, "= about the same"),  # both no closer than an unrelated picture
        (UP, HALF, 0.9001, 0.9002, "= about the same"),
    ],
)
def test_change_is_told_in_the_right_direction(metric, scale, before, after, words):
    assert change_words(metric, scale, 0.0, before, after) == words


def test_a_change_no_larger_than_that_of_a_rewording_is_none():
    assert change_words(UP, HALF, 0.05, 0.80, 0.85 - 1e-9) == "= about the same"
    assert change_words(UP, HALF, 0.05, 0.80, 0.86) == "▲ 12 closer"
    assert change_words(HASH, BITS, 4.0, 12, 8) == "= about the same"
    assert change_words(HASH, BITS, 4.0, 12, 17) == "▼ 15 further away"  # of the points as shown


def test_scores_are_written_as_precisely_as_they_mean_something():
    assert (shown(UP, None, 0.12345), shown(HASH, None, 12.0)) == ("0.123", "12")
    assert (shown(UP, HALF, 0.75), shown(HASH, BITS, 8)) == ("50", "75")
    assert (shown(UP, HALF, -0.2), shown(UP, HALF, 1.0)) == ("0", "100")


def test_the_first_round_has_no_change_yet():
    table = score_table([UP], [an_iteration(1, scores={"clip_b32": 0.5})], {}, {})
    assert "first round" in table
    assert "higher is closer" in table


ROUNDS = [an_iteration(n, scores={"clip_b32": raw, "lpips": 0.5}) for n, raw in enumerate((0.5, 0.9, 0.7), start=1)]


def values(table):
    """By metric: its value, and what is said of the change."""
    return {name: (value, change) for name, value, change in re.findall(VALUE, table)}


VALUE = r'data-metric="(\w+)".*?tp-score-value">([\d.]+)<small class="[\w-]+">([^<]*)<'


def test_a_score_is_shown_on_its_targets_scale_and_its_raw_value_on_demand():
    table = score_table([UP], ROUNDS, {"clip_b32": HALF}, {})
    assert values(table) == {"clip_b32": ("40", "▼ 40 further away")}
    assert "0: no closer than a typical unrelated picture. 100: the target itself." in table
    visible, hidden = table.split("<details")
    assert "0.700" not in visible
    raw = (
        "Raw cosine, higher is closer: this drawing 0.700, a typical unrelated picture 0.500, the target itself 1.000."
    )
    assert raw in hidden


def test_a_metric_without_a_scale_is_shown_raw_beside_others():
    table = score_table([UP, DOWN], ROUNDS, {"clip_b32": HALF}, {})
    assert values(table)["lpips"] == ("0.500", "= about the same")
    assert table.count("lower is closer<") == 1


def test_the_best_has_the_scores_of_its_own_round_and_its_change_since_the_first():
    table = score_table([UP, DOWN], ROUNDS, {"clip_b32": HALF}, {}, best=2)
    assert "How close is your best, round 2?" in table
    assert values(table) == {"clip_b32": ("80", "▲ 80 closer than the first"), "lpips": ("0.500", "= about the same")}
    assert "this drawing 0.900" in table
    assert values(score_table([UP], ROUNDS, {}, {}, best=1)) == {"clip_b32": ("0.500", "first round")}


def test_a_round_without_a_score_is_left_out_of_the_course():
    rounds = [ROUNDS[0], an_iteration(2, scores={}), ROUNDS[2]]
    assert values(score_table([UP], rounds, {"clip_b32": HALF}, {})) == {"clip_b32": ("40", "▲ 40 closer")}


@pytest.mark.parametrize("scales", [{}, {"clip_b32": HALF}])
def test_a_drawing_on_which_a_metric_failed_is_said_to_have_no_score(scales):
    rounds = [ROUNDS[0], an_iteration(2, scores={"lpips": 0.4})]
    for best in (None, 2):
        table = score_table([UP, DOWN], rounds, scales, {}, best=best)
        failed, other = re.findall("<li data-metric.*?</li>", table)
        assert "–<small" in failed and "no score for this drawing" in failed
        assert "<circle" not in failed, "no dot marks a drawing that is not on the line"
        assert "0.400" in other and "no score" not in other
    nothing = score_table([UP], [an_iteration(1, scores={})], scales, {})
    assert "no score for this drawing" in nothing
    late = score_table([UP], [an_iteration(1, scores={}), ROUNDS[1]], scales, {})
    assert "first score" in late and "first round" not in late


def heights(line):
    return [float(p.split(",")[1]) for p in line.split('points="')[1].split('"')[0].split()]


def test_the_small_line_goes_up_when_a_drawing_comes_closer():
    before, after = heights(sparkline([-0.9, -0.5], 1))
    assert after < before


def test_the_small_line_of_points_does_not_blow_up_what_is_next_to_nothing():
    before, after = heights(sparkline([50.0, 50.5], 1, (0.0, 100.0)))
    assert abs(after - before) < 0.2


NASTY = "<script>alert(1)</script>\" onerror='x'"


@pytest.mark.parametrize("piece", [text(NASTY), figure("data:,", text(NASTY), alt=NASTY), message(NASTY)])
def test_words_of_others_stay_words(piece):
    assert "<script" not in piece
    assert (
        ElementTree.fromstring(piece.replace("<img ", "<img ").replace('draggable="false">', 'draggable="false"/>'))
        is not None
    )


METRICS = [UP, DOWN, HASH]


def page(*found, **how):
    return "".join(sections(*found, **how))


@pytest.fixture(scope="module")
def rows():
    return simulate(METRICS, sessions=30)


@pytest.fixture(scope="module")
def summary(rows):
    return summarise(rows, METRICS, 10)


@pytest.fixture(scope="module")
def fit(rows):
    return FittedResults(1, 30, 0.0, analyse(rows, METRICS, 10), seconds=1.21)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_plain_courses_are_sound_svg_with_every_mark_inside_and_a_text(summary, place):
    root = ElementTree.fromstring(course(summary.courses[place]))
    assert root.attrib["role"] == "img"
    assert len(root.attrib["aria-label"]) > 30
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    marks = [mark for mark in root.iter() if "cx" in mark.attrib]
    assert len(marks) == 10
    assert all(0 <= float(mark.attrib["cx"]) <= width and 0 <= float(mark.attrib["cy"]) <= height for mark in marks)


def test_the_results_page_says_so_when_there_is_nothing_yet(rows):
    nothing = summarise(rows.head(0), METRICS, 10)
    assert "No finished sessions yet" in page(nothing, None, 10)
    assert "none that fits what is chosen" in page(nothing, None, 10, chosen=True)


def test_the_results_page_names_counts_and_coefficients_before_there_is_a_model(summary, rows):
    shown_page = page(summary, None, 10)
    assert '<b id="count-sessions">30</b>' in shown_page
    assert f"ICC(C,1) = {summary.agreements[0].icc.ICC3.value:.3f}" in shown_page
    assert "χ²(9" in shown_page
    assert "for the first time" in shown_page
    assert "Simulated" not in shown_page


def test_with_a_model_come_its_figures_and_sentences(summary, rows, fit):
    shown_page = page(summary, fit, 10, simulated=True)
    names = set(re.findall(r'data-name="([a-z0-9_-]+)"', shown_page))
    each = {f"{kind}-{metric.id}" for kind in ("course", "contrasts", "arms") for metric in METRICS}
    assert each | {"agreement", "top-ranked"} <= names
    assert "Simulated data" in shown_page
    assert "Satterthwaite" in shown_page
    assert fit.results.signs.sentence in shown_page
    assert "fitted at 00:00:00 UTC in 1.2 s to 30 sessions" in shown_page
    for found in re.findall(r'data-figure="([^"]+)"', shown_page):
        assert json.loads(unescape(found))["data"]


def test_what_only_the_models_say_stays_as_it_is_when_a_session_comes(summary, fit):
    before = sections(summary, fit, 10)
    after = sections(replace(summary, sessions=31), fit, 10)
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True, True]


def test_the_page_says_that_the_fit_is_behind_or_failed(summary, rows, fit):
    assert "There are 31 now: they are being fitted again." in page(replace(summary, sessions=31), fit, 10)
    assert "could not be fitted" in page(summary, FittedResults(1, 30, 0.0, fault="They could not be fitted."), 10)


def test_one_session_makes_a_page_too():
    rows = simulate([UP, HASH], sessions=1)
    summary = summarise(rows, [UP, HASH], 10)
    fitted = page(summary, FittedResults(1, 1, 0.0, analyse(rows, [UP, HASH], 10)), 10)
    assert "finished session<" in fitted
    for shown_page in (fitted, page(summary, None, 10)):
        assert shown_page.count("too few to judge") == 1
        assert not re.search(r"undefined, because|poor|p [=<]|What to do", shown_page)
        assert 'data-name="agreement"' in shown_page


def test_the_results_page_says_in_how_many_rounds_a_metric_failed(rows):
    failed = rows.copy()
    failed.loc[[3, 4], UP.id] = float("nan")
    shown_page = page(summarise(failed, METRICS, 10), None, 10)
    assert f"({UP.id}) has no score in 2 of {len(rows):,} rounds, which are left out" in shown_page
    assert "has no score" not in page(summarise(rows, METRICS, 10), None, 10)
