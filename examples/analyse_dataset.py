"""Analysing a dataset: which of the metrics order drawings as people do?

Run it: `.venv/bin/python examples/analyse_dataset.py data/dataset` (or `owner/name` on the Hub).
"""

import sys

from refine.analysis.agreement import agreements
from refine.analysis.dataset import read_iterations
from refine.metrics import METRICS


def main(dataset: str) -> None:
    """Print the agreement of each metric with people, a line each."""
    rows = read_iterations(dataset, METRICS)
    metrics = [metric for metric in METRICS.values() if metric.id in rows and rows[metric.id].notna().any()]
    for found in agreements(rows, metrics):
        print(f"{found.metric.label}: ICC(3,1) = {found.icc.ICC3.value:.2f} over {found.trials} trials")


if __name__ == "__main__":
    main(*sys.argv[1:])
