"""For researchers: export, push, verify, restore, compact the dataset, and withdraw a session.

Knows: the commands. Does not know: how any of them is done.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from huggingface_hub import get_token
from tqdm import tqdm

from refine.configuration import StartError, open_journal, read_consent, target_settings, targets_folder
from refine.settings import Settings, SettingsError, read_settings
from refine.storage.backup.restore import restore
from refine.storage.dataset.card import Notice
from refine.storage.dataset.compact import compact
from refine.storage.dataset.folder import Dataset
from refine.storage.dataset.source import open_source
from refine.storage.dataset.verify import verify
from refine.storage.errors import StorageError
from refine.storage.hub import HubDataset
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from refine.storage.pictures.folder import Pictures
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.publishing.export import export
from refine.storage.publishing.push import Push, Sent
from refine.storage.publishing.rate_limit import ERASING, Limits, RateLimit
from refine.storage.publishing.withdrawal import session_of_code, withdraw
from refine.storage.targets import load_targets


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0 done and all well, 1 not, 2 wrong use."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return int(given.run(given, read_settings()))
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return 2
    except (StartError, StorageError) as fault:
        print(fault, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m refine.storage", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    source = "folder, or Hub dataset owner/name; default: REFINE_DATASET_REPO, else the data folder's dataset"
    command = commands.add_parser("export", help="write all finished sessions as a dataset into a folder")
    command.add_argument("folder", type=Path, help="new, or one that was exported to before")
    command.set_defaults(run=_export)
    command = commands.add_parser("push", help="send what waits to the Hub dataset now; a running server may go on")
    command.add_argument(
        "--again", action="store_true", help="look for every session there, as after a deleted dataset"
    )
    command.set_defaults(run=_push)
    command = commands.add_parser("verify", help="read a whole dataset and check hashes, rows, ranks and counts")
    command.add_argument("source", nargs="?", help=source)
    command.set_defaults(run=_verify)
    command = commands.add_parser("restore", help="bring a dataset's sessions into the journal of the data folder")
    command.add_argument("source", nargs="?", help=source)
    command.set_defaults(run=_restore)
    command = commands.add_parser("compact", help="copy a dataset, for reading, into fewer and larger shards")
    command.add_argument("source", help=source.split(";")[0])
    command.add_argument("folder", type=Path, help="new; nothing can be added to the copy or withdrawn from it")
    command.set_defaults(run=_compact)
    command = commands.add_parser(
        "withdraw",
        help="remove a session here and from the Hub dataset, its history as well; from the replica (REFINE_REPLICA) "
        "the server removes it: within seconds if it runs, else at its next start",
    )
    command.add_argument("code", metavar="CODE", help="the participant's withdrawal code")
    command.set_defaults(run=_withdraw)
    return parser


def _export(given: argparse.Namespace, settings: Settings) -> int:
    journal, dataset = _known_journal(settings), _dataset(settings, given.folder)
    if not dataset.compacted():
        dataset.unmark_damaged()
    written = _write(journal, dataset, settings)
    print(f"{written} sessions were written to {given.folder}, which holds all that are finished.")
    return 0


def _push(given: argparse.Namespace, settings: Settings) -> int:
    journal = _known_journal(settings)
    dataset = _dataset(settings)
    _write(journal, dataset, settings)
    if given.again:
        Outbox(journal, settings.dataset_repo).forget()
    sent = _send(journal, dataset, settings)
    print(
        f"{sent.pushed} sessions are new or found in {settings.dataset_repo}, {sent.withdrawn} withdrawn ones were erased."
    )
    if sent.fault:
        print(sent.fault, file=sys.stderr)
    return 1 if sent.fault else 0


def _verify(given: argparse.Namespace, settings: Settings) -> int:
    where = given.source or settings.dataset_repo or str(settings.data_dir / "dataset")
    found = verify(open_source(where, get_token()), _bar)
    for sentence in found.wrong:
        print(sentence)
    rows = ", ".join(f"{count} {config}" for config, count in sorted(found.rows.items())) or "no rows"
    print(f"{where}: {found.shards} shards with {rows}. {len(found.wrong) or 'Nothing'} wrong.")
    return 1 if found.wrong else 0


def _restore(given: argparse.Namespace, settings: Settings) -> int:
    where = given.source or settings.dataset_repo or str(settings.data_dir / "dataset")
    repo = settings.dataset_repo if where == settings.dataset_repo else ""
    journal = open_journal(settings)
    come = restore(
        open_source(where, get_token()), journal, _transactions(journal, settings), _dataset(settings), repo, _bar
    )
    print(f"{come} sessions were restored from {where}. The journal has {len(journal.finished_ids())} finished ones.")
    return 0


def _compact(given: argparse.Namespace, settings: Settings) -> int:
    before, after = compact(open_source(given.source, get_token()), given.folder, _notice(settings), _bar)
    print(f"{before} shards became {after} in {given.folder}. {given.source} was not changed.")
    return 0


def _withdraw(given: argparse.Namespace, settings: Settings) -> int:
    journal = _known_journal(settings)
    dataset = _dataset(settings)
    session = session_of_code(journal, given.code)
    if session is None:
        print(
            f"In {settings.data_dir} there is no session with this code. It has three groups of four letters and digits.",
            file=sys.stderr,
        )
        return 1
    try:
        withdraw(session, _transactions(journal, settings), dataset)
    except StorageError as fault:
        print(
            f"It is not removed everywhere yet: {fault} The server goes on, or `export {dataset.folder}` does.",
            file=sys.stderr,
        )
        return 1
    print("The session was removed from this machine: journal, pictures and dataset.")
    if settings.dataset_repo:
        try:
            _send(journal, dataset, settings)
        except StorageError as fault:
            print(
                f"On the Hub it is not removed yet: {fault} The server goes on trying, or `push` does.", file=sys.stderr
            )
            return 1
        print(f"It was removed from {settings.dataset_repo} and its history, if it had been there.")
    else:
        Outbox(journal, "").done([session.id], Errand.WITHDRAW)
    if settings.replica:
        print(f"From {settings.replica} the server removes it: within seconds if it runs, else at its next start.")
    return 0


def _known_journal(settings: Settings) -> Journal:
    """The journal that is there: a mistyped data folder is not one."""
    if settings.database_url is None and not (settings.data_dir / "journal.sqlite").exists():
        raise StorageError(
            f"There is no journal in {settings.data_dir}. Set REFINE_DATA_DIR to the study's data folder."
        )
    return open_journal(settings)


def _transactions(journal: Journal, settings: Settings) -> PictureTransactions:
    return PictureTransactions(journal, Pictures(settings.data_dir / "pictures"))


def _write(journal: Journal, dataset: Dataset, settings: Settings) -> int:
    targets = load_targets(targets_folder(settings), target_settings(settings))
    return export(journal, Pictures(settings.data_dir / "pictures"), targets, _dataset(settings), dataset, _bar)


def _send(journal: Journal, dataset: Dataset, settings: Settings) -> Sent:
    """Push until nothing waits, as fast as is allowed."""
    token = get_token()
    if not settings.dataset_repo or not token:
        raise StorageError("Set REFINE_DATASET_REPO to owner/name, and HF_TOKEN to a token with write access.")
    outbox = Outbox(journal, settings.dataset_repo)
    ages = [(datetime.now(UTC) - at).total_seconds() for at in outbox.commit_times()]
    pace = RateLimit(Limits(), ages, time.monotonic())
    hub, transactions = HubDataset(settings.dataset_repo, token), _transactions(journal, settings)
    push = Push(hub, journal, transactions, dataset, lambda: pace.committed(time.monotonic()))
    pushed = withdrawn = 0
    while True:
        commits = ERASING if outbox.withdrawals() else 1
        wait = pace.next_at(time.monotonic(), commits) - time.monotonic()
        if wait > 0:
            print(f"Waiting {wait:.0f} s: the Hub allows only so many commits an hour.", file=sys.stderr)
            time.sleep(wait)
        sent = push.once()
        pushed, withdrawn = pushed + sent.pushed, withdrawn + sent.withdrawn
        if not sent.more:
            return Sent(pushed, withdrawn, fault=sent.fault)


def _dataset(settings: Settings, folder: Path | None = None) -> Dataset:
    return Dataset(folder or settings.data_dir / "dataset", _notice(settings))


def _notice(settings: Settings) -> Notice:
    text = read_consent(settings)
    return Notice(settings.dataset_license, {text.version: text.text})


def _bar(names: list[str]) -> Iterable[str]:
    return tqdm(names, unit="file", disable=None)  # no bar where nobody looks


if __name__ == "__main__":
    sys.exit(main())
