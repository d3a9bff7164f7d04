from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.cascade_size.fitted_size_model import FittedSizeModel
from graphcascade.models.registry import MODELS
from graphcascade.nn.window_features import interval_counts

__all__ = ["LinearCascadeSize"]


@MODELS.register("LinearCascadeSize")
class LinearCascadeSize(FittedSizeModel):
    r"""Least squares on the logarithm of the observed size, or of the numbers of events in parts of the window.

    "`Predicting the Popularity of Online Content <https://doi.org/10.1145/1787234.1787254>`_" (Szabo and Huberman,
    2010), Section 5, finds that the logarithms of early and late popularity are linearly related; "`Using Early View
    Patterns to Predict the Popularity of YouTube Videos <https://doi.org/10.1145/2433396.2433443>`_" (Pinto et al.,
    2013) takes the numbers of views in several intervals.

    .. math::
        y = a + b \log_2 n + \sum_{k=1}^K c_k \log_2(1 + n_k)

    The :math:`K` parts of the window have equal lengths, and :math:`n_k` events. With one part, the default, the sum is
    left out. The window of a number of events ends with its last event, so that one part gives the mean.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
        parts: Number of parts of the window, :math:`K`.

    Deviations from the papers: what is predicted is the logarithm of the growth instead of the size. Pinto et al. take
    the numbers themselves, and minimize the relative error.
    """

    weight: Tensor
    """a, b, and c if there are several parts; float64."""

    def __init__(
        self, num_users: int, observe: str | None = None, observe_events: int | None = None, parts: int = 1
    ) -> None:
        super().__init__(num_users, observe, observe_events)
        if parts < 1:
            raise UsageError(argument="parts", value=parts, reason="must be at least 1")
        self.parts = parts
        size = 2 if parts == 1 else 2 + parts
        self.register_buffer("weight", torch.full((size,), torch.nan, dtype=torch.float64))

    def _inputs(self, observed: CascadeDataset) -> Tensor:
        table = observed.table
        columns = [torch.ones(len(observed), 1, dtype=torch.float64), table.size.double().log2().unsqueeze(1)]
        if self.parts > 1:
            elapsed = self.window.elapsed(table.time, table.ptr, table.time_unit)
            columns.append(torch.log2(1 + interval_counts(table.time, table.ptr, elapsed, self.parts)))
        return torch.cat(columns, 1)

    def _fit_growth(self, observed: CascadeDataset, y: Tensor) -> None:
        # The solution of the smallest norm, if there are several.
        self.weight = torch.linalg.lstsq(self._inputs(observed), y, driver="gelsd").solution

    def predict(self, observed: CascadeDataset) -> Tensor:
        return (self._inputs(observed) @ self.weight.cpu()).clamp(min=0)
