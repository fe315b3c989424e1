"""Claim: with full durability the SQLite journal keeps at least a quarter as many rounds a second as bare INSERTs of the
same rows, each in a transaction of its own, with the same settings of the database. PostgreSQL is measured as well.

    .venv/bin/python -m benchmarks.journal

A round is two commits: asked for, and drawn (the request goes, the iteration comes). Journal and bare
INSERTs take turns of a quarter of a second on the same disk, so that whatever else the machine does meets both.
The ratio is lowest on a fast disk: the slower a commit, the less the constraints, indexes and SQLAlchemy weigh.
"""

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg

from refine.protocol import DrawingSettings, Iteration, Protocol, Provenance, Session, Trial, fixed_rounds
from refine.storage.journal.journal import Journal, Request
from tests.storage.postgres import PostgresServer

TURNS, TURN_SECONDS = 40, 0.25
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DRAWING = DrawingSettings("model", "1", 1029, 10, 5.0, 256, 256)
PROTOCOL = Protocol("world", 1, fixed_rounds(10), ("no_scores", "scores"), DRAWING, ("imagehash",))
SCORES = {"lpips_world": 0.25, "clip_b32_world": 0.75, "clip_l14_world": 0.7, "imagehash": 12.0}
PROVENANCE = Provenance(DRAWING, "float32", "cpu", {"torch": "2.15", "diffusers": "0.42", "transformers": "5.23"})
PROMPT = "a big cat and a small red boat on the left, at night, with stars"
ITERATION = Iteration("", "", 1, PROMPT, "", "0" * 64, SCORES, 0.8, 0.1, NOW, NOW, PROVENANCE)


def journal_rounds(url: str) -> Iterator[None]:
    """Rounds of sessions of ten, one at each step."""
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    for session in count():
        name, trial = f"s{session}", f"s{session}-01"
        trials = (Trial(trial, name, 1, "target", tuple(range(1, 11))),)
        journal.add_session(Session(name, name, name, PROTOCOL.hash, "scores", "1", NOW, trials=trials))
        for number in range(1, 11):
            journal.ask(Request(trial, number, PROMPT, NOW))
            journal.add_iteration(
                replace(ITERATION, id=f"{trial}-{number:02d}", trial_id=trial, number=number, picture=f"{session:064}")
            )
            yield


def bare_rounds(insert: Callable[[str, tuple[object, ...]], object], placeholder: str) -> Iterator[None]:
    """The same rows by bare INSERTs into tables without any constraint but the key."""
    at, scores, provenance = NOW.isoformat(), json.dumps(SCORES), json.dumps(asdict(PROVENANCE))
    request, iteration = (
        f"INSERT INTO {table} VALUES ({', '.join([placeholder] * columns)})"
        for table, columns in (("bare_requests", 4), ("bare_iterations", 12))
    )
    for number in count():
        insert(request, (f"t{number}", number, PROMPT, at))
        picture = f"{number:064}"
        insert(
            iteration, (f"i{number}", f"t{number}", number, PROMPT, "", picture, scores, 800, 100, at, at, provenance)
        )
        yield


BARE_TABLES = (
    "CREATE TABLE bare_requests (id TEXT PRIMARY KEY, number INTEGER, prompt TEXT, asked_at TEXT)",
    "CREATE TABLE bare_iterations (id TEXT PRIMARY KEY, trial_id TEXT, number INTEGER, prompt TEXT, unread TEXT, "
    "picture TEXT, scores TEXT, drawing_ms INTEGER, scoring_ms INTEGER, asked_at TEXT, drawn_at TEXT, provenance TEXT)",
)


def compare(what: str, journal: Iterator[None], bare: Iterator[None]) -> None:
    """Print rounds a second of both and their ratio."""
    next(journal), next(bare)
    rates: dict[str, list[float]] = {"journal": [], "bare": []}
    for _ in range(TURNS):
        for name, rounds in (("journal", journal), ("bare", bare)):
            done, started = 0, time.perf_counter()
            while time.perf_counter() - started < TURN_SECONDS:
                next(rounds)
                done += 1
            rates[name].append(done / (time.perf_counter() - started))
    kept, inserted = (statistics.median(rates[name]) for name in ("journal", "bare"))
    print(
        f"{what:11} journal {kept:6.0f} rounds/s   bare INSERTs {inserted:6.0f} rounds/s   ratio {kept / inserted:.2f}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # the folder of temporary files may be in memory
        database = sqlite3.connect(f"{folder}/bare.sqlite", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *BARE_TABLES):
            database.execute(statement)
        compare("SQLite", journal_rounds(f"sqlite:///{folder}/journal.sqlite"), bare_rounds(database.execute, "?"))
        database.close()
    server = PostgresServer()
    try:
        url = server.new_database()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            for statement in BARE_TABLES:
                connection.execute(statement)
            compare("PostgreSQL", journal_rounds(url), bare_rounds(connection.execute, "%s"))
    finally:
        server.remove()


if __name__ == "__main__":
    main()
