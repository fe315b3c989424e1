"""Claim: with 10,000 sessions in the store, a finished session stands in the figures of an open results page within 1 s,
and the refit of all mixed models takes less than 5 s.

    .venv/bin/python -m benchmarks.results [SESSIONS]

Measured in a real browser: one page shows the results, in another a participant sends the ranking; the time is from
that click until the first page counts the session, its figures drawn anew. How long the refit took is what the page
says of it. The stored sessions are simulated.
"""

import re
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page

from refine.analysis.simulate import simulate
from refine.assembly import open_services
from refine.configuration import targets_folder
from refine.metrics import METRICS
from refine.settings import read_settings
from refine.storage.journal import schema as t
from refine.storage.journal.engine import open_engine
from refine.storage.targets import load_targets
from tests.browser.participant import Participant
from tests.browser.server import Server, chromium

AGAIN = 3


def fill(folder: Path, sessions: int) -> None:
    """Write simulated sessions of the default protocol into a journal, in one transaction."""
    settings = read_settings().model_copy(update={"data_dir": folder})
    services = open_services(settings)
    protocol, rounds = services.study.protocol, services.study.rule.most
    services.close()
    rows = simulate([METRICS[name] for name in protocol.metrics], sessions=sessions, iterations=rounds)
    targets = dict(zip(rows["target"].unique(), load_targets(targets_folder(settings)).targets, strict=False))
    now, order = datetime.now(UTC), list(range(1, rounds + 1))
    provenance = {"settings": asdict(protocol.drawing), "dtype": "float32", "device": "cpu", "versions": {}}
    held = {name: [] for name in ("sessions", "trials", "iterations", "ranks")}
    for (session, trial), drawings in rows.groupby(["session", "trial"], sort=False):
        head = {"id": session, "token_hash": session, "withdrawal_code": session[-14:], "arm": drawings["arm"].iat[0]}
        held["sessions"].append({**head, "enrolled_at": now, "protocol_hash": protocol.hash, "consent_version": "1"})
        place = {
            "session_id": session,
            "number": 1,
            "target_id": targets[drawings["target"].iat[0]],
            "shuffled": order,
            "begun_at": now,
        }
        held["trials"].append({"id": trial, **place})
        for row in drawings.to_dict("records"):
            made = {"id": f"{trial}-{row['iteration']}", "trial_id": trial, "number": row["iteration"]}
            words = {"prompt": "simulated", "unread": "", "picture": "0" * 64, "provenance": provenance}
            took = {"drawing_ms": 1000, "scoring_ms": 50, "asked_at": now, "drawn_at": now}
            scores = {name: row[name] for name in protocol.metrics}
            held["iterations"].append({**made, **words, **took, "scores": scores})
            rank = {"trial_id": trial, "rank": row["rank"], "ranked_at": now}
            held["ranks"].append({"iteration_id": made["id"], **rank})
    with open_engine(f"sqlite:///{folder / 'journal.sqlite'}").begin() as connection:
        for name, values in held.items():
            connection.execute(t.metadata.tables[name].insert(), values)
        connection.execute(t.sessions.update().values(finished_at=now))

    # They were published long ago: nothing else shall be at work.
    for config in ("sessions", "iterations"):
        published = folder / "dataset" / "data" / config
        published.mkdir(parents=True, exist_ok=True)
        for row in held["sessions"]:
            (published / f"{row['id']}-0.parquet").touch()


def wait(viewer: Page, sessions: int, fitted: bool = False) -> None:
    """Until the page counts so many sessions, or has them `fitted`, its figures drawn; looks at every painted frame."""
    note = f"document.querySelector('#fit')?.textContent.endsWith('to {sessions:,} sessions.')"
    counted = f"document.querySelector('#count-sessions')?.textContent === '{sessions:,}'"
    drawn = "!document.querySelector('#results [data-figure]:not(.js-plotly-plot)')"
    viewer.wait_for_function(f"{note if fitted else counted} && {drawn}", polling="raf")


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "data"
        fill(folder, sessions)
        server = Server(folder)
        server.start()
        try:
            with chromium() as browser:
                viewer = browser.new_page()
                viewer.set_default_timeout(60_000)
                viewer.goto(server.url)
                viewer.get_by_role("tab", name="Results").click()
                opened = time.perf_counter()
                wait(viewer, sessions)
                print(f"first look at {sessions:,} sessions    {time.perf_counter() - opened:5.2f} s")
                for extra in range(1, AGAIN + 1):
                    participant = Participant(browser.new_page(), server.url)
                    participant.enrol()
                    for number in range(1, 11):
                        participant.draw(f"a cat {number}", number)
                    participant.page.locator("#rank-list > li").first.focus()
                    participant.page.keyboard.press("ArrowDown")
                    participant.page.click("#rank-submit")
                    sent = time.perf_counter()
                    wait(viewer, sessions + extra)
                    print(f"from the ranking to the figures  {time.perf_counter() - sent:5.2f} s  (claim: 1)")
                    wait(viewer, sessions + extra, fitted=True)
                    took = re.search(r"in ([0-9.]+) s", viewer.locator("#fit").inner_text())
                    print(f"refit of the models              {took and float(took[1]):5.2f} s  (claim: 5)")
                    print(f"from the ranking to the models   {time.perf_counter() - sent:5.2f} s")
                    participant.page.context.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
