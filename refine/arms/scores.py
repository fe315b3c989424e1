"""Scores in words that a layman understands: how close, closer or further away, and the course so far.

Knows: points, changes and small lines. Does not know: who sees them (the arms that have `SCORES`), or how a scale comes about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from random import Random
from statistics import mean

from refine.arms.arm import Given, Perceived
from refine.metrics import MetricInfo, Scale
from refine.protocol import Iteration

LEGEND = "0: no closer than a typical unrelated picture. 100: the target itself."

SAME = "= about the same"


def score_table(
    metrics: Sequence[MetricInfo],
    iterations: Sequence[Iteration],
    scales: Mapping[str, Scale],
    noise: Mapping[str, float],
    best: int | None = None,
) -> str:
    """What each metric says of the newest drawing, or of that of round `best`, how that changed, and the course so far.

    Scores are points on the target's scale, raw ones where there is none. A change of no more than `noise` (by metric id, raw)
    is no change.
    """
    rows = [_row(metric, iterations, scales.get(metric.id), noise.get(metric.id, 0.0), best) for metric in metrics]
    told = "".join(_told(metric, iterations, scales.get(metric.id), best) for metric in metrics)
    head = "How close is it, measured by computer?" if best is None else f"How close is your best, round {best}?"
    legend = f'<p class="tp-note">{LEGEND}</p>' if scales else ""
    return (
        f'<section class="tp-scores" aria-label="Scores"><h3>{head}</h3>{legend}'
        f'<ul class="tp-score-list">{"".join(rows)}</ul><details data-keep="raw"><summary>What do they mean? Raw values'
        f"</summary><ul>{told}</ul></details></section>"
    )


def change_words(metric: MetricInfo, scale: Scale | None, noise: float, before: float, after: float) -> str:
    """What happened to a raw score, in points if there is a scale, at the precision that is shown."""
    # Of the numbers as they stand on the page, so that the sum is right for whoever checks it.
    amount = abs(float(shown(metric, scale, after)) - float(shown(metric, scale, before)))
    if abs(after - before) <= noise or not amount:
        return SAME
    words = f"{amount:.{0 if scale else metric.decimals}f}"
    return f"▲ {words} closer" if metric.orient(after) > metric.orient(before) else f"▼ {words} further away"


def shown(metric: MetricInfo, scale: Scale | None, raw: float) -> str:
    """A score as written on the page: whole points, or raw with the decimals that its metric declares."""
    return f"{raw:.{metric.decimals}f}" if scale is None else f"{scale.points(raw):.0f}"


def _row(
    metric: MetricInfo, iterations: Sequence[Iteration], scale: Scale | None, noise: float, best: int | None
) -> str:
    asked = iterations[-1].number if best is None else best
    seen = [one for one in iterations if metric.id in one.scores]
    values = [one.scores[metric.id] for one in seen]
    at = next((place for place, one in enumerate(seen) if one.number == asked), None)
    better = "" if scale else f"<small>{'higher' if metric.direction > 0 else 'lower'} is closer</small>"
    name = f'<span class="tp-score-name">{escape(metric.label)}{better}</span>'
    if at is None:
        line = _course(metric, values, scale, None) if values else "<span></span>"
        value = '–<small class="tp-same">no score for this drawing</small>'
        return f'<li data-metric="{metric.id}">{name}{line}<span class="tp-score-value">{value}</span></li>'
    # The best is looked at beside the first drawing, the newest beside the one before.
    before = 0 if best is not None else at - 1
    change, kind = "first round", "same"
    if at > 0:
        change = change_words(metric, scale, noise, values[before], values[at])
        kind = {"▲": "closer", "▼": "further", "=": "same"}[change[0]]
        change += " than the first" if best is not None and kind != "same" else ""
    elif seen[0] is not iterations[0]:
        change = "first score"
    value = f'{shown(metric, scale, values[at])}<small class="tp-{kind}">{change}</small>'
    return (
        f'<li data-metric="{metric.id}">{name}{_course(metric, values, scale, at)}'
        f'<span class="tp-score-value">{value}</span></li>'
    )


def _course(metric: MetricInfo, values: Sequence[float], scale: Scale | None, at: int | None) -> str:
    if scale is None:
        return sparkline([metric.orient(value) for value in values], at)
    return sparkline([scale.points(value) for value in values], at, (0.0, 100.0))


def _told(metric: MetricInfo, iterations: Sequence[Iteration], scale: Scale | None, best: int | None) -> str:
    """What a metric means, and its raw values."""
    raw = [one.scores.get(metric.id) for one in iterations if best is None or one.number == best][-1:]
    values = [f"this drawing {value:.{metric.decimals}f}" for value in raw if value is not None]
    if scale is not None:
        unrelated, itself = (f"{value:.{metric.decimals}f}" for value in (scale.unrelated, scale.itself))
        values += [f"a typical unrelated picture {unrelated}", f"the target itself {itself}"]
    better = "higher" if metric.direction > 0 else "lower"
    words = f" Raw {escape(metric.unit)}, {better} is closer: {', '.join(values)}." if values else ""
    return f"<li><b>{escape(metric.label)}</b>: {escape(metric.explanation)}{words}</li>"


def sparkline(oriented: Sequence[float], at: int | None, ends: tuple[float, float] | None = None) -> str:
    """A small line of a course, with a dot at place `at` if there is one; up is closer to the target, whatever the metric.

    It goes from the least to the most of the course, or between `ends`.
    """
    low, high = ends or (min(oriented), max(oriented))
    spread = (high - low) or 1.0
    step = 62 / max(len(oriented) - 1, 1)
    points = [(4 + i * step, 24 - 20 * (value - low) / spread) for i, value in enumerate(oriented)]
    if len(oriented) == 1:
        points = [(35.0, points[0][1] if ends else 14.0)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dot = "" if at is None else f'<circle cx="{points[at][0]:.1f}" cy="{points[at][1]:.1f}" r="3"/>'
    return f'<svg class="tp-spark" viewBox="0 0 70 28" aria-hidden="true"><polyline points="{line}"/>{dot}</svg>'


@dataclass(frozen=True, slots=True)
class ScoresFeedback:
    """The scores of the newest drawing, in points, with how they changed and the course so far."""

    id: str = "scores"
    needs: frozenset[str] = frozenset({"scores"})
    reading_error: float = 0.02

    def html(self, given: Given) -> str:
        """The table of scores."""
        if not given.iterations:
            return ""
        return score_table(given.metrics, given.iterations, given.scales, given.noise, given.best)

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """Nearly the mean of the points, which are read as they stand; raw scores say nothing of how near it is."""
        asked = given.iterations[-1].number if given.iterations and given.best is None else given.best
        scores = next((one.scores for one in given.iterations if one.number == asked), {})
        points = [given.scales[name].points(raw) / 100 for name, raw in scores.items() if name in given.scales]
        if not points:
            return Perceived()
        return Perceived(min(1.0, max(0.0, rng.gauss(mean(points), self.reading_error))))


SCORES = ScoresFeedback()
