"""The opening of metrics: from a declaration to an object that compares, or a sentence that says why it cannot.

Knows: how the class is found that a metric declares, how weights are told from damaged ones. Does not know: where weights are
(profiles), how a metric works.
"""

import hashlib
import math
from pathlib import Path
from pkgutil import resolve_name

from PIL import Image

from refine.metrics import METRICS, MetricInfo
from refine.similarity.metric import Metric, MetricError, brief


def open_metric(metric_id: str, weights: str | None, device: str | None = None) -> Metric:
    """The metric with its weights loaded and tried, on `device` (by default a GPU if there is one).

    Raises `MetricError` if there is no such metric, if its weights are missing or damaged, if they lie where it is declared that
    they do and are not the declared ones, or if it cannot compare two plain pictures.
    """
    if metric_id not in METRICS:
        raise MetricError(f"There is no metric {metric_id!r}. Known are {', '.join(METRICS)}.")
    # Imported here: what is known about a metric is needed before, and without, the seconds that torch takes.
    import torch

    info = METRICS[metric_id]
    if weights in info.weights.values() and weights and Path(weights).is_dir():
        _check(info, Path(weights))
    metric: Metric = resolve_name(info.opened_by)(
        info, weights or "", device or ("cuda" if torch.cuda.is_available() else "cpu")
    )
    _try(metric)
    return metric


def digest_of(folder: Path) -> str:
    """The SHA-256 (hex) of a folder's files: what `sha256sum * | sha256sum` says there."""
    lines = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _check(info: MetricInfo, folder: Path) -> None:
    found = digest_of(folder)
    if not found.startswith(info.digest):
        raise MetricError(
            f"The weights of {info.label} in {folder} are not the declared ones, or damaged (SHA-256 {found[:12]}, not "
            f"{info.digest}). Get them again, for example with `git checkout`; if they are new, declare them in refine/metrics.py."
        )


def _try(metric: Metric) -> None:
    """Weights may load and be damaged all the same: what comes out of them is no number then."""
    info, side = metric.info, max(metric.info.least, 64)
    black, white = (Image.new("RGB", (side, side), colour) for colour in ("black", "white"))
    try:
        score = metric.compare(*metric.prepare([black, white]))
    except Exception as fault:
        raise MetricError(f"{info.label} ({info.id}) cannot compare two plain pictures ({brief(fault)}).") from fault
    if not math.isfinite(score):
        raise MetricError(
            f"No number comes out of {info.label} ({info.id}): its weights are damaged. Get them again, for example with "
            "`git checkout`, or delete the copy in the cache of the Hub or torchvision."
        )
