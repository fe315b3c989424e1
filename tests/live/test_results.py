"""LiveResults from a journal that grows, and from selections of it."""

import json
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from refine.assembly import open_services
from refine.live.results import KEPT, FittedResults, LiveResults, Selection
from refine.live.rows import FixedRows, JournalRows
from refine.metrics import METRICS
from refine.protocol import DrawingSettings, Iteration, Protocol, Provenance, Ranking, Session, Trial, fixed_rounds
from refine.settings import Settings
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal

DRAWING = DrawingSettings("paint", "1", 1029, 10, 5.0, 32, 32)
PROTOCOL = Protocol("world", 1, fixed_rounds(3), ("no_scores", "scores"), DRAWING, ("lpips_world", "imagehash"))
OTHER = replace(PROTOCOL, profile="paper", metrics=("lpips", "imagehash"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = Selection(PROTOCOL.hash)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    for protocol in (PROTOCOL, OTHER):
        journal.add_protocol(protocol)
    return journal


@pytest.fixture
def findings(journal):
    findings = LiveResults(JournalRows(journal, {"t0": "animals", "t1": "food"}), METRICS)
    yield findings
    findings.close()


def add(journal, name, *, protocol=PROTOCOL, arm="scores", target="t0", days=0, ranked=(3, 2, 1)):
    """One finished session of three iterations that get closer."""
    at = NOON + timedelta(days=days)
    trial = Trial(f"{name}-01", name, 1, target, (1, 2, 3))
    journal.add_session(Session(name, f"hash {name}", f"code {name}", protocol.hash, arm, "1", at, trials=(trial,)))
    for n in (1, 2, 3):
        scores = {metric: float(30 - n) for metric in protocol.metrics}
        provenance = Provenance(DRAWING, "uint8", "cpu", {})
        journal.add_iteration(
            Iteration(f"{name}-01-{n}", trial.id, n, "a cat", "", "0" * 64, scores, 0.1, 0.1, at, at, provenance)
        )
    journal.add_ranking(trial.id, Ranking(ranked, at))
    journal.finish(name, at)


def test_a_finished_session_is_counted_and_changes_the_version(findings, journal):
    assert findings.summary(ALL).sessions == 0
    before = findings.version
    add(journal, "a")
    assert findings.version != before
    assert findings.summary(ALL).sessions == 1
    assert findings.summary(ALL) is findings.summary(ALL), "computed once"


def test_what_comes_later_is_added_to_what_was_read(findings, journal):
    for name in "abc":
        add(journal, name)
        assert set(findings.rows(ALL)["session"]) == set("abc"[: "abc".index(name) + 1])
    assert list(findings.rows(ALL)["iteration"]) == [1, 2, 3] * 3


def test_a_withdrawn_session_disappears(findings, journal):
    add(journal, "a")
    add(journal, "b")
    assert findings.summary(ALL).sessions == 2
    journal.delete_session("a")
    assert set(findings.rows(ALL)["session"]) == {"b"}


def test_an_unfinished_session_does_not_count(findings, journal):
    trial = Trial("u-01", "u", 1, "t0", (1, 2, 3))
    journal.add_session(Session("u", "h", "c", PROTOCOL.hash, "scores", "1", NOON, trials=(trial,)))
    assert findings.summary(ALL).sessions == 0


def test_protocols_are_never_pooled(findings, journal):
    add(journal, "a")
    add(journal, "b", protocol=OTHER)
    assert set(findings.rows(ALL)["session"]) == {"a"}
    assert [found.metric.id for found in findings.summary(ALL).agreements] == ["lpips_world", "imagehash"]
    assert [found.metric.id for found in findings.summary(Selection(OTHER.hash)).agreements] == ["lpips", "imagehash"]
    assert set(findings.choices.protocols) == {PROTOCOL.hash, OTHER.hash}
    assert "paper" in findings.choices.protocols[OTHER.hash]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (ALL, "abc"),
        (replace(ALL, arm="no_scores"), "b"),
        (replace(ALL, subject="food"), "c"),
        (replace(ALL, since="2026-03-02"), "bc"),
        (replace(ALL, until="2026-03-02"), "ab"),
        (replace(ALL, since="2026-03-02", until="2026-03-02"), "b"),
        (replace(ALL, arm="scores", subject="plants"), ""),
    ],
)
def test_selections(findings, journal, selection, expected):
    add(journal, "a")
    add(journal, "b", arm="no_scores", days=1)
    add(journal, "c", target="t1", days=2)
    assert set(findings.rows(selection)["session"] if expected else []) == set(expected)
    assert findings.summary(selection).sessions == len(expected)


def test_a_target_that_is_gone_has_an_unknown_subject(findings, journal):
    add(journal, "a", target="t9")
    assert findings.choices.subjects == ("unknown",)


def test_the_models_are_fitted_in_the_background_and_again_when_a_session_comes(findings, journal, monkeypatch):
    monkeypatch.setattr("refine.live.results.REFIT_SECONDS", 0.05)
    for name in "abcdef":
        add(journal, name, ranked=(3, 1, 2) if name > "c" else (2, 3, 1))
    assert findings.fit(ALL) is None, "nobody waits for the first fit"
    first = wait_for(lambda: findings.fit(ALL))
    assert (first.sessions, first.version) == (6, findings.version)
    assert len(first.results.effects) >= 2
    add(journal, "g")
    assert findings.fit(ALL) is first, "the old fit is shown until there is a new one"
    second = wait_for(lambda: findings.fit(ALL) if findings.fit(ALL) is not first else None)
    assert second.sessions == 7
    assert findings.fit(ALL) is second, "no fit without something new"


def test_a_failed_fit_is_told_and_the_quick_figures_go_on(findings, journal, monkeypatch, caplog):
    def broken(*_, **__):
        raise RuntimeError("singular")

    monkeypatch.setattr("refine.live.results.analyse", broken)
    add(journal, "a")
    found = wait_for(lambda: findings.fit(ALL))
    assert "could not be fitted" in found.fault
    assert "singular" in caplog.text
    assert findings.summary(ALL).sessions == 1


def test_rows_and_report_are_written(findings, journal, tmp_path):
    for name in "abcdef":
        add(journal, name, ranked=(3, 1, 2) if name > "c" else (2, 3, 1))
    rows, page, numbers = findings.write(ALL, tmp_path, "a test", simulated=True)
    assert len(pd.read_csv(rows)) == 18
    assert "simulated" in page.read_text().lower()
    assert json.loads(numbers.read_text())["origin"]["protocol"] == PROTOCOL.hash


def test_without_rows_there_is_no_report(findings, tmp_path):
    assert [path.name for path in findings.write(ALL, tmp_path, "a test", simulated=False)] == ["iterations.csv"]


def test_nothing_is_fitted_to_nothing(findings):
    found = wait_for(lambda: findings.fit(ALL))
    assert (found.sessions, found.results, found.fault) == (0, None, "")


@contextmanager
def unreadable(folder):
    """A journal whose rows cannot be read for a while."""

    def call(before, after):
        with closing(sqlite3.connect(folder / "journal.sqlite")) as database:
            database.execute(f"ALTER TABLE {before} RENAME TO {after}")

    call("withdrawals", "gone")
    yield
    call("gone", "withdrawals")


def test_rows_that_cannot_be_read_are_told_and_fitted_later(findings, journal, tmp_path, caplog):
    add(journal, "a")
    with unreadable(tmp_path):
        assert findings.fit(ALL) is None
        wait_for(lambda: "could not be read" in caplog.text or None)
        with pytest.raises(StorageError):
            findings.summary(ALL)
    assert wait_for(lambda: findings.fit(ALL)).sessions == 1


def test_a_server_whose_results_cannot_be_read_goes_on(tmp_path, caplog):
    house = open_services(Settings(data_dir=tmp_path))
    with unreadable(tmp_path):
        house.warm_up()
    assert "The results could not be read yet" in caplog.text
    house.close()


def wait_for(look, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("It did not come about in time.")


def test_a_fixed_set_of_rows(findings, journal):
    add(journal, "a")
    fixed = LiveResults(FixedRows(findings.rows(ALL)), METRICS)
    assert fixed.summary(ALL) == findings.summary(ALL)


def test_selections_that_come_faster_than_they_are_fitted_do_not_pile_up(findings, journal, monkeypatch):
    add(journal, "one")
    began, go_on = threading.Event(), threading.Event()

    def slow(*given):
        began.set()
        go_on.wait(60)
        return FittedResults(0, 0, 0.0)

    monkeypatch.setattr(findings, "_fit", slow)
    for number in range(100):
        findings.fit(replace(ALL, since=f"2026-01-{number:02d}"))
    assert began.wait(60)
    assert len(findings._underway) <= KEPT
    go_on.set()
