from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from graphcascade.errors import UsageError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol

__all__ = ["PopularityProtocol"]

LABELS = {
    "frozen": "labels are known up to the end of training",
    "online": "labels of all earlier posts are known",
}


@dataclass(frozen=True)
class PopularityProtocol(EvaluationProtocol):
    """The choices that decide what figures of predicted popularity mean; every result prints them.

    Args:
        name: Name in results.
        labels: Which labels a model that uses earlier labels knows: ``"frozen"``, those up to the end of training; or
            ``"online"``, those of all posts before the predicted one. The latter shows what a model could reach at
            most if it were updated all the time: the final popularity of a post is known only long after it.
        known_users: Whether the model is told who published the posts. If not, the user of each post is new to it
            ("without Uid").
        resamples: Number of resamples of the users for intervals.
        confidence: Probability of the intervals.
        seed: Seed of the resamples.

    Raises:
        UsageError: The labels are unknown; there are fewer than 20 resamples; the confidence is not between 0 and 1.
    """

    examples: ClassVar[str] = "posts"
    averaged_over: ClassVar[str] = "users"

    name: str = "popularity"
    labels: Literal["frozen", "online"] = "frozen"
    known_users: bool = True
    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.labels not in LABELS:
            reason = f"use one of {', '.join(map(repr, LABELS))}"
            raise UsageError(argument="labels", value=self.labels, reason=reason)
        super().__post_init__()
        if self.resamples < 20:
            raise UsageError(argument="resamples", value=self.resamples, reason="must be at least 20")
        if not 0 < self.confidence < 1:
            raise UsageError(argument="confidence", value=self.confidence, reason="must be between 0 and 1")

    def __str__(self) -> str:
        """The choices in words, for reports."""
        users = "" if self.known_users else ", the user of each post is hidden"
        return (
            f"{self.name}, labels {self.labels!r}: {LABELS[self.labels]}{users}; {100 * self.confidence:g} % intervals "
            f"from {self.resamples:,} resamples of the users, seed {self.seed}"
        )
