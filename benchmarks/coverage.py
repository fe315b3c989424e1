"""Claim: over 1,000 simulated studies of the paper's size the 95% intervals of every fixed effect cover the truth in 93.5
to 96.5%, and the F test of a true null rejects at 5% in 3.7 to 6.3%.

    .venv/bin/python -m benchmarks.coverage [--studies N]

20 sessions of 10 trials of 10 iterations, targets drawn from 100, crossed random intercepts, AR(1) residuals, gains up to
iteration 6. Each study is simulated twice from one seed: with the gains (coverage, bias) and without (type I error). Also
printed: the bias of rho and of the variances, and the Monte Carlo error of each rate.
"""

import argparse
import os
import sys
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402  (the number of threads is read at import)
import pandas as pd  # noqa: E402
from tqdm import tqdm  # noqa: E402

from refine.analysis.mixed import fit_mixed  # noqa: E402

SESSIONS, TRIALS, ITERATIONS, TARGETS = 20, 10, 10, 100
TRUTH = {"session": 0.25, "target": 0.25, "residual": 1.0, "rho": 0.3}
GAIN, PLATEAU = 0.8, 6
FORMULA = f"score ~ C(iteration, Treatment({ITERATIONS}))"


def study(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A study without any gain, and the gain of each iteration on the last, (10,)."""
    rng = np.random.default_rng(seed)
    trials = SESSIONS * TRIALS
    noise = rng.standard_normal((trials, ITERATIONS))
    for i in range(1, ITERATIONS):
        noise[:, i] = TRUTH["rho"] * noise[:, i - 1] + np.sqrt(1 - TRUTH["rho"] ** 2) * noise[:, i]
    session = np.repeat(np.arange(SESSIONS), TRIALS)
    target = np.concatenate([rng.choice(TARGETS, TRIALS, replace=False) for _ in range(SESSIONS)])
    level = np.sqrt(TRUTH["session"]) * rng.standard_normal(SESSIONS)[session]
    level += np.sqrt(TRUTH["target"]) * rng.standard_normal(TARGETS)[target]
    rows = pd.DataFrame(
        {
            "session": np.repeat(session, ITERATIONS),
            "target": np.repeat(target, ITERATIONS),
            "trial": np.repeat(np.arange(trials), ITERATIONS),
            "iteration": np.tile(np.arange(1, ITERATIONS + 1), trials),
            "score": (level[:, None] + np.sqrt(TRUTH["residual"]) * noise).ravel(),
        }
    )
    course = GAIN * np.minimum(np.arange(ITERATIONS) / (PLATEAU - 1), 1)
    return rows, course - course[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description="Coverage, type I error and bias of the mixed model.")
    parser.add_argument("--studies", type=int, default=1000, help="simulated studies (default: %(default)s)")
    studies = parser.parse_args().studies
    if studies < 1:
        parser.error("at least one study must be simulated")
    covered, rejected, found = [], [], []
    for seed in tqdm(range(studies), desc="studies", mininterval=5):
        rows, gain = study(seed)
        null = fit_mixed(FORMULA, rows, ["session", "target"], "trial", "iteration")
        rejected.append(null.tests["p"].iat[0] < 0.05)
        rows["score"] += gain[rows["iteration"] - 1]
        fit = fit_mixed(FORMULA, rows, ["session", "target"], "trial", "iteration")
        truth = np.append(gain[-1], gain[:-1])  # the intercept is the last iteration's mean
        table = fit.coefficients
        covered.append((table["lower"] <= truth) & (truth <= table["upper"]))
        found.append([*fit.variance.values(), fit.rho])
    rates, type_one = np.mean(covered, axis=0), float(np.mean(rejected))
    print(f"{studies} studies of {SESSIONS} sessions x {TRIALS} trials x {ITERATIONS} iterations")
    for name, rate in zip(fit.names, rates, strict=True):
        print(f"coverage {name:42} {rate:6.1%}  (claim: 93.5 to 96.5%)")
    print(f"Monte Carlo error of a coverage {np.sqrt(0.95 * 0.05 / studies):33.1%}")
    print(f"type I error of F at 5% {type_one:41.1%}  (claim: 3.7 to 6.3%)")
    for name, values in zip([*fit.variance, "rho"], np.transpose(found), strict=True):
        error = values.std() / np.sqrt(studies)
        print(
            f"bias of {name:12} {values.mean() - TRUTH[name]:+.4f} (Monte Carlo error {error:.4f}), truth {TRUTH[name]}"
        )
    held = ((rates >= 0.935) & (rates <= 0.965)).all() and 0.037 <= type_one <= 0.063
    print("The claim holds." if held else "The claim does not hold.")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
