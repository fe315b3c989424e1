"""The figures of the results page, as SVG: they scale to any screen and take their colours from the style sheet.

Knows: scales, marks and words of a figure. Does not know: where the numbers come from.
Every figure has a text for those who do not see it; no meaning rests on colour alone.
"""

from collections.abc import Sequence
from html import escape

from refine.analysis.agreement import Agreement
from refine.analysis.summary import Course, TopRanked

WIDTH = 400
"""Of a figure in its own units: about that of a phone, so that its letters can be read there."""

PAPER_ICC = {"lpips": 0.686, "clip_b32": 0.620, "clip_l14": 0.527, "imagehash": 0.250}
"""ICC of each metric with people in arXiv 2504.20340."""

BANDS = (("poor", -0.2, 0.5), ("moderate", 0.5, 0.75), ("good", 0.75, 0.9), ("excellent", 0.9, 1.0))


def forest(agreements: Sequence[Agreement]) -> str:
    """ICC(C,1) of each metric with its 95% interval, over the bands of the paper, the paper's values as diamonds."""
    left, right, top, row = 138, 390, 44, 40
    height = top + row * len(agreements) + 30

    def x(value: float) -> float:
        return left + (right - left) * (min(max(value, -0.2), 1.0) + 0.2) / 1.2

    parts = []
    for index, (name, low, high) in enumerate(BANDS):
        # Names of narrow bands stand on two levels, or they would run into each other.
        level = top - 14 if index % 2 else top - 26
        parts.append(
            f'<rect class="tp-band tp-band-{index}" x="{x(low):.1f}" y="{top - 8}" '
            f'width="{x(high) - x(low):.1f}" height="{height - top - 18}"/>'
            f'<text class="tp-small" x="{(x(low) + x(high)) / 2:.1f}" y="{level}" text-anchor="middle">{name}</text>'
        )
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text class="tp-small" x="{x(tick):.1f}" y="{height - 8}" text-anchor="middle">{tick:g}</text>')
    words = []
    for index, agreement in enumerate(agreements):
        y, found = top + row * index + 16, agreement.icc.ICC3
        label = escape(agreement.metric.label)
        parts.append(f'<text x="0" y="{y + 5}">{label}</text>')
        paper = PAPER_ICC.get(agreement.metric.id.removesuffix("_world"))
        if paper is not None:
            px = x(paper)
            parts.append(f'<path class="tp-paper" d="M{px - 6:.1f},{y} l6,-6 l6,6 l-6,6 z"/>')
        if found.undefined:
            parts.append(f'<text class="tp-small" x="{x(0):.1f}" y="{y + 5}">{escape(found.undefined)}</text>')
            words.append(f"{label}: {found.undefined}")
            continue
        parts.append(
            f'<line class="tp-interval" x1="{x(found.lower):.1f}" x2="{x(found.upper):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="tp-mark" cx="{x(found.value):.1f}" cy="{y}" r="6"/>'
        )
        words.append(f"{label}: {found.value:.2f}, 95% interval {found.lower:.2f} to {found.upper:.2f}")
    return _svg(height, "".join(parts), "Agreement of metrics with people. " + "; ".join(words))


def course(found: Course) -> str:
    """Mean raw score by round with 95% intervals; up is more similar, whatever the metric's direction."""
    left, right, top, bottom, height = 46, 394, 10, 130, 160
    metric, count = found.metric, len(found.mean)
    means, ends = list(found.mean), [*found.lower, *found.upper]
    oriented = [metric.orient(value) for value in ends]
    low, high = min(oriented), max(oriented)
    spread = (high - low) or 1.0

    def x(index: int) -> float:
        return left + (right - left) * (index + 0.5) / count

    def y(value: float) -> float:
        return bottom - (bottom - top) * (metric.orient(value) - low) / spread

    area = [f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(found.upper)]
    area += [f"{x(i):.1f},{y(v):.1f}" for i, v in reversed(list(enumerate(found.lower)))]
    line = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(means))
    ticks = (metric.orient(high), metric.orient((low + high) / 2), metric.orient(low))
    parts = [
        f'<text class="tp-small" x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.3g}</text>'
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


def top_ranked(found: TopRanked) -> str:
    """How often each round was ranked first; the dashed line is what equal chances would give."""
    left, right, top, bottom, height = 6, 394, 16, 140, 170
    most = max([*found.counts, found.expected, 1])
    width = (right - left) / len(found.counts)

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    parts = []
    for index, count in enumerate(found.counts):
        start = left + width * index
        parts.append(
            f'<rect class="tp-bar" x="{start + 3:.1f}" y="{y(count):.1f}" width="{width - 6:.1f}" '
            f'height="{bottom - y(count):.1f}"/>'
            f'<text class="tp-small" x="{start + width / 2:.1f}" y="{max(y(count) - 3, 10):.1f}" '
            f'text-anchor="middle">{count}</text>'
            f'<text class="tp-small" x="{start + width / 2:.1f}" y="{height - 8}" text-anchor="middle">{index + 1}</text>'
        )
    line = f"{y(found.expected):.1f}"
    parts.append(f'<line class="tp-expected" x1="{left}" x2="{right}" y1="{line}" y2="{line}"/>')
    text = "Times ranked first, by round: " + ", ".join(str(count) for count in found.counts)
    return _svg(height, "".join(parts), text)


def _svg(height: float, content: str, words: str) -> str:
    return (
        f'<svg class="tp-plot" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{words}">'
        f"<title>{words}</title>{content}</svg>"
    )
