"""Putting a study together: settings in, a running study out.

Knows: which class serves which purpose. Does not know: what any of them does.
"""

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import get_token

from refine.analysis.simulate import simulate
from refine.drawing.service import DrawingService
from refine.flow.consent import Consent
from refine.flow.vocabulary import Vocabulary
from refine.generation.generator import GenerationError
from refine.live.downloads import Downloads
from refine.live.results import LiveResults, Selection
from refine.live.rows import FixedRows, JournalRows
from refine.metrics import METRICS
from refine.profiles import ASSETS, PROFILES
from refine.protocol import DrawingSettings, Protocol, fixed_rounds
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
from refine.storage.hub_targets import fetch_targets
from refine.storage.journal.engine import DatabaseLock
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from refine.storage.publishing.publisher import Publisher
from refine.storage.targets import load_targets
from refine.study import Study
from refine.web.access import Access

if TYPE_CHECKING:
    from refine.generation.pipeline import PipelineGenerator

log = logging.getLogger(__name__)


class StartError(Exception):
    """The study cannot start. The message says why and what to do."""


def drawing_settings(settings: Settings) -> DrawingSettings:
    """What every drawing of this study depends on besides its prompt."""
    default = PROFILES[settings.profile].drawing
    return replace(
        default,
        seed=settings.seed,
        steps=settings.steps,
        guidance_scale=settings.guidance_scale,
        width=settings.size or default.width,
        height=settings.size or default.height,
    )


def targets_folder(settings: Settings) -> Path:
    """Where the target pictures are, or will be once drawn.

    A target is drawn with the protocol's own settings, so the embedded ones serve only the profile's defaults.
    Raises `StartError` if `REFINE_TARGETS` names a Hub dataset that cannot be had.
    """
    profile = PROFILES[settings.profile]
    drawing = drawing_settings(settings)
    if settings.targets:
        folder = Path(settings.targets)
        try:
            return folder if folder.exists() else fetch_targets(settings.targets)
        except StorageError as fault:
            raise StartError(f"REFINE_TARGETS cannot be used. {fault}") from fault
    if profile.targets is not None and drawing == profile.drawing:
        return profile.targets
    how = f"seed{drawing.seed}-{drawing.steps}steps-cfg{drawing.guidance_scale:g}"
    return settings.data_dir / "targets" / f"{settings.profile}-{drawing.width}px-{how}"


def read_consent(settings: Settings) -> Consent:
    """What participants agree to, with the licence that is set."""
    licence = settings.dataset_license.upper().replace("-", " ")
    return Consent((ASSETS / "consent.md").read_text().replace("{licence}", licence))


def open_generator(settings: Settings) -> "PipelineGenerator":
    """The pipeline with its weights, ready to draw. Raises `StartError`."""
    # Imported here: torch and diffusers take seconds, in which the page can be served already.
    from refine.generation.pipeline import PipelineGenerator

    profile = PROFILES[settings.profile]
    try:
        return PipelineGenerator(profile.pipeline, drawing_settings(settings), token=get_token())
    except GenerationError as fault:
        raise StartError(str(fault)) from fault


def database_url(settings: Settings) -> str:
    """The SQLAlchemy url of the journal: the one that is set, or a SQLite file in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.data_dir / 'journal.sqlite'}"


def open_journal(settings: Settings) -> Journal:
    """The journal of the data folder. Raises `StartError`."""
    try:
        make_folder(settings.data_dir)
        return Journal(database_url(settings))
    except StorageError as fault:
        raise StartError(str(fault)) from fault


def open_backup(settings: Settings, journal: Journal, pictures: Pictures) -> Backup | None:
    """What keeps unfinished sessions on the Hub, if that is set; those that are there already are restored first.

    Raises `StartError` without a token. If nothing can be restored now, that is logged, and they stay where they are.
    """
    token = get_token()
    if not settings.replica:
        return None
    if token is None:
        raise StartError("REFINE_REPLICA is set, but there is no token: set HF_TOKEN to one with write access.")
    backup = Backup(HubDataset(settings.replica, token), journal, pictures, settings.dataset_repo)
    try:
        log.info("%d sessions were restored from %s", backup.restore(), settings.replica)
    except StorageError as fault:
        log.error("Sessions could not be restored from %s yet; this is tried again: %s", settings.replica, fault)
    return backup


def restore_finished(settings: Settings, journal: Journal, pictures: Pictures, dataset: Dataset) -> None:
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
        come = restore(source, journal, pictures, dataset, settings.dataset_repo)
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
    and what is prepared for download."""

    study: Study
    drawing_service: DrawingService
    publisher: Publisher
    backup_worker: BackupWorker | None
    results: LiveResults
    simulated: LiveResults
    downloads: Downloads
    locks: tuple[FolderLock, DatabaseLock]

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
    """All but the weights, in a second.

    Raises `StartError` with a sentence that says what is missing, or that another server has the data folder.
    """
    profile = PROFILES[settings.profile]
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
    journal = open_journal(settings)
    try:
        targets = load_targets(targets_folder(settings), drawing_settings(settings))
        targets.check(drawing_settings(settings), settings.trials)
        pictures = Pictures(settings.data_dir / "pictures")
        consent = read_consent(settings)
        notice = Notice(settings.dataset_license, {consent.version: consent.text})
        dataset = Dataset(settings.data_dir / "dataset", notice)
        dataset.recover()
        backup = open_backup(settings, journal, pictures)
        restore_finished(settings, journal, pictures, dataset)
        protocol = Protocol(
            profile=settings.profile,
            trials=settings.trials,
            stopping=fixed_rounds(settings.iterations),
            arms=tuple(settings.arms.split(",")),
            drawing=drawing_settings(settings),
            metrics=tuple(settings.weights_by_metric),
            measures=tuple(METRICS[metric_id].conditions for metric_id in settings.weights_by_metric),
        )
        drawing_service = DrawingService(protocol.hash, targets, journal, pictures)
        publisher = Publisher(journal, dataset, targets, pictures, settings.dataset_repo, get_token())
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
    backup_worker = None if backup is None else BackupWorker(backup, publisher.publish)
    metrics = {info.id: info for info in study.metrics}
    subjects = {target.id: target.subject for target in targets.targets.values()}
    imagined = simulate(study.metrics, sessions=200, trials=settings.trials, iterations=settings.iterations)
    imagined = imagined.assign(profile="simulated", protocol="simulated", subject="any", date="2000-01-01")
    results, fiction = LiveResults(JournalRows(journal, subjects), METRICS), LiveResults(FixedRows(imagined), metrics)
    downloads = Downloads(settings.data_dir / "downloads", journal.withdrawal_count)
    downloads.start()
    return Services(study, drawing_service, publisher, backup_worker, results, fiction, downloads, locks)


def load_models(drawing_service: DrawingService, settings: Settings) -> None:
    """Load the weights, and let the drawing service begin. Raises `StartError` with a sentence that says what is missing."""
    try:
        metrics = [open_metric(*metric) for metric in settings.weights_by_metric.items()]
    except MetricError as fault:
        raise StartError(str(fault)) from fault
    drawing_service.use_models(open_generator(settings), Panel(metrics))


def on_space() -> bool:
    """Whether this is a Space, by the signs that Gradio goes by: elsewhere its sign-in is a mock that lets everybody in."""
    return os.environ.get("SYSTEM") == "spaces" and bool(os.environ.get("SPACE_ID"))


def admin_access(settings: Settings) -> Access:
    """Who may see the state of the push: whoever has the admin token, and on a Space with sign-in its owner."""
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    signs_in = on_space() and bool(os.environ.get("OAUTH_CLIENT_ID"))
    return Access(token, os.environ.get("SPACE_AUTHOR_NAME", "") if signs_in else "")
