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
from refine.findings import Fit
from refine.metrics import METRICS as KNOWN
from refine.ui.findings_page import sections
from refine.ui.html import figure, message, text
from refine.ui.plots import course
from refine.ui.scores import change_words, score_table, shown, sparkline
from tests.storage.test_journal import an_iteration

UP, DOWN, HASH = (KNOWN[name] for name in ("clip_b32", "lpips", "imagehash"))


@pytest.mark.parametrize(
    ("metric", "before", "after", "words"),
    [
        (UP, 0.5, 0.6, "▲ 0.100 closer"),
        (UP, 0.6, 0.5, "▼ 0.100 further away"),
        (DOWN, 0.5, 0.4, "▲ 0.100 closer"),
        (DOWN, 0.4, 0.5, "▼ 0.100 further away"),
        (HASH, 20, 12, "▲ 8 closer"),
        (UP, 0.5001, 0.5002, "= same as before"),
    ],
)
def test_change_is_told_in_the_right_direction(metric, before, after, words):
    assert change_words(metric, before, after) == words


def test_scores_are_written_as_precisely_as_they_mean_something():
    assert (shown(UP, 0.12345), shown(HASH, 12.0)) == ("0.123", "12")


def test_the_first_round_has_no_change_yet():
    table = score_table([UP], [an_iteration(1, scores={"clip_b32": 0.5})])
    assert "first round" in table
    assert "higher is closer" in table


def test_the_small_line_goes_up_when_a_drawing_comes_closer():
    heights = [float(p.split(",")[1]) for p in sparkline([-0.9, -0.5]).split('points="')[1].split('"')[0].split()]
    assert heights[1] < heights[0]


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
    return Fit(1, 30, 0.0, analyse(rows, METRICS, 10), seconds=1.21)


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
    assert "could not be fitted" in page(summary, Fit(1, 30, 0.0, fault="They could not be fitted."), 10)


def test_one_session_makes_a_page_too():
    rows = simulate([UP, HASH], sessions=1)
    summary = summarise(rows, [UP, HASH], 10)
    assert "finished session<" in page(summary, Fit(1, 1, 0.0, analyse(rows, [UP, HASH], 10)), 10)
