"""Sentences of the report that belong to no single result, in the form of the APA.

Knows: wording. Does not know: how a number comes about.
"""

from refine.analysis import paper
from refine.analysis.agreement import Agreement, Interval
from refine.analysis.apa import p_words
from refine.analysis.plackett_luce import PlackettLuce

METHODS = (
    "Scores are oriented for analysis, so that larger is more similar; figures show raw values, up is more similar.",
    "Agreement: within each trial both the person's ranking and the metric become ranks; two-way ICC(C,1) of the two over all "
    "trials, with the F interval (a trial of m drawings counts as m - 1 degrees of freedom) and a percentile bootstrap over "
    "trials (1,000 draws). Bands: below 0.5 poor, 0.75 moderate, 0.9 good, above excellent. Shrout & Fleiss (1979); McGraw & "
    "Wong (1996).",
    "Iteration effect: linear mixed model by REML, score ~ iteration (reference: the last) + (1|session) + (1|target), with AR(1) "
    "residuals within a trial over the iteration number; F tests and contrasts with Satterthwaite degrees of freedom; contrasts "
    "with the last iteration adjusted by Holm (1979), their intervals not adjusted.",
    "End of gains: the last iteration whose contrast with the final one is significant; and a broken stick (rise, then level) "
    "whose break is estimated by its profile likelihood under the mixed model, with a likelihood ratio interval. Muggeo "
    "(2003); Seber & Wild (1989).",
    "Top-ranked iterations: chi-square test against equal chances; Plackett-Luce model of the full rankings; recency bias: "
    "conditional logit of the favourite on its scores and its position (McFadden, 1974).",
    "Ties: drawings of the same pixels share a rank. They get the mean of their ranks for agreement, count in equal parts where "
    "they share the first, and enter the Plackett-Luce model by Efron's likelihood (1977).",
    "Feedback effect: the mixed model with the arm and arm x iteration, type III tests.",
)
"""How each result came about."""


def agreement_sentence(found: Agreement) -> str:
    """How far a metric and people agree, beside the paper's value."""
    name, icc = found.metric.label, found.icc.ICC3
    if icc.undefined:
        return f"{name}: ICC(C,1) is {icc.undefined}."
    words = (
        f"{name}: ICC(C,1) = {icc.value:.3f}, 95% CI [{icc.lower:.3f}, {icc.upper:.3f}], F({icc.df1:.0f}, {icc.df2:.0f}) = "
        f"{icc.F:.2f}, {p_words(icc.p)}, {found.band}; bootstrap by trial {_ends(found.bootstrap.ICC3)}. It orders "
        f"{found.pairwise:.0%} of all pairs as people do {_ends(found.bootstrap.pairwise, '.0%')} and picks their favourite in "
        f"{found.top:.0%} of the trials {_ends(found.bootstrap.top, '.0%')}."
    )
    if found.spearman is not None and found.kendall is not None:
        words += f" Within trials, mean Spearman's ρ = {found.spearman:.2f}, mean Kendall's τ-b = {found.kendall:.2f}."
    reference = paper.icc_of(found.metric)
    if reference is None:
        return words
    other = " (with the official weights)" if found.metric.stands_in else ""
    return f"{words} {paper.SOURCE}: {reference:.3f}{other}."


def plackett_luce_sentence(found: PlackettLuce) -> str:
    """What the full rankings say about the iterations."""
    if found.undefined:
        return f"The worth of the iterations in the full rankings (Plackett-Luce) is {found.undefined}."
    verdict = "differs" if found.p < 0.05 else "does not differ significantly"
    best = max(found.worths, key=lambda worth: worth.share)
    return (
        f"By the full rankings (Plackett-Luce), the worth of the iterations {verdict}, χ²({found.df}, N = {found.trials}) = "
        f"{found.chi2:.2f}, {p_words(found.p)}; iteration {best.iteration} has the greatest chance of being ranked first, "
        f"{best.share:.0%} [{best.share_lower:.0%}, {best.share_upper:.0%}]."
    )


def _ends(interval: Interval, form: str = ".3f") -> str:
    if interval.undefined:
        return f"({interval.undefined})"
    return f"[{interval.lower:{form}}, {interval.upper:{form}}]"
