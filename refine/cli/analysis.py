"""`python -m refine.analysis DATASET`: everything that a study says, as a page, as JSON and as tables.

Knows: arguments, progress, files. Does not know: statistics.
"""

import argparse
import os
import sys
from pathlib import Path

# The matrices are small: threads would only wait for each other (on a busy machine seven times as long).
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tqdm import tqdm

from refine.analysis.dataset import DatasetError, choose, read_iterations
from refine.analysis.report import Origin, write_report
from refine.analysis.results import analyse
from refine.metrics import METRICS, rewording_noise


def main(arguments: list[str] | None = None) -> int:
    """Write the report and return the exit code: 0, or 2 with a sentence on standard error for what cannot be done."""
    given = _parser().parse_args(arguments)
    try:
        with tqdm(desc="reading", bar_format="{l_bar}{bar}| {elapsed}") as bar:
            rows = read_iterations(given.dataset, METRICS, lambda done, pieces: _show(bar, done, pieces))
        rows = choose(rows, given.profile, given.protocol)
        length = int(rows["iteration"].max())
        if length < 2:
            raise DatasetError("The trials have one iteration only, so that there is nothing to compare.")
        metrics = [metric for metric in METRICS.values() if metric.id in rows]
        with tqdm(bar_format="{l_bar}{bar}| {elapsed}") as bar:
            noise = rewording_noise(rows["profile"].iloc[0])
            results = analyse(rows, metrics, length, progress=lambda *step: _show(bar, *step), noise=noise)
        simulated = bool(rows["session"].str.startswith("simulated-").all())
        origin = Origin(given.dataset, rows["profile"].iloc[0], rows["protocol"].iloc[0], simulated)
        page = write_report(results, origin, given.out)
    except DatasetError as fault:
        print(fault, file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"The report cannot be written to {given.out}: {fault.strerror or fault}.", file=sys.stderr)
        return 2
    for words in results.summary.unscored:
        print(words, file=sys.stderr)
    print(f"{results.summary.sentence} {results.signs.sentence}")
    print(f"The report is {page}; report.json and tables/ lie beside it.")
    return 0


def _show(bar: tqdm, done: int, steps: int, what: str = "") -> None:
    bar.total, bar.n = steps, done
    if what:
        bar.set_description(what, refresh=False)
    bar.refresh()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.analysis",
        description="Analyse a study: agreement of metrics and people, iteration effect, rankings, feedback, warning signs.",
    )
    parser.add_argument("dataset", metavar="DATASET", help="the study's dataset: a folder, or owner/name on the Hub")
    parser.add_argument("--out", type=Path, default=Path("report"), help="folder of the report (default: %(default)s)")
    parser.add_argument("--profile", default="", help="only sessions of this profile (world or paper)")
    parser.add_argument("--protocol", default="", metavar="HASH", help="only sessions of this protocol")
    return parser


if __name__ == "__main__":
    sys.exit(main())
