"""Withdrawal by code: which session is meant, and its removal from this machine.

Knows: codes and their digests. Does not know: the Hub, which the next push erases it from.
"""

from refine.protocol import Session
from refine.storage.dataset.folder import Dataset
from refine.storage.dataset.records import withdrawal_digest
from refine.storage.journal.journal import Journal
from refine.storage.pictures.transactions import PictureTransactions


def session_of_code(journal: Journal, code: str) -> Session | None:
    """The session of a withdrawal code, however it was typed; also one that was restored from the dataset."""
    letters = "".join(character for character in code.upper() if character.isalnum())
    written = "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
    return journal.session_by_withdrawal_code(written) or journal.session_by_withdrawal_code(withdrawal_digest(written))


def withdraw(session: Session, transactions: PictureTransactions, dataset: Dataset) -> None:
    """Remove a session from journal, pictures and local dataset. Raises `StorageError`."""
    transactions.remove(session.id)
    dataset.remove_session(session.id)
    dataset.write_companions(withdrawn=[session.id])
