"""What the results tab shows: figures and sentences, from the findings.

Knows: which figures and sentences are shown, in which order. Does not know: how a number comes about (analysis), or
when the page is made anew (results).
"""

from html import escape

from refine.analysis.summary import Summary, TopRanked
from refine.ui.plots import course, forest, top_ranked

SIMULATED = (
    '<div class="tp-message tp-simulated" role="alert"><b>Simulated data.</b> Nobody took part in this: a model of '
    "200 participants, to show what this page looks like.</div>"
)


def page(summary: Summary, rounds: int, *, simulated: bool) -> str:
    """What there is to say as HTML; `rounds` are those of a trial."""
    if not summary.sessions:
        return (
            '<section class="tp-card"><h2>No finished sessions yet</h2><p>As soon as somebody finishes, this page shows, live: '
            f"how far each metric agrees with people (ICC), how similarity grows over the {rounds} rounds, and which rounds "
            "people rank first. Take part to be the first, or look at simulated data.</p></section>"
        )
    assert summary.top_ranked is not None
    tiles = "".join(
        f'<div class="tp-tile"><b id="count-{name}">{count:,}</b>{word}</div>'
        for name, count, word in (
            (
                "sessions",
                summary.sessions,
                "finished sessions" if summary.sessions != 1 else "finished session",
            ),
            ("iterations", summary.iterations, "rounds drawn and ranked"),
        )
    )
    courses = "".join(
        f"<div><h3>{escape(found.metric.label)}"
        f"<small>{'higher' if found.metric.direction > 0 else 'lower'} values, drawn higher up, are more similar</small></h3>"
        f"{course(found)}</div>"
        for found in summary.courses
    )
    return (
        f'{SIMULATED if simulated else ""}<div class="tp-tiles">{tiles}</div>'
        '<section class="tp-card"><h2>Do the metrics agree with people?</h2>'
        "<p>Intraclass correlation ICC(C,1) of the ranks by metric and by people within each trial, with 95% interval. "
        "Diamonds: the values of arXiv 2504.20340 (official weights).</p>"
        f"{forest(summary.agreements)}{_agreement_words(summary)}</section>"
        '<section class="tp-card"><h2>Do the drawings come closer?</h2>'
        f'<p>Mean score by round with 95% interval (over sessions).</p><div class="tp-courses">{courses}</div></section>'
        '<section class="tp-card"><h2>Which round is ranked first?</h2>'
        f"{top_ranked(summary.top_ranked)}<p>{_top_words(summary.top_ranked)}</p></section>"
    )


def _agreement_words(summary: Summary) -> str:
    lines = []
    for found in summary.agreements:
        name, value = escape(found.metric.label), found.icc.ICC3
        if value.undefined:
            lines.append(f"<li>{name}: {escape(value.undefined)}.</li>")
            continue
        lines.append(
            f"<li>{name}: ICC(C,1) = {value.value:.3f} [{value.lower:.3f}, {value.upper:.3f}], {found.band}. "
            f"It orders {found.pairwise:.0%} of all pairs of drawings as people do, and picks their favourite in "
            f"{found.top:.0%} of the trials.</li>"
        )
    return f'<ul class="tp-words-list">{"".join(lines)}</ul>'


def _top_words(found: TopRanked) -> str:
    small = " With so few trials the test is rough." if found.rough else ""
    p = "p < .001" if found.p is not None and found.p < 0.001 else f"p = {found.p:.3f}"
    return (
        f"Dashed: {found.expected:.1f} times each, if all rounds had equal chances. "
        f"χ²({found.df}) = {found.chi2:.2f}, {p}.{small}"
    )
