"""A simulated study: what would 40 participants find, if the gains ended at round 6, and were larger for who sees scores?

Run it: `.venv/bin/python examples/simulated_study.py`. It takes a few seconds and needs no data.
"""

from refine.analysis.arms import arm_effect
from refine.analysis.effects import iteration_effect
from refine.analysis.plateau import plateau
from refine.analysis.simulate import simulate
from refine.metrics import METRICS


def main() -> None:
    """Print what the mixed model says of one metric."""
    metric = METRICS["clip_b32"]
    rows = simulate([metric], sessions=40, trials=3, iterations=10, gain=1.2, plateau=6, arm_gain=1.5, seed=1)
    effect = iteration_effect(rows, metric)
    print(effect.sentence)
    print(plateau(effect).sentence)
    print(arm_effect(rows, metric).sentence)


if __name__ == "__main__":
    main()
