"""The tab *Results*: what all finished sessions say, by itself up to date.

Knows: which figures and sentences are shown, in which order. Does not know: how a number comes about (analysis).
"""

from html import escape

import gradio as gr

from refine.analysis.summary import Summary, TopRanked
from refine.study import Study
from refine.ui.path import QUIET
from refine.ui.plots import course, forest, top_ranked

LOOK_SECONDS = 2.0


class Results:
    """Live figures, or on demand those of a simulated study."""

    def __init__(self, study: Study, demo: gr.Blocks) -> None:
        """Make the components and connect them. Called inside the tab."""
        self._study = study
        self.figures = gr.HTML(elem_id="results", apply_default_css=False)
        with gr.Row():
            simulated = gr.Button("Look at simulated data", elem_id="simulate")
            live = gr.Button("Back to the real data", elem_id="live", visible=False)
        shown = gr.State(-1)
        timer = gr.Timer(LOOK_SECONDS)
        demo.load(self._live, None, [self.figures, shown], **QUIET)
        timer.tick(self._look, shown, [self.figures, shown], **QUIET)
        outputs = [self.figures, shown, simulated, live]
        simulated.click(self._simulated, None, outputs, **QUIET)
        live.click(lambda: [*self._live(), gr.Button(visible=True), gr.Button(visible=False)], None, outputs, **QUIET)

    def _live(self) -> tuple[str, int | None]:
        version = self._study.results_version
        return page(self._study.results(), self._study.protocol.iterations), version

    def _look(self, shown: int | None) -> tuple[object, object]:
        """Once every few seconds: nothing happens unless there is something new."""
        if shown is None or shown == self._study.results_version:
            return gr.skip(), gr.skip()
        return self._live()

    def _simulated(self) -> list[object]:
        banner = (
            '<div class="tp-message tp-simulated" role="alert"><b>Simulated data.</b> Nobody took part in this: a model of '
            "200 participants, to show what this page looks like.</div>"
        )
        figures = page(self._study.simulated_results(), self._study.protocol.iterations)
        return [banner + figures, None, gr.Button(visible=False), gr.Button(visible=True)]


def page(summary: Summary, rounds: int) -> str:
    """The results as HTML."""
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
        f'<div class="tp-tiles">{tiles}</div>'
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
