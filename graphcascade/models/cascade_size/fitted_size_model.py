from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError
from graphcascade.models.cascade_size.cascade_size_model import CascadeSizeModel, log_growth
from graphcascade.models.fittable_model import FittableModel

__all__ = ["FittedSizeModel"]


class FittedSizeModel(FittableModel, CascadeSizeModel):
    """Base class of models of the final size that are fitted at once, without epochs and without a trainer."""

    def _fit(self, train: CascadeDataset) -> None:
        observed = self.window.apply(train).cascades
        self._fit_growth(observed, require_growth(observed, self))

    @abstractmethod
    def _fit_growth(self, observed: CascadeDataset, y: Tensor) -> None:
        """Fits the model to the beginnings of ``N`` cascades and their growth, ``[N]`` float64; see :meth:`predict`."""


def require_growth(observed: CascadeDataset, model: CascadeSizeModel) -> Tensor:
    """Returns the growth of training cascades, ``[N]`` float64.

    Raises:
        DataError: No cascade has grown after the window.
    """
    y = log_growth(observed)
    if not bool((y > 0).any()):
        raise DataError(
            f"{observed.name}: none of {y.numel():,} cascades has an event after the window, {model.window}, so there "
            "is nothing to learn; take a shorter one."
        )
    return y
