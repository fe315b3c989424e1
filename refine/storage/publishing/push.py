"""The push: what waits in the outbox goes to the Hub in one commit, exactly once, and what was withdrawn goes away.

Knows: the order of the steps, so that a crash between any two does no harm. Does not know: when to push (publisher).
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from refine.storage.dataset.folder import COMPACT, COUNTED, Dataset, companions, from_parquet, shard_key, shard_name
from refine.storage.dataset.source import RETRIES, read_ahead
from refine.storage.dataset.stats import FILE, Stats, read_stats
from refine.storage.errors import DamagedError, StorageError
from refine.storage.hub import HubDataset, HubError, RepoMissingError
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from refine.storage.pictures.transactions import PictureTransactions

log = logging.getLogger(__name__)

MOST_SESSIONS, MOST_BYTES = 200, 64 * 2**20
"""In one commit; the rest goes with the next."""

CONFLICTS = 6
"""So often another writer may come first before the push waits as after any fault."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one push did: sessions that arrived, withdrawals that were carried out, and whether more waits.

    `fault` is a sentence on a session that could not be read here, and kept no other back; empty if there is none.
    """

    pushed: int = 0
    withdrawn: int = 0
    more: bool = False
    fault: str = ""


class Push:
    """Brings one Hub dataset to what the journal says, a batch at a time. `written` is told of every commit made.

    Who has withdrawn at another server, as the Hub dataset says, is removed here as well.
    """

    def __init__(
        self,
        hub: HubDataset,
        journal: Journal,
        transactions: PictureTransactions,
        dataset: Dataset,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._hub = hub
        self._journal = journal
        self._transactions = transactions
        self._dataset = dataset
        self._outbox = Outbox(journal, hub.repo)
        self._written = written
        self._seen: tuple[str, set[str]] = "", set()
        self._looked = ""

    def once(self) -> Sent:
        """Send one batch. Raises `StorageError` (`HubError` from the Hub); then nothing is marked, and again is safe."""
        for attempt in range(CONFLICTS):
            try:
                return self._attempt()
            except HubError as fault:
                if not fault.conflict or attempt == CONFLICTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.2 * 2**attempt))  # two writers must not keep step
        raise AssertionError("unreachable")

    def look(self) -> bool:
        """Remove here who has withdrawn at another server, also if there is nothing to send. Says whether anybody has.

        Raises `HubError`. If nothing was written since the last look, it is one small request.
        """
        try:
            head = self._hub.head()
            if head == self._looked:
                return False
            stats = read_stats(self._hub.read(FILE, head))
        except RepoMissingError:
            return False  # not made yet; if it was removed, the next push says so
        except ValueError:
            stats = Stats()  # damaged: the next push says so
        found = self._remove_elsewhere(stats)
        self._looked = head
        return found

    def _remove_elsewhere(self, stats: Stats) -> bool:
        elsewhere = stats.withdrawn_of(self._journal.finished_ids())
        for session_id in elsewhere:
            log.warning("Session %s was withdrawn at another server, and is removed here too", session_id)
            self._transactions.remove(session_id)
            self._dataset.remove_session(session_id)
        return bool(elsewhere)

    def _attempt(self) -> Sent:
        waiting, withdrawn = self._outbox.waiting(), self._outbox.withdrawals()
        batch, shards, fault = self._batch(waiting)
        if not batch and not withdrawn:
            return Sent(fault=fault)
        try:
            head = self._hub.head()
        except RepoMissingError:
            if self._outbox.used():  # it was there once: whoever removed it meant it
                raise
            self._hub.create()
            head = self._hub.head()

        # Look first: an answer that was lost last time may have been a success, and another server may have sent the
        # same session under another name, as it was finished there.
        names = self._names(head)
        there = {_of(name) for name in names}
        new = {name: path for name, path in shards.items() if _of(name) not in there}
        gone = sorted(name for name in names if shard_key(name) in set(withdrawn))
        before = self._hub.read(FILE, head)
        stats = self._stats(before, names, head)
        if stats.compacted:
            raise StorageError(
                f"{self._hub.repo} is a compacted copy, made for reading: nothing can be added to it or withdrawn from "
                "it. Set REFINE_DATASET_REPO to the dataset that it was made from, or to a new one."
            )
        if self._remove_elsewhere(stats):
            return self._attempt()
        stats = self._dataset.counted(stats, [name for name in batch if self._is_new(name, new)])
        stats = self._counted(stats, gone, head, sign=-1).with_withdrawn(withdrawn)
        # Those who come now may have agreed to an earlier text than today's.
        stats = stats.with_consents(self._dataset.stored().consents).with_consents(self._dataset.notice.consents)

        commit = ""
        if new or gone or stats.to_json() != before:
            # What is removed may be in the history: the mark says so to the next attempt, if this one ends in between.
            self._outbox.begin([*batch, *{shard_key(name) for name in gone}])
            own = {name: path for name, path in new.items() if not name.startswith("data/targets/")}
            self._outbox.ship((shard_key(name), path.read_bytes()) for name, path in own.items())
            beside = companions(stats, self._dataset.notice, self._hub.repo)
            self._written()
            commit = self._hub.commit(_summary(new, gone), head, {**new, **beside}, gone)
            self._seen = commit, {*names, *new} - {*gone}
        erased = commit
        if withdrawn and (gone or self._outbox.ever_sent(withdrawn)):
            erased = commit or head  # the squash is remembered too
            self._written()
            self._hub.erase_history()
            self._hub.erase_large_files(set(withdrawn), self._outbox.shipped(withdrawn))
        self._outbox.done(batch, Errand.PUSH, commit)
        self._outbox.done(withdrawn, Errand.WITHDRAW, erased)
        return Sent(len(batch), len(withdrawn), more=0 < len(batch) < len(waiting), fault=fault)

    def _batch(self, waiting: list[str]) -> tuple[list[str], dict[str, Path], str]:
        batch: list[str] = []
        shards: dict[str, Path] = {}
        size = 0
        damaged: DamagedError | None = None
        unreadable = ""
        for session_id in waiting:
            if len(batch) == MOST_SESSIONS:
                break
            try:
                found = self._dataset.shards_of(session_id)
            except DamagedError as fault:
                damaged = fault
                continue
            except StorageError as fault:
                unreadable = f"Session {session_id} was not pushed. {fault}"
                log.error("%s", unreadable)
                continue
            size += sum(path.stat().st_size for path in found.values())
            if batch and size > MOST_BYTES:
                break
            if found:  # not written to the folder yet: next time
                batch.append(session_id)
                shards.update(found)
        if damaged is not None:  # all that are have been found, and are written anew before the next attempt
            raise damaged
        return batch, shards, unreadable

    def _names(self, head: str) -> set[str]:
        """The files of a commit, listed only if it is not our own: of thousands that takes many requests."""
        if self._seen[0] != head:
            self._seen = head, set(self._hub.names(head))
        return self._seen[1]

    def _stats(self, content: bytes | None, names: set[str], head: str) -> Stats:
        if content is None:  # a dataset that begins now, with those who withdrew before; or somebody removed the file
            shards = sorted(name for name in names if name.startswith(("data/sessions/", "data/iterations/")))
            compacted = any(shard_key(name) == COMPACT for name in shards)
            begun = Stats(withdrawn=self._dataset.stored().withdrawn, compacted=compacted)
            return begun if compacted else self._counted(begun, shards, head, retries=RETRIES)
        try:
            return read_stats(content)
        except ValueError as fault:
            raise StorageError(
                f"{FILE} in the dataset {self._hub.repo} is damaged ({fault}). Restore it from the dataset's history. If "
                "that cannot be, delete it there: then all rows are counted anew, but not who withdrew at other servers."
            ) from fault

    def _is_new(self, session_id: str, new: dict[str, Path]) -> bool:
        return any(name.startswith("data/sessions/") and shard_key(name) == session_id for name in new)

    def _counted(self, stats: Stats, shards: list[str], head: str, sign: int = 1, retries: int = 0) -> Stats:
        """The stats with the sessions of these shards of a commit more or less."""
        rows: dict[str, dict[str, list]] = {}
        for name, content in read_ahead(partial(self._shard, head=head, retries=retries), shards):
            config = name.split("/")[1]
            columns = COUNTED if config == "iterations" else None
            if content is None:
                continue
            try:
                rows.setdefault(shard_key(name), {})[config] = from_parquet(config, content, columns)
            except DamagedError as fault:
                log.error("%s of %s may be counted wrongly: %s %s", FILE, self._hub.repo, name, fault)
        for found in rows.values():
            for session in found.get("sessions", []):
                stats = stats.add(session, found.get("iterations", []), sign)
        return stats

    def _shard(self, name: str, head: str, retries: int) -> bytes | None:
        """A shard of a commit, or the same from the folder."""
        with suppress(OSError):
            content = (self._dataset.folder / name).read_bytes()
            if shard_name(name.split("/")[1], shard_key(name), content) == name:
                return content
        return self._hub.read(name, head, retries)


def _of(name: str) -> tuple[str, str]:
    """The config of a shard, and what it is of."""
    return name.rpartition("/")[0], shard_key(name)


def _summary(new: dict[str, Path], gone: list[str]) -> str:
    # Neither says which session: a commit's title cannot be taken back as easily as a file.
    added = sum(name.startswith("data/sessions/") for name in new)
    words = [f"Add {added} session{'s' * (added != 1)}"] if added else []
    words += ["Remove what was withdrawn"] if gone else []
    return ", ".join(words) or "Bring the card up to date"
