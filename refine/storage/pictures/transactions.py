"""Transactions of picture and row: a drawing's picture is on disk before its row, and goes when its row has gone, whenever the process ends.

Knows: the order in which row and file come and go. Does not know: who draws or withdraws, or when.

While only one of the two may be there, an empty file beside the picture says so (`.HASH.loose`). A start looks only at
these: a picture without such a note is never touched, whatever journal is opened.
"""

import fcntl
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from refine.files import fsync_folder
from refine.storage.disk import tidy
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures, read_pixels

log = logging.getLogger(__name__)


class PictureTransactions:
    """The rows of a journal and the files of its `pictures`. One for each process; safe to call from many threads."""

    def __init__(self, journal: Journal, pictures: Pictures) -> None:
        self.pictures = pictures
        self._journal = journal
        self._lock = threading.Lock()

    def recover(self) -> None:
        """Tidy up what the last process could not. Raises `StorageError`."""
        folder = self.pictures.folder
        with self._alone():
            tidy(folder)
            self._settle(note.name[1:].removesuffix(".loose") for note in folder.glob("??/.*.loose"))

    @contextmanager
    def adding(self, *files: bytes) -> Iterator[list[str]]:
        """Keep PNG files for the rows that are written inside. Gives their pixel hashes.

        A picture without such a row goes again. Raises `StorageError` if one is damaged or cannot be written.
        """
        pixels = [read_pixels(file) for file in files]
        with self._alone():
            self._note(pixels)
            try:
                for file in files:
                    self.pictures.add(file)
                yield pixels
            finally:
                self._tidy(pixels)

    def remove(self, session_id: str) -> None:
        """Remove a withdrawn session with its pictures, but for those that another session has too."""
        with self._alone():
            session = self._journal.session_by_id(session_id)
            if session is None:
                return
            pixels = {iteration.picture for trial in session.trials for iteration in trial.iterations}
            self._note(pixels)
            try:
                self._journal.delete_session(session_id)
            except StorageError:
                self._tidy(pixels)
                if self._journal.session_by_id(session_id) is not None:  # else only the database's answer was lost
                    raise
            else:
                self._tidy(pixels)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two participants can draw the same pixels: one must not withdraw them while the other's are being kept.

        Not even by a researcher's command beside the server.
        """
        folder = self.pictures.folder
        with self._lock, ExitStack() as opened:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                file = opened.enter_context((folder / ".keeping").open("a"))
            except OSError as fault:
                raise StorageError(f"{folder} cannot be written to: {fault.strerror}.") from fault
            with suppress(OSError):  # a disk without locks: the start has warned of it
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _note(self, pictures: Iterable[str]) -> None:
        notes = [self._loose(pixels) for pixels in pictures]
        try:
            for note in notes:
                note.parent.mkdir(parents=True, exist_ok=True)
                note.touch()
            for folder in {note.parent for note in notes}:
                fsync_folder(folder)
        except OSError as fault:
            raise StorageError(f"{self.pictures.folder} cannot be written to: {fault.strerror}.") from fault

    def _tidy(self, pictures: Iterable[str]) -> None:
        try:
            self._settle(pictures)
        except (StorageError, OSError) as fault:
            log.error("Tidying up pictures is left for the next start: %s", fault)

    def _settle(self, pictures: Iterable[str]) -> None:
        # A writer's turn comes when no commit is under way any more, not even one whose answer was lost.
        with self._journal.writing():
            for pixels in pictures:
                if not self._journal.has_picture(pixels):
                    self.pictures.delete(pixels)
                self._loose(pixels).unlink(missing_ok=True)

    def _loose(self, pixels: str) -> Path:
        return self.pictures.path(pixels).with_name(f".{pixels}.loose")
