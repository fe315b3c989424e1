"""Whole sessions from elsewhere: added to a journal in one transaction, as far as it lacks them.

Knows: in which order facts may be added, and what contradicts them. Does not know: where a session comes from (backup).
"""

from collections.abc import Iterable

from refine.protocol import Protocol, Session, Trial
from refine.storage.errors import ContradictionError
from refine.storage.journal.journal import Journal, Request


def add_whole(journal: Journal, protocol: Protocol, session: Session, requests: Iterable[Request] = ()) -> None:
    """Add a session with all that was done in it, and drawings that it waits for; what is here already stays as it is.

    A trial that is ranked here has all that it ever will. Raises `ContradictionError` if a round here has another prompt.
    """
    # One transaction: of a session that was added by half, the other half would be taken for never done.
    with journal.writing():
        journal.add_protocol(protocol)
        here = journal.session_by_id(session.id)
        if here is None:
            journal.add_session(session)
        ranked = () if here is None else tuple(trial.id for trial in here.trials if trial.ranking is not None)
        for trial in session.trials:
            if trial.id not in ranked:
                _add_trial(journal, trial)
        for request in requests:
            journal.ask(request)
        if session.finished_at is not None:
            journal.finish(session.id, session.finished_at)


def _add_trial(journal: Journal, trial: Trial) -> None:
    if trial.begun_at is not None:
        journal.begin_trial(trial.id, trial.begun_at)
    for iteration in trial.iterations:
        here = journal.iteration(iteration.id)
        if here is None:
            journal.add_iteration(iteration)
        elif here.prompt != iteration.prompt:  # one request may have been drawn by two servers
            raise ContradictionError(f"round {iteration.number} of trial {trial.id} was drawn twice")
    if trial.ranking is not None:
        journal.add_ranking(trial.id, trial.ranking)
