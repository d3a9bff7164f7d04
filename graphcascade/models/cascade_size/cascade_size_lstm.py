from __future__ import annotations

from graphcascade.models.cascade_size.encoded_size_model import EncodedSizeModel
from graphcascade.models.next_user.lstm import LSTM
from graphcascade.models.registry import MODELS

__all__ = ["CascadeSizeLSTM"]


@MODELS.register("CascadeSizeLSTM")
class CascadeSizeLSTM(EncodedSizeModel):
    """The final size of a cascade from the states of an :class:`~graphcascade.models.LSTM` over its first users.

    A composition of this library, after "`DeepCas: An End-to-end Predictor of Information Cascades
    <https://doi.org/10.1145/3038912.3052643>`_" (Li et al., 2017), which encodes sequences of users by a recurrent
    layer and predicts the logarithm of the growth; see :class:`~graphcascade.models.cascade_size.EncodedSizeModel` for
    the equation.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
        dim: Size of the user vectors.
        hidden: Size of the state, and of the hidden layer of the head.
        dropout: Dropout on the user vectors and on the states.
        std: Standard deviation of the initial user vectors.
        features: Whether the head also has the number of events, their times, and who infected whom.

    Deviations from the paper: the only sequence of a cascade is that of its events, instead of sampled walks; the
    features are not in the paper.
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
        encoder = LSTM(num_users, dim, hidden, dropout, std=std)
        super().__init__(encoder, hidden, observe, observe_events, features)
