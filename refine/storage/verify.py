"""Verification: a dataset, here or on the Hub, is whole and keeps its promises.

Knows: what must hold of names, rows and pictures. Does not know: how to repair anything.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from refine.protocol import pixel_hash
from refine.storage.columns import CONFIGS
from refine.storage.dataset import from_parquet, shard_key, shard_name
from refine.storage.errors import StorageError
from refine.storage.records import Row
from refine.storage.rows import read_protocol
from refine.storage.source import Source
from refine.storage.tally import FILE, Tally, read_tally

Progress = Callable[[list[str]], Iterable[str]]
"""Goes through names and shows how far it is."""


@dataclass
class Findings:
    """What was read, and what is wrong with it, a sentence each."""

    shards: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def verify(source: Source, progress: Progress = iter) -> Findings:
    """Read everything and check it. Raises `StorageError` only if the dataset cannot be read at all."""
    found = Findings()
    checks = _Checks(found.wrong)
    shards = [name for name in source.names() if name.endswith(".parquet")]
    for name in progress(shards):
        config = name.split("/")[1] if name.count("/") == 2 else ""
        if config not in CONFIGS:
            found.wrong.append(f"{name} is in no config of the dataset.")
            continue
        content = source.read(name)
        if shard_name(config, shard_key(name), content) != name:
            found.wrong.append(f"{name} is not what was written: its name does not match its content.")
        try:
            rows = from_parquet(content)
        except StorageError:
            found.wrong.append(f"{name} is damaged: it cannot be read.")
            continue
        found.shards += 1
        found.rows[config] += len(rows)
        for row in rows:
            getattr(checks, config)(name, row)
    checks.together()
    checks.tally(source)
    return found


class _Checks:
    def __init__(self, wrong: list[str]) -> None:
        self._wrong = wrong
        self._ids: set[str] = set()
        self._sessions: dict[str, Row] = {}
        self._targets: set[str] = set()
        self._shown: set[str] = set()
        self._trials: dict[str, dict[str, list[tuple[int, int]]]] = {}

    def iterations(self, name: str, row: Row) -> None:
        iteration = row["iteration_id"]
        if iteration in self._ids:
            self._wrong.append(f"Iteration {iteration} is there twice (again in {name}).")
        self._ids.add(iteration)
        self._picture(f"Iteration {iteration}", row)
        self._shown.add(row["target_id"])
        trials = self._trials.setdefault(row["session_id"], {})
        trials.setdefault(row["trial_id"], []).append((row["iteration"], row["rank"]))

    def sessions(self, name: str, row: Row) -> None:
        session = row["session_id"]
        if session in self._sessions:
            self._wrong.append(f"Session {session} is there twice (again in {name}).")
        self._sessions[session] = row
        try:
            known = read_protocol(json.loads(row["protocol"])).hash
        except (ValueError, TypeError, KeyError):
            known = "unreadable"
        if known != row["protocol_hash"]:
            self._wrong.append(
                f"Session {session} names protocol {row['protocol_hash']}, but holds one that is {known}."
            )

    def targets(self, name: str, row: Row) -> None:
        self._targets.add(row["target_id"])
        self._picture(f"Target {row['target_id']}", row)

    def together(self) -> None:
        """What no row shows by itself."""
        for session, trials in self._trials.items():
            row = self._sessions.get(session)
            if row is None:
                self._wrong.append(f"Session {session} has iterations, but no row in config sessions.")
            elif len(trials) != row["trials"]:
                self._wrong.append(f"Session {session} says {row['trials']} trials, but has {len(trials)}.")
            for trial, entries in trials.items():
                expected = list(range(1, (row["iterations_per_trial"] if row else len(entries)) + 1))
                if sorted(number for number, _ in entries) != expected:
                    self._wrong.append(f"Trial {trial} does not have each iteration from 1 to {len(expected)} once.")
                if sorted(rank for _, rank in entries) != expected:
                    self._wrong.append(f"The ranks of trial {trial} are not a permutation of 1 to {len(expected)}.")
        for session in sorted(set(self._sessions) - set(self._trials)):
            self._wrong.append(f"Session {session} has no iterations.")
        for target in sorted(self._shown - self._targets):
            self._wrong.append(f"Target {target} was shown, but is not in config targets.")

    def tally(self, source: Source) -> None:
        """The counts on the card are those of the rows."""
        if FILE not in source.names():
            self._wrong.append(f"{FILE} is missing.")
            return
        counted = Tally()
        for session, row in self._sessions.items():
            entries = [pair for trial in self._trials.get(session, {}).values() for pair in trial]
            counted = counted.add(row, [{"iteration": number, "rank": rank} for number, rank in entries])
        try:
            stated = read_tally(source.read(FILE))
        except ValueError as fault:
            self._wrong.append(f"{fault}.")
            return
        for key in sorted({*counted.counts, *stated.counts}):
            says, has = stated.counts.get(key), counted.counts.get(key)
            numbers = [(c.sessions, c.trials, c.iterations, dict(c.first)) if c else None for c in (says, has)]
            if numbers[0] != numbers[1]:
                self._wrong.append(
                    f"{FILE} counts protocol {key} wrongly: it says {numbers[0]}, there are {numbers[1]}."
                )

    def _picture(self, what: str, row: Row) -> None:
        try:
            with Image.open(BytesIO(row["picture"]["bytes"])) as file:
                pixels = pixel_hash(file)
        except (OSError, SyntaxError, TypeError, UnidentifiedImageError):
            self._wrong.append(f"{what} has a picture that cannot be read.")
            return
        if pixels != row["pixel_hash"]:
            self._wrong.append(f"{what} has a picture whose pixels are not those of its hash.")
