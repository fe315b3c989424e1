"""Putting a study together: settings in, a running study out.

Knows: which class serves which purpose. Does not know: what any of them does.
"""

import logging
from dataclasses import dataclass

import pandas as pd
from huggingface_hub import get_token

from refine.analysis.simulate import simulate
from refine.arms import needs_of
from refine.configuration import (
    StartError,
    database_url,
    drawing_settings,
    open_generator,
    open_journal,
    read_consent,
    target_settings,
    targets_folder,
)
from refine.drawing.service import DrawingService
from refine.flow.steps import STEPS
from refine.flow.vocabulary import Vocabulary
from refine.live.downloads import Downloads
from refine.live.results import LiveResults, Selection
from refine.live.rows import FixedRows, JournalRows
from refine.metrics import METRICS
from refine.profiles import PROFILES
from refine.protocol import Protocol, fixed_rounds
from refine.settings import Settings
from refine.similarity.catalogue import open_metric
from refine.similarity.metric import MetricError
from refine.similarity.panel import Panel
from refine.storage.backup.backup import Backup
from refine.storage.backup.restore import restore
from refine.storage.backup.worker import BackupWorker
from refine.storage.dataset.card import Notice
from refine.storage.dataset.folder import Dataset
from refine.storage.dataset.source import HubSource
from refine.storage.disk import FolderLock, hazard, is_wiped, keep_file, make_folder, survives
from refine.storage.errors import StorageError
from refine.storage.hub import HubDataset, RepoMissingError
from refine.storage.journal.engine import DatabaseLock
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.publishing.publisher import Publisher
from refine.storage.targets import load_targets
from refine.study import Study

log = logging.getLogger(__name__)


def make_backup(settings: Settings, journal: Journal, transactions: PictureTransactions) -> Backup | None:
    """What keeps unfinished sessions on the Hub, if that is set. Raises `StartError` without a token."""
    token = get_token()
    if not settings.replica:
        return None
    if token is None:
        raise StartError("REFINE_REPLICA is set, but there is no token: set HF_TOKEN to one with write access.")
    return Backup(HubDataset(settings.replica, token), journal, transactions, settings.dataset_repo)


def restore_unfinished(backup: Backup) -> None:
    """Sessions that a restart took come back. If that cannot be now, it is logged, and they stay where they are."""
    try:
        log.info("%d sessions were restored from %s", backup.restore(), backup.repo)
    except StorageError as fault:
        log.error("Sessions could not be restored from %s yet; this is tried again: %s", backup.repo, fault)


def restore_finished(settings: Settings, journal: Journal, transactions: PictureTransactions, dataset: Dataset) -> None:
    """On a new disk: finished sessions come back from the Hub dataset, so that results and balance of arms carry on.

    If not all can be restored now, that is logged, the study begins without them, and the next start goes on.
    """
    token = get_token()
    mark = settings.data_dir / ".restored"  # on this very disk: what is here already does not say that all is
    if not settings.dataset_repo or token is None:
        return
    if journal.finished_ids() and mark.exists() and mark.read_text() == settings.dataset_repo:
        return
    try:
        source = HubSource(HubDataset(settings.dataset_repo, token, reading=True))
        come = restore(source, journal, transactions, dataset, settings.dataset_repo)
        log.info("%d finished sessions were restored from %s", come, settings.dataset_repo)
        keep_file(mark, settings.dataset_repo.encode())
    except RepoMissingError:
        log.info("There is no dataset %s yet: it is made with the first finished session", settings.dataset_repo)
    except StorageError as fault:
        log.error(
            "Not all finished sessions could be restored; the next start or `python -m refine.storage restore` goes on: %s",
            fault,
        )


@dataclass(frozen=True, slots=True)
class Services:
    """What runs: the study, its drawing service (which waits for its models), the publisher, the backup, results, real and simulated,
    and what is prepared for download; and what they are made of."""

    settings: Settings
    journal: Journal
    transactions: PictureTransactions
    dataset: Dataset
    study: Study
    drawing_service: DrawingService
    publisher: Publisher
    backup: Backup | None
    backup_worker: BackupWorker | None
    results: LiveResults
    simulated: LiveResults
    downloads: Downloads
    locks: tuple[FolderLock, DatabaseLock]

    def start(self) -> None:
        """Begin, in an order that matters. Raises `StartError`."""
        try:
            # What a kill left half done goes before anything new is written.
            self.transactions.recover()
            self.dataset.recover()
            # What was lost comes back before anybody draws or is assigned: unfinished sessions first, which have their tokens.
            if self.backup is not None:
                restore_unfinished(self.backup)
            restore_finished(self.settings, self.journal, self.transactions, self.dataset)
            # Sessions refer to the protocol.
            self.study.start()
            # Drawings that were asked for, also those that came back, are made before new ones.
            self.drawing_service.start()
            # Only what is complete is sent: what came back is known by now.
            self.publisher.start()
            if self.backup_worker is not None:
                self.backup_worker.start()
            self.downloads.start()
        except StorageError as fault:
            raise StartError(str(fault)) from fault

    def warm_up(self) -> None:
        """Read the finished sessions, so that nobody who opens the results waits for that."""
        everything = Selection(self.study.protocol.hash)
        try:
            self.results.fit(everything)
            self.results.summary(everything)
        except StorageError as fault:
            log.error("The results could not be read yet, and will be when somebody looks at them: %s", fault)

    def close(self) -> None:
        """Finish what is being done, and stop."""
        self.study.close()
        if self.backup_worker is not None:
            self.backup_worker.close()
        self.downloads.close()
        self.results.close()
        self.simulated.close()
        for lock in self.locks:
            lock.release()


def open_services(settings: Settings) -> Services:
    """All but the weights, running, in a second.

    Raises `StartError` with a sentence that says what is missing, or that another server has the data folder.
    """
    locks = take_folder(settings)
    services = put_together(settings, open_journal(settings), locks)
    services.start()
    return services


def take_folder(settings: Settings) -> tuple[FolderLock, DatabaseLock]:
    """The data folder and the database, for this server alone; warnings of their disk are logged. Raises `StartError`."""
    try:
        make_folder(settings.data_dir)
        locks = FolderLock(settings.data_dir), DatabaseLock(database_url(settings))
    except StorageError as fault:
        raise StartError(str(fault)) from fault
    log.info("The data folder %s is on %s", settings.data_dir, survives(settings.data_dir))
    if is_wiped(settings.data_dir) and not settings.replica:
        log.warning(
            "Unfinished sessions, and withdrawals on their way, are lost with it. Set REFINE_REPLICA to a private dataset, "
            "or REFINE_DATA_DIR to persistent storage."
        )
    if settings.database_url is None and (danger := hazard(settings.data_dir)):
        log.warning("%s", danger)
    return locks


def protocol_of(settings: Settings) -> Protocol:
    """The conditions of the study that is set up."""
    metrics = settings.weights_by_metric
    drawing, target = drawing_settings(settings), target_settings(settings)
    return Protocol(
        profile=settings.profile,
        trials=settings.trials,
        stopping=fixed_rounds(settings.iterations),
        arms=tuple(settings.arms.split(",")),
        drawing=drawing,
        metrics=tuple(metrics),
        measures=tuple(METRICS[metric_id].conditions for metric_id in metrics),
        steps=tuple(STEPS),
        target_seed=None if settings.targets or target.seed == drawing.seed else target.seed,
    )


def put_together(settings: Settings, journal: Journal, locks: tuple[FolderLock, DatabaseLock]) -> Services:
    """All parts, of which none has begun. Raises `StartError`."""
    profile, protocol = PROFILES[settings.profile], protocol_of(settings)
    try:
        targets = load_targets(targets_folder(settings), protocol.target_drawing)
        targets.check(protocol.drawing, settings.trials)
        pictures = Pictures(settings.data_dir / "pictures")
        transactions = PictureTransactions(journal, pictures)
        consent = read_consent(settings)
        notice = Notice(settings.dataset_license, {consent.version: consent.text})
        dataset = Dataset(settings.data_dir / "dataset", notice)
        drawing_service = DrawingService(
            protocol.hash, targets, journal, transactions, mapped="maps" in needs_of(protocol.arms)
        )
        publisher = Publisher(journal, dataset, targets, transactions, settings.dataset_repo, get_token())
        study = Study(
            protocol=protocol,
            consent=consent,
            targets=targets,
            metrics=[METRICS[metric_id] for metric_id in settings.weights_by_metric],
            journal=journal,
            pictures=pictures,
            drawing_service=drawing_service,
            publisher=publisher,
            vocabulary=None if profile.vocabulary is None else Vocabulary.load(profile.vocabulary),
        )
    except (StorageError, ValueError) as fault:
        raise StartError(str(fault)) from fault
    backup = make_backup(settings, journal, transactions)
    subjects = {target.id: target.subject for target in targets.targets.values()}
    return Services(
        settings=settings,
        journal=journal,
        transactions=transactions,
        dataset=dataset,
        study=study,
        drawing_service=drawing_service,
        publisher=publisher,
        backup=backup,
        backup_worker=None if backup is None else BackupWorker(backup, publisher.publish),
        results=LiveResults(JournalRows(journal, subjects), METRICS),
        simulated=LiveResults(FixedRows(simulated_rows(study)), {info.id: info for info in study.metrics}),
        downloads=Downloads(settings.data_dir / "downloads", journal.withdrawal_count),
        locks=locks,
    )


def simulated_rows(study: Study) -> pd.DataFrame:
    """Rows of an imagined study with the same conditions, to look at before there are real ones."""
    protocol = study.protocol
    rows = simulate(study.metrics, sessions=200, trials=protocol.trials, iterations=study.rule.most, arms=protocol.arms)
    return rows.assign(profile="simulated", protocol="simulated", subject="any", date="2000-01-01")


def load_models(drawing_service: DrawingService, settings: Settings) -> None:
    """Load the weights, and let the drawing service begin. Raises `StartError` with a sentence that says what is missing."""
    try:
        metrics = [open_metric(*metric) for metric in settings.weights_by_metric.items()]
    except MetricError as fault:
        raise StartError(str(fault)) from fault
    drawing_service.use_models(open_generator(settings), Panel(metrics))
