from __future__ import annotations

from typing import Any

import pandas as pd
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.cascade_size.fitted_size_model import FittedSizeModel
from graphcascade.models.registry import MODELS
from graphcascade.nn.boosted_trees import BoostedTrees
from graphcascade.nn.window_features import WINDOW_FEATURES, window_features

__all__ = ["CatBoostCascadeSize"]


@MODELS.register("CatBoostCascadeSize")
class CatBoostCascadeSize(FittedSizeModel):
    """Gradient-boosted trees on the number of events, their times, and who infected whom.

    "`Can Cascades be Predicted? <https://doi.org/10.1145/2566486.2567997>`_" (Cheng et al., WWW 2014) finds that
    features of the first reshares, above all of their times, predict whether a cascade doubles. The trees are those of
    `CatBoost <https://arxiv.org/abs/1706.09516>`_ (Prokhorenkova et al., 2018). The inputs are those of
    :func:`~graphcascade.nn.window_features.window_features`.

    It needs catboost: ``pip install 'graphcascade[boost]'``. Saved models hold CatBoost's own format, no pickle.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
        iterations: Number of trees.
        tree_depth: Depth of the trees, at most 16.
        learning_rate: Learning rate.
        l2: Penalty of the values of the leaves.
        seed: Seed of the random choices.

    Raises:
        UsageError: A number is out of range.

    Deviations from the paper: what is predicted is the growth; there are no contents and no features of users.
    """

    def __init__(
        self,
        num_users: int,
        observe: str | None = None,
        observe_events: int | None = None,
        iterations: int = 300,
        tree_depth: int = 4,
        learning_rate: float = 0.03,
        l2: float = 3.0,
        seed: int = 0,
    ) -> None:
        super().__init__(num_users, observe, observe_events)
        if iterations < 1:
            raise UsageError(argument="iterations", value=iterations, reason="must be at least 1")
        if not 1 <= tree_depth <= 16:
            raise UsageError(argument="tree_depth", value=tree_depth, reason="must be from 1 to 16")
        for name, value in (("learning_rate", learning_rate), ("l2", l2)):
            if not value > 0:
                raise UsageError(argument=name, value=value, reason="must be above 0")
        self.iterations = iterations
        self.tree_depth = tree_depth
        self.learning_rate = learning_rate
        self.l2 = l2
        self.seed = seed
        self.trees = BoostedTrees()

    def _table(self, observed: CascadeDataset) -> pd.DataFrame:
        table = observed.table
        elapsed = self.window.elapsed(table.time, table.ptr, table.time_unit)
        x = window_features(table.time, table.ptr, elapsed, table.parent)
        return pd.DataFrame(x.numpy(), columns=list(WINDOW_FEATURES))

    def _fit_growth(self, observed: CascadeDataset, y: Tensor) -> None:
        self.trees.fit(
            self._table(observed),
            y,
            iterations=self.iterations,
            depth=self.tree_depth,
            learning_rate=self.learning_rate,
            l2_leaf_reg=self.l2,
            random_seed=self.seed,
            thread_count=1,
        )

    def predict(self, observed: CascadeDataset) -> Tensor:
        return self.trees.predict(self._table(observed)).clamp(min=0)

    def importances(self) -> pd.Series[Any]:
        """Returns how much each input changes the predictions on average, in percent, the largest first.

        Raises:
            UsageError: The model was not trained.
            MissingFileError: catboost is not installed.
        """
        self.require_trained()
        return self.trees.importances()
