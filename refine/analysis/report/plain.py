"""Results as plain values for JSON: never a NaN; what has no value is null, with the reason beside it.

Knows: which parts of a result are for readers. Does not know: what any of them means.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from refine.analysis import paper
from refine.analysis.mixed import MixedResult
from refine.analysis.results import Results

SENTENCES = ("sentence", "words", "band", "odds")
"""Properties that are told beside the fields."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows come from: a folder or a dataset, the profile, and the protocol's hash."""

    source: str
    profile: str
    protocol: str
    simulated: bool = False


def as_json(results: Results, origin: Origin) -> dict[str, Any]:
    """Everything as dictionaries, lists, strings, finite numbers and `None`.

    Where `undefined` has a sentence ("undefined, because ..."), the numbers beside it are `None`.
    """
    reference = {
        "source": paper.SOURCE,
        "participants": paper.PARTICIPANTS,
        "icc": paper.ICC,
        "gains_until": paper.GAINS_UNTIL,
        "top_ranked": list(paper.TOP_RANKED),
    }
    return {"origin": plain(origin), "paper": reference, **plain(results)}


def plain(value: Any) -> Any:
    """A value made of dataclasses, sequences, mappings and numbers as plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def _fields(value: Any) -> dict[str, Any]:
    parts = {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if field.metadata.get("told", True)
    }
    void = bool(parts.get("undefined"))
    told = {
        name: None if void and isinstance(part, float) else plain(part)
        for name, part in parts.items()
        # The rows' own values and the machinery of a fit are not results.
        if not isinstance(part, MixedResult | pd.Series | pd.DataFrame)
    }
    return told | {name: plain(getattr(value, name)) for name in SENTENCES if hasattr(value, name) and name not in told}
