from __future__ import annotations

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
from graphcascade.prediction import predict_next_users
from graphcascade.trainers.checkpoints import describe_arguments
from graphcascade.trainers.fingerprint import fingerprint
from graphcascade.trainers.next_user_module import NextUserModule
from graphcascade.trainers.trainer import Trainer, TrainerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["NextUserTrainer"]


class NextUserTrainer(Trainer[CascadeDataset, NextUserModel]):
    """Trains and tests models of the next infected user.

    Args:
        pool_size: Batches within which cascades are sorted by length, see :class:`~graphcascade.loader.CascadeLoader`.
        protocol: How validation and :meth:`test` rank.
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
        **settings: Unpack[TrainerSettings],
    ) -> None:
        settings.setdefault("monitor", "either")
        super().__init__(**settings)
        if pool_size < 1:
            raise UsageError(argument="pool_size", value=pool_size, reason="must be at least 1")
        find_protocol(protocol)
        self.pool_size = pool_size
        self.protocol = protocol

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
            if not bool((part.table.size > 1).any()):
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
        return NextUserModule(model, self.optimization, find_protocol(self.protocol), run)

    def _fingerprint(self, data: CascadeDataset) -> str:
        return fingerprint(data)

    def _describe_model(self, model: NextUserModel) -> dict[str, str]:
        arguments = {name: value for name, value in model.config.items() if name != "embedding"}
        embedding = {name: value for name, value in model.embedding.config.items() if not isinstance(value, Tensor)}
        return describe_arguments("model", model, arguments) | describe_arguments(
            "embedding", model.embedding, embedding
        )

    def _run(self, model: NextUserModel, train: CascadeDataset, val: CascadeDataset | None) -> dict[str, Any]:
        return super()._run(model, train, val) | {"protocol": str(self.protocol)}

    def test(self, model: NextUserPredictor, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate`."""
        return evaluate(model, test, self.protocol, self.seed, allow_overlap=allow_overlap)

    def predict(self, model: NextUserPredictor, data: CascadeDataset, k: int = 10) -> pd.DataFrame:
        """Names the next users of cascades; see :func:`~graphcascade.prediction.predict_next_users`."""
        return predict_next_users(model, data, k)
