"""How many sessions a figure or a warning sign needs before anything is judged by it.

Knows: the numbers, and the sentence that is said below them. Does not know: any statistic.

Five sessions of ten rounds hold an ICC of .5 in an interval of about [.25, .7], and leave a mixed model four degrees of freedom
between sessions; of ten favourites one is expected at each of ten rounds.
"""

from collections.abc import Iterable
from typing import Literal

Subject = Literal["agreement", "gains", "end of gains", "favourites", "feedback"]

LEAST_SESSIONS: dict[Subject, int] = {"agreement": 5, "gains": 5, "end of gains": 5, "favourites": 10, "feedback": 10}
"""By what a figure and its warning sign are about."""

WORDS: dict[Subject, str] = {
    "agreement": "whether metrics and people agree",
    "gains": "whether drawings come closer",
    "end of gains": "where gains end",
    "favourites": "which round is liked best",
    "feedback": "whether seeing the scores matters",
}


def enough(sessions: int, subject: Subject) -> bool:
    """Whether there are as many sessions as it needs."""
    return sessions >= LEAST_SESSIONS[subject]


def too_few(sessions: int) -> str:
    """The sentence on all that needs more sessions, to be said once; empty if there are enough for everything."""
    by_number: dict[int, list[str]] = {}
    for subject, least in LEAST_SESSIONS.items():
        if not enough(sessions, subject):
            by_number.setdefault(least, []).append(WORDS[subject])
    if not by_number:
        return ""
    needs = "; ".join(
        f"{listed(words)} {'take' if len(words) > 1 else 'takes'} {least}" for least, words in sorted(by_number.items())
    )
    return f"{sessions} session{'s are' if sessions != 1 else ' is'} too few to judge: {needs}."


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
