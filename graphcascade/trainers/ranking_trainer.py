from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.require_network import require_network
from graphcascade.data.validation_part import check_validation_part
from graphcascade.errors import UsageError
from graphcascade.evaluation import RankingProtocol, Result, evaluate_ranking
from graphcascade.features import Encoder, LatentSemanticsEncoder
from graphcascade.loader import PreferenceLoader, draw_candidates
from graphcascade.loader.negative_sampler import CandidateSet
from graphcascade.models.ranking import FactorModel, RankingModel
from graphcascade.prediction import recommend_tweets
from graphcascade.trainers.checkpoints import describe_arguments
from graphcascade.trainers.ranking_module import CandidateBatches, RankingModule
from graphcascade.trainers.trainer import Trainer, TrainerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["RankingTrainer"]

BATCH_SIZE, OPTIMIZER, LEARNING_RATE = 8_192, "adagrad", 0.01


class RankingTrainer(Trainer[RetweetNetwork, FactorModel]):
    """Trains and tests models that rank tweets.

    Args:
        num_negatives: Negatives that are drawn for each retweet in each epoch.
        protocol: How validation and :meth:`test` rank.
        train_candidates: Where the negatives of the training come from; see
            :class:`~graphcascade.loader.PreferenceLoader`. ``None`` for the candidates of the protocol, or all tweets
            if the protocol ranks all.
        encoder_learning_rate: Learning rate of encoders that are trained with the model (``image_encoder`` and
            ``text_encoder`` of :class:`~graphcascade.models.AMNL`); lower than that of the other weights, so that a
            pretrained encoder keeps what it knows.
        settings: Those of :class:`Trainer`. A batch has ``batch_size`` preference triples, 8,192 by default; the
            optimizer is AdaGrad with a learning rate of 0.01. An improvement (``monitor``) is a higher AUC ("auc", the
            default), a lower loss ("loss"), or one of the two ("either").

    Raises:
        UsageError: A setting that is unknown or out of range.

    Example:
        >>> train, val, test = simulate_retweets(num_users=100, num_tweets=80).splits(0.8)
        >>> trainer = RankingTrainer(max_epochs=2)
        >>> model = trainer.fit(AMNL.of(train), train, val)
        >>> trainer.test(model, test)["AUC"] > 0
        True
    """

    monitors: ClassVar[Mapping[str, Literal["max", "min"]]] = {"auc": "max", "loss": "min"}
    settings: ClassVar[tuple[str, ...]] = ("num_negatives", "train_candidates")

    def __init__(
        self,
        *,
        num_negatives: int = 2,
        protocol: RankingProtocol | None = None,
        train_candidates: CandidateSet | None = None,
        encoder_learning_rate: float = 1e-4,
        **settings: Unpack[TrainerSettings],
    ) -> None:
        settings.setdefault("batch_size", BATCH_SIZE)
        settings.setdefault("optimizer", OPTIMIZER)
        settings.setdefault("learning_rate", LEARNING_RATE)
        settings.setdefault("monitor", "auc")
        super().__init__(**settings)
        if num_negatives < 1:
            raise UsageError(argument="num_negatives", value=num_negatives, reason="must be at least 1")
        if not (math.isfinite(encoder_learning_rate) and encoder_learning_rate > 0):
            reason = "must be a finite number above 0"
            raise UsageError(argument="encoder_learning_rate", value=encoder_learning_rate, reason=reason)
        self.encoder_learning_rate = encoder_learning_rate
        self.num_negatives = num_negatives
        self.train_candidates = train_candidates
        self.protocol = RankingProtocol() if protocol is None else protocol

    def _prepare(
        self, model: FactorModel, train: RetweetNetwork, val: RetweetNetwork | None
    ) -> tuple[RetweetNetwork, RetweetNetwork | None]:
        if not isinstance(model, FactorModel):
            raise UsageError(
                f"{type(model).__name__} is not a FactorModel, so this trainer cannot train it; models that count have "
                "a fit method of their own, and NextUserTrainer trains models of the next user."
            )
        require_network(train, "train")
        if val is not None:
            require_network(val, "val")
            if not (np.array_equal(train.user_ids, val.user_ids) and np.array_equal(train.tweet_ids, val.tweet_ids)):
                raise UsageError(
                    f"{val.name} (validation) has other users or tweets than {train.name} (training): take both from "
                    "the splits() of one network."
                )
            check_validation_part(train, val)
        model.prepare(train, continued=True)
        return train, val

    def _loaders(
        self, model: FactorModel, train: RetweetNetwork, val: RetweetNetwork | None
    ) -> tuple[PreferenceLoader, CandidateBatches | None]:
        protocol = self.protocol
        candidates = "uniform" if protocol.candidates == "all" else protocol.candidates
        loader = PreferenceLoader(
            train,
            self.batch_size,
            self.num_negatives,
            self.train_candidates or candidates,
            seed=self.seed,
            oversampling=model.oversampling,
        )
        if val is None:
            return loader, None
        drawn = draw_candidates(val, candidates, protocol.num_negatives, protocol.seed)
        return loader, CandidateBatches(drawn, 4 * self.batch_size)

    def _module(self, model: FactorModel, train: RetweetNetwork, run: dict[str, Any]) -> RankingModule:
        # With AdaGrad, sparse gradients give the weights of dense ones; with Adam they would not.
        model.sparse_gradients = self.optimization.optimizer == "adagrad" and self._takes_sparse_gradients
        return RankingModule(model, self.optimization, run, self.encoder_learning_rate)

    def _fingerprint(self, data: RetweetNetwork) -> str:
        digest = hashlib.sha256()
        for tensor in (data.fingerprints, data.follows, data.posts):
            digest.update(tensor.contiguous().numpy().tobytes())
        return f"{data.name} {digest.hexdigest()[:12]}"

    def _describe_model(self, model: FactorModel) -> dict[str, str]:
        return describe_arguments("model", model, model.config)

    def _run(self, model: FactorModel, train: RetweetNetwork, val: RetweetNetwork | None) -> dict[str, Any]:
        features = {f"{kind}_features": _describe_encoder(encoder) for kind, encoder in train.encoders.items()}
        rate = {"encoder_learning_rate": self.encoder_learning_rate} if model.encoder_parameters() else {}
        return super()._run(model, train, val) | {"protocol": str(self.protocol)} | features | rate

    def test(self, model: RankingModel, test: RetweetNetwork, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate_ranking`."""
        return evaluate_ranking(model, test, self.protocol, self.seed, allow_overlap)

    def recommend(
        self,
        model: RankingModel,
        users: Sequence[str] | None = None,
        k: int = 10,
        *,
        data: RetweetNetwork | None = None,
    ) -> pd.DataFrame:
        """Names the best tweets for users; see :func:`~graphcascade.prediction.recommend_tweets`."""
        return recommend_tweets(model, users, k, data)


def _describe_encoder(encoder: Encoder) -> str:
    """Returns an identifier of an encoder, which must be the same when a run is resumed."""
    identity = encoder.identity()
    if isinstance(encoder, LatentSemanticsEncoder):  # follows from the texts, but for rounding
        identity.pop("weights")
    return f"{encoder.name} {hashlib.sha256(repr(sorted(identity.items())).encode()).hexdigest()[:12]}"
