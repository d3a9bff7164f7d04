from __future__ import annotations

from abc import abstractmethod

from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.model import Model
from graphcascade.models.next_user.next_events import NextEvents

__all__ = ["NextUserPredictor"]

BATCH_SIZE = 128


class NextUserPredictor(Model):
    """Base class of models that predict who is infected next, whether trained by gradients or not.

    Evaluation and prediction use these methods only. Batches have ``user`` ``[E]``, ``time`` ``[E]`` and ``ptr``
    ``[B + 1]``; users from ``num_users`` on are unknown.
    """

    @property
    def masks_infected(self) -> bool:
        """Whether the model itself gives infected users no probability."""
        return False

    @property
    def predicts_end(self) -> bool:
        """Whether the model predicts the end of cascades too."""
        return False

    @property
    def predicts_times(self) -> bool:
        """Whether :meth:`score_next` gives the time until the next event too, in the unit of the training times."""
        return False

    def batch_size(self, data: CascadeDataset) -> int:
        """Returns the number of cascades to process at a time."""
        return BATCH_SIZE

    @abstractmethod
    def count_better(
        self, batch: Data, events: NextEvents, mask_infected: bool, count_end: bool
    ) -> tuple[Tensor, Tensor]:
        """Counts the users that rank higher than the next user, and those that rank equally.

        Args:
            batch: Cascades.
            events: Predictions to make, ``R``.
            mask_infected: Whether to leave out infected users.
            count_end: Whether the end of the cascade counts as a user; only if the model predicts it.

        Returns:
            Two counts, ``[R]`` int64 each; see :func:`~graphcascade.nn.count_better`.

        Raises:
            UsageError: A score is not finite.
        """

    @abstractmethod
    def score_next(self, batch: Data, events: NextEvents) -> tuple[Tensor, Tensor | None]:
        """Scores all users as the next one after some events.

        Args:
            batch: Cascades.
            events: Predictions to make, ``R``; their targets are not used.

        Returns:
            Scores ``[R, num_users]``, probabilities if the model has them, which may be overwritten; and the expected
            time until the next event, ``[R]`` float64, or ``None``.
        """

    def intervals(self, batch: Data) -> tuple[Tensor, Tensor, Tensor]:
        """Predicts the intervals between events.

        Returns:
            The log-density of each interval, and the mean and the median of its distribution, ``[E - B]`` float64.

        Raises:
            UsageError: The model does not predict times.
        """
        raise UsageError(f"{type(self).__name__} does not predict times: it has no time head.")
