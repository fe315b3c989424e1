"""The verbs of the study: enrol, begin, draw, rank, withdraw. All rules on order live here.

Knows: what may come after what, and what each participant may see. Every call checks the token, the step and the
ownership itself: the page is not trusted.
Does not know: Gradio, SQL, or which weights draw and compare.
"""

import hashlib
import re
import secrets
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom

from PIL import Image

from refine.admission import MOST_IDLE, Admission
from refine.arms import check_arms
from refine.drawing.maps import Missing
from refine.drawing.service import DrawingService
from refine.flow.assignment import assign_arm, assign_targets
from refine.flow.consent import Consent
from refine.flow.prompt_rules import PromptError, clean_prompt
from refine.flow.state import State
from refine.flow.steps import THANKS, WELCOME, Progress, due, steps_of
from refine.flow.stopping import rule_of
from refine.flow.vocabulary import Vocabulary
from refine.metrics import MetricInfo, Scale
from refine.protocol import Protocol, Ranking, Session, Target, Trial, ranked
from refine.similarity.maps import Grid
from refine.storage.journal.enrolments import Enrolments
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from refine.storage.publishing.publisher import Publisher
from refine.storage.publishing.withdrawal import session_of_code
from refine.storage.targets import TargetSet

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that cannot be mistaken for one another when read aloud or written by hand."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
"""The form of a session's token: 24 random bytes in url-safe base64."""


STILL_LOOKING = timedelta(minutes=30)
"""So long after its beginning a session counts for the balance though nothing is drawn in it yet."""

BEGIN_ANEW = "Please begin a new one."
UNKNOWN = f"That session is not known here, or was withdrawn. {BEGIN_ANEW}"


class StudyError(Exception):
    """A call that the rules do not allow. The message is a sentence for the participant."""


class UnchangedOrderError(StudyError):
    """The ranking is the order in which the drawings were offered, and was not confirmed to be meant."""


class Study:
    """The study as it runs: one object for all participants, safe to call from many threads."""

    def __init__(
        self,
        *,
        protocol: Protocol,
        consent: Consent,
        targets: TargetSet,
        metrics: Sequence[MetricInfo],
        journal: Journal,
        pictures: Pictures,
        drawing_service: DrawingService,
        publisher: Publisher,
        vocabulary: Vocabulary | None = None,
        rng: Random | None = None,
    ) -> None:
        """Nothing happens yet; see `start`.

        Raises `ValueError`, with a sentence, if the protocol names a part that does not exist or lacks what it needs.
        """
        self.protocol = protocol
        self.consent = consent
        self.metrics = tuple(metrics)
        self.rule = rule_of(protocol.stopping)
        self.steps = steps_of(protocol.steps)
        maps = {"maps"} if any(info.apart is not None for info in metrics) else set()
        check_arms(protocol.arms, frozenset(maps | ({"scores"} if metrics else set())))
        self.vocabulary = vocabulary
        self._targets = targets
        self._journal = journal
        self._pictures = pictures
        self._drawing_service = drawing_service
        self._publisher = publisher
        self._rng = rng or SystemRandom()
        self._enrolment = threading.Lock()
        self._enrolments = Enrolments(journal)
        self._admission = Admission(self._enrolments)

    def start(self) -> None:
        """Keep the protocol, which all that is to come refers to."""
        self._journal.add_protocol(self.protocol)

    # ---- what a participant does, in order ---------------------------------------------------------------------

    def enrol(self, consent: bool, token: str = "", client: str = "") -> str:
        """Begin a session for whoever calls as `client`. Returns its secret token, the only key to it.

        A browser may bring the token: then asking again, also from another window, leads to the same session. Anything
        but `TOKEN` is replaced by a new one. Raises `StudyError` without consent, or if this client has begun too many
        and drawn nothing in them.
        """
        if not consent:
            raise StudyError("Please agree to take part first.")
        if not TOKEN.fullmatch(token or ""):
            token = secrets.token_urlsafe(24)
        with self._enrolment:
            if self._journal.session(_hash(token)) is not None:
                return token
            if not self._admission.admits(client):
                raise StudyError(
                    f"{MOST_IDLE} sessions have begun in your network in which nothing is drawn yet. Please go on with one "
                    "of them, or come back tomorrow."
                )
            session_id = uuid.uuid4().hex
            # Who leaves without a drawing is made up for: the arms are those of who took part.
            recent = _now() - STILL_LOOKING
            arm = assign_arm(self.protocol.arms, self._enrolments.arm_counts(self.protocol.hash, recent), self._rng)
            target_ids = assign_targets(
                self._targets.targets.values(),
                self._enrolments.target_counts(self.protocol.hash, recent),
                self.protocol.trials,
                self._rng,
            )
            trials = tuple(
                Trial(
                    id=f"{session_id}-{number:02d}",
                    session_id=session_id,
                    number=number,
                    target_id=target_id,
                    shuffled=tuple(self._rng.sample(range(1, self.rule.most + 1), self.rule.most)),
                )
                for number, target_id in enumerate(target_ids, start=1)
            )
            self._journal.add_session(
                Session(
                    id=session_id,
                    token_hash=_hash(token),
                    withdrawal_code="-".join(
                        "".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(3)
                    ),
                    protocol_hash=self.protocol.hash,
                    arm=arm,
                    consent_version=self.consent.version,
                    enrolled_at=_now(),
                    trials=trials,
                )
            )
            self._admission.began(client, session_id)
        return token

    def state(self, token: str | None) -> State:
        """Where the participant with this token stands. Never raises for a bad token: they are at the welcome."""
        if not token:
            return State(WELCOME)
        session = self._journal.session(_hash(token))
        if session is None:
            return State(WELCOME, notice=UNKNOWN)
        if session.finished_at is not None:
            last = session.trials[-1]
            return State(THANKS, session, last, self._targets.targets.get(last.target_id))
        trial = session.current
        target = None if trial is None else self._targets.targets.get(trial.target_id)
        if trial is None or target is None or session.protocol_hash != self.protocol.hash:
            return State(WELCOME, notice="The study has changed since you began. Please begin a new session.")
        pending = self._drawing_service.pending(trial.id)
        if pending is None:  # it may have been drawn since the session was read
            trial = self._journal.trial(trial.id) or trial
        return State(
            step=due(self.steps, Progress(session, trial, self.rule)),
            session=session,
            trial=trial,
            target=replace(target, prompt=""),
            pending=pending,
            notice=self._drawing_service.failure(trial.id),
            scale=self.scale(trial.target_id),
        )

    def begin(self, token: str, trial: int) -> State:
        """The participant has seen the target of trial number `trial`, and the rounds begin."""
        current = self._current(token, trial)
        self._journal.begin_trial(current.id, _now())
        return self.state(token)

    def draw(self, token: str, trial: int, number: int, prompt: str, client: str = "") -> State:
        """Ask for the drawing of round `number` of trial number `trial`. Returns at once; the server owns the rest.

        Clients take turns. Asking again for the same is harmless. Raises `StudyError` for a bad prompt or a round whose
        turn it is not.
        """
        current = self._current(token, trial)
        try:
            text = clean_prompt(prompt)
        except PromptError as fault:
            raise StudyError(str(fault)) from None
        if current.begun_at is None:
            raise StudyError("Please look at the target picture first.")
        done = len(current.iterations)
        if 1 <= number <= done:
            if current.iterations[number - 1].prompt == text:
                return self.state(token)
            raise StudyError(f"Round {number} is drawn already, perhaps in another window. This is where you stand.")
        if self.rule.must_stop(current.iterations):
            raise StudyError("All rounds are drawn. Please rank the drawings now.")
        if number != done + 1:
            raise StudyError(f"The next round is round {done + 1}.")
        asked = self._drawing_service.ask(current.id, number, text, client)
        state = self.state(token)
        if asked:
            return state
        if state.pending is not None and state.pending.prompt != text:
            raise StudyError("A drawing is being made already. Your new prompt can be drawn in the next round.")
        return state

    def rank(self, token: str, trial: int, order: Sequence[int], unchanged_is_meant: bool = False) -> State:
        """Keep the ranking of trial number `trial`: the numbers of all its rounds, the most similar first.

        Drawings of the same pixels are tied, at the place of the first of them: nobody orders them by lot. Sending the
        same ranking again is harmless. Raises `UnchangedOrderError` if the order is the one in which the drawings were
        offered and that is not said to be meant, and `StudyError` if it is no permutation.
        """
        session = self._session(token)
        done = next((t for t in session.trials if t.number == trial), None)
        if done is not None and done.ranking is not None:
            again = _ranking(done, order)
            if again is not None and again.order == done.ranking.order:
                return self.state(token)
        current = self._current(token, trial)
        if not self.rule.must_stop(current.iterations):
            raise StudyError(f"Please draw all {self.rule.label} before you rank them.")
        ranking, offered = _ranking(current, order), _ranking(current, current.offered)
        if ranking is None or offered is None:
            raise StudyError("A ranking needs every drawing exactly once. Please check the order and send it again.")
        all_alike = len(ranking.tied) == len(ranking.order) - 1
        if ranking.order == offered.order and not all_alike and not unchanged_is_meant:
            raise UnchangedOrderError(
                "This is the order in which the drawings were shuffled. Is it really your ranking?"
            )
        ends = current.number == len(session.trials)
        try:
            # Both or none: nobody comes back to a session that is ranked and has no end.
            with self._journal.writing():
                self._journal.add_ranking(current.id, ranking)
                if ends:
                    self._journal.finish(session.id, _now())
        finally:
            self._publisher.publish()  # also after a fault: it may be kept though the database's answer was lost
        return self.state(token)

    def withdraw(self, code: str) -> None:
        """Remove the session with this withdrawal code, and all that belongs to it.

        Raises `StudyError` if there is none.
        """
        session = session_of_code(self._journal, code)
        if session is None:
            raise StudyError("There is no session with this code. Please check it: it has three groups of four.")
        try:
            self._drawing_service.remove(session.id)
        finally:
            self._publisher.publish()

    # ---- what is shown ------------------------------------------------------------------------------------------

    def picture(self, pixel_hash: str) -> Image.Image:
        """A drawing by its pixel hash, RGB."""
        return self._pictures.open(pixel_hash)

    def target(self, target_id: str) -> Target | None:
        """A target with its hidden prompt: only for sessions that are finished. `None` if the study has it no longer."""
        return self._targets.targets.get(target_id)

    def scale(self, target_id: str) -> Mapping[str, Scale]:
        """The scale of each metric for this target, by id; empty as long as it is not made."""
        return self._drawing_service.scales.of(target_id)

    def where(self, target_id: str, pixel_hash: str) -> Grid | Missing:
        """The map of where a drawing differs from its target, or why there is none (yet)."""
        return self._drawing_service.maps.of(target_id, pixel_hash)

    def target_picture(self, target_id: str) -> Image.Image:
        """The picture of a target, RGB."""
        return self._targets.picture(target_id)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being drawn or published, at most `timeout` seconds each. Says whether that is so."""
        return self._drawing_service.join(timeout) and self._publisher.join(timeout)

    def close(self) -> None:
        """Finish the drawing at hand and stop. What was asked for is made at the next start."""
        self._drawing_service.close()
        self._publisher.close()

    # ---- rules ----------------------------------------------------------------------------------------------------

    def _session(self, token: str) -> Session:
        session = self._journal.session(_hash(token or ""))
        if session is None:
            raise StudyError(UNKNOWN)
        return session

    def _current(self, token: str, number: int) -> Trial:
        session = self._session(token)
        if session.protocol_hash != self.protocol.hash:
            raise StudyError("The study has changed since you began. Please begin a new session.")
        if session.current is None:
            raise StudyError("This session is finished. Thank you!")
        if session.current.number != number:
            raise StudyError("That picture is done already. This is where you stand.")
        return session.current


def _ranking(trial: Trial, order: Sequence[int]) -> Ranking | None:
    """This order of a trial's drawings, those of the same pixels tied; `None` if it is no order of them."""
    pixels = {iteration.number: iteration.picture for iteration in trial.iterations}
    try:
        given = [int(number) for number in order]
    except (TypeError, ValueError):
        return None
    return ranked(given, pixels, _now()) if sorted(given) == sorted(pixels) else None


def _hash(token: str) -> str:
    # Whatever a hand-made call gives for a token: it is nobody's.
    return hashlib.sha256(str(token).encode(errors="replace")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
