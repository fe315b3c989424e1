"""What the results tab shows: figures and sentences, from the live results.

Knows: which figures and sentences are shown, in which order. Does not know: how a number comes about (analysis), or
when the page is made anew (results).
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from pathlib import Path
from time import gmtime, strftime

import plotly
import plotly.graph_objects as go

from refine.analysis import figures
from refine.analysis.enough import enough, too_few
from refine.analysis.results import Results
from refine.analysis.summary import Summary
from refine.live.results import FittedResults
from refine.metrics import MetricInfo
from refine.ui.plots import course

LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
"""What draws the figures in the browser; served by this machine, so that no network is needed."""

SIMULATED = (
    '<div class="tp-message tp-simulated" role="alert"><b>Simulated data.</b> Nobody took part in this: a model of '
    "200 participants, to show what this page looks like.</div>"
)
SECTIONS = 4
"""Parts of the page that are sent to the browser each on its own, if they changed."""

COURSES = "Do the drawings come closer?"

EMPTY = (
    '<section class="tp-card"><h2>No finished sessions yet</h2><p>As soon as somebody finishes, this page shows, live: '
    "how far each metric agrees with people (ICC), how similarity grows over the {rounds} rounds, and which rounds "
    "people rank first. Take part to be the first, or look at simulated data.</p></section>"
)
NONE_CHOSEN = (
    '<section class="tp-card"><h2>No finished sessions among these</h2><p>There are sessions, but none that fits what is '
    "chosen below. Choose less.</p></section>"
)


def sections(
    summary: Summary, fit: FittedResults | None, rounds: int, *, simulated: bool = False, chosen: bool = False
) -> tuple[str, ...]:
    """What there is to say, as HTML, in `SECTIONS` parts of which some stay as they are when a session comes.

    `fit` may be of fewer sessions than `summary`; `rounds` are those of a trial. `chosen`: whether the rows are a part
    that the reader chose.
    """
    if summary.sessions:
        said = _said(summary, fit, simulated)
    else:
        said = (NONE_CHOSEN if chosen else EMPTY.format(rounds=rounds),)
    library = f"gradio_api/file={escape(str(LIBRARY))}"
    shown = (f'<div data-library="{library}">{one}</div>' for one in said)
    return (*shown, *[""] * (SECTIONS - len(said)))


def _said(summary: Summary, fit: FittedResults | None, simulated: bool) -> tuple[str, ...]:
    results = None if fit is None else fit.results
    head = f"{SIMULATED if simulated else ''}{_tiles(summary)}{_age(summary, fit)}"
    return (
        head + _card("Anything to worry about?", _signs(results, summary.sessions)),
        _card("Do the metrics agree with people?", _agreement(summary)),
        _card(COURSES, _means(summary)) if fit is None or results is None else _of_models(fit),
        _card("Which round is ranked first?", _top(summary, results)),
    )


@lru_cache(maxsize=2)  # the live one and the simulated: a fit is large, and an old one must not be held
def _of_models(fit: FittedResults) -> str:
    """What only the models say: it stays as it is as long as the fit does."""
    assert fit.results is not None
    parts = (
        _card(COURSES, _courses(fit.results)),
        _card("Until which round?", _plateaus(fit.results)),
        _card("Does it help to see the scores?", _arms(fit.results)),
    )
    return "".join(parts)


def _card(title: str, content: str) -> str:
    return f'<section class="tp-card"><h2>{title}</h2>{content}</section>' if content else ""


def _tiles(summary: Summary) -> str:
    counts = (
        ("sessions", summary.sessions, "finished session" + "s" * (summary.sessions != 1)),
        ("iterations", summary.iterations, "rounds drawn and ranked"),
    )
    tiles = (f'<div class="tp-tile"><b id="count-{name}">{count:,}</b>{words}</div>' for name, count, words in counts)
    return f'<div class="tp-tiles">{"".join(tiles)}</div>'


def _signs(results: Results | None, sessions: int) -> str:
    if results is None:
        few = too_few(sessions)
        return f"<p>{escape(few)}</p>" if few else ""
    seen = (f"{escape(sign.finding)} <b>What to do:</b> {escape(sign.advice)}" for sign in results.signs.seen)
    unknown = (escape(words) for words in results.signs.unknown)
    return f"<p>{escape(results.signs.sentence)}</p>{_list([*seen, *unknown])}"


def _agreement(summary: Summary) -> str:
    lines, judged = [], enough(summary.sessions, "agreement")
    for found in summary.agreements if judged else ():
        name, value = escape(found.metric.label), found.icc.ICC3
        if value.undefined:
            lines.append(f"{name}: {escape(value.undefined)}.")
            continue
        drawn = found.bootstrap.ICC3
        by_trial = "" if drawn.undefined else f"; by bootstrap of trials [{drawn.lower:.3f}, {drawn.upper:.3f}]"
        lines.append(
            f"{name}: ICC(C,1) = {value.value:.3f} [{value.lower:.3f}, {value.upper:.3f}], {found.band}{by_trial}. "
            f"It orders {found.pairwise:.0%} of all pairs of drawings as people do, and picks their favourite in "
            f"{found.top:.0%} of the trials."
        )
    return (
        "<p>Intraclass correlation ICC(C,1) of the ranks by metric and by people within each trial, with 95% interval. "
        "Dotted: the values of arXiv 2504.20340 (official weights).</p>"
        f"{_figure(figures.forest(summary.agreements, judged=judged), 'agreement')}"
        f"{_list([*lines, *map(escape, summary.unscored)])}"
    )


def _means(summary: Summary) -> str:
    """The plain means: what there is before the models."""
    drawn = "".join(_one_course(found.metric, course(found)) for found in summary.courses)
    return f'<p>Mean score by round with 95% interval over sessions.</p><div class="tp-courses">{drawn}</div>'


def _courses(results: Results) -> str:
    plain = {found.metric.id: found for found in results.summary.courses}
    pieces, sentences = [], []
    for effect in results.effects:
        metric = effect.metric
        if not effect.undefined:
            pieces.append(_one_course(metric, _figure(figures.course(effect, results.examples), f"course-{metric.id}")))
            sentences += [effect.sentence, *effect.messages]
        elif metric.id in plain:
            pieces.append(_one_course(metric, course(plain[metric.id])))
    return (
        "<p>Mean score by round with 95% interval: of the mixed model, or over sessions where there is none.</p>"
        f'<div class="tp-courses">{"".join(pieces)}</div>'
        + (_numbers([*sentences, results.composite.statement]) if enough(results.summary.sessions, "gains") else "")
    )


def _one_course(metric: MetricInfo, drawn: str) -> str:
    better = "higher" if metric.direction > 0 else "lower"
    title = f"{escape(metric.label)}<small>{better} values, drawn higher up, are more similar</small>"
    return f"<div><h3>{title}</h3>{drawn}</div>"


def _plateaus(results: Results) -> str:
    pairs = [
        (effect, end) for effect, end in zip(results.effects, results.plateaus, strict=True) if not effect.undefined
    ]
    if not pairs or not enough(results.summary.sessions, "end of gains"):
        return ""
    drawn = (
        f"<div><h3>{escape(effect.metric.label)}</h3>"
        f"{_figure(figures.contrasts(effect, end), f'contrasts-{effect.metric.id}')}</div>"
        for effect, end in pairs
    )
    return (
        "<p>How far each round is from the last one (contrasts of the mixed model, adjusted by Holm), and where the gains end.</p>"
        f'<div class="tp-courses">{"".join(drawn)}</div>{_numbers([*(end.sentence for _, end in pairs), results.composite.statement])}'
    )


def _top(summary: Summary, results: Results | None) -> str:
    assert summary.top_ranked is not None, "Finished sessions are ranked."
    words, judged = [], enough(summary.sessions, "favourites")
    if judged:
        words = [summary.top_ranked.sentence, *([] if results is None else [results.recency.sentence])]
    drawn = _figure(figures.top_ranked(summary.top_ranked, judged=judged), "top-ranked")
    return f"{drawn}<p>{escape(' '.join(words))}</p>" if words else drawn


def _arms(results: Results) -> str:
    judged = enough(results.summary.sessions, "feedback")
    found = [one for one in results.arms if judged and not one.undefined]
    drawn = (
        f"<div><h3>{escape(one.metric.label)}</h3>{_figure(figures.arms(one), f'arms-{one.metric.id}')}</div>"
        for one in found
    )
    words = _numbers(one.sentence for one in found)
    return f'<div class="tp-courses">{"".join(drawn)}</div>{words}' if found else ""


def _age(summary: Summary, fit: FittedResults | None) -> str:
    if fit is None:
        return '<p class="tp-note" id="fit">The mixed models are being fitted for the first time …</p>'
    at = strftime("%H:%M:%S", gmtime(fit.at))
    changed = summary.sessions != fit.sessions
    behind = f" There are {summary.sessions:,} now: they are being fitted again." if changed else ""
    plural = "s" * (fit.sessions != 1)
    words = fit.fault or f"Mixed models fitted at {at} UTC in {fit.seconds:.1f} s to {fit.sessions:,} session{plural}."
    return f'<p class="tp-note" id="fit">{escape(words)}{behind}</p>'


def _numbers(sentences: Iterable[str]) -> str:
    """Sentences for those who want the numbers."""
    return f"<details><summary>In numbers</summary>{_list(escape(one) for one in sentences)}</details>"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<ul class="tp-words-list">{items}</ul>' if items else ""


def _figure(figure: go.Figure, name: str) -> str:
    words, height = escape(figure.layout.meta["words"]), figure.layout.height
    buttons = "".join(
        f'<button type="button" class="tp-link" data-save="{form}">{form.upper()}</button>' for form in ("svg", "png")
    )
    return (
        f'<figure class="tp-drawn"><div role="img" aria-label="{words}" style="height:{height}px" data-name="{name}" '
        f'data-figure="{escape(figure.to_json())}"></div><figcaption>Save as {buttons}</figcaption></figure>'
    )
