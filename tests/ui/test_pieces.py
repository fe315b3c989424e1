"""The pieces of the page: words that a layman reads right, markup that cannot be smuggled in, figures that tell."""

from xml.etree import ElementTree

import pytest

from refine.analysis.simulate import simulate
from refine.analysis.summary import summarise
from refine.protocol import MetricInfo
from refine.ui.findings_page import page
from refine.ui.html import figure, message, text
from refine.ui.plots import course, forest, top_ranked
from refine.ui.scores import change_words, score_table, shown, sparkline
from tests.storage.test_journal import an_iteration

UP = MetricInfo("clip_b32", "CLIP B/32", 1, -1.0, 1.0, "What it shows; higher is better.")
DOWN = MetricInfo("lpips", "Perceptual Similarity", -1, 0.0, None, "How it looks; lower is better.")
HASH = MetricInfo("imagehash", "ImageHash", -1, 0.0, 64.0, "Layout; lower is better.")


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


@pytest.fixture(scope="module")
def summary():
    return summarise(simulate([UP, DOWN, HASH], sessions=30), [UP, DOWN, HASH], 10)


def test_figures_are_sound_svg_with_a_text_for_those_who_do_not_see_them(summary):
    for svg in (forest(summary.agreements), course(summary.courses[1]), top_ranked(summary.top_ranked)):
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 30


def test_every_mark_stands_inside_its_figure(summary):
    for svg in (forest(summary.agreements), course(summary.courses[0]), top_ranked(summary.top_ranked)):
        root = ElementTree.fromstring(svg)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for mark in root.iter():
            for name, limit in (("cx", width), ("cy", height), ("x1", width), ("x2", width), ("y", height)):
                if name in mark.attrib:
                    assert 0 <= float(mark.attrib[name]) <= limit


def test_the_results_page_says_so_when_there_is_nothing_yet():
    empty = page(summarise(simulate([UP], sessions=1).head(0), [UP], 10), 10, simulated=False)
    assert "No finished sessions yet" in empty


def test_the_results_page_names_counts_and_coefficients(summary):
    shown_page = page(summary, 10, simulated=False)
    assert '<b id="count-sessions">30</b>' in shown_page
    assert f"ICC(C,1) = {summary.agreements[0].icc.ICC3.value:.3f}" in shown_page
    assert "χ²(9)" in shown_page


def test_one_session_makes_a_page_too():
    assert "finished session" in page(summarise(simulate([UP, HASH], sessions=1), [UP, HASH], 10), 10, simulated=True)
