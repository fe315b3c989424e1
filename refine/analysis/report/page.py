"""The report as one page that needs nothing else: figures, sentences, and the paper's own numbers beside them.

Knows: sections and their order, HTML. Does not know: how a number or a figure comes about.
"""

from collections.abc import Iterable
from html import escape

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from refine.analysis import figures, paper
from refine.analysis.enough import enough
from refine.analysis.report.plain import Origin
from refine.analysis.report.style import STYLE
from refine.analysis.report.words import METHODS, agreement_sentence, plackett_luce_sentence
from refine.analysis.results import Results

# Nothing may be fetched, and the page says so to the browser.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"


def as_html(results: Results, origin: Origin) -> str:
    """The page."""
    title = "Thousand Prompts: results"
    sections = [_signs(results), _agreement(results), _iterations(results), _rankings(results)]
    sections += [_arms(results), _section("How it was computed", _list(METHODS))]
    simulated = '<p class="alert" role="alert"><b>Simulated data.</b> Nobody took part in this.</p>' * origin.simulated
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body><header><h1>{title}</h1>{simulated}"
        f"<p>{escape(results.summary.sentence)} Data: {escape(origin.source)}; profile {escape(origin.profile)}, protocol "
        f"{escape(origin.protocol)}.</p><p>Beside each result stands that of the study which is reproduced here, "
        f"{paper.SOURCE} ({paper.PARTICIPANTS} participants).</p>{_list(results.summary.unscored)}</header><main>{''.join(sections)}</main></body></html>"
    )


def _signs(results: Results) -> str:
    signs = results.signs
    seen = "".join(
        f'<div class="alert"><h3>{escape(sign.kind.capitalize())}</h3><p>{escape(sign.finding)}</p>'
        f"<p><b>What to do:</b> {escape(sign.advice)}</p></div>"
        for sign in signs.seen
    )
    return _section("Warning signs", f"<p>{escape(signs.sentence)}</p>{seen}{_list(signs.unknown)}")


def _agreement(results: Results) -> str:
    found = results.summary.agreements
    official = ", ".join(f"{value:.3f} ({paper.LABELS[name]})" for name, value in paper.ICC.items())
    judged = enough(results.summary.sessions, "agreement")
    body = _figure("agreement", figures.forest(found, judged=judged))
    if judged:
        body += _list(map(agreement_sentence, found)) + f"<p>{escape(results.composite.statement)}</p>"
    return _section("Do the metrics agree with people?", body, f"ICC {official}, with the official weights.")


def _iterations(results: Results) -> str:
    body, sessions = "", results.summary.sessions
    for effect, plateau in zip(results.effects, results.plateaus, strict=True):
        name, drawn, said = effect.metric.id, "", []
        if not effect.undefined:
            drawn += _figure(f"course-{name}", figures.course(effect, results.examples))
        if not effect.undefined and enough(sessions, "end of gains"):
            drawn += _figure(f"contrasts-{name}", figures.contrasts(effect, plateau))
        if enough(sessions, "gains"):
            said = [effect.sentence, plateau.sentence, *effect.messages]
        if drawn or said:
            body += f'<h3>{escape(effect.metric.label)}</h3><div class="pair">{drawn}</div>{_list(said)}'
    reference = (
        f"gains up to iteration {paper.GAINS_UNTIL}. Its F tests have 1,451 error degrees of freedom, of the kind that "
        "takes ρ as known."
    )
    return _section("Do the drawings come closer to the target?", body, reference)


def _rankings(results: Results) -> str:
    top = results.summary.top_ranked
    lines = [plackett_luce_sentence(results.plackett_luce), results.recency.sentence]
    judged = enough(results.summary.sessions, "favourites")
    body = _figure("top-ranked", figures.top_ranked(top, judged=judged)) if top else ""
    body += _list([*([top.sentence] if top else []), *lines]) if judged else ""
    first, second = paper.TOP_RANKED
    reference = f"iterations {first} and {second} were ranked first most often."
    return _section("Which iterations do people rank first?", body, reference)


def _arms(results: Results) -> str:
    body = ""
    for found in results.arms if enough(results.summary.sessions, "feedback") else ():
        if found.undefined:
            body += _list([found.sentence])
        else:
            figure = _figure(f"arms-{found.metric.id}", figures.arms(found))
            body += f"<h3>{escape(found.metric.label)}</h3>{figure}{_list([found.sentence, *found.messages])}"
    return _section("Does it matter what participants see of their drawings?", body)


def _section(title: str, body: str, reference: str = "") -> str:
    if not body:
        return ""
    aside = f'<p class="paper"><b>{paper.SOURCE}:</b> {escape(reference)}</p>' if reference else ""
    return f"<section><h2>{escape(title)}</h2>{aside}{body}</section>"


def _list(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _figure(name: str, figure: go.Figure) -> str:
    drawn = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=f"figure-{name}",
        default_height=f"{figure.layout.height}px",
        config={"displayModeBar": False, "responsive": True},
    )
    return f'<figure role="img" aria-label="{escape(figure.layout.meta["words"])}">{drawn}</figure>'
