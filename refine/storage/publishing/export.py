"""Export: a folder is brought to what the journal says, whatever is in it already.

Knows: what is missing and what is too much. Does not know: how rows are made (records), or who asks.
"""

from collections.abc import Callable, Iterable

from refine.storage.dataset.folder import Dataset
from refine.storage.dataset.stats import FILE, Stats
from refine.storage.disk import keep_file
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Outbox
from refine.storage.pictures.folder import Pictures
from refine.storage.targets import TargetSet


def export(
    journal: Journal,
    pictures: Pictures,
    targets: TargetSet,
    own: Dataset,
    dataset: Dataset,
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> int:
    """Write the finished sessions that `dataset` has not, and remove those that were withdrawn. Returns how many came.

    `own` is the dataset of the data folder (it may be `dataset`): it has the targets of earlier protocols, earlier consent
    texts, and who withdrew before the journal was restored. Raises `StorageError` in the end if a session could not be
    written: it keeps no other back.
    """
    if dataset.compacted():
        raise StorageError(f"{dataset.folder} is a compacted copy, made for reading: nothing can be added to it.")
    if dataset.folder != own.folder:
        for name, shard in own.target_shards().items():
            if not (dataset.folder / name).exists():
                keep_file(dataset.folder / name, shard.read_bytes())
        if not (dataset.folder / FILE).exists():
            before = own.stats()
            seed = Stats(consents=before.consents, withdrawn=before.withdrawn)
            keep_file(dataset.folder / FILE, seed.to_json())
    withdrawn = Outbox(journal, "").withdrawn()
    for session_id in withdrawn & dataset.traces():
        dataset.remove_session(session_id)
    written = dataset.session_ids()
    missing = [session_id for session_id in journal.finished_ids() if session_id not in written]
    fault: StorageError | None = None
    come = 0
    for session_id in progress(missing):
        session = journal.session_by_id(session_id)
        if session is None:  # withdrawn in between
            continue
        try:
            dataset.write_session(session, journal.protocol(session.protocol_hash), targets, pictures)
            come += 1
        except StorageError as this:
            if journal.session_by_id(session_id) is not None:  # who withdraws just now takes the pictures away
                fault = this
    dataset.write_companions(dataset.session_ids() - written, sorted(withdrawn))
    if fault is not None:
        raise StorageError(f"{come} of {len(missing)} sessions were written to {dataset.folder}. {fault}") from fault
    return come
