from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from torch import Tensor

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.part_checks import check_training, check_validation
from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, Result, evaluate, find_protocol, require_terminate
from graphcascade.loader import CascadeLoader
from graphcascade.models.next_user import NextUserModel, NextUserPredictor
from graphcascade.nn import UserSampler
from graphcascade.prediction import predict_next_users
from graphcascade.trainers.checkpoints import describe_arguments
from graphcascade.trainers.fingerprint import fingerprint
from graphcascade.trainers.next_user_module import NextUserModule
from graphcascade.trainers.trainer import Trainer, TrainerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["NextUserTrainer", "choose_num_samples"]

logger = logging.getLogger(__name__)

MAX_EXACT_USERS = 50_000  # up to which the loss is exact by default
NUM_SAMPLES = 2_048


def choose_num_samples(num_samples: int | None, num_users: int) -> int:
    """Returns the number of users from which the loss is estimated, 0 for the exact loss.

    Args:
        num_samples: The number, or ``None`` for the default for so many users.
        num_users: Number of all users.
    """
    if num_samples is not None:
        return num_samples
    return 0 if num_users <= MAX_EXACT_USERS else NUM_SAMPLES


class NextUserTrainer(Trainer[CascadeDataset, NextUserModel]):
    """Trains and tests models of the next infected user.

    Args:
        pool_size: Batches within which cascades are sorted by length, see :class:`~graphcascade.loader.CascadeLoader`.
        protocol: How validation and :meth:`test` rank.
        num_samples: Number of users from which the loss of a training step is estimated, see
            :class:`~graphcascade.nn.UserSampler`: more come closer to the exact loss and take longer. 0 is the exact
            loss over all users. ``None`` is 0 for up to 50,000 users and 2,048 for more, which is logged. With samples
            the tables of users have sparse gradients: a step only changes the users in it, and Adam is
            :class:`torch.optim.SparseAdam` for them. The loss and the ranks of the validation are always exact.
        settings: Those of :class:`Trainer`. A batch has ``batch_size`` cascades. An improvement (``monitor``) is a
            higher mean reciprocal rank ("mrr"), a lower loss ("loss"), or one of the two ("either", the default: the
            rank may stay the same for some epochs while the loss falls). The weights of the epoch with the highest
            rank are kept, or, with "loss", those of the lowest loss.

    Raises:
        UsageError: A setting that is unknown or out of range.
    """

    monitors: ClassVar[Mapping[str, Literal["max", "min"]]] = {"mrr": "max", "loss": "min"}
    settings: ClassVar[tuple[str, ...]] = ("pool_size",)

    def __init__(
        self,
        *,
        pool_size: int = 64,
        protocol: str | NextUserProtocol = "chronological",
        num_samples: int | None = None,
        **settings: Unpack[TrainerSettings],
    ) -> None:
        settings.setdefault("monitor", "either")
        super().__init__(**settings)
        if pool_size < 1:
            raise UsageError(argument="pool_size", value=pool_size, reason="must be at least 1")
        if num_samples is not None and num_samples < 0:
            raise UsageError(argument="num_samples", value=num_samples, reason="must be 0 (all users) or more")
        find_protocol(protocol)
        self.pool_size = pool_size
        self.protocol = protocol
        self.num_samples = num_samples

    def _prepare(
        self, model: NextUserModel, train: CascadeDataset, val: CascadeDataset | None
    ) -> tuple[CascadeDataset, CascadeDataset | None]:
        if not isinstance(model, NextUserModel):
            raise UsageError(
                f"{type(model).__name__} is not a NextUserModel, so this trainer cannot train it; models that count or "
                "infer a network have a fit method of their own."
            )
        train, val = as_dataset(train, "train"), None if val is None else as_dataset(val, "val")
        if val is not None and not np.array_equal(train.user_ids, val.user_ids):
            raise UsageError(
                f"{val.name} (validation) has other users than {train.name} (training): take both from the splits() "
                "of one dataset."
            )
        for part in (train,) if val is None else (train, val):
            if part.num_users != model.num_users:
                raise UsageError(
                    f"the model has {model.num_users:,} users, the dataset {part.name} has {part.num_users:,}."
                )
            if not bool((part.sizes > 1).any()):
                raise UsageError(f"{part!r} has no cascade of two users, so there is nothing to predict.")
        check_training(train)
        check_validation(train, val)
        require_terminate(model, find_protocol(self.protocol))
        model.prepare(train)
        model.remember(train, continued=True)
        return train, val

    def _loaders(
        self, model: NextUserModel, train: CascadeDataset, val: CascadeDataset | None
    ) -> tuple[CascadeLoader, CascadeLoader | None]:
        limited = None if val is None else find_protocol(self.protocol).limit(val)
        return self._loader(train), None if limited is None else CascadeLoader(limited, self.batch_size)

    def _loader(self, train: CascadeDataset) -> CascadeLoader:
        return CascadeLoader(train, self.batch_size, shuffle=True, pool_size=self.pool_size, seed=self.seed)

    def _module(self, model: NextUserModel, train: CascadeDataset, run: dict[str, Any]) -> NextUserModule:
        sampler = self._sampler(model, train)
        return NextUserModule(model, self.optimization, find_protocol(self.protocol), run, sampler)

    def _sampler(self, model: NextUserModel, train: CascadeDataset) -> UserSampler | None:
        """Returns what draws the users of the loss, or ``None``; and decides whether tables get sparse gradients."""
        num_samples = choose_num_samples(self.num_samples, model.num_users)
        sampled = 0 < num_samples < model.num_users
        sparse = sampled and self._takes_sparse_gradients
        model.embedding.sparse_gradients = model.readout.sparse_gradients = sparse
        if not sampled:
            return None
        logger.info(
            "%s: each step of the training compares the next users with %s of %s users, and not with all of them; "
            "num_samples=0 compares with all, which takes longer.",
            type(model).__name__,
            f"{num_samples:,}",
            f"{model.num_users:,}",
        )
        self._warn_about_weight_decay(model.num_users)
        return UserSampler(train.user_counts, num_samples)

    def _fingerprint(self, data: CascadeDataset) -> str:
        return fingerprint(data)

    def _describe_model(self, model: NextUserModel) -> dict[str, str]:
        arguments = {name: value for name, value in model.config.items() if name != "embedding"}
        embedding = {name: value for name, value in model.embedding.config.items() if not isinstance(value, Tensor)}
        return describe_arguments("model", model, arguments) | describe_arguments(
            "embedding", model.embedding, embedding
        )

    def _run(self, model: NextUserModel, train: CascadeDataset, val: CascadeDataset | None) -> dict[str, Any]:
        num_samples = choose_num_samples(self.num_samples, model.num_users)
        return super()._run(model, train, val) | {"protocol": str(self.protocol), "num_samples": num_samples}

    def test(self, model: NextUserPredictor, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate`."""
        return evaluate(model, test, self.protocol, self.seed, allow_overlap=allow_overlap)

    def predict(self, model: NextUserPredictor, data: CascadeDataset, k: int = 10) -> pd.DataFrame:
        """Names the next users of cascades; see :func:`~graphcascade.prediction.predict_next_users`."""
        return predict_next_users(model, data, k)
