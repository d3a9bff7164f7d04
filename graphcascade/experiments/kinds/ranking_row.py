from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import POSTS, TWEET, USER
from graphcascade.errors import UsageError
from graphcascade.experiments.choosing_row import ChoosingRow
from graphcascade.experiments.row import SELECTION
from graphcascade.loader.negative_sampler import CandidateSet
from graphcascade.models import find_model
from graphcascade.models.ranking import RandomScores, TrueScores
from graphcascade.trainers import RankingTrainer

__all__ = ["REFERENCES", "RankingRow"]

REFERENCES: dict[str, type[RandomScores] | type[TrueScores]] = {"Random": RandomScores, "TrueScores": TrueScores}
"""Models of experiments that are no part of the registry, because they cannot be saved."""

Need = Literal["images", "texts", "post times", "true scores"]


@dataclass(frozen=True, kw_only=True)
class RankingRow(ChoosingRow):
    """A row whose figures are those of ranked tweets.

    The row without a model is a perfect order, which no model exceeds.

    Args:
        train_shares: Shares of each user's retweets for training and validation; the rest is for the test.
        candidate_sets: Tweets that held-out retweets are ranked among, and that training compares retweets with; see
            :class:`~graphcascade.evaluation.RankingProtocol`.
        needs: What the row needs of the data; it is left out on others. Features of images ("images") or texts
            ("texts"), "post times", or the "true scores" of a simulation.
    """

    train_shares: list[float] = field(default_factory=lambda: [0.8])
    candidate_sets: list[CandidateSet] = field(default_factory=lambda: ["followees"])
    needs: list[Need] = field(default_factory=list, metadata=SELECTION)

    def trainer_class(self) -> type[RankingTrainer]:
        return RankingTrainer

    def missing(self, data: RetweetNetwork) -> str | None:
        has = {
            "images": "x_image" in data[TWEET],
            "texts": "x_text" in data[TWEET],
            "post times": "time" in data[POSTS],
            "true scores": "true_taste" in data[USER],
        }
        lacking = [need for need in self.needs if not has[need]]
        return f"the tweets have no {' and no '.join(lacking)}" if lacking else None

    def check(self) -> None:
        """Checks that the model exists, and that every setting has an effect on it.

        Raises:
            UnknownNameError: There is no model of that name.
            UsageError: A share is not between 0 and 1; a setting has no effect on the
                model; the trainer does not have an argument.
        """
        for share in self.train_shares:
            if not 0 < share < 1:
                raise UsageError(argument="train_shares", value=self.train_shares, reason="must be between 0 and 1")
        if self.model is None or self.model in REFERENCES:
            owner = "a perfect order" if self.model is None else self.model
            names = ["arguments", "trainer", "choose", "choose_trainer"]
            self.require_unset(names, f"{owner} has no arguments")
            return
        find_model(self.model)
        self.check_training()
        self.check_model(self.model, {"num_tweets": 2, "image_dim": 2, "text_dim": 2})
