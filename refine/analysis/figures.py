"""The figures of the results, as Plotly figures: pure functions of what was found.

Knows: marks, axes and words of a figure. Does not know: how a number came about, or where a figure is shown.
Each is readable at 390 pixels and takes its ink from the page: backgrounds are clear, no text has a colour of its own. Colours
are Okabe and Ito's (colour-blind-safe), and no meaning rests on colour alone. `figure.layout.meta["words"]` says what is
seen to those who do not see it. What is undefined gets a figure with that sentence.
"""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from refine.analysis import paper
from refine.analysis.agreement import Agreement
from refine.analysis.apa import number
from refine.analysis.arms import ArmEffect, arm_label
from refine.analysis.effects import IterationEffect
from refine.analysis.plateau import Plateau
from refine.analysis.plotting import (
    BLUE,
    FAINT,
    GREY,
    PALE_BLUE,
    VERMILLION,
    canvas,
    difference_axis,
    error_bars,
    iteration_axis,
    notice,
    score_axis,
    upright,
    with_words,
    wrapped,
)
from refine.analysis.ranking import TopRanked
from refine.analysis.trials import blocks
from refine.metrics import MetricInfo

ARM_COLOURS = (VERMILLION, BLUE, "#009E73", "#CC79A7", "#E69F00", GREY)
ARM_SYMBOLS = ("square", "circle", "diamond", "triangle-up", "cross", "x")
ARM_DASHES = ("dash", "solid", "dot", "dashdot", "longdash")

BANDS = (("poor", -1.0, 0.5), ("moderate", 0.5, 0.75), ("good", 0.75, 0.9), ("excellent", 0.9, 1.0))


def forest(agreements: Sequence[Agreement], *, judged: bool = True) -> go.Figure:
    """ICC(C,1) of each metric with people and its 95% interval, over the paper's bands; the paper's value dotted.

    `judged`: whether there are enough sessions to say which band a metric is in.
    """
    if not agreements:
        return notice("There are no metrics to compare with people.")
    defined = [found.icc.ICC3 for found in agreements if not found.icc.ICC3.undefined]
    low = max(-1.0, min([-0.1, *(icc.lower - 0.05 for icc in defined)]))
    figure = canvas(139 + 56 * len(agreements))
    # Above the names of the bands.
    figure.update_layout(legend_y=1.0 + 49 / (56 * len(agreements)))
    # The names of narrow bands stand on levels, or they would run into each other on a phone.
    bands = zip(BANDS, (0, 1, 0, 2), strict=True) if judged else ()
    for place, ((name, start, end), level) in enumerate(bands):
        start = max(start, low)
        figure.add_vrect(start, end, fillcolor=GREY, opacity=0.05 + 0.07 * place, line_width=0, layer="below")
        middle = 1.0 if name == "excellent" else (start + end) / 2
        anchor = "right" if name == "excellent" else "center"
        height = {"y": 1, "yref": "y domain", "yanchor": "bottom", "yshift": 15 * level}
        figure.add_annotation(x=middle, text=name, showarrow=False, xanchor=anchor, font_size=11, **height)
    words = []
    for place, found in enumerate(agreements):
        icc, label = found.icc.ICC3, found.metric.label
        reference = paper.icc_of(found.metric)
        if reference is not None:
            ends = [place - 0.38, place + 0.38]
            dotted = {"color": VERMILLION, "width": 3, "dash": "dot"}
            first = not any(trace.name == paper.SOURCE for trace in figure.data)
            hover = f"{label}, {paper.SOURCE}: {reference:.3f}<extra></extra>"
            figure.add_scatter(
                x=[reference] * 2,
                y=ends,
                mode="lines",
                line=dotted,
                name=paper.SOURCE,
                showlegend=first,
                hovertemplate=hover,
            )
        if icc.undefined:
            figure.add_annotation(x=low, y=place, text=wrapped(icc.undefined, 34), showarrow=False, xanchor="left")
            words.append(f"{label}: {icc.undefined}")
            continue
        band = f", {found.band}" if judged else ""
        figure.add_scatter(
            x=[icc.value],
            y=[place],
            error_x=error_bars([icc.value], [icc.lower], [icc.upper]),
            mode="markers+text",
            marker={"color": BLUE, "size": 11},
            text=[f"{icc.value:.2f}"],
            textposition="top center",
            cliponaxis=False,
            name="this study, 95% interval",
            showlegend=not any(trace.name == "this study, 95% interval" for trace in figure.data),
            hovertemplate=f"{label}: {icc.value:.3f} [{icc.lower:.3f}, {icc.upper:.3f}]{band}<extra></extra>",
        )
        words.append(f"{label}: {icc.value:.2f}, 95% interval {icc.lower:.2f} to {icc.upper:.2f}{band}")
    names = [wrapped(found.metric.label, 14) for found in agreements]
    figure.update_xaxes(range=[low, 1.0], title_text="ICC(C,1) with people")
    figure.update_yaxes(
        range=[len(agreements) - 0.5, -0.5], tickvals=list(range(len(names))), ticktext=names, showgrid=False
    )
    figure.update_yaxes(ticklabelstandoff=18)  # a mark at the lower end, with its number, reaches beyond the axis
    return with_words(figure, "Agreement of metrics with people. " + "; ".join(words) + ".")


def course(effect: IterationEffect, trials: pd.DataFrame | None = None) -> go.Figure:
    """Estimated marginal mean of each iteration with its 95% interval; single `trials` faint behind.

    Values are raw, as the metric's library has them, on an axis turned so that up is more similar.
    `trials` has a row an iteration with the columns `trial`, `iteration` and the metric's id.
    """
    metric = effect.metric
    if effect.undefined:
        return notice(effect.sentence)
    figure = canvas(340)
    single: list[float | None] = []
    if trials is not None:
        x, single = _lines(trials, metric)
        figure.add_scatter(
            x=x, y=single, mode="lines", line={"color": FAINT, "width": 1}, name="single trials", hoverinfo="skip"
        )
    numbers = [mean.iteration for mean in effect.means]
    middle, lower, upper = (
        [metric.within(metric.direction * getattr(mean, name)) for mean in effect.means]
        for name in ("estimate", "lower", "upper")
    )
    figure.add_scatter(
        x=numbers + numbers[::-1],
        y=upper + lower[::-1],
        fill="toself",
        fillcolor=PALE_BLUE,
        line={"width": 0},
        mode="lines",
        name="95% interval",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=numbers,
        y=middle,
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker_size=8,
        name="mean of the mixed model",
        customdata=[sorted(ends) for ends in zip(lower, upper, strict=True)],
        hovertemplate="iteration %{x}: %{y:.4g} [%{customdata[0]:.4g}, %{customdata[1]:.4g}]<extra></extra>",
    )
    iteration_axis(figure, numbers)
    score_axis(figure, metric, [*lower, *upper, *(value for value in single if value is not None)])
    listed = "; ".join(f"{i}: {number(value)}" for i, value in zip(numbers, middle, strict=True))
    return with_words(figure, f"{metric.label} by iteration, means of the mixed model. {listed}.")


def top_ranked(found: TopRanked, *, judged: bool = True) -> go.Figure:
    """How often each iteration was ranked first, against equal chances; the paper's favourites in a dotted frame.

    A star marks counts whose standardised residual is beyond 2. `judged`: whether there are enough sessions for that and for
    the test.
    """
    if found.p is None:
        return notice(found.sentence)
    numbers = list(range(1, len(found.counts) + 1))
    outstanding = [judged and abs(residual) > 2 for residual in found.residuals]
    figure = canvas(280)
    figure.add_bar(
        x=numbers,
        y=list(found.counts),
        marker={"color": [BLUE if out else PALE_BLUE for out in outstanding], "line": {"color": BLUE, "width": 1.5}},
        text=[f"{_times(count)}{'*' if out else ''}" for count, out in zip(found.counts, outstanding, strict=True)],
        textposition="outside",
        cliponaxis=False,
        customdata=list(found.residuals),
        name="ranked first (* stands out)" if judged else "ranked first",
        hovertemplate="iteration %{x}: %{y} times, residual %{customdata:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=[0.5, len(numbers) + 0.5],
        y=[found.expected] * 2,
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 2},
        name="equal chances",
        hovertemplate=f"expected: {found.expected:.1f}<extra></extra>",
    )
    if len(numbers) == paper.ITERATIONS:
        frame = {"line": {"color": VERMILLION, "dash": "dot", "width": 2}, "layer": "below"}
        first, last = paper.TOP_RANKED[0] - 0.5, paper.TOP_RANKED[-1] + 0.5
        figure.add_shape(type="rect", x0=first, x1=last, y0=0, y1=1, yref="y domain", **frame)
        name = f"most often in {paper.SOURCE}"
        figure.add_scatter(x=[None], y=[None], mode="lines", line=frame["line"], name=name)
    iteration_axis(figure, numbers)
    # Counts are whole but for ties, also where there are few.
    figure.update_yaxes(title_text="times ranked first", rangemode="tozero", dtick=1 if max(found.counts) < 8 else None)
    listed = ", ".join(_times(count) for count in found.counts)
    return with_words(figure, f"Times ranked first, by iteration: {listed}.{f' {found.sentence}' if judged else ''}")


def _times(count: float) -> str:
    """A count of first ranks; with parts, where drawings share one."""
    return f"{count:.1f}".removesuffix(".0")


def contrasts(effect: IterationEffect, plateau: Plateau) -> go.Figure:
    """Each iteration less the last, with 95% intervals; diamonds are significant (Holm). The break is marked.

    Oriented: below zero is less similar than the last. The paper's end of gains is dotted.
    """
    if effect.undefined:
        return notice(effect.sentence)
    figure = canvas(340)
    stick = plateau.broken_stick
    if not stick.undefined:
        figure.add_vrect(stick.lower, stick.upper, fillcolor=PALE_BLUE, line_width=0, layer="below")
        name = f"gains end at {stick.estimate:.1f} [{stick.lower:.1f}, {stick.upper:.1f}]"
        upright(figure, stick.estimate, name, {"color": BLUE, "width": 2.5})
    if plateau.final == paper.ITERATIONS:
        name = f"gains end in {paper.SOURCE}"
        upright(figure, paper.GAINS_UNTIL, name, {"color": VERMILLION, "width": 2, "dash": "dot"})
    figure.add_hline(0, line={"color": GREY, "width": 1})
    for significant, symbol, name in ((True, "diamond", "differs from the last"), (False, "circle-open", "does not")):
        chosen = [one for one in effect.contrasts if (one.p_holm < 0.05) == significant]
        if chosen:
            middle, lower, upper = ([getattr(c, name) for c in chosen] for name in ("estimate", "lower", "upper"))
            figure.add_scatter(
                x=[int(one.first) for one in chosen],
                y=middle,
                error_y=error_bars(middle, lower, upper),
                mode="markers",
                marker={"color": BLUE, "size": 10, "symbol": symbol, "line": {"width": 2, "color": BLUE}},
                name=name,
                customdata=[one.p_holm for one in chosen],
                hovertemplate=f"%{{x}} - {plateau.final}: %{{y:.3g}}, p (Holm) = %{{customdata:.3f}}<extra></extra>",
            )
    iteration_axis(figure, [mean.iteration for mean in effect.means])
    figure.update_yaxes(title_text=f"less iteration {plateau.final}<br>(up: more similar)")
    difference_axis(figure, effect.metric, [0.0, *(end for one in effect.contrasts for end in (one.lower, one.upper))])
    return with_words(figure, f"{effect.metric.label}, iterations against the last. {plateau.sentence}")


def arms(found: ArmEffect) -> go.Figure:
    """Estimated marginal means by iteration, a line an arm, told apart by colour, mark and dashes.

    Raw values, up is more similar; bars are 95% intervals.
    """
    metric = found.metric
    if found.undefined:
        return notice(found.sentence)
    figure = canvas(340)
    styles = zip(cycle(ARM_COLOURS), cycle(ARM_SYMBOLS), cycle(ARM_DASHES), strict=False)
    ends: list[float] = []
    for place, ((arm, cells), (colour, symbol, dash)) in enumerate(zip(found.means.items(), styles, strict=False)):
        name, aside = arm_label(arm), 0.16 * place - 0.08 * (len(found.means) - 1)
        middle, lower, upper = (
            [metric.within(metric.direction * getattr(cell, name)) for cell in cells]
            for name in ("estimate", "lower", "upper")
        )
        ends += [*lower, *upper]
        figure.add_scatter(
            x=[cell.iteration + aside for cell in cells],
            y=middle,
            error_y=error_bars(middle, np.minimum(lower, upper).tolist(), np.maximum(lower, upper).tolist()),
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            name=name,
            hovertemplate=f"{name}, iteration %{{x:.0f}}: %{{y:.4g}}<extra></extra>",
        )
    iteration_axis(figure, [cell.iteration for cell in next(iter(found.means.values()))])
    score_axis(figure, metric, ends)
    return with_words(figure, f"{metric.label} by iteration and arm. {found.sentence}")


def _lines(trials: pd.DataFrame, metric: MetricInfo) -> tuple[list[float | None], list[float | None]]:
    """The course of each trial, as one line with gaps."""
    rows = trials[trials[metric.id].notna()]
    numbers, scores = rows["iteration"].to_numpy(), rows[metric.id].to_numpy(float)
    x: list[float | None] = []
    y: list[float | None] = []
    for places in (places for block in blocks(rows) for places in block.rows):
        x += [*numbers[places].tolist(), None]
        y += [*scores[places].tolist(), None]
    return x, y
