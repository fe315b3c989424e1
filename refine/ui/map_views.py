"""Maps of the newest drawing, made ready for feedback: places, words, pictures as data URIs.

Knows: how a grid becomes what an arm shows. Does not know: which arm shows what (arms), or how a grid comes about.
"""

import logging
from collections.abc import Sequence

from refine.arms import ARMS, MapView
from refine.drawing.maps import Missing
from refine.flow.state import State
from refine.protocol import Trial
from refine.similarity.maps import (
    FEW,
    Grid,
    by_place,
    change,
    change_words,
    difference_words,
    most_changed,
    most_different,
)
from refine.similarity.paint import CHANGE, DIFFERENCE, ColourScale
from refine.study import Study
from refine.ui.html import THUMBNAIL, data_uri, drawing_uri

log = logging.getLogger(__name__)

LONGEST = 128
"""Pixels of the longest side of the colours, which are smooth."""

NO_DIFFERENCE = {
    Missing.MAKING: "Where your drawing differs is being worked out. It appears here by itself.",
    Missing.FAILED: "Where this drawing differs could not be worked out. Please go on without it.",
}
NO_CHANGE = {
    Missing.MAKING: "What your last change did is being worked out. It appears here by itself.",
    Missing.FAILED: "What your last change did could not be worked out. Please go on without it.",
}
"""What is said in place of a map."""


def are_being_made(study: Study, state: State) -> bool:
    """Whether a map that is to be shown is not made yet."""
    trial = _mapped_trial(state)
    return trial is not None and any(one is Missing.MAKING for one in _found(study, trial))


def map_views(study: Study, state: State) -> tuple[MapView | str, MapView | str]:
    """Where the newest drawing differs, and what it did since the one before; of each a sentence if it cannot be shown.

    In the first round there is nothing of the second, and in an arm without maps of both.
    """
    trial = _mapped_trial(state)
    if trial is None:
        return "", ""
    try:
        return _views(study, trial)
    except Exception:  # feedback shuts nobody out of the round that it is on
        log.exception("Maps could not be shown")
        return NO_DIFFERENCE[Missing.FAILED], ""


def _mapped_trial(state: State) -> Trial | None:
    """The trial at hand if the arm shows anything of maps and there is a drawing."""
    if state.session is None or state.trial is None or not state.trial.iterations:
        return None
    return state.trial if "maps" in ARMS[state.session.arm].needs else None


def _views(study: Study, trial: Trial) -> tuple[MapView | str, MapView | str]:
    now, *before = _found(study, trial)
    newest = trial.iterations[-1].picture
    if isinstance(now, Missing):
        return NO_DIFFERENCE[now], ""
    difference = _view(study, newest, now, DIFFERENCE, difference_words(now), [most_different(now)])
    if not before:
        return difference, ""
    if isinstance(before[0], Missing):
        return difference, NO_CHANGE[before[0]]
    changed = change(before[0], now)
    return difference, _view(study, newest, changed, CHANGE, change_words(changed), most_changed(changed))


def _found(study: Study, trial: Trial) -> list[Grid | Missing]:
    """Of the newest drawing, and of the one before if there is one."""
    return [study.where(trial.target_id, one.picture) for one in reversed(trial.iterations[-2:])]


def _view(
    study: Study, pixels: str, grid: Grid, scale: ColourScale, words: str, told: Sequence[Sequence[str]]
) -> MapView:
    size = study.protocol.drawing.width, study.protocol.drawing.height
    smaller = LONGEST / max(size)
    return MapView(
        amounts={str(place): amount for place, amount in by_place(grid).items()},
        named=tuple(str(place) for places in told if len(places) <= FEW for place in places),
        words=words,
        drawing=drawing_uri(study, pixels, THUMBNAIL),
        colours=data_uri(scale.over(grid, (round(size[0] * smaller), round(size[1] * smaller))), LONGEST),
        legend=tuple(scale.stops),
        ends=scale.ends,
    )
