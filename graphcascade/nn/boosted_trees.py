from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from graphcascade.errors import DataError, MissingFileError, UsageError, shorten

__all__ = ["BoostedTrees"]

MAGIC = b"CBM1"


class BoostedTrees(nn.Module):
    """Trees of CatBoost in a buffer, so that they are saved with a model, in CatBoost's own format and not as a pickle.

    It needs catboost: ``pip install 'graphcascade[boost]'``.
    """

    trees: Tensor
    """The bytes of the trees, ``[B]`` uint8; empty before :meth:`fit`."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("trees", torch.empty(0, dtype=torch.uint8))
        self._booster: Any = None

    def fit(self, table: pd.DataFrame, y: Tensor, **settings: Any) -> None:
        """Fits the trees by least squares.

        Args:
            table: The inputs, a row for each example.
            y: What to predict, ``[N]``.
            settings: Arguments of ``catboost.CatBoostRegressor``.

        Raises:
            DataError: All values of ``y`` are equal.
            MissingFileError: catboost is not installed.
        """
        catboost = _import_catboost()
        if bool((y == y[0]).all()):
            raise DataError(
                f"CatBoost cannot learn from examples whose answers are all equal ({float(y[0]):g}); check the column "
                "of the labels, or use a model that predicts the mean."
            )
        booster = catboost.CatBoostRegressor(loss_function="RMSE", allow_writing_files=False, verbose=False, **settings)
        booster.fit(table, y.numpy())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trees.cbm"
            booster.save_model(str(path), format="cbm")
            self.trees = torch.from_numpy(np.frombuffer(path.read_bytes(), dtype=np.uint8).copy())
        self._booster = None

    def predict(self, table: pd.DataFrame, thread_count: int = 1) -> Tensor:
        """Predicts for each row, ``[N]`` float64.

        Args:
            table: The inputs, with the columns of :meth:`fit`.
            thread_count: Number of threads.

        Raises:
            UsageError: There are no trees, or they cannot be read.
            MissingFileError: catboost is not installed.
        """
        return torch.from_numpy(np.asarray(self.booster().predict(table, thread_count=thread_count), dtype=np.float64))

    def importances(self) -> pd.Series[Any]:
        """Returns how much each input changes the predictions on average, in percent, the largest first.

        Raises:
            UsageError: There are no trees, or they cannot be read.
            MissingFileError: catboost is not installed.
        """
        booster = self.booster()
        values = pd.Series(booster.get_feature_importance(), index=booster.feature_names_, name="importance")
        return values.sort_values(ascending=False, kind="stable")

    def booster(self) -> Any:
        """Returns the ``catboost.CatBoostRegressor`` of the trees."""
        if self.trees.numel() == 0:
            raise UsageError("the trees were not fitted yet.")
        if self._booster is None:
            catboost = _import_catboost()
            booster = catboost.CatBoostRegressor()
            try:
                booster.load_model(blob=self.trees.cpu().numpy().tobytes(), format="cbm")
            except catboost.CatBoostError as error:
                raise UsageError(f"its trees cannot be read ({shorten(str(error))}); train it again.") from error
            self._booster = booster
        return self._booster

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        saved = state_dict.get(prefix + "trees")  # their size is only known from the state dict
        if saved is not None:
            if saved.dtype != torch.uint8 or saved.dim() != 1:
                raise UsageError(f"its trees are {saved.dtype} of {saved.dim()} axes instead of bytes")
            if saved.numel() and saved[: len(MAGIC)].numpy().tobytes() != MAGIC:
                raise UsageError("its trees are not in CatBoost's binary format")
            self.trees = torch.empty_like(saved)
            self._booster = None
        super()._load_from_state_dict(state_dict, prefix, *args)


def _import_catboost() -> Any:
    try:
        import catboost
    except ImportError:
        raise MissingFileError(
            "this model needs catboost, which is not installed: pip install 'graphcascade[boost]'."
        ) from None
    return catboost
