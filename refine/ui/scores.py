"""Scores in words that a layman understands: better or worse, and the course so far.

Knows: directions, changes and small lines. Does not know: who may see scores (study's arm decides, screens ask).
"""

from collections.abc import Sequence
from html import escape

from refine.metrics import MetricInfo
from refine.protocol import Iteration


def change_words(metric: MetricInfo, before: float, after: float) -> str:
    """What happened to a score since the last round, at the precision that is shown."""
    if shown(metric, before) == shown(metric, after):
        return "= same as before"
    # Of the numbers as they stand on the page, so that the sum is right for whoever checks it.
    amount = shown(metric, abs(float(shown(metric, after)) - float(shown(metric, before))))
    return f"▲ {amount} closer" if metric.orient(after) > metric.orient(before) else f"▼ {amount} further away"


def shown(metric: MetricInfo, value: float) -> str:
    """A raw score as written on the page, with the decimals that its metric declares."""
    return f"{value:.{metric.decimals}f}"


def score_table(metrics: Sequence[MetricInfo], iterations: Sequence[Iteration]) -> str:
    """The newest score of each metric, its change, and a line of its course."""
    rows = "".join(
        _row(metric, [i.scores[metric.id] for i in iterations if metric.id in i.scores]) for metric in metrics
    )
    meanings = "".join(f"<li><b>{escape(m.label)}</b>: {escape(m.explanation)}</li>" for m in metrics)
    return (
        '<section class="tp-scores" aria-label="Scores"><h3>How close is it, say four computer metrics?</h3>'
        f'<ul class="tp-score-list">{rows}</ul>'
        f"<details><summary>What do they mean?</summary><ul>{meanings}</ul></details></section>"
    )


def _row(metric: MetricInfo, values: Sequence[float]) -> str:
    if not values:
        return ""
    change, kind = "first round", "same"
    if len(values) > 1:
        change = change_words(metric, values[-2], values[-1])
        kind = {"▲": "closer", "▼": "further", "=": "same"}[change[0]]
    better = "higher is closer" if metric.direction > 0 else "lower is closer"
    return (
        f'<li data-metric="{metric.id}"><span class="tp-score-name">{escape(metric.label)}<small>{better}</small></span>'
        f"{sparkline([metric.orient(value) for value in values])}"
        f'<span class="tp-score-value">{shown(metric, values[-1])}<small class="tp-{kind}">{change}</small></span></li>'
    )


def sparkline(oriented: Sequence[float]) -> str:
    """A small line of a course; up is closer to the target, whatever the metric."""
    low, high = min(oriented), max(oriented)
    spread = (high - low) or 1.0
    step = 92 / max(len(oriented) - 1, 1)
    points = [(4 + i * step, 24 - 20 * (value - low) / spread) for i, value in enumerate(oriented)]
    if len(oriented) == 1:
        points = [(50.0, 14.0)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        '<svg class="tp-spark" viewBox="0 0 100 28" aria-hidden="true" preserveAspectRatio="none">'
        f'<polyline points="{line}"/></svg>'
        if len(points) > 1
        else f'<svg class="tp-spark" viewBox="0 0 100 28" aria-hidden="true"><circle cx="{x}" cy="{y}" r="2.5"/></svg>'
    )
