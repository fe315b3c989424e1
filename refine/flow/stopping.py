"""Stopping rules: when the rounds of a trial end.

Knows: each rule, and the drawings of a trial. Does not know: who asks, or what comes after the rounds. To add a rule: a class with
an id, and a line in `RULES`; its parameters, and nothing else, stand in the protocol.
"""

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from refine.protocol import Iteration, Stopping


class StoppingRule(typing.Protocol):
    """When the rounds of a trial end. The fields of a rule are its parameters."""

    id: ClassVar[str]

    @property
    def most(self) -> int:
        """Rounds that no trial has more than."""
        ...

    @property
    def label(self) -> str:
        """The rule in words, for lists of conditions."""
        ...

    def must_stop(self, iterations: Sequence[Iteration]) -> bool:
        """Whether no further drawing may follow these."""
        ...


@dataclass(frozen=True, slots=True)
class FixedRounds:
    """Every trial has the same number of rounds."""

    rounds: int
    id: ClassVar[str] = "fixed_rounds"

    @property
    def most(self) -> int:
        """All of them."""
        return self.rounds

    @property
    def label(self) -> str:
        """Their number."""
        return f"{self.rounds} round{'s' * (self.rounds != 1)}"

    def must_stop(self, iterations: Sequence[Iteration]) -> bool:
        """After the last one."""
        return len(iterations) >= self.rounds


RULES: dict[str, Callable[..., StoppingRule]] = {rule.id: rule for rule in (FixedRounds,)}
"""All rules by id, which stands in the protocol."""


def rule_of(stopping: Stopping) -> StoppingRule:
    """The rule that a protocol names. Raises `ValueError`, with a sentence, if there is none such."""
    if stopping.rule not in RULES:
        raise ValueError(f"There is no stopping rule {stopping.rule!r}. There are: {', '.join(RULES)}.")
    try:
        return RULES[stopping.rule](**stopping.parameters)
    except TypeError as fault:
        raise ValueError(f"The stopping rule {stopping.rule} has other parameters ({fault}).") from fault
