"""How similar pictures are by each metric, and where they differ: for two files, or for folders.

Knows: arguments, JSON, how a result reads. Does not know: how pictures are compared (panel), which files are pairs (pairs).
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from refine.metrics import METRICS, MetricInfo, metrics_of
from refine.similarity.catalogue import open_metric
from refine.similarity.maps import Grid, change, change_words, difference_words, most_changed, most_different
from refine.similarity.metric import MetricError, brief
from refine.similarity.paint import overlay, overlay_change
from refine.similarity.pairs import Pair, PairError, find_pairs, read_drawing, read_target
from refine.similarity.panel import Compared, Panel

TOGETHER = 16
"""Drawings of one target that are read and compared at once."""


@dataclass(slots=True)
class Told:
    """What is told of a pair: what was found, or the fault because of which nothing was.

    `changed` is what happened to the map since an earlier drawing, if one was given.
    """

    pair: Pair
    found: Compared = field(default_factory=lambda: Compared({}))
    picture: Image.Image | None = None
    changed: Grid | None = None
    note: str = ""
    fault: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Print the scores; the exit code is 0, 1 if some pairs could not be compared, 2 with a sentence if nothing could be done."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s")
    try:
        chosen = _chosen(given.profile, given.metrics)
        pairs, alone = find_pairs(given.target, given.drawing)
        if given.before and given.drawing.is_dir():
            raise PairError("An earlier drawing (--before) belongs to one drawing, not to a folder.")
        panel = Panel([open_metric(*metric) for metric in chosen.items()])
        told = []
        with tqdm(total=len(pairs), desc="comparing", disable=len(pairs) == 1) as bar:
            for one in _compare(panel, pairs):
                told.append(one)
                if given.before and not one.fault:
                    _compare_with(panel, given.before, one)
                if given.map:
                    _save_map(given.map / f"{one.pair.name}.png" if given.drawing.is_dir() else given.map, one)
                one.picture = None  # of a large folder not all fit into memory
                bar.update()
    except (PairError, MetricError) as fault:
        print(fault, file=sys.stderr)
        return 2
    for words in [*alone, *(one.note for one in told if one.note), *(one.fault for one in told if one.fault)]:
        print(words, file=sys.stderr)
    faults = sum(bool(one.fault) for one in told)
    if faults == len(told):
        return 2
    metrics = [METRICS[name] for name in chosen]
    print(json.dumps(_as_json(given.profile, metrics, told), indent=2) if given.json else _as_text(metrics, told))
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.similarity",
        description="How similar pictures are by each metric, and where they differ.",
        epilog="Pictures become 8-bit sRGB; a drawing of another size is resized to the target's, one of another shape is refused.",
    )
    parser.add_argument("target", type=Path, help="a picture, or a folder of pictures")
    parser.add_argument(
        "drawing",
        type=Path,
        help="a picture, or a folder of pictures: with the names of the targets, if those are many",
    )
    profiles = dict.fromkeys(profile for metric in METRICS.values() for profile in metric.weights)
    parser.add_argument("--profile", choices=profiles, default="world", help="whose weights compare (default: world)")
    ids = "; ".join(f"{profile}: {', '.join(_ids(profile))}" for profile in profiles)
    parser.add_argument("--metrics", default="", help=f"ids, separated by commas (default: the paper's four), of {ids}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--before", type=Path, help="an earlier drawing: what came closer since, and what went away")
    parser.add_argument("--map", type=Path, help="picture to be made of where they differ; a folder, if there are many")
    return parser


def _chosen(profile: str, names: str) -> dict[str, str | None]:
    try:
        return metrics_of(profile, [name.strip() for name in names.split(",") if name.strip()])
    except ValueError as fault:
        raise MetricError(f"{str(fault)[0].upper()}{str(fault)[1:]}.") from fault


def _ids(profile: str) -> list[str]:
    return [metric.id for metric in METRICS.values() if profile in metric.weights]


def _compare(panel: Panel, pairs: list[Pair]) -> Iterator[Told]:
    for path, of_target in groupby(pairs, key=lambda pair: pair.target):
        waiting = list(of_target)
        try:
            target = read_target(path)
        except PairError as fault:
            yield from (Told(pair, fault=str(fault)) for pair in waiting)
            continue
        for start in range(0, len(waiting), TOGETHER):
            some = [_read(pair, target) for pair in waiting[start : start + TOGETHER]]
            pictures = [one.picture for one in some if one.picture is not None]
            found = iter(panel.compare(target, pictures, mapped=True))
            for one in some:
                if one.picture is not None:
                    one.found = next(found)
                yield one


def _read(pair: Pair, target: Image.Image) -> Told:
    try:
        picture, note = read_drawing(pair.drawing, target)
    except PairError as fault:
        return Told(pair, fault=str(fault))
    return Told(pair, picture=picture, note=note)


def _compare_with(panel: Panel, earlier: Path, told: Told) -> None:
    """Find what came closer and what went away since an earlier drawing."""
    target = read_target(told.pair.target)
    picture, _ = read_drawing(earlier, target)
    (found,) = panel.compare(target, [picture], mapped=True)
    if found.where is not None and told.found.where is not None:
        told.changed = change(found.where, told.found.where)


def _save_map(path: Path, told: Told) -> None:
    if told.picture is None or told.found.where is None:
        return
    seen = (
        overlay(told.picture, told.found.where) if told.changed is None else overlay_change(told.picture, told.changed)
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        seen.save(path)
    except (OSError, ValueError) as fault:  # a name without a known ending is a wrong value
        raise PairError(f"The map cannot be written to {path} ({brief(fault)}): name a PNG file.") from fault


def _as_json(profile: str, metrics: list[MetricInfo], told: list[Told]) -> dict[str, Any]:
    """A score that could not be computed is null."""
    declared = {
        metric.id: {
            "label": metric.label,
            "unit": metric.unit,
            "direction": metric.direction,
            "lowest": metric.lowest,
            "highest": metric.highest,
            "conditions": metric.conditions,
        }
        for metric in metrics
    }
    pairs = [
        {
            "name": one.pair.name,
            "target": str(one.pair.target),
            "drawing": str(one.pair.drawing),
            "scores": {metric.id: one.found.scores.get(metric.id) for metric in metrics},
            "most_different": None if one.found.where is None else list(most_different(one.found.where)),
            "changed": None if one.changed is None else _sides(one.changed),
            "note": one.fault or one.note or None,
        }
        for one in told
    ]
    return {"profile": profile, "metrics": declared, "pairs": pairs}


def _as_text(metrics: list[MetricInfo], told: list[Told]) -> str:
    if len(told) == 1:
        (only,) = told
        lines = [(one.id, _shown(one, only), one.unit, f"{one.better} is more similar", one.label) for one in metrics]
        return "\n".join((_aligned(lines), _where(only))).rstrip()
    head = ("", *(metric.id for metric in metrics), "")
    return _aligned(
        [head, *((one.pair.name, *(_shown(metric, one) for metric in metrics), _where(one)) for one in told)]
    )


def _where(told: Told) -> str:
    if told.fault:
        return "not compared"
    where = "" if told.found.where is None else difference_words(told.found.where)
    return where if told.changed is None else f"{where}\n{change_words(told.changed)}"


def _sides(changed: Grid) -> dict[str, list[str]]:
    return {
        name: list(map(str, places)) for name, places in zip(("closer", "away"), most_changed(changed), strict=True)
    }


def _shown(metric: MetricInfo, told: Told) -> str:
    score = told.found.scores.get(metric.id)
    return "-" if score is None else f"{score:.{metric.decimals}f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _refused(words: str) -> int:
    print(words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
