from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.data.validation_part import check_validation_part
from graphcascade.errors import UsageError
from graphcascade.evaluation import PopularityProtocol, Result, evaluate_popularity
from graphcascade.loader import PostLoader
from graphcascade.models.popularity import PopularityModel, WindowModel
from graphcascade.prediction.popularity import SHOWN_POSTS, predict_popularity
from graphcascade.trainers.checkpoints import describe_arguments
from graphcascade.trainers.popularity_module import PopularityModule
from graphcascade.trainers.trainer import Trainer, TrainerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["PopularityTrainer"]

MAX_DENSE_USERS = 100_000  # up to which the table of users has dense gradients
MAX_EPOCHS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 10, 512, 1e-3, 1e-4


class PopularityTrainer(Trainer[PostStream, WindowModel]):
    """Trains and tests models that predict the popularity of posts.

    Args:
        protocol: Which labels and users :meth:`test` takes as known.
        settings: Those of :class:`Trainer`. The defaults are those of the DSN paper, Section 4.2: Adam with a learning
            rate of 0.001 and a weight decay of 0.0001, 10 epochs, and 512 posts in a batch. An improvement
            (``monitor``) is a lower mean absolute error ("mae", the default), a lower squared error ("loss"), or one of
            the two ("either"). With more than 100,000 users and without weight decay, the table of users has sparse
            gradients: a step only changes the users in it, and Adam is :class:`torch.optim.SparseAdam` for them.

    Raises:
        UsageError: A setting that is unknown or out of range.

    Example:
        >>> train, val, test = simulate_posts(num_posts=300).splits()
        >>> trainer = PopularityTrainer(max_epochs=1)
        >>> model = trainer.fit(DSN.of(train, hidden_dim=8), train, val)
        >>> trainer.predict(model, test).columns.tolist()[:4]
        ['post', 'user', 'time', 'label']
        >>> trainer.test(model, test)["MAE"] > 0
        True
    """

    monitors: ClassVar[Mapping[str, Literal["max", "min"]]] = {"mae": "min", "loss": "min"}

    def __init__(self, *, protocol: PopularityProtocol | None = None, **settings: Unpack[TrainerSettings]) -> None:
        settings.setdefault("max_epochs", MAX_EPOCHS)
        settings.setdefault("batch_size", BATCH_SIZE)
        settings.setdefault("learning_rate", LEARNING_RATE)
        settings.setdefault("weight_decay", WEIGHT_DECAY)
        settings.setdefault("monitor", "mae")
        super().__init__(**settings)
        self.protocol = PopularityProtocol() if protocol is None else protocol

    def fit(
        self,
        model: WindowModel,
        train: PostStream,
        val: PostStream | None = None,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> WindowModel:
        """Trains a model; see :meth:`Trainer.fit`.

        The earlier half of the validation posts chooses the best epoch. The later half, which chooses nothing, gives
        the intervals of predictions; see :meth:`~graphcascade.models.popularity.PopularityModel.calibrate`.
        """
        choosing, calibration = (None, None) if val is None else _halves(require_stream(val, "val"))
        super().fit(model, train, choosing, resume=resume, overwrite=overwrite)
        model.complete(train)
        if calibration is not None:
            model.calibrate(calibration)
        return model

    def _prepare(
        self, model: WindowModel, train: PostStream, val: PostStream | None
    ) -> tuple[PostStream, PostStream | None]:
        if not isinstance(model, WindowModel):
            raise UsageError(
                f"{type(model).__name__} is not a WindowModel, so this trainer cannot train it; models that count have "
                "a fit method of their own, and other tasks have other trainers."
            )
        require_stream(train, "train")
        if val is not None:
            require_stream(val, "val")
            check_validation_part(train, val)
        model.prepare(train, continued=True)
        return train, val

    def _loaders(
        self, model: WindowModel, train: PostStream, val: PostStream | None
    ) -> tuple[PostLoader, PostLoader | None]:
        loader = model.batches(train, batch_size=self.batch_size, shuffle=True, seed=self.seed)
        return loader, None if val is None else model.batches(val, batch_size=self.batch_size)

    def _module(self, model: WindowModel, train: PostStream, run: dict[str, Any]) -> PopularityModule:
        if model.users is not None and model.users.uid is not None:
            many = model.num_users > MAX_DENSE_USERS
            model.users.sparse_gradients = many and self._takes_sparse_gradients
            if many:
                self._warn_about_weight_decay(model.num_users)
        return PopularityModule(model, self.optimization, run)

    def _fingerprint(self, data: PostStream) -> str:
        digest = hashlib.sha256()
        for tensor in (data.fingerprints, data.target_y, data.category, data.parent):
            digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
        return f"{data.name} {digest.hexdigest()[:12]}"

    def _describe_model(self, model: WindowModel) -> dict[str, str]:
        return describe_arguments("model", model, model.config)

    def test(self, model: PopularityModel, test: PostStream, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate_popularity`."""
        return evaluate_popularity(model, test, self.protocol, self.seed, allow_overlap)

    def predict(
        self,
        model: PopularityModel,
        stream: PostStream,
        posts: Sequence[str] | None = None,
        interval: float = 0.9,
        k: int = SHOWN_POSTS,
    ) -> pd.DataFrame:
        """Predicts the popularity of posts; see :func:`~graphcascade.prediction.predict_popularity`."""
        return predict_popularity(model, stream, posts, interval, k)


def _halves(val: PostStream) -> tuple[PostStream, PostStream]:
    """Returns the earlier and the later half of the validation posts; both are the same if there is only one post."""
    earlier, later = val.targets.tensor_split([(val.targets.numel() + 1) // 2])
    return val.with_targets(earlier), val.with_targets(later if later.numel() else earlier)
