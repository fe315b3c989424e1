"""The report holds what was found as JSON without NaN, as tables, and as a page that fetches nothing."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from refine.analysis.report import Origin, as_html, as_json, as_tables, write_report
from refine.analysis.results import Results, analyse
from refine.analysis.simulate import simulate
from refine.metrics import METRICS as KNOWN
from tests.analysis.studies import METRICS

ORIGIN = Origin("folder <of> data", "world", "abc123")
LPIPS, HASH = KNOWN["lpips_world"], KNOWN["imagehash"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return simulate([LPIPS, HASH], sessions=24, trials=2, gain=2.0, metric_noise=0.4)


@pytest.fixture(scope="module")
def results(rows: pd.DataFrame) -> Results:
    return analyse(rows, [LPIPS, HASH], 10)


class Page(HTMLParser):
    """What a page would fetch, and its text by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.labels: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        given = dict(attrs)
        self.fetched += [given[name] for name in ("src", "href", "srcset", "data", "poster") if name in given]
        self.labels += [given["aria-label"]] if tag == "figure" else []

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open, []).append(data)


def test_json_has_everything_and_survives_a_round_trip(results: Results) -> None:
    found = as_json(results, ORIGIN)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["origin"] == {
        "source": "folder <of> data",
        "profile": "world",
        "protocol": "abc123",
        "simulated": False,
    }
    assert found["paper"]["icc"]["lpips"] == 0.686
    effect, expected = found["effects"][0], results.effects[0]
    assert effect["test"]["F"] == expected.test.F
    assert effect["test"]["words"] == expected.test.words
    assert effect["sentence"] == expected.sentence
    assert [mean["estimate"] for mean in effect["means"]] == [mean.estimate for mean in expected.means]
    assert "result" not in effect
    icc = found["summary"]["agreements"][0]
    assert icc["band"] == results.summary.agreements[0].band
    assert icc["icc"]["ICC3"]["value"] == results.summary.agreements[0].icc.ICC3.value
    assert icc["bootstrap"]["ICC3"]["lower"] == results.summary.agreements[0].bootstrap.ICC3.lower
    assert found["plateaus"][0]["broken_stick"]["estimate"] == results.plateaus[0].broken_stick.estimate
    assert found["composite"]["statement"] == results.composite.statement
    assert found["signs"]["sentence"] == results.signs.sentence


@pytest.mark.parametrize("sessions", [0, 1, 2])
def test_what_is_undefined_is_null_with_its_reason(sessions: int, tmp_path: Path) -> None:
    study = simulate(METRICS, sessions=2)
    rows = study[study["session"].isin(study["session"].unique()[:sessions])]
    results = analyse(rows, METRICS, 10)
    found = json.loads(json.dumps(as_json(results, ORIGIN), allow_nan=False))
    assert all(arm["undefined"].startswith("undefined, because ") for arm in found["arms"])
    if sessions < 2:
        worths = found["plackett_luce"]
        assert worths["undefined"].startswith("undefined, because ")
        assert (worths["chi2"], worths["p"]) == (None, None)
        for plateau in found["plateaus"]:
            assert plateau["broken_stick"]["undefined"].startswith("undefined, because ")
            assert plateau["broken_stick"]["estimate"] is None
    page = write_report(results, ORIGIN, tmp_path).read_text(encoding="utf-8")
    assert page.count("too few to judge") == 1
    words = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf)\b", words)


def test_infinite_numbers_are_null(results: Results) -> None:
    first, *rest = results.summary.agreements
    endless = replace(first, icc=replace(first.icc, ICC3=replace(first.icc.ICC3, F=float("inf"))))
    found = as_json(replace(results, summary=replace(results.summary, agreements=(endless, *rest))), ORIGIN)
    assert found["summary"]["agreements"][0]["icc"]["ICC3"]["F"] is None


def test_tables_have_the_numbers(results: Results) -> None:
    tables = as_tables(results)
    agreement = tables["agreement"].set_index("metric")
    assert agreement.loc["imagehash", "paper_ICC3"] == 0.25
    assert agreement.loc["imagehash", "ICC3"] == results.summary.agreements[1].icc.ICC3.value
    contrasts = tables["iteration_contrasts"]
    assert len(contrasts) == 9 * len(results.effects)
    assert contrasts["p_holm"][0] == results.effects[0].contrasts[0].p_holm
    assert list(tables["top_ranked"]["count"]) == list(results.summary.top_ranked.counts)
    assert list(tables["plackett_luce"]["share"]) == [worth.share for worth in results.plackett_luce.worths]
    assert list(tables["plateaus"]["last_different"]) == [one.last_different for one in results.plateaus]
    assert list(tables["arm_contrasts"]["estimate"]) == [one.differences[0].estimate for one in results.arms]
    assert len(tables["arm_means"]) == 20 * len(results.arms)
    assert set(tables["variance_components"]["name"]) == {"session", "target", "residual", "rho"}


def test_files_and_no_leftovers_of_an_earlier_report(results: Results, tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "old.csv").write_text("x")
    page = write_report(results, ORIGIN, tmp_path)
    assert page == tmp_path / "report.html"
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert {path.stem for path in (tmp_path / "tables").iterdir()} == set(as_tables(results))
    read = pd.read_csv(tmp_path / "tables" / "iteration_means.csv")
    assert read["estimate"].tolist() == [mean.estimate for effect in results.effects for mean in effect.means]


def test_the_page_fetches_nothing_and_forbids_it(results: Results) -> None:
    text = as_html(results, ORIGIN)
    page = Page(text)
    assert page.fetched == []
    assert "default-src 'none'" in text
    styles = "".join(re.findall("<style>(.*?)</style>", text, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    assert text.count("Plotly.newPlot(") >= 2 + 2 * len(results.effects)


def test_the_page_says_every_sentence_beside_the_papers_figures(results: Results) -> None:
    page = Page(as_html(results, ORIGIN))
    lines = page.texts["li"]
    for one in (*results.effects, *results.plateaus, *results.arms):
        assert one.sentence in lines
    assert results.summary.top_ranked.sentence in lines
    assert any(
        line.startswith("Perceptual Similarity: ICC(C,1) = 0.") and "bootstrap by trial [" in line for line in lines
    )
    assert any(line.endswith("arXiv 2504.20340: 0.686 (with the official weights).") for line in lines)
    words = " ".join(text for texts in page.texts.values() for text in texts)
    for figure in (
        "0.686",
        "0.620",
        "0.527",
        "0.250",
        "20 participants",
        "gains up to iteration 6",
        "iterations 9 and 10",
    ):
        assert figure in words
    assert "folder <of> data" in words
    assert results.composite.statement in words
    assert all(label.count(".") for label in page.labels)
    assert len(page.labels) == 2 + 3 * len(results.effects)


def test_simulated_data_cannot_be_taken_for_real(results: Results) -> None:
    assert "Simulated data." not in as_html(results, ORIGIN)
    assert "Simulated data." in as_html(results, replace(ORIGIN, simulated=True))
