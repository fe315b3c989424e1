"""Figures show the numbers that were found, have words for those who do not see them, and survive missing values."""

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from refine.analysis import figures
from refine.analysis.agreement import agreements
from refine.analysis.arms import arm_effect
from refine.analysis.effects import iteration_effect
from refine.analysis.plateau import plateau
from refine.analysis.ranking import top_ranked
from refine.analysis.simulate import simulate
from refine.metrics import METRICS as KNOWN
from refine.metrics import MetricInfo
from tests.analysis.studies import COSINE, METRICS

LPIPS, HASH = KNOWN["lpips_world"], KNOWN["imagehash"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return simulate([LPIPS, HASH], sessions=30, trials=3, gain=2.0)


def trace(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = [trace for trace in figure.data if trace.name == name and trace.showlegend is not False]
    return found


def words(figure: go.Figure) -> str:
    """What the figure says; and it is plain JSON."""
    json.loads(figure.to_json(), parse_constant=pytest.fail)
    return figure.layout.meta["words"]


def test_forest_shows_intervals_bands_and_the_papers_values(rows: pd.DataFrame) -> None:
    found = agreements(rows, [LPIPS, HASH])
    figure = figures.forest(found)
    points = [trace for trace in figure.data if trace.name.startswith("this study")]
    for point, agreement in zip(points, found, strict=True):
        icc = agreement.icc.ICC3
        assert list(point.x) == [icc.value]
        assert point.x[0] + point.error_x.array[0] == pytest.approx(icc.upper)
        assert point.x[0] - point.error_x.arrayminus[0] == pytest.approx(icc.lower)
    dotted = [trace for trace in figure.data if trace.name == "arXiv 2504.20340"]
    assert [(line.x[0], line.line.dash) for line in dotted] == [(0.686, "dot"), (0.25, "dot")]
    assert {note.text for note in figure.layout.annotations} == {"poor", "moderate", "good", "excellent"}
    assert f"ImageHash: {found[1].icc.ICC3.value:.2f}, 95% interval" in words(figure)
    # A mark at the lower end, with its number, does not lie on a metric's name.
    assert figure.layout.yaxis.ticklabelstandoff > max(point.marker.size for point in points)
    # An entry a kind in the legend, not one a metric.
    assert sum(trace.showlegend is not False for trace in figure.data) == 2


def test_forest_says_what_is_undefined() -> None:
    empty = simulate([COSINE], sessions=1).head(0)
    assert "Cosine: undefined, because there are no subjects" in words(figures.forest(agreements(empty, [COSINE])))
    assert words(figures.forest([])) == "There are no metrics to compare with people."


def test_course_shows_raw_means_up_is_more_similar(rows: pd.DataFrame) -> None:
    effect = iteration_effect(rows, LPIPS)
    figure = figures.course(effect, rows)
    mean = trace(figure, "mean of the mixed model")
    assert list(mean.y) == [-one.estimate for one in effect.means]
    low, high = figure.layout.yaxis.range
    assert low > max(mean.y) > min(mean.y) > high >= 0, "up is more similar"
    for ends, one in zip(mean.customdata, effect.means, strict=True):
        assert list(ends) == [-one.upper, -one.lower]
    faint = trace(figure, "single trials")
    assert faint.x.count(None) == rows["trial"].nunique()
    first = rows[rows["trial"] == rows["trial"][0]]["lpips_world"].tolist()
    assert list(faint.y[:10]) == first
    assert "1: 0.4" in words(figure)
    assert len(figures.course(effect).data) == len(figure.data) - 1


def test_a_study_with_few_trials_shows_each_once() -> None:
    few = simulate([COSINE], sessions=3)
    figure = figures.course(iteration_effect(few, COSINE), few)
    assert trace(figure, "single trials").x.count(None) == 3
    low, high = figure.layout.yaxis.range
    assert low < few["cosine"].min() < few["cosine"].max() < high <= 1


def test_top_ranked_marks_what_stands_out(rows: pd.DataFrame) -> None:
    found = top_ranked(rows, 10)
    figure = figures.top_ranked(found)
    (bars,) = [trace for trace in figure.data if trace.type == "bar"]
    assert list(bars.y) == list(found.counts)
    assert [text.endswith("*") for text in bars.text] == [abs(residual) > 2 for residual in found.residuals]
    assert list(trace(figure, "equal chances").y) == [found.expected] * 2
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.line.dash) == (8.5, 10.5, "dot")
    assert found.sentence in words(figure)
    assert not figures.top_ranked(top_ranked(rows[rows["iteration"] < 5], 4)).layout.shapes
    assert words(figures.top_ranked(top_ranked(rows.head(0), 10))) == "No trial has been ranked yet."


def test_contrasts_tell_significant_ones_by_their_shape(rows: pd.DataFrame) -> None:
    effect = iteration_effect(rows, LPIPS)
    found = plateau(effect)
    figure = figures.contrasts(effect, found)
    significant = [int(one.first) for one in effect.contrasts if one.p_holm < 0.05]
    assert list(trace(figure, "differs from the last").x) == significant
    assert trace(figure, "differs from the last").marker.symbol == "diamond"
    assert sorted([*significant, *trace(figure, "does not").x]) == list(range(1, 10))
    stick = found.broken_stick
    (area,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (area.x0, area.x1) == (stick.lower, stick.upper)
    upright = [(s.x0, s.line.dash) for s in figure.layout.shapes if s.type == "line" and s.x0 == s.x1]
    assert upright == [(stick.estimate, None), (6, "dot")]
    assert found.sentence in words(figure)


def test_contrasts_without_a_break_mark_none() -> None:
    effect = iteration_effect(simulate([COSINE], sessions=10, iterations=5, gain=0.0, plateau=4), COSINE)
    figure = figures.contrasts(effect, plateau(effect))
    assert [shape.y0 for shape in figure.layout.shapes] == [0]


def test_arms_are_told_by_line_and_mark_too(rows: pd.DataFrame) -> None:
    found = arm_effect(rows, LPIPS)
    figure = figures.arms(found)
    shown, hidden = trace(figure, "scores shown"), trace(figure, "no scores")
    assert list(shown.y) == [-mean.estimate for mean in found.means["scores"]]
    assert list(hidden.y) == [-mean.estimate for mean in found.means["no_scores"]]
    assert (shown.line.dash, hidden.line.dash) == ("solid", "dash")
    assert shown.marker.symbol != hidden.marker.symbol
    assert min(*shown.error_y.array, *shown.error_y.arrayminus) > 0
    assert found.sentence in words(figure)


def test_what_is_undefined_is_a_sentence() -> None:
    one = simulate(METRICS, sessions=1)
    effect = iteration_effect(one, COSINE)
    for figure in (figures.course(effect, one), figures.contrasts(effect, plateau(effect))):
        assert words(figure) == "The effect of iteration on Cosine is undefined, because there is only one session."
    assert "in the arm 'scores'" in words(figures.arms(arm_effect(one, COSINE)))


@pytest.mark.parametrize(
    ("metric", "end", "inwards"),
    [(COSINE, 1.0, -0.001), (COSINE, -1.0, 0.001), (LPIPS, 0.0, 0.001), (HASH, 64.0, -1.0)],
)
def test_axes_and_intervals_never_leave_the_range_of_the_metric(metric: MetricInfo, end: float, inwards: float) -> None:
    """All scores are near an end of it, so that the intervals of four sessions by themselves reach beyond."""
    rows = simulate([metric], sessions=4, seed=2)
    steps = np.random.default_rng(1).integers(0, 3, len(rows)) + 4 * (rows["session"].factorize()[0] % 2)
    rows = rows.assign(**{metric.id: end + inwards * steps})
    effect, arm = iteration_effect(rows, metric), arm_effect(rows, metric)
    lowest, highest = metric.bounds
    beyond = [metric.direction * bound for mean in effect.means for bound in (mean.lower, mean.upper)]
    assert min(beyond) < lowest or max(beyond) > highest
    for figure in (figures.course(effect, rows), figures.arms(arm)):
        assert lowest <= min(figure.layout.yaxis.range) < max(figure.layout.yaxis.range) <= highest
        assert all(lowest <= y <= highest for line in figure.data for y in line.y if y is not None)
    low, high = figures.contrasts(effect, plateau(effect)).layout.yaxis.range
    assert -(highest - lowest) <= low < 0 < high <= highest - lowest


def test_the_axis_of_the_coefficient_ends_at_one(rows: pd.DataFrame) -> None:
    assert figures.forest(agreements(rows, [LPIPS])).layout.xaxis.range[1] == 1.0


def test_without_enough_sessions_no_figure_judges(rows: pd.DataFrame) -> None:
    forest = figures.forest(agreements(rows, [LPIPS]), judged=False)
    assert not forest.layout.annotations
    assert not any(band in forest.to_json() for band, _, _ in figures.BANDS)
    found = top_ranked(rows, 10)
    bars = figures.top_ranked(found, judged=False)
    assert "*" not in bars.to_json()
    assert found.sentence not in words(bars)


def test_few_favourites_are_counted_in_whole_numbers(rows: pd.DataFrame) -> None:
    few = rows[rows["trial"].isin(rows["trial"].unique()[:3])]
    assert figures.top_ranked(top_ranked(few, 10)).layout.yaxis.dtick == 1


def test_no_ink_of_its_own_and_a_clear_ground(rows: pd.DataFrame) -> None:
    effect = iteration_effect(rows, LPIPS)
    for figure in (
        figures.forest(agreements(rows, [LPIPS])),
        figures.course(effect, rows),
        figures.top_ranked(top_ranked(rows, 10)),
        figures.contrasts(effect, plateau(effect)),
        figures.arms(arm_effect(rows, LPIPS)),
    ):
        layout = figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.font.color is None
        assert all(note.font.color is None for note in layout.annotations)
        assert layout.width is None
