from __future__ import annotations

from abc import abstractmethod
from typing import Literal

from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.model import Model
from graphcascade.models.next_user.next_events import NextEvents

__all__ = ["AttributionKind", "NextUserPredictor"]

BATCH_SIZE = 128

AttributionKind = Literal["alignment", "posterior", "likelihood"]
"""How a prediction is attributed to earlier events: see :meth:`NextUserPredictor.align`."""


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

    @property
    def predicts_intervals(self) -> bool:
        return self.predicts_times

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        """How the model can attribute its predictions to earlier events; empty if it cannot."""
        return ()

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
    def score_next(
        self, batch: Data, events: NextEvents, elapsed: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Scores all users as the next one after some events.

        Args:
            batch: Cascades.
            events: Predictions to make, ``R``; their targets are not used.
            elapsed: Time that has passed since each of the events without another one, ``[R]`` float64 >= 0; the
                expected time is then conditional on it. Not used by models that predict no times.

        Returns:
            Scores ``[R, num_users]``, probabilities if the model has them, which may be overwritten; and the expected
            time from the event until the next one, ``[R]`` float64, NaN where no event can follow, or ``None``.
        """

    def align(self, batch: Data, attribution: AttributionKind = "alignment") -> Data:
        """Attributes each prediction to earlier events, if the model has :attr:`attributions`.

        Args:
            batch: Cascades.
            attribution: "alignment" for the weights before the next user is known; "posterior" for the weights given
                the next user; or "likelihood" for the posterior with equal prior weights.

        Returns:
            Edges ``i -> k`` over events with ``edge_weight``: the share of event ``i`` in what follows event ``k``.
            Only the alignment has edges to a cascade's last event.

        Raises:
            UsageError: The model has no alignment of this kind.
        """
        known = (
            f"only {' and '.join(map(repr, self.attributions))}" if self.attributions else "no attribution to events"
        )
        raise UsageError(argument="attribution", value=attribution, reason=f"{type(self).__name__} has {known}")

    def intervals(self, batch: Data) -> tuple[Tensor, Tensor, Tensor]:
        """Predicts the intervals between events.

        Returns:
            The log-density of each interval, and the mean and the median of its distribution, ``[E - B]`` float64.

        Raises:
            UsageError: The model does not predict times.
        """
        raise UsageError(f"{type(self).__name__} does not predict times: it has no time head.")
