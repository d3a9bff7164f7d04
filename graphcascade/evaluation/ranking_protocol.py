from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from graphcascade.errors import UsageError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol

__all__ = ["RankingProtocol"]

WORDS = {
    "followees": "tweets that followees posted or retweeted",
    "exposed": "tweets that followees posted or retweeted, only for retweets of tweets that a followee had passed on",
    "uniform": "all tweets",
    "all": "all tweets that the user has not retweeted yet",
}


@dataclass(frozen=True)
class RankingProtocol(EvaluationProtocol):
    """The choices that decide what figures of ranked tweets mean; every result prints them.

    Args:
        name: Name in results.
        candidates: What is ranked for a user beside the held-out retweets: ``"followees"`` (the AMNL paper's),
            ``"exposed"`` or ``"uniform"`` negatives, see :func:`~graphcascade.loader.draw_candidates`; or ``"all"``
            tweets that the user neither posted nor retweeted before.
        num_negatives: Negatives for each retweet; has no effect on ``"all"``.
        ks: Lengths of the lists that Precision@k and the like measure.
        seed: Seed of the negatives.

    Raises:
        UsageError: The candidates are unknown; a number is below 1.
    """

    examples: ClassVar[str] = "retweets"
    averaged_over: ClassVar[str] = "users"

    name: str = "ranking"
    candidates: Literal["followees", "exposed", "uniform", "all"] = "followees"
    num_negatives: int = 2
    ks: tuple[int, ...] = (1, 3)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.candidates not in WORDS:
            reason = f"use one of {', '.join(map(repr, WORDS))}"
            raise UsageError(argument="candidates", value=self.candidates, reason=reason)
        super().__post_init__()
        if self.num_negatives < 1:
            raise UsageError(argument="num_negatives", value=self.num_negatives, reason="must be at least 1")
        if not self.ks or min(self.ks) < 1:
            raise UsageError(argument="ks", value=self.ks, reason="must be one or several numbers, at least 1 each")

    def __str__(self) -> str:
        """The choices in words, for reports."""
        drawn = "" if self.candidates == "all" else f"{self.num_negatives} negatives per retweet from "
        return f"{self.name}, candidates {self.candidates!r}: {drawn}{WORDS[self.candidates]}, seed {self.seed}"
