"""What a dataset holds, counted: kept beside the data as `study.json`, added to with every commit.

Knows: counts and how they change. Does not know: how they are shown (card), or where the file is.

It is read from the very commit that the next one is made on, so that several servers can write one dataset.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

FILE = "study.json"


@dataclass(frozen=True, slots=True)
class Count:
    """Of one protocol: `protocol` is its JSON, `first` how often each iteration was ranked most similar, alone or tied.

    `since` and `until` are the dates (YYYY-MM-DD, UTC) on which the first and the newest session ended, `dates` how many
    ended on each; those counted by earlier software are missing there.
    """

    profile: str
    protocol: str
    sessions: int = 0
    trials: int = 0
    iterations: int = 0
    first: Mapping[str, int] = field(default_factory=dict)
    since: str = "9999-12-31"
    until: str = "0000-01-01"
    dates: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stats:
    """`counts` by protocol hash, consent texts by version, and who withdrew: hashes of ids, to count each once.

    Each version that a session names is there; a text that is not known is empty.
    `compacted` says that this is a copy for reading, whose shards hold many sessions each.
    """

    counts: Mapping[str, Count] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    compacted: bool = False

    @property
    def sessions(self) -> int:
        """The sessions of all protocols."""
        return sum(count.sessions for count in self.counts.values())

    def add(self, session: Mapping[str, Any], iterations: Sequence[Mapping[str, Any]], sign: int = 1) -> "Stats":
        """With the rows of one session more (`sign` 1) or less (-1)."""
        key = session["protocol_hash"]
        old = self.counts.get(key, Count(session["profile"], session["protocol"]))
        first = dict(old.first)
        for row in iterations:
            if row["rank"] == 1:
                name = str(row["iteration"])
                first[name] = first.get(name, 0) + sign
        date, sessions = session["date"], old.sessions + sign
        dates = {**old.dates, date: max(0, old.dates.get(date, 0) + sign)}
        dates = {name: count for name, count in sorted(dates.items()) if count}
        # Of dates that are not all known the first and the newest only ever go apart.
        ends = dates if sum(dates.values()) == sessions else [old.since, old.until, date]
        new = replace(
            old,
            sessions=sessions,
            trials=old.trials + sign * session["trials"],
            iterations=old.iterations + sign * len(iterations),
            first={name: count for name, count in sorted(first.items(), key=lambda item: int(item[0])) if count},
            since=min(ends, default=old.since),
            until=max(ends, default=old.until),
            dates=dates,
        )
        counts = {**self.counts, key: new}
        return replace(
            self,
            counts={key: count for key, count in counts.items() if count.sessions > 0},
            consents={session["consent_version"]: "", **self.consents},
        )

    def with_consents(self, consents: Mapping[str, str]) -> "Stats":
        """With these consent texts, by version. An empty one takes no other's place."""
        return replace(
            self, consents={**consents, **self.consents, **{v: text for v, text in consents.items() if text}}
        )

    def with_withdrawn(self, session_ids: Sequence[str]) -> "Stats":
        """With these sessions counted as withdrawn, once each."""
        return replace(self, withdrawn=tuple(sorted({*self.withdrawn, *map(_mark, session_ids)})))

    def withdrawn_of(self, session_ids: Iterable[str]) -> list[str]:
        """Those of them that are counted as withdrawn."""
        marks = set(self.withdrawn)
        return [session_id for session_id in session_ids if _mark(session_id) in marks] if marks else []

    def to_json(self) -> bytes:
        """The content of the file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False).encode()


def read_stats(content: bytes | None) -> Stats:
    """The stats from their file; empty ones if there is none. Raises `ValueError` if it is damaged."""
    if content is None:
        return Stats()
    try:
        stored = json.loads(content)
        counts = {key: Count(**count) for key, count in stored["counts"].items()}
        return Stats(counts, stored["consents"], tuple(stored["withdrawn"]), bool(stored.get("compacted")))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"{FILE} is damaged ({fault!r})") from fault


def _mark(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()[:12]
