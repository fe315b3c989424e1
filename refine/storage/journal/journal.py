"""The journal: every fact of the study, on disk before anybody is told of it.

Knows: how the nouns become rows and come back. Does not know: which order is legal (study) or what files there are.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from refine.protocol import Iteration, Protocol, Ranking, Session, Trial, read_protocol
from refine.storage.errors import ContradictionError, StorageError
from refine.storage.journal import schema as t
from refine.storage.journal.engine import open_engine, plain_words, scrub
from refine.storage.journal.rows import read_frame, read_iteration, read_rankings, read_trials


@dataclass(frozen=True, slots=True)
class Request:
    """A drawing that was asked for and is not made yet. `asked_at` is UTC."""

    trial_id: str
    number: int
    prompt: str
    asked_at: datetime


def _insert_unless(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.Insert:
    """A row of `table`, each column a parameter of its name, unless a row that meets one of the conditions is there."""
    row = sa.select(*(sa.bindparam(column.name, type_=column.type) for column in table.columns))
    unless = row.where(*(~sa.exists().where(condition) for condition in conditions))
    return table.insert().from_select(list(table.columns), unless)


# The statements of a round are built once: building them takes longer than the database does to run them.
ASK = _insert_unless(
    t.requests,
    t.requests.c.trial_id == sa.bindparam("trial_id"),
    sa.and_(t.iterations.c.trial_id == sa.bindparam("trial_id"), t.iterations.c.number == sa.bindparam("number")),
).execution_options(preserve_rowcount=True)
DROP = t.requests.delete().where(
    t.requests.c.trial_id == sa.bindparam("trial_id"), t.requests.c.number == sa.bindparam("number")
)
DRAW = _insert_unless(t.iterations, t.iterations.c.id == sa.bindparam("id"))


class Journal:
    """All sessions of a data folder. Safe to call from many threads; a returned call is on disk.

    Every method raises `StorageError` if the database cannot do it; a `ContradictionError` if it is not to be done at all.
    """

    def __init__(self, url: str) -> None:
        """Open the database at the SQLAlchemy `url`, and make its tables if there are none."""
        self._engine = open_engine(url)
        # Threads wait here for their turn to write: SQLite would let them sleep and try again.
        self._turn = threading.Lock()
        self._mine = threading.local()  # the transaction in which this thread writes

    # ---- facts --------------------------------------------------------------------------------------------------

    def add_protocol(self, protocol: Protocol) -> None:
        """Keep the conditions of the study under their hash. Twice is harmless."""
        with self.writing() as connection:
            known = connection.execute(sa.select(t.protocols.c.hash).where(t.protocols.c.hash == protocol.hash)).first()
            if known is None:
                connection.execute(t.protocols.insert().values(hash=protocol.hash, protocol=protocol.conditions))

    def add_session(self, session: Session) -> None:
        """A participant enrolled: the session with its trials, nothing of them done yet. Twice is harmless."""
        with self.writing() as connection:
            known = connection.execute(sa.select(t.sessions.c.token_hash).where(t.sessions.c.id == session.id)).scalar()
            if known == session.token_hash:
                return
            connection.execute(
                t.sessions.insert(),
                {
                    "id": session.id,
                    "token_hash": session.token_hash,
                    "withdrawal_code": session.withdrawal_code,
                    "protocol_hash": session.protocol_hash,
                    "arm": session.arm,
                    "consent_version": session.consent_version,
                    "enrolled_at": session.enrolled_at,
                },
            )
            connection.execute(
                t.trials.insert(),
                [
                    {
                        "id": trial.id,
                        "session_id": session.id,
                        "number": trial.number,
                        "target_id": trial.target_id,
                        "shuffled": list(trial.shuffled),
                    }
                    for trial in session.trials
                ],
            )

    def begin_trial(self, trial_id: str, at: datetime) -> None:
        """The target was seen and the rounds began. Only the first time counts."""
        with self.writing() as connection:
            connection.execute(
                t.trials.update().where(t.trials.c.id == trial_id, t.trials.c.begun_at.is_(None)).values(begun_at=at)
            )

    def ask(self, request: Request) -> bool:
        """A drawing was asked for. `False` if the trial waits for one already or has this iteration."""
        with self.writing() as connection:
            return connection.execute(ASK, asdict(request)).rowcount == 1

    def asked(self, protocol_hash: str) -> list[Request]:
        """All drawings of this protocol that were asked for and are not made yet, the oldest first."""
        query = (
            sa.select(t.requests)
            .select_from(t.requests.join(t.trials).join(t.sessions))
            .where(t.sessions.c.protocol_hash == protocol_hash)
            .order_by(t.requests.c.asked_at)
        )
        with self.reading() as connection:
            return [Request(**row._mapping) for row in connection.execute(query)]

    def asked_of(self, trial_id: str) -> Request | None:
        """The drawing that this trial waits for."""
        with self.reading() as connection:
            row = connection.execute(sa.select(t.requests).where(t.requests.c.trial_id == trial_id)).first()
            return None if row is None else Request(**row._mapping)

    def drop_request(self, request: Request) -> None:
        """The drawing could not be made, and may be asked for anew."""
        with self.writing() as connection:
            connection.execute(DROP, {"trial_id": request.trial_id, "number": request.number})

    def add_iteration(self, iteration: Iteration) -> None:
        """A drawing was made: the iteration is kept, and not asked for any more. Twice is harmless."""
        with self.writing() as connection:
            connection.execute(DROP, {"trial_id": iteration.trial_id, "number": iteration.number})
            connection.execute(
                DRAW,
                {
                    "id": iteration.id,
                    "trial_id": iteration.trial_id,
                    "number": iteration.number,
                    "prompt": iteration.prompt,
                    "unread": iteration.unread,
                    "picture": iteration.picture,
                    "scores": dict(iteration.scores),
                    "drawing_ms": round(iteration.drawing_seconds * 1000),
                    "scoring_ms": round(iteration.scoring_seconds * 1000),
                    "asked_at": iteration.asked_at,
                    "drawn_at": iteration.drawn_at,
                    "provenance": asdict(iteration.provenance),
                },
            )

    def add_ranking(self, trial_id: str, ranking: Ranking) -> None:
        """A participant ranked the drawings of a trial. Writing the same twice is harmless."""
        with self.writing() as connection:
            known = read_rankings(connection, [trial_id]).get(trial_id)
            if known is not None and (known.order, known.tied) == (ranking.order, ranking.tied):
                return
            ids = {
                row.number: row.id
                for row in connection.execute(
                    sa.select(t.iterations.c.number, t.iterations.c.id).where(t.iterations.c.trial_id == trial_id)
                )
            }
            if set(ids) != set(ranking.order):
                raise ContradictionError("A ranking must hold every drawing of its trial exactly once.")
            connection.execute(
                t.ranks.insert(),
                [
                    {
                        "iteration_id": ids[number],
                        "trial_id": trial_id,
                        "rank": rank,
                        "ranked_at": ranking.ranked_at,
                        "tied": number in ranking.tied,
                    }
                    for rank, number in enumerate(ranking.order, start=1)
                ],
            )

    def finish(self, session_id: str, at: datetime) -> None:
        """The session is complete. Only the first time counts."""
        with self.writing() as connection:
            connection.execute(
                t.sessions.update()
                .where(t.sessions.c.id == session_id, t.sessions.c.finished_at.is_(None))
                .values(finished_at=at)
            )

    def delete_session(self, session_id: str) -> None:
        """Remove a withdrawn session; only the fact that one withdrew stays. Twice is harmless."""
        with self.writing() as connection:
            protocol = sa.select(t.sessions.c.protocol_hash).where(t.sessions.c.id == session_id)
            protocol_hash = connection.execute(protocol).scalar()
            if protocol_hash is None:
                return
            connection.execute(
                t.withdrawals.insert().values(
                    session_id=session_id, protocol_hash=protocol_hash, withdrawn_at=datetime.now(UTC)
                )
            )
            connection.execute(t.sessions.delete().where(t.sessions.c.id == session_id))
        scrub(self._engine)

    def add_withdrawal(self, session_id: str, protocol_hash: str, at: datetime) -> None:
        """A session was withdrawn that is not here, and does not come any more. Twice is harmless."""
        with self.writing() as connection:
            known = sa.select(t.withdrawals.c.session_id).where(t.withdrawals.c.session_id == session_id)
            if connection.execute(known).first() is None:
                connection.execute(
                    t.withdrawals.insert().values(session_id=session_id, protocol_hash=protocol_hash, withdrawn_at=at)
                )

    # ---- what is asked of it ------------------------------------------------------------------------------------

    def session(self, token_hash: str) -> Session | None:
        """The session of a token, with its trials, iterations and rankings."""
        return self._session(t.sessions.c.token_hash == token_hash)

    def session_by_withdrawal_code(self, code: str) -> Session | None:
        """The session of a withdrawal code."""
        return self._session(t.sessions.c.withdrawal_code == code)

    def trial(self, trial_id: str) -> Trial | None:
        """A trial with its iterations and ranking."""
        with self.reading() as connection:
            return next(iter(read_trials(connection, t.trials.c.id == trial_id)), None)

    def iteration(self, iteration_id: str) -> Iteration | None:
        """An iteration by its id."""
        with self.reading() as connection:
            row = connection.execute(sa.select(t.iterations).where(t.iterations.c.id == iteration_id)).first()
            return None if row is None else read_iteration(row)

    def has_picture(self, pixels: str) -> bool:
        """Whether any iteration has the picture with this pixel hash."""
        with self.reading() as connection:
            return connection.execute(sa.exists().where(t.iterations.c.picture == pixels).select()).scalar_one()

    def finished_ids(self) -> list[str]:
        """The ids of all finished sessions, the oldest first."""
        query = sa.select(t.sessions.c.id).where(t.sessions.c.finished_at.is_not(None))
        with self.reading() as connection:
            return list(connection.execute(query.order_by(t.sessions.c.finished_at)).scalars())

    def session_by_id(self, session_id: str) -> Session | None:
        """The session of an id."""
        return self._session(t.sessions.c.id == session_id)

    def protocol(self, protocol_hash: str) -> Protocol:
        """The conditions of study that have this hash. Raises `StorageError` if they are not known."""
        with self.reading() as connection:
            stored = connection.execute(
                sa.select(t.protocols.c.protocol).where(t.protocols.c.hash == protocol_hash)
            ).scalar()
        if stored is None:
            raise StorageError(f"The journal knows no protocol {protocol_hash}.")
        return read_protocol(stored)

    def finished_version(self) -> int:
        """A number that grows whenever a session is finished or withdrawn."""
        finished = sa.select(sa.func.count()).where(t.sessions.c.finished_at.is_not(None))
        withdrawn = sa.select(sa.func.count()).select_from(t.withdrawals)
        with self.reading() as connection:
            # A withdrawal takes one away from the first count, so it must weigh two in the second.
            return int(connection.execute(finished).scalar_one()) + 2 * int(connection.execute(withdrawn).scalar_one())

    def withdrawal_count(self) -> int:
        """How many sessions have been withdrawn."""
        with self.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(t.withdrawals)).scalar_one())

    def iterations_frame(self, session_ids: Sequence[str]) -> pd.DataFrame:
        """These finished sessions, a row an iteration, ready for analysis.

        Columns: `protocol` (hash), `session`, `trial`, `target`, `arm`, `date` (YYYY-MM-DD, UTC, on which the session
        ended), `iteration`, `rank` (1 = most similar; tied drawings share one), and one column a metric id with the raw score.
        """
        with self.reading() as connection:
            return read_frame(connection, session_ids)

    # ---- rows and nouns -------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes, wholly or not at all; its faults are told as `StorageError`.

        Facts that the same thread adds or reads inside are part of it.
        """
        if (mine := getattr(self._mine, "connection", None)) is not None:
            yield mine
            return
        try:
            with self._turn, self._engine.begin() as connection:
                self._mine.connection = connection
                try:
                    yield connection
                finally:
                    self._mine.connection = None
        except IntegrityError as fault:
            reason = str(fault.orig).splitlines()[0]
            raise ContradictionError(f"The journal refuses this: it contradicts what is in it ({reason}).") from fault
        except SQLAlchemyError as fault:
            raise StorageError(plain_words(self._engine.url, fault)) from fault

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment; its faults are told as `StorageError`."""
        if (mine := getattr(self._mine, "connection", None)) is not None:
            yield mine
            return
        try:
            with self._engine.connect().execution_options(reads_only=True) as connection:
                yield connection
        except SQLAlchemyError as fault:
            raise StorageError(plain_words(self._engine.url, fault)) from fault

    def _session(self, condition: sa.ColumnElement[bool]) -> Session | None:
        with self.reading() as connection:
            row = connection.execute(sa.select(t.sessions).where(condition)).first()
            if row is None:
                return None
            trials = read_trials(connection, t.trials.c.session_id == row.id)
            return Session(**row._mapping, trials=tuple(trials))
