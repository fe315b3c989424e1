"""The files of the backup: a session before it is in the dataset, its drawings, and the note of a withdrawal.

Knows: what they are called and say, and how to read them back. Does not know: which of them are wanted (backup).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter, ValidationError

from refine.protocol import Protocol, Session, read_protocol
from refine.storage.dataset.source import Source
from refine.storage.errors import DamagedError
from refine.storage.journal.journal import Request
from refine.storage.pictures.folder import read_pixels

log = logging.getLogger(__name__)

FOLDERS = ("sessions/", "pictures/", "withdrawn/")
"""Of the backup; what else is in the repository is somebody else's."""

LEFT_OUT = "A session is not restored: %s in %s is damaged (%s). It stays there"


def _read(stored: Any) -> Protocol:
    if isinstance(stored, Protocol):
        return stored
    try:
        return read_protocol(stored)
    except (KeyError, TypeError) as fault:
        raise ValueError(f"it is no protocol ({fault!r})") from fault


Conditions = Annotated[Protocol, BeforeValidator(_read), PlainSerializer(lambda protocol: protocol.conditions)]
"""A protocol, which a file has as its conditions."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the journal knows of a session. `requests` are drawings asked for and not made yet."""

    protocol: Conditions
    session: Session
    requests: tuple[Request, ...]

    def to_json(self) -> bytes:
        """The content of its file."""
        return _SNAPSHOT.dump_json(self)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What is left of a session that the dataset must still be rid of."""

    session_id: str
    protocol: Conditions
    at: datetime

    def to_json(self) -> bytes:
        """The content of its file."""
        return _WITHDRAWAL.dump_json(self)


_SNAPSHOT, _WITHDRAWAL = TypeAdapter(Snapshot), TypeAdapter(Withdrawal)


def facts_file(session_id: str) -> str:
    """The name of a session's file."""
    return f"sessions/{session_id}-facts.json"


def ended_file(session_id: str) -> str:
    """The name of a session's file once it has finished."""
    return f"sessions/{session_id}-ended.json"


def withdrawn_file(session_id: str) -> str:
    """The name of the note of a withdrawal."""
    return f"withdrawn/{session_id}-note.json"


def drawing_file(session_id: str, pixels: str) -> str:
    """The name of a drawing's file."""
    return f"pictures/{session_id}-{pixels}.png"


def sealed(session_id: str, drawing: bytes) -> bytes:
    """A drawing as the backup has it.

    Of two drawings with the same content the Hub keeps one, and erases it with the first to go: none has the same.
    """
    return drawing + _seal(session_id)


def pixels_of(session: Session) -> list[str]:
    """The pixel hashes of a session's drawings."""
    return sorted({iteration.picture for trial in session.trials for iteration in trial.iterations})


def read_snapshot(
    source: Source, path: str, lacking: Callable[[Session], Iterable[str]]
) -> tuple[bytes, Snapshot, list[bytes]] | None:
    """A session's file at `path`, what it says, and those of its drawings that are `lacking`.

    `None`, and a word of it in the log, if something is damaged. Raises `StorageError` if it cannot be read.
    """
    try:
        content = source.read(path)
        snapshot = _SNAPSHOT.validate_json(content)
        session = snapshot.session
        drawings = {
            pixels: source.read(drawing_file(session.id, pixels)).removesuffix(_seal(session.id))
            for pixels in lacking(session)
        }
        if [read_pixels(drawing) for drawing in drawings.values()] != list(drawings):
            raise DamagedError("a drawing of it is another picture")
    except (ValidationError, DamagedError) as fault:
        # Not what the session says: its key is in it, and a log is read by more people.
        reason = "it does not say what a session should" if isinstance(fault, ValidationError) else fault
        log.error(LEFT_OUT, path, source.place, reason)
        return None
    return content, snapshot, list(drawings.values())


def read_withdrawal(source: Source, path: str) -> Withdrawal | None:
    """The note of a withdrawal; `None`, and a word of it in the log, if it is damaged. Raises `StorageError`."""
    try:
        return _WITHDRAWAL.validate_json(source.read(path))
    except (ValidationError, DamagedError) as fault:
        log.error("A withdrawal is not known any more: %s in %s is damaged (%s)", path, source.place, fault)
        return None


def _seal(session_id: str) -> bytes:
    return f"\n{session_id}".encode()
