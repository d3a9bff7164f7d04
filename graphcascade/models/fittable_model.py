from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.part_checks import check_training
from graphcascade.errors import UsageError
from graphcascade.models.model import Model

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FittableModel"]


class FittableModel(Model):
    """Base class of models that are trained by :meth:`fit` at once, without epochs and without a trainer."""

    progress: bool = False
    """Whether :meth:`fit` shows a progress bar on terminals and in notebooks, if the model has one."""

    def fit(self, train: CascadeDataset) -> Self:
        """Trains the model; an earlier training is forgotten.

        Args:
            train: Training cascades.

        Returns:
            The model itself.

        Raises:
            UsageError: ``train`` is the test part of a split, or does not fit the model.
            DataError: The model cannot be trained on these cascades.
        """
        train = as_dataset(train, "train")
        check_training(train)
        self._fit(train)
        self.remember(train)
        return self

    @abstractmethod
    def _fit(self, train: CascadeDataset) -> None:
        """Trains the model on cascades that are not the test part of a split."""

    def _is_trained(self) -> bool:
        return bool(self.seen.any())

    def require_trained(self) -> None:
        if not self._is_trained():
            raise UsageError(f"{type(self).__name__} was not trained yet: call fit(train) first.")
