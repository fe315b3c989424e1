"""Verification: a dataset, here or on the Hub, is whole and keeps its promises.

Knows: what must hold of names, pictures, and what sessions say of their rows. Does not know: what must hold of the table of
iterations by itself (table), or how to repair anything.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace

from refine.arms import ARMS
from refine.metrics import METRICS
from refine.protocol import DrawingSettings, read_protocol
from refine.storage.dataset.columns import CONFIGS, Kind
from refine.storage.dataset.folder import from_parquet, shard_key, shard_name
from refine.storage.dataset.records import Row
from refine.storage.dataset.source import Source, read_ahead
from refine.storage.dataset.stats import FILE, Stats, read_stats
from refine.storage.errors import DamagedError
from refine.storage.pictures.folder import read_pixels
from refine.table import COLUMNS, Place, TableCheck

COMMIT = re.compile(r"[0-9a-f]{40}")
"""A revision of a model that is a commit, neither a branch nor a tag."""

TYPES: dict[Kind, type] = {"string": str, "int64": int, "float64": float, "image": dict}
"""What a value is, by the kind of its column."""

Progress = Callable[[list[str]], Iterable[str]]
"""Goes through names and shows how far it is."""


@dataclass
class Verification:
    """What was read, and what is wrong with it, a sentence each."""

    shards: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def verify(source: Source, progress: Progress = iter) -> Verification:
    """Read everything and check it. Raises `StorageError` only if the dataset cannot be read at all."""
    found = Verification()
    checks = _Checks(found.wrong)
    shards = [name for name in source.names() if name.endswith(".parquet")]
    for name, content in read_ahead(source.read, progress(shards)):
        config = name.split("/")[1] if name.count("/") == 2 else ""
        if config not in CONFIGS:
            found.wrong.append(f"{name} is in no config of the dataset.")
            continue
        if shard_name(config, shard_key(name), content) != name:
            found.wrong.append(f"{name} is not what was written: its name does not match its content.")
        try:
            rows = from_parquet(config, content)
        except DamagedError as fault:
            found.wrong.append(f"{name}: {fault}")
            continue
        found.shards += 1
        found.rows[config] += len(rows)
        for row in checks.sound(config, name, rows):
            getattr(checks, config)(name, row)
    checks.together()
    checks.stats(source)
    return found


def wrong_with(shard: str, session: Row, numbered: Sequence[tuple[int, Row]]) -> list[str]:
    """What is wrong with a session, as its row and those of its iterations tell, a sentence each.

    The latter come with their numbers in `shard`.
    """
    check = TableCheck(METRICS, ARMS)
    check.add(shard, numbered)
    return [*check.end(), *_contradictions(session, [row for _, row in numbered])]


def _contradictions(session: Row, iterations: Iterable[Row]) -> Iterator[str]:
    """Where a session says of its iterations what they are not, a sentence each."""
    named = f"Session {session['session_id']}"
    try:
        known = read_protocol(json.loads(session["protocol"])).hash
    except (ValueError, TypeError, KeyError):
        known = "unreadable"
    if known != session["protocol_hash"]:
        yield f"{named} names protocol {session['protocol_hash']}, but holds one that is {known}."
    trials = Counter(row["trial_id"] for row in iterations)
    if not trials:
        yield f"{named} has no iterations."
    elif len(trials) != session["trials"]:
        yield f"{named} says {session['trials']} trials, but has {len(trials)}."
    most = session["iterations_per_trial"]
    for trial, count in trials.items():
        if count != most:
            yield f"Trial {trial} has {count} iterations, but its session says {most}."


class _Checks:
    def __init__(self, wrong: list[str]) -> None:
        self._wrong = wrong
        self._table = TableCheck(METRICS, ARMS)
        self._sessions: dict[str, Row] = {}
        self._targets: set[tuple[str, str]] = set()
        self._shown: set[tuple[str, str]] = set()
        self._iterations: dict[str, list[Row]] = {}
        self._drawn: dict[str, set[DrawingSettings]] = {}

    def sound(self, config: str, shard: str, rows: list[Row]) -> list[Row]:
        """The rows whose values are what their columns say; the others are told."""
        numbered = list(enumerate(rows, 1))
        if config == "iterations":
            numbered = self._table.add(shard, numbered)
        elif not rows:
            self._wrong.append(f"{shard} has no rows: remove it.")
        return [row for number, row in numbered if self._values(config, Place(shard, number), row)]

    def iterations(self, name: str, row: Row) -> None:
        self._picture(f"Iteration {row['iteration_id']}", row)
        self._shown.add((row["protocol_hash"], row["target_id"]))
        kept = {name: row[name] for name in ("trial_id", "iteration", "rank")}
        self._iterations.setdefault(row["session_id"], []).append(kept)
        settings = DrawingSettings(**{part.name: row[part.name] for part in fields(DrawingSettings)})
        self._drawn.setdefault(row["session_id"], set()).add(settings)

    def sessions(self, name: str, row: Row) -> None:
        session = row["session_id"]
        if session in self._sessions:
            self._wrong.append(f"Session {session} is there twice (again in {name}).")
        self._sessions[session] = row

    def targets(self, name: str, row: Row) -> None:
        target = row["protocol_hash"], row["target_id"]
        if target in self._targets:
            self._wrong.append(f"Target {target[1]} of protocol {target[0]} is there twice (again in {name}).")
        self._targets.add(target)
        self._picture(f"Target {row['target_id']}", row)

    def together(self) -> None:
        """What no row shows by itself."""
        self._wrong += self._table.end()
        for session, row in self._sessions.items():
            self._wrong += _contradictions(row, self._iterations.get(session, []))
            self._wrong += _drawn_otherwise(row, self._drawn.get(session, ()))
        for session in sorted(set(self._iterations) - set(self._sessions)):
            self._wrong.append(f"Session {session} has iterations, but no row in config sessions.")
        for protocol, target in sorted(self._shown - self._targets):
            self._wrong.append(f"Target {target} was shown under protocol {protocol}, but is not in config targets.")

    def stats(self, source: Source) -> None:
        """The counts on the card are those of the rows."""
        if FILE not in source.names():
            self._wrong.append(f"{FILE} is missing.")
            return
        counted = Stats()
        for session, row in self._sessions.items():
            counted = counted.add(row, self._iterations.get(session, []))
        try:
            stated = read_stats(source.read(FILE))
        except ValueError as fault:
            self._wrong.append(f"{fault}.")
            return
        for session in stated.withdrawn_of(self._sessions):
            self._wrong.append(f"Session {session} was withdrawn, but its rows are there.")
        for version in sorted({*counted.consents} - {*stated.consents}):
            self._wrong.append(f"Sessions agreed to version {version} of the consent text, which {FILE} does not name.")
        for key in sorted({*counted.counts, *stated.counts}):
            says, has = stated.counts.get(key), counted.counts.get(key)
            numbers = [(c.sessions, c.trials, c.iterations, dict(c.first)) if c else None for c in (says, has)]
            if numbers[0] != numbers[1]:
                self._wrong.append(
                    f"{FILE} counts protocol {key} wrongly: it says {numbers[0]}, there are {numbers[1]}."
                )
            # Those counted by earlier software have dates that only ever go apart.
            elif (
                says
                and has
                and sum(says.dates.values()) == says.sessions
                and (says.since, says.until, says.dates) != (has.since, has.until, has.dates)
            ):
                self._wrong.append(
                    f"{FILE} dates protocol {key} wrongly: it says {says.since} to {says.until}, "
                    f"the sessions ended between {has.since} and {has.until}."
                )

    def _values(self, config: str, place: Place, row: Row) -> bool:
        """Whether all values are of their column's type, of those that the table's own check does not look at."""
        for column in CONFIGS[config]:
            if config == "iterations" and (column.name in COLUMNS or column.optional):
                continue
            if column.optional and row[column.name] is None:
                continue
            if not isinstance(row[column.name], TYPES[column.kind]):
                words = f"{place}: {column.name} is {row[column.name]!r:.40}, not of the type {column.kind}"
                self._table.tell(column.name, place.shard, words)
                return False
        return True

    def _picture(self, what: str, row: Row) -> None:
        try:
            pixels = read_pixels(row["picture"]["bytes"])
        except (DamagedError, TypeError):
            self._wrong.append(f"{what} has a picture that cannot be read.")
            return
        if pixels != row["pixel_hash"]:
            self._wrong.append(f"{what} has a picture whose pixels are not those of its hash.")


def _drawn_otherwise(session: Row, drawn: Iterable[DrawingSettings]) -> Iterator[str]:
    """Where the settings that a session's drawings were made with are not those of its protocol, a sentence each."""
    try:
        wanted = read_protocol(json.loads(session["protocol"])).drawing
    except (ValueError, TypeError, KeyError):
        return  # that has been told
    for settings in drawn:
        # A protocol may name a branch or a tag of the model; what drew names its commit.
        commit = COMMIT.fullmatch(str(settings.revision)) and not COMMIT.fullmatch(wanted.revision)
        for name, value in asdict(replace(settings, revision=wanted.revision) if commit else settings).items():
            if value != getattr(wanted, name):
                said = f"its protocol says {getattr(wanted, name)}"
                yield f"Session {session['session_id']} has a drawing made with {name} {value}, but {said}."
