"""Results as tables, one a question, for spreadsheets and other programs.

Knows: which columns a table has. Does not know: files, or what a number means.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pandas as pd

from refine.analysis import paper
from refine.analysis.agreement import Agreement
from refine.analysis.arms import ArmEffect
from refine.analysis.effects import IterationEffect
from refine.analysis.estimates import Component, Contrast, Mean, TermTest
from refine.analysis.plateau import Plateau
from refine.analysis.report.plain import plain
from refine.analysis.results import Results
from refine.metrics import MetricInfo

Row = dict[str, Any]


def as_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Tables by name; those without any row are left out.

    A cell is empty where there is no value; the column `undefined` says why. Scores are oriented: larger is more similar.
    """
    effects, arms, top = results.effects, results.arms, results.summary.top_ranked
    counts = zip(top.counts, top.residuals, strict=True) if top else ()
    expected = top.expected if top else 0.0
    rows: dict[str, Iterable[Row]] = {
        "agreement": map(_agreement, results.summary.agreements),
        "iteration_effects": map(_effect, effects),
        "iteration_means": (_of(e.metric, one) for e in effects for one in e.means),
        "iteration_contrasts": (_of(e.metric, one) for e in effects for one in e.contrasts),
        "variance_components": (_of(e.metric, one) for e in effects for one in e.components),
        "plateaus": map(_plateau, results.plateaus),
        "top_ranked": (
            {"iteration": i, "count": count, "expected": expected, "residual": residual}
            for i, (count, residual) in enumerate(counts, 1)
        ),
        "plackett_luce": map(asdict, results.plackett_luce.worths),
        "recency": ({**asdict(effect), "odds": effect.odds} for effect in results.recency.effects),
        "arms": map(_arm, arms),
        "arm_contrasts": (_of(a.metric, one) for a in arms for one in a.differences),
        "arm_means": (
            {**_of(a.metric, mean), "arm": arm} for a in arms for arm, means in a.means.items() for mean in means
        ),
        "warning_signs": ({**asdict(sign), "metrics": " ".join(sign.metrics)} for sign in results.signs.seen),
    }
    tables = {name: pd.DataFrame(plain(list(found))) for name, found in rows.items()}
    return {name: table for name, table in tables.items() if len(table)}


def _of(metric: MetricInfo, one: Mean | Contrast | Component) -> Row:
    return {"metric": metric.id, **asdict(one)}


def _agreement(found: Agreement) -> Row:
    told = plain(found)
    icc, bootstrap = told["icc"], told["bootstrap"]
    row: Row = {"metric": found.metric.id, "label": found.metric.label, "trials": found.trials}
    for form in ("ICC3", "ICC2", "ICC3k", "ICC2k"):
        row |= {form if name == "value" else f"{form}_{name}": value for name, value in icc[form].items()}
        row |= {f"{form}_bootstrap_{end}": bootstrap[form][end] for end in ("lower", "upper")}
    for name in ("spearman", "kendall", "pairwise", "top"):
        row |= {name: told[name], **{f"{name}_bootstrap_{end}": bootstrap[name][end] for end in ("lower", "upper")}}
    return row | {"band": found.band, "paper_ICC3": paper.icc_of(found.metric)}


def _effect(found: IterationEffect) -> Row:
    return {
        "metric": found.metric.id,
        "label": found.metric.label,
        "sessions": found.sessions,
        "trials": found.trials,
        "rows": found.rows,
        **_test("", found.test),
        **_test("rho_known_", found.test_rho_known),
        **_contrast("early_gain", found.early_gain),
        "messages": " ".join(found.messages),
        "undefined": found.undefined,
    }


def _plateau(found: Plateau) -> Row:
    stick = plain(found.broken_stick)
    return {
        "metric": found.metric.id,
        "last_different": found.last_different,
        "final": found.final,
        **{f"break_{name}": stick[name] for name in ("estimate", "lower", "upper", "slope", "undefined")},
        **_test("misfit_", found.broken_stick.misfit),
    }


def _arm(found: ArmEffect) -> Row:
    return {
        "metric": found.metric.id,
        "label": found.metric.label,
        **{f"sessions_{arm}": count for arm, count in found.sessions.items()},
        **_test("arm_", found.test_arm),
        **_test("interaction_", found.test_interaction),
        "undefined": found.undefined,
    }


def _test(prefix: str, test: TermTest | None) -> Row:
    return {prefix + name: getattr(test, name) if test else None for name in ("F", "numdf", "dendf", "p")}


def _contrast(name: str, one: Contrast | None) -> Row:
    numbers = ("estimate", "se", "df", "t", "p", "lower", "upper")
    return {f"{name}_{number}": getattr(one, number) if one else None for number in numbers}
