"""`python -m refine.analysis.power`: how many participants does a study need?

Knows: arguments, progress, the plot. Does not know: how power is estimated (analysis).

    python -m refine.analysis.power --gain 0.3
    python -m refine.analysis.power --question feedback --arm-gain 0.4 --sessions 40 80 160
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

# The matrices are small, and the number of threads is read at import: they would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tqdm import tqdm

from refine.analysis.plotting import BLUE, GREY, canvas
from refine.analysis.power import METRIC, SIZES, WANTED, Power, curve, table
from refine.analysis.simulate import simulate


def page(found: Sequence[Power], title: str) -> str:
    """The curve as a page of its own that needs no network."""
    figure = canvas(420).update_layout(title=title, margin={"t": 60})
    lows, highs = zip(*(one.interval for one in found), strict=True)
    values = [one.value for one in found]
    errors = {
        "array": [high - value for high, value in zip(highs, values, strict=True)],
        "arrayminus": [value - low for low, value in zip(lows, values, strict=True)],
    }
    figure.add_scatter(x=[one.sessions for one in found], y=values, error_y=errors, line={"color": BLUE}, name="power")
    for wanted in WANTED:
        figure.add_hline(wanted, line={"color": GREY, "dash": "dash"})
    figure.update_xaxes(title_text="participants", type="log", tickvals=[one.sessions for one in found])
    figure.update_yaxes(title_text="power, 95% Monte Carlo interval", range=[0, 1.02])
    return str(figure.to_html(include_plotlyjs=True))


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns the exit status: 0 done, 2 with a sentence on standard error for what cannot be done."""
    given = _parser().parse_args(arguments)
    names = ("gain", "plateau", "trials", "iterations", "rho", "arm_gain", "drop_out")
    truth = {name: getattr(given, name) for name in names} | {"metric_noise": given.noise}
    if refused := _refused(given, truth):
        print(refused, file=sys.stderr)
        return 2
    found: list[Power] = []
    with (
        ProcessPoolExecutor(given.jobs) if given.jobs > 1 else nullcontext() as pool,
        tqdm(total=len(set(given.sessions)) * given.studies, unit=" studies") as bar,
    ):

        def each(work: Callable[[int], bool], seeds: Sequence[int]) -> Iterator[bool]:
            for one in pool.map(work, seeds) if pool else map(work, seeds):
                bar.update()
                yield one

        for one in curve(given.sessions, given.studies, given.question, given.alpha, given.seed, each, **truth):
            bar.set_postfix_str(f"{one.sessions} participants: power {one.value:.2f}")
            found.append(one)
        bar.total = bar.n  # larger studies may not have been needed
    print(table(found))
    if given.out is not None:
        try:
            given.out.write_text(page(found, f"Power to find an effect of {given.question}"), encoding="utf-8")
        except OSError as fault:
            print(f"The plot cannot be written to {given.out}: {fault.strerror or fault}.", file=sys.stderr)
            return 2
        print(f"The plot is in {given.out}.")
    return 0


def _refused(given: argparse.Namespace, truth: Mapping[str, Any]) -> str:
    """Why such studies cannot be simulated, in a sentence; empty if they can."""
    least = 4 if given.question == "feedback" else 2
    faults = {
        "At least one study must be simulated.": given.studies < 1,
        f"A study of the effect of {given.question} needs at least {least} participants.": min(given.sessions) < least,
        "A trial needs at least two iterations for similarity to grow.": given.iterations < 2,
        f"The plateau must be at an iteration from 2 to {given.iterations}, not at {given.plateau}.": (
            not 2 <= given.plateau <= given.iterations
        ),
        "A gain must be 0 or more: an effect in the other direction is found as easily.": (
            not all(0 <= gain < math.inf for gain in (given.gain, given.arm_gain))
        ),
        "Say how large the effect of showing the scores is: --arm-gain, in deviations.": (
            given.question == "feedback" and given.arm_gain == 0
        ),
        f"The metric's noise must be 0 or more, not {given.noise}.": not 0 <= given.noise < math.inf,
        f"The level of the test must lie between 0 and 1, not at {given.alpha}.": not 0 < given.alpha < 1,
        f"The seed must be 0 or more, not {given.seed}.": given.seed < 0,
        f"At least one process must work, not {given.jobs}.": given.jobs < 1,
        f"There is no folder {given.out and given.out.parent} for the plot.": (
            given.out is not None and not given.out.parent.is_dir()
        ),
    }
    for sentence, holds in faults.items():
        if holds:
            return sentence
    try:
        simulate([METRIC], sessions=1, **truth)
    except ValueError as fault:
        return str(fault)
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m refine.analysis.power",
        description="How many participants does a study need? One deviation is that of true similarity within a trial; "
        "the metric's noise comes on top of it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--question", choices=["iteration", "feedback"], default="iteration", help="is there an effect of this?"
    )
    parser.add_argument("--gain", type=float, default=0.3, help="from the first iteration to the plateau, deviations")
    parser.add_argument("--arm-gain", type=float, default=0.0, help="so much more where scores are shown, deviations")
    parser.add_argument("--plateau", type=int, default=6, help="iteration from which there is no gain")
    parser.add_argument("--trials", type=int, default=1, help="trials a participant")
    parser.add_argument("--iterations", type=int, default=10, help="iterations a trial")
    parser.add_argument("--rho", type=float, default=0.25, help="correlation of neighbouring iterations")
    parser.add_argument("--noise", type=float, default=0.9, help="of the metric, deviations")
    parser.add_argument("--drop-out", type=float, default=0.0, help="chance to leave after a trial")
    parser.add_argument("--sessions", type=int, nargs="+", default=list(SIZES), help="numbers of participants to try")
    parser.add_argument("--studies", type=int, default=200, help="simulated studies of each size")
    parser.add_argument("--alpha", type=float, default=0.05, help="level of the test")
    parser.add_argument("--seed", type=int, default=0, help="where chance comes from")
    parser.add_argument("--jobs", type=int, default=1, help="processes that work at once")
    parser.add_argument("--out", type=Path, help="write the plot into this HTML file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
