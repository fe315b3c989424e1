"""A fit as text: lmerTest's summary, and a sentence in APA style.

Knows: layout and rounding. Does not know: how anything is computed.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from refine.analysis.mixed.errors import MixedModelError

if TYPE_CHECKING:
    from refine.analysis.mixed.result import MixedResult


def summary(result: "MixedResult") -> str:
    """The fit in the layout of lmerTest's `summary`, type III tests included."""
    model = result.model
    method = "REML" if model.reml else "maximum likelihood"
    bars = "".join(f" + (1 | {name})" for name in model.groups)
    known = ", rho taken as known" if result.rho_known else ""
    lines = [
        f"Linear mixed model fit by {method}. t-tests use Satterthwaite's method{known}",
        f"Formula: {model.formula}{bars}",
    ]
    if model.series is not None:
        lines.append(f"Residuals: AR(1) within {model.series} by {model.position}")
    lines.append("")
    if model.reml:
        lines.append(f"REML criterion at convergence: {-2 * result.loglik:.1f}")
    else:
        lines.append(f"Deviance: {-2 * result.loglik:.1f}")
    lines.append(f"log-likelihood {result.loglik:.3f}, AIC {result.aic:.1f}, BIC {result.bic:.1f}")
    lines += ["", "Scaled residuals:", *_residuals(result), "", "Random effects:", *_variances(result), ""]
    lines += ["Fixed effects:", *_coefficients(result.coefficients), "---"]
    lines += ["Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1", ""]
    lines += [f"Type III tests with Satterthwaite's method{known}:", *_tests(result.tests)]
    lines += [f"Note: {message}" for message in result.messages]
    return "\n".join(lines)


def apa(result: "MixedResult", term: str | None) -> str:
    """One sentence, e.g. "... had an effect of C(iteration), F(9, 1005.72) = 67.71, p < .001."."""
    model = result.model
    tests = result.tests.set_index("term")
    if term is None and len(tests):
        term = tests.index[0]
    if term not in tests.index:
        raise MixedModelError(f"The model has no term {term!r}. There are: {', '.join(tests.index) or 'none'}.")
    test = tests.loc[term]
    means = " and ".join(model.groups)
    random = f" with random intercepts for {means}" if model.groups else ""
    correlated = ""
    if model.series is not None:
        correlated = f" and AR(1) residuals within {model.series} (\u03c1 = {_no_zero(result.rho, 2)})"
        if not random:
            correlated = correlated.replace(" and", " with", 1)
    verdict = "an" if test["p"] < 0.05 else "no significant"
    p = "p < .001" if test["p"] < 0.001 else f"p = {_no_zero(test['p'], 3)}"
    method = "REML" if model.reml else "ML"
    return (
        f"A linear mixed model ({method}){random}{correlated} showed {verdict} effect of {term} on"
        f" {model.design.response}, F({test['numdf']:.0f}, {test['dendf']:.2f}) = {test['F']:.2f}, {p}"
        f" (Satterthwaite degrees of freedom{', rho taken as known' if result.rho_known else ''})."
    )


def _no_zero(value: float, digits: int) -> str:
    """A number that cannot exceed 1, without the zero before the point."""
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def _residuals(result: "MixedResult") -> list[str]:
    cuts = np.quantile(result.residuals("normalized"), [0, 0.25, 0.5, 0.75, 1])
    return ["     Min       1Q   Median       3Q      Max", " ".join(f"{cut:8.4f}" for cut in cuts)]


def _variances(result: "MixedResult") -> list[str]:
    width = max(len(name) for name in [*result.variance, "Groups"])
    lines = [f" {'Groups':<{width}} {'Name':<12}{'Variance':>12}{'Std.Dev.':>12}"]
    for name, value in result.variance.items():
        label, what = ("Residual", "") if name == "residual" else (name, "(Intercept)")
        lines.append(f" {label:<{width}} {what:<12}{value:>12.4g}{np.sqrt(value):>12.4g}")
    model = result.model
    if model.series is not None:
        lines.append(f" AR(1) rho: {result.rho:.4f}" + _how(result))
    groups = "; ".join(f"{name}, {levels}" for name, levels in zip(model.groups, model.levels, strict=True))
    return [*lines, f"Number of obs: {len(model.order)}" + (f", groups:  {groups}" if groups else "")]


def _how(result: "MixedResult") -> str:
    """Why rho is what it is, if it is not simply estimated."""
    return " (at its boundary)" if result.rho_at_boundary else "" if result.parameters.z_free else " (fixed)"


def _coefficients(table: pd.DataFrame) -> list[str]:
    width = max(len(name) for name in table["name"])
    lines = [f"{'':<{width}} {'Estimate':>11} {'Std. Error':>11} {'df':>10} {'t value':>9} {'Pr(>|t|)':>10}"]
    for row in table.itertuples():
        numbers = f"{row.estimate:>11.5g} {row.se:>11.5g} {row.df:>10.2f} {row.t:>9.3f} {_p(row.p):>10}"
        lines.append(f"{row.name:<{width}} {numbers} {_stars(row.p)}".rstrip())
    return lines


def _tests(table: pd.DataFrame) -> list[str]:
    if table.empty:
        return ["(no terms besides the intercept)"]
    width = max(len(name) for name in table["term"])
    lines = [f"{'':<{width}} {'NumDF':>6} {'DenDF':>10} {'F value':>10} {'Pr(>F)':>10}"]
    for row in table.itertuples():
        numbers = f"{row.numdf:>6d} {row.dendf:>10.2f} {row.F:>10.4f} {_p(row.p):>10}"
        lines.append(f"{row.term:<{width}} {numbers} {_stars(row.p)}".rstrip())
    return lines


def _p(value: float) -> str:
    return "< 2e-16" if value < 2e-16 else f"{value:.3g}"


def _stars(p: float) -> str:
    return next((mark for bound, mark in ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, ".")) if p < bound), "")
