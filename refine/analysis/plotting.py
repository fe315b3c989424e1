"""What all figures have in common: size, margins, colours, axes, and words for those who do not see them.

Knows: Plotly's layout. Does not know: what is drawn.
"""

import textwrap
from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from refine.metrics import MetricInfo

BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#808080"
PALE_BLUE, FAINT = "rgba(0,114,178,0.22)", "rgba(128,128,128,0.28)"


def canvas(height: int) -> go.Figure:
    """An empty figure of `height` pixels, as wide as its place."""
    title = {"standoff": 6, "font_size": 13}
    axis = {"automargin": True, "gridcolor": FAINT, "fixedrange": True, "zeroline": False, "title": title}
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "margin": {"l": 8, "r": 10, "t": 14, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 13},
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font_size": 12},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def notice(words: str) -> go.Figure:
    """A figure with a sentence instead of marks."""
    figure = canvas(130)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    place = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    figure.add_annotation(text=wrapped(words, 48), showarrow=False, **place)
    return with_words(figure, words)


def with_words(figure: go.Figure, words: str) -> go.Figure:
    """The figure, with `words` that say what is seen on it."""
    return figure.update_layout(meta={"words": words})


def up_axis(metric: MetricInfo) -> str:
    """The title of an axis on which up is more similar."""
    return f"{metric.label}<br>(up: more similar)"


def score_axis(figure: go.Figure, metric: MetricInfo, values: Iterable[float]) -> None:
    """Make the vertical axis one of raw scores that holds `values` and never leaves the metric's range; up is more similar."""
    lowest, highest = metric.bounds
    low, high = _padded(values)
    ends = [max(low, lowest), min(high, highest)]
    figure.update_yaxes(title_text=up_axis(metric), range=ends if metric.direction > 0 else ends[::-1])


def difference_axis(figure: go.Figure, metric: MetricInfo, values: Iterable[float]) -> None:
    """Make the vertical axis one of differences of scores, none of which is larger than the metric's range."""
    low, high = _padded(values)
    widest = metric.bounds[1] - metric.bounds[0]
    figure.update_yaxes(range=[max(low, -widest), min(high, widest)])


def _padded(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    low, high = min(found), max(found)
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def iteration_axis(figure: go.Figure, numbers: Sequence[int]) -> None:
    """Make the horizontal axis one of iterations."""
    figure.update_xaxes(title_text="iteration", tickvals=list(numbers), showgrid=False)


def upright(figure: go.Figure, x: float, name: str, line: dict[str, object]) -> None:
    """A line over the whole height, with an entry in the legend."""
    figure.add_vline(x, line=line)
    figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=name)


def error_bars(middle: Sequence[float], lower: Sequence[float], upper: Sequence[float]) -> dict[str, object]:
    """Error bars that need not be symmetric, from the ends of intervals."""
    above = [high - value for value, high in zip(middle, upper, strict=True)]
    below = [value - low for value, low in zip(middle, lower, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 2, "width": 4}


def wrapped(words: str, width: int) -> str:
    """Lines of at most `width` letters."""
    return "<br>".join(textwrap.wrap(words, width))
