from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset, Observation, ObservationWindow, as_dataset
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.errors import UsageError
from graphcascade.models.calibrated_model import CalibratedModel

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CascadeSizeModel", "log_growth"]


class CascadeSizeModel(CalibratedModel):
    r"""Base class of models that predict the final size of a cascade from its beginning.

    What is predicted is the growth after the window, as in "`DeepHawkes: Bridging the Gap between Prediction and
    Understanding of Information Cascades <https://doi.org/10.1145/3132847.3132973>`_", Section 3:

    .. math::
        y = \log_2(1 + \Delta), \qquad \text{final size} = n + \Delta

    with :math:`n` events in the window, including the source, and :math:`\Delta` events after it.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.

    Raises:
        UsageError: A number is out of range; the window is not one.
    """

    uses_users: ClassVar[bool] = False
    """Whether it matters to the model who the users are, so that they are matched by their ids."""

    def __init__(self, num_users: int, observe: str | None = None, observe_events: int | None = None) -> None:
        super().__init__()
        if num_users < 1:
            raise UsageError(argument="num_users", value=num_users, reason="must be at least 1")
        self.window = ObservationWindow(observe, observe_events)
        self._add_seen(num_users)

    def _add_seen(self, num_users: int) -> None:
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))

    @classmethod
    def of(cls, dataset: CascadeDataset, **arguments: Any) -> Self:
        """Constructs a model for the users of a dataset.

        Args:
            dataset: The cascades, or a part of them.
            arguments: Further arguments of the class, such as ``observe``.

        Raises:
            UsageError: ``dataset`` is no dataset; an argument is unknown or out of range.
        """
        return cls(as_dataset(dataset, "dataset").num_users, **arguments)

    def observe(self, data: CascadeDataset) -> Observation:
        """Cuts cascades to the window of the model, in its unit of time and with its numbers of the users.

        Raises:
            UsageError: Only one of the model and the data has a unit of times; the data have a shorter beginning of the
                cascades than the window.
            DataError: No cascade has reached the end of the window; the model uses users, and knows none of them.
        """
        data = as_dataset(data, "data")
        if self.user_ids is not None:
            data = in_time_unit(data, self.time_unit, required=True)
            if self.uses_users:
                data = match_users(data, self.user_ids)
        return self.window.apply(data)

    @abstractmethod
    def predict(self, observed: CascadeDataset) -> Tensor:
        """Predicts the growth of cascades that :meth:`observe` has cut to the window.

        Args:
            observed: The beginnings of ``N`` cascades.

        Returns:
            :math:`\\log_2(1 + \\Delta)`, ``[N]`` float64, 0 or more.
        """

    @torch.no_grad()
    def calibrate(self, val: CascadeDataset) -> None:
        """Sets the intervals of predictions from the validation part of a split; see :meth:`set_residuals`."""
        observed = self.observe(val).cascades
        training = self.training
        self.eval()
        self.set_residuals(log_growth(observed) - self.predict(observed).cpu())
        self.train(training)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.config.items())


def log_growth(observed: CascadeDataset) -> Tensor:
    """Returns the true growth of cascades that are cut to a window, as its binary logarithm, ``[N]`` float64."""
    growth = observed.table.growth
    assert growth is not None  # counted by the window
    return torch.log2(1 + growth.double())
