"""How long the mixed model takes, against R, from 2,000 to 2,000,000 rows, on one core.

    taskset -c 1 python benchmarks/mixed.py

Fits `score ~ C(iteration, Treatment(10)) + (1|session) + (1|target)` with AR(1) residuals within trials (10
trials a session, 10 iterations a trial, 100 targets) and computes all Satterthwaite tests. Each size runs in
a process of its own, so that peak memory is its own. R is run on the same data if `Rscript` and the packages
are here; otherwise its times are those measured with the reference fits.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  (the number of threads is read at import)
import pandas as pd  # noqa: E402

SIZES = (2_000, 20_000, 200_000, 2_000_000)

R_SECONDS = {
    "glmmTMB": {2_000: 0.87, 20_000: 7.9, 200_000: 113.0},
    "lme4": {2_000: 0.12, 20_000: 0.46, 200_000: 6.6},
}
"""One pinned core, R 4.2.2, glmmTMB 1.1.5, lme4 1.1-31; measured with the reference fits on such data. lme4
fits without AR(1) and without tests."""

R_PROGRAM = """
d <- read.csv(commandArgs(TRUE)[1]); d$it <- relevel(factor(d$iteration), "10")
d$trial <- factor(d$trial)
if (requireNamespace("lme4", quietly = TRUE)) {
  s <- system.time(lme4::lmer(score ~ it + (1|session) + (1|target), d))[["elapsed"]]
  cat("lme4", s, "\\n")
}
if (requireNamespace("glmmTMB", quietly = TRUE)) {
  model <- score ~ it + (1|session) + (1|target) + ar1(factor(iteration) + 0 | trial)
  s <- system.time(glmmTMB::glmmTMB(model, d, dispformula = ~0, REML = TRUE))[["elapsed"]]
  cat("glmmTMB", s, "\\n")
}
"""


def simulate(rows: int, seed: int = 1) -> pd.DataFrame:
    """A study with `rows` rows, a multiple of 100; variances and rho like the reference data's."""
    rng = np.random.default_rng(seed)
    sessions, trials, iterations, targets = rows // 100, 10, 10, 100
    rho, sd = -0.27, np.sqrt(0.0066)
    chosen = np.argsort(rng.random((sessions, targets)), axis=1)[:, :trials]
    noise = np.empty((sessions, trials, iterations))
    noise[..., 0] = rng.normal(0, sd, (sessions, trials))
    for k in range(1, iterations):
        noise[..., k] = rho * noise[..., k - 1] + rng.normal(0, sd * np.sqrt(1 - rho**2), (sessions, trials))
    growth = 0.63 - 0.15 * np.exp(-np.arange(iterations) / 2)
    score = growth + rng.normal(0, np.sqrt(0.0012), (sessions, 1, 1)) + noise
    score += rng.normal(0, np.sqrt(0.0028), targets)[chosen][..., None]
    session, trial, iteration = (index.ravel() for index in np.indices(score.shape))
    return pd.DataFrame(
        {
            "session": session,
            "target": np.repeat(chosen.ravel(), iterations),
            "trial": session * trials + trial,
            "iteration": iteration + 1,
            "score": score.ravel(),
        }
    )


def measure(rows: int) -> dict[str, float]:
    """Median seconds of a fit with tests (first one, which warms up, left out), and peak memory in MiB."""
    from refine.analysis.mixed import fit_mixed

    data = simulate(rows)
    formula = "score ~ C(iteration, Treatment(10))"
    seconds, cpu = [], []
    fit_mixed(formula, simulate(2_000), ["session", "target"], "trial", "iteration").summary()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in range(1 if rows > 500_000 else 5):
        wall, used = time.perf_counter(), time.process_time()
        result = fit_mixed(formula, data, ["session", "target"], "trial", "iteration")
        tests = result.tests, result.coefficients
        seconds.append(time.perf_counter() - wall)
        cpu.append(time.process_time() - used)
    assert result.converged and len(tests[0]) == 1
    return {
        "seconds": float(np.median(seconds)),
        "cpu": float(np.median(cpu)),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "before": before,
        "rho": result.rho,
    }


def r_seconds(rows: int) -> dict[str, float]:
    """Seconds by R package, run now; empty if R or the packages are not here."""
    if not shutil.which("Rscript"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "data.csv")
        simulate(rows).to_csv(table, index=False)
        done = subprocess.run(["Rscript", "-e", R_PROGRAM, str(table)], capture_output=True, text=True, check=False)
    return {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines() if len(line.split()) == 2}


def statsmodels_seconds(rows: int) -> float | None:
    """Seconds of statsmodels' MixedLM without AR(1) (crossed factors as variance components), if it is
    here."""
    if find_spec("statsmodels") is None or rows > 2_000:
        return None
    from statsmodels.formula.api import mixedlm

    data = simulate(rows)
    parts = {"session": "0 + C(session)", "target": "0 + C(target)"}
    began = time.perf_counter()
    mixedlm("score ~ C(iteration)", data, groups=np.ones(len(data)), vc_formula=parts).fit()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one)))
        return
    print("Full model with AR(1), REML, Satterthwaite tests included; medians of 5 fits (2,000,000 rows: one).")
    per_row: dict[int, float] = {}
    for rows in given.sizes:
        command = [sys.executable, __file__, "--one", str(rows)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        per_row[rows] = found["seconds"] / rows * 1e6
        print(
            f"{rows:>9,} rows: {found['seconds']:8.4f} s (CPU {found['cpu']:.4f} s),"
            f" {per_row[rows]:5.2f} us a row, peak {found['memory']:.0f} MiB, rho {found['rho']:.4f}"
        )
        here = r_seconds(rows)
        for package, known in R_SECONDS.items():
            there = here.get(package, known.get(rows))
            if there is not None:
                source = "run now" if package in here else "quoted"
                print(f"{'':>16} {package} {there:g} s ({source}): {there / found['seconds']:.1f} times as long")
        slow = statsmodels_seconds(rows)
        if slow is not None:
            print(f"{'':>16} statsmodels MixedLM, no AR(1), {slow:.2f} s: {slow / found['seconds']:.1f} times as long")
    if {2_000, 200_000} <= set(per_row):
        print(f"Cost per row at 200,000 rows / at 2,000 rows: {per_row[200_000] / per_row[2_000]:.2f}")


if __name__ == "__main__":
    main()
