"""Publication: a finished session becomes rows of the dataset, in a local folder and, if set, on the Hub.

Knows: what is published when, and that nobody waits for it. Does not know: what shards look like (storage).
"""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from refine.storage.dataset import Dataset
from refine.storage.errors import StorageError
from refine.storage.hub import push, retract
from refine.storage.journal import Journal
from refine.storage.pictures import Pictures
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)


class Publisher:
    """Writes what is finished and not written yet, one thing at a time, in the background.

    A fault is logged and leaves the session in the journal: the next finished session, or the next start, tries
    again. With `repo` (`owner/name`) and `token` the folder is pushed to the Hub after each change.
    """

    def __init__(
        self,
        journal: Journal,
        dataset: Dataset,
        targets: TargetSet,
        pictures: Pictures,
        repo: str = "",
        token: str | None = None,
    ) -> None:
        self._journal = journal
        self._dataset = dataset
        self._targets = targets
        self._pictures = pictures
        self._repo = repo
        self._token = token
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publication")
        self._futures: set[Future[None]] = set()
        self._lock = threading.Lock()

    def publish(self) -> None:
        """Publish all finished sessions that are not published yet. Returns at once."""
        self._submit(None)

    def remove(self, session_id: str) -> None:
        """Remove a withdrawn session from the dataset, here and on the Hub. Returns at once."""
        self._submit(session_id)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all is published, at most `timeout` seconds. Says whether that is so."""
        with self._lock:
            futures = list(self._futures)
        return not wait(futures, timeout).not_done

    def close(self) -> None:
        """Finish what is being published."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _submit(self, withdrawn: str | None) -> None:
        with self._lock:
            future = self._worker.submit(self._run, withdrawn)
            self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _run(self, withdrawn: str | None) -> None:
        try:
            if withdrawn is not None:
                self._dataset.remove_session(withdrawn)
                if self._repo and self._token:
                    retract(withdrawn, self._repo, self._token)
            written = self._dataset.session_ids()
            for session_id in self._journal.finished_ids():
                if session_id not in written:
                    self._write(session_id)
            if self._repo and self._token:
                push(self._dataset.folder, self._repo, self._token)
        except StorageError as fault:
            log.error("Publishing failed, and will be tried again: %s", fault)
        except Exception:
            log.exception("Publishing failed, and will be tried again")

    def _write(self, session_id: str) -> None:
        session = self._journal.session_by_id(session_id)
        if session is not None:  # not withdrawn in between
            protocol = self._journal.protocol(session.protocol_hash)
            self._dataset.write_session(session, protocol, self._targets, self._pictures)
