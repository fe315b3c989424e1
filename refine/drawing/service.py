"""The drawing service: every drawing that was asked for is made, scored and kept, whoever is still watching.

Knows: how a request becomes an iteration on disk, and what is said when it cannot.
Does not know: whose turn it is (study), or how pictures, scores and rows come about.
"""

import logging
import threading
import time
from datetime import UTC, datetime

from refine.drawing.maps import Maps
from refine.drawing.scales import Scales
from refine.flow.state import Pending
from refine.generation.generator import GenerationError, Generator, Progress
from refine.generation.queue import DrawingQueue
from refine.protocol import Iteration
from refine.similarity.metric import MetricError
from refine.similarity.panel import Panel
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal, Request
from refine.storage.pictures.folder import png
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)

FAILURE = "The drawing could not be made. Your prompt is kept: please try again."


class DrawingService:
    """One line of drawings for all participants. Safe to call from many threads.

    If `mapped`, it is found out with the scores where each drawing differs.
    """

    def __init__(
        self,
        protocol_hash: str,
        targets: TargetSet,
        journal: Journal,
        transactions: PictureTransactions,
        mapped: bool = False,
    ) -> None:
        self._protocol_hash = protocol_hash
        self._targets = targets
        self._journal = journal
        self._transactions = transactions
        self._failures: dict[str, str] = {}
        self._asking = threading.Lock()
        self._idle = threading.Lock()
        self._mapped = mapped
        self.scales = Scales(targets, self._idle)
        self.maps = Maps(targets, transactions.pictures, self._idle)
        self._queue: DrawingQueue[Request] = DrawingQueue(self._draw)

    def start(self) -> None:
        """Take up the drawings that were asked for before the last stop. They wait until there are models to draw them.

        Only those of this protocol: under other conditions they would be drawn as their session does not say.
        """
        for request in self._journal.asked(self._protocol_hash):
            self._queue.submit(request)  # who asked is not on disk: all of these take turns as one client

    def use_models(self, generator: Generator, panel: Panel) -> None:
        """Begin to draw, with `generator`, and to score, by `panel`."""
        self._generator = generator
        self._panel = panel
        self.scales.start(panel)
        self.maps.start(panel)
        self._queue.open()

    def ask(self, trial_id: str, number: int, prompt: str, client: str = "") -> bool:
        """Ask for a drawing; it is on disk as a request when this returns. Drawings are made by turns of clients.

        Returns `False`, and does nothing, if this trial waits for a drawing already or has this iteration.
        """
        request = Request(trial_id, number, prompt, datetime.now(UTC))
        with self._asking:
            waiting = self._journal.asked_of(trial_id)
            if waiting is not None and self._queue.place(waiting) is None:
                self._journal.drop_request(waiting)  # it failed when not even that could be written
            if not self._journal.ask(request):
                return False
            self._failures.pop(trial_id, None)
            self._queue.submit(request, client)
            return True

    def pending(self, trial_id: str) -> Pending | None:
        """The drawing that this trial waits for, if any."""
        request = self._journal.asked_of(trial_id)
        place = None if request is None else self._queue.place(request)
        if request is None or place is None:
            return None
        return Pending(request.number, request.prompt, place.ahead, place.progress)

    def failure(self, trial_id: str) -> str:
        """A sentence for the participant if the last drawing of this trial failed, else empty."""
        return self._failures.get(trial_id, "")

    def remove(self, session_id: str) -> None:
        """Remove a withdrawn session with its drawings."""
        self._transactions.remove(session_id)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being drawn, at most `timeout` seconds. Says whether that is so."""
        return self._queue.join(timeout)

    def close(self) -> None:
        """Finish the drawing at hand. What else was asked for is made at the next start."""
        self.scales.close()
        self.maps.close()
        self._queue.close()

    def _draw(self, request: Request, progress: Progress) -> None:
        """Make a drawing; that it failed is told to whoever asked for it."""
        try:
            self._make(request, progress)
        except Exception as fault:
            known = isinstance(fault, GenerationError | MetricError | StorageError)
            log.error(
                "Drawing %d of trial %s failed: %s",
                request.number,
                request.trial_id,
                fault,
                exc_info=not known,
            )
            self._failures[request.trial_id] = FAILURE
            self._journal.drop_request(request)
            if self._journal.iteration(_id(request)) is not None:  # kept: only the database's answer was lost
                self._failures.pop(request.trial_id)

    def _make(self, request: Request, progress: Progress) -> None:
        trial = self._journal.trial(request.trial_id)
        if trial is None or self._journal.iteration(_id(request)) is not None:
            return  # withdrawn while it waited, or drawn by the server before this one
        with self._idle:
            drawing = self._generator.draw(request.prompt, progress)
            started = time.perf_counter()
            target = self._targets.picture(trial.target_id)
            (found,) = self._panel.compare(target, [drawing.picture], self._mapped)
            scoring_seconds = time.perf_counter() - started
        with self._transactions.adding(png(drawing.picture)) as (pixels,):
            if self._mapped:
                self.maps.keep(trial.target_id, pixels, found.where)
            self._journal.add_iteration(
                Iteration(
                    id=_id(request),
                    trial_id=trial.id,
                    number=request.number,
                    prompt=request.prompt,
                    unread=drawing.unread,
                    picture=pixels,
                    scores=found.scores,
                    drawing_seconds=drawing.seconds,
                    scoring_seconds=scoring_seconds,
                    asked_at=request.asked_at,
                    drawn_at=datetime.now(UTC),
                    provenance=drawing.provenance,
                )
            )


def _id(request: Request) -> str:
    """The id that the iteration will have."""
    return f"{request.trial_id}-{request.number:02d}"
