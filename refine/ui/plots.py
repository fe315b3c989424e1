"""Plain means by round, as SVG: what is shown of a metric as long as there is no model of it.

Knows: scales, marks and words of the figure. Does not know: where the numbers come from, or figures of models
(analysis.figures).
"""

import math
from html import escape

from refine.analysis.summary import Course

WIDTH = 400
"""Of a figure in its own units: about that of a phone, so that its letters can be read there."""


def course(found: Course) -> str:
    """Mean raw score by round with 95% intervals; up is more similar, whatever the metric's direction."""
    left, right, top, bottom, height = 46, 394, 10, 130, 160
    metric, count = found.metric, len(found.mean)
    means, lower, upper = list(found.mean), [*map(metric.within, found.lower)], [*map(metric.within, found.upper)]
    ends = [*lower, *upper]
    oriented = [metric.orient(value) for value in ends]
    low, high = min(oriented), max(oriented)
    spread = (high - low) or 1.0

    def x(index: int) -> float:
        return left + (right - left) * (index + 0.5) / count

    def y(value: float) -> float:
        return bottom - (bottom - top) * (metric.orient(value) - low) / spread

    area = [f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(upper)]
    area += [f"{x(i):.1f},{y(v):.1f}" for i, v in reversed(list(enumerate(lower)))]
    line = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(means))
    # Neighbouring ticks must not read alike.
    decimals = max(0, 2 - math.floor(math.log10(spread)))
    ticks = (metric.orient(high), metric.orient((low + high) / 2), metric.orient(low))
    parts = [
        f'<text class="tp-small" x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.{decimals}f}</text>'
        for tick in ticks
    ]
    parts.append(f'<polygon class="tp-area" points="{" ".join(area)}"/><polyline class="tp-line" points="{line}"/>')
    for index, value in enumerate(means):
        parts.append(f'<circle class="tp-mark" cx="{x(index):.1f}" cy="{y(value):.1f}" r="4"/>')
        parts.append(
            f'<text class="tp-small" x="{x(index):.1f}" y="{height - 8}" text-anchor="middle">{index + 1}</text>'
        )
    text = f"{escape(metric.label)} by round, raw values: " + ", ".join(f"{value:.3g}" for value in means)
    return _svg(height, "".join(parts), text)


def _svg(height: float, content: str, words: str) -> str:
    return (
        f'<svg class="tp-plot" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{words}">'
        f"<title>{words}</title>{content}</svg>"
    )
