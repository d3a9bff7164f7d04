from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.part_checks import check_training, check_validation
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, evaluate_cascade_sizes
from graphcascade.loader import CascadeLoader
from graphcascade.models.cascade_size import CascadeSizeModel, EncodedSizeModel
from graphcascade.models.cascade_size.fitted_size_model import require_growth
from graphcascade.prediction import predict_cascade_sizes
from graphcascade.trainers.cascade_size_module import CascadeSizeModule
from graphcascade.trainers.checkpoints import describe_arguments
from graphcascade.trainers.fingerprint import fingerprint
from graphcascade.trainers.trainer import Trainer, TrainerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["CascadeSizeTrainer"]


class CascadeSizeTrainer(Trainer[CascadeDataset, EncodedSizeModel]):
    """Trains and tests neural models of the final size of cascades.

    Args:
        settings: Those of :class:`Trainer`. A batch has ``batch_size`` cascades.

    Raises:
        UsageError: A setting that is unknown or out of range.

    Example:
        >>> train, val, test = dataset.splits()
        >>> trainer = CascadeSizeTrainer(max_epochs=2)
        >>> model = trainer.fit(CascadeSizeLSTM.of(dataset, observe_events=2), train, val)
        >>> trainer.test(model, test)["MSLE"] >= 0
        True
        >>> list(trainer.predict(model, test))
        ['cascade', 'item', 'events', 'size', 'lower', 'upper']
    """

    def __init__(self, **settings: Unpack[TrainerSettings]) -> None:
        super().__init__(**settings)

    def fit(
        self,
        model: EncodedSizeModel,
        train: CascadeDataset,
        val: CascadeDataset | None = None,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> EncodedSizeModel:
        """Trains a model, as :meth:`Trainer.fit`, and sets its intervals from the validation cascades."""
        model = super().fit(model, train, val, resume=resume, overwrite=overwrite)
        if val is not None:
            model.calibrate(val)
        return model

    def _prepare(
        self, model: EncodedSizeModel, train: CascadeDataset, val: CascadeDataset | None
    ) -> tuple[CascadeDataset, CascadeDataset | None]:
        if not isinstance(model, EncodedSizeModel):
            raise UsageError(
                f"{type(model).__name__} is not an EncodedSizeModel, so this trainer cannot train it; other models of "
                "sizes have a fit method of their own."
            )
        train, val = as_dataset(train, "train"), None if val is None else as_dataset(val, "val")
        if val is not None and not np.array_equal(train.user_ids, val.user_ids):
            raise UsageError(
                f"{val.name} (validation) has other users than {train.name} (training): take both from the splits() "
                "of one dataset."
            )
        if train.num_users != model.num_users:
            raise UsageError(
                f"the model has {model.num_users:,} users, the dataset {train.name} has {train.num_users:,}."
            )
        check_training(train)
        check_validation(train, val)
        observation = model.window.apply(train)
        observation.log_left_out(train.name, model.window)
        observed = observation.cascades
        require_growth(observed, model)
        model.prepare(observed)
        model.remember(observed, continued=True)
        return observed, None if val is None else model.window.apply(val).cascades

    def _loaders(
        self, model: EncodedSizeModel, train: CascadeDataset, val: CascadeDataset | None
    ) -> tuple[CascadeLoader, CascadeLoader | None]:
        loader = CascadeLoader(train, self.batch_size, shuffle=True, seed=self.seed)
        return loader, None if val is None else CascadeLoader(val, self.batch_size)

    def _module(self, model: EncodedSizeModel, train: CascadeDataset, run: dict[str, Any]) -> CascadeSizeModule:
        return CascadeSizeModule(model, self.optimization, run)

    def _fingerprint(self, data: CascadeDataset) -> str:
        return fingerprint(data)

    def _describe_model(self, model: EncodedSizeModel) -> dict[str, str]:
        return describe_arguments("model", model, model.config)

    def test(self, model: CascadeSizeModel, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate_cascade_sizes`."""
        return evaluate_cascade_sizes(model, test, self.seed, allow_overlap)

    def predict(self, model: CascadeSizeModel, data: CascadeDataset, interval: float = 0.9) -> pd.DataFrame:
        """Predicts final sizes; see :func:`~graphcascade.prediction.predict_cascade_sizes`."""
        return predict_cascade_sizes(model, data, interval)
