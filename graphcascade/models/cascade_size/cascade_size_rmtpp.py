from __future__ import annotations

from graphcascade.models.cascade_size.encoded_size_model import EncodedSizeModel
from graphcascade.models.next_user.rmtpp import RMTPP
from graphcascade.models.registry import MODELS

__all__ = ["CascadeSizeRMTPP"]


@MODELS.register("CascadeSizeRMTPP")
class CascadeSizeRMTPP(EncodedSizeModel):
    """The final size of a cascade from the states of :class:`~graphcascade.models.RMTPP` over its first events.

    A composition of this library: the encoder of "`Recurrent Marked Temporal Point Processes: Embedding Event History
    to Vector <https://doi.org/10.1145/2939672.2939875>`_" (Du et al., KDD 2016), whose inputs have the interval since
    the previous event, with the head of :class:`~graphcascade.models.cascade_size.EncodedSizeModel`.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
        dim: Size of the user vectors.
        hidden: Size of the state, and of the hidden layer of the head.
        dropout: Dropout on the user vectors and on the states.
        std: Standard deviation of the initial user vectors.
        features: Whether the head also has the number of events, their times, and who infected whom.
    """

    def __init__(
        self,
        num_users: int,
        observe: str | None = None,
        observe_events: int | None = None,
        dim: int = 32,
        hidden: int = 32,
        dropout: float = 0.0,
        std: float = 0.1,
        features: bool = True,
    ) -> None:
        encoder = RMTPP(num_users, dim, hidden, dropout=dropout, std=std)
        encoder.time_head = None  # the next time is not predicted
        super().__init__(encoder, hidden, observe, observe_events, features)
