from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids
from graphcascade.models.cascade_size.fitted_size_model import FittedSizeModel
from graphcascade.models.registry import MODELS

__all__ = ["HawkesCascadeSize"]

STARTS = (-4.0, -2.0, 0.0, 2.0, 4.0)
"""Logarithms of the decay time that the search starts from, in units of the mean window."""
MAX_STEPS = 200
PENALTY = 1e-6


@MODELS.register("HawkesCascadeSize")
class HawkesCascadeSize(FittedSizeModel):
    r"""Extrapolates a self-exciting (Hawkes) process: each event causes later ones, these cause others, and so on.

    "`Feature Driven and Point Process Approaches for Popularity Prediction <https://doi.org/10.1145/2983323.2983812>`_"
    (Mishra, Rizoiu and Xie, CIKM 2016), Section 3.2. With the branching factor :math:`n^* < 1`, the mean number of
    events that an event causes, and the distribution :math:`\Phi` of the time that each takes, the expected number of
    events after the end :math:`T` of the window is

    .. math::
        \Delta = \frac{n^*}{1 - n^*} \sum_{t_i \le T} \big(1 - \Phi(T - t_i)\big), \qquad
        1 - \Phi(\tau) = e^{-\tau / s}

    :math:`n^*` and :math:`s` are common to all cascades, and minimize the squared error of :math:`\log_2(1 + \Delta)`
    on the training cascades.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.

    Deviations from the paper: the kernel is exponential instead of a power law, which is no better on the Weibo sample
    of :class:`~graphcascade.datasets.WeiboDeepHawkes`. The paper estimates the parameters of each cascade by maximum
    likelihood of its observed events, and corrects the extrapolation by regression; here they are estimated from the
    growth of the training cascades, so that no correction is needed. There are no numbers of followers, so that all
    users have the same influence.
    """

    log_parameters: Tensor
    """Logarithms of n* / (1 - n*), and of s in units of ``scale``; ``[2]`` float64."""
    scale: Tensor
    """Mean length of the training windows, in the unit of the training times."""

    def __init__(self, num_users: int, observe: str | None = None, observe_events: int | None = None) -> None:
        super().__init__(num_users, observe, observe_events)
        self.register_buffer("log_parameters", torch.full((2,), torch.nan, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(1.0, dtype=torch.float64))

    @property
    def branching_factor(self) -> float:
        """The mean number of events that an event causes, between 0 and 1."""
        return float(self.log_parameters[0].sigmoid())

    @property
    def decay_time(self) -> float:
        """The time :math:`s` of the kernel, in the unit of the training times."""
        return float(self.log_parameters[1].exp() * self.scale)

    def _remaining(self, observed: CascadeDataset) -> Tensor:
        """Returns the time from each event to the end of its window, in units of ``scale``, ``[E]``."""
        table = observed.table
        end = table.time[table.ptr[:-1]] + self.window.elapsed(table.time, table.ptr, table.time_unit)
        return (end[segment_ids(table.ptr)] - table.time) / self.scale.cpu()

    def _log_growth(self, parameters: Tensor, remaining: Tensor, cascade: Tensor, count: int) -> Tensor:
        factor, decay = parameters
        survival = (-remaining / decay.exp()).exp()
        total = torch.zeros(count, dtype=torch.float64).index_add(0, cascade, survival)
        return torch.log2(1 + factor.exp() * total)

    def _fit_growth(self, observed: CascadeDataset, y: Tensor) -> None:
        table = observed.table
        elapsed = self.window.elapsed(table.time, table.ptr, table.time_unit).mean()
        self.scale = torch.where(elapsed > 0, elapsed, 1.0)
        remaining, cascade = self._remaining(observed), segment_ids(table.ptr)
        best = float("inf")
        for start in STARTS:
            parameters = torch.tensor([0.0, start], dtype=torch.float64, requires_grad=True)
            optimizer = torch.optim.LBFGS([parameters], max_iter=MAX_STEPS, line_search_fn="strong_wolfe")

            def closure(optimizer: torch.optim.Optimizer = optimizer, parameters: Tensor = parameters) -> Tensor:
                optimizer.zero_grad()
                predicted = self._log_growth(parameters, remaining, cascade, y.numel())
                # The weak penalty keeps parameters finite that make no difference.
                loss = (predicted - y).square().mean() + PENALTY * parameters.square().sum()
                loss.backward()
                return loss

            with torch.enable_grad():
                optimizer.step(closure)
                value = float(closure().detach())
            if value < best:
                best, self.log_parameters = value, parameters.detach()

    def predict(self, observed: CascadeDataset) -> Tensor:
        cascade = segment_ids(observed.table.ptr)
        return self._log_growth(self.log_parameters.cpu(), self._remaining(observed), cascade, len(observed))
