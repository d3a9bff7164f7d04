from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import nn

from graphcascade.errors import UsageError
from graphcascade.models.next_user.recurrent_model import RecurrentModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import LogLinearTimeHead, TimeFeatures, UserEmbedding

__all__ = ["RMTPP"]

CELLS: dict[str, Callable[[int, int], nn.RNNBase]] = {"gru": nn.GRU, "elman": partial(nn.RNN, nonlinearity="relu")}


@MODELS.register("RMTPP")
class RMTPP(RecurrentModel):
    r"""Recurrent marked temporal point process, which predicts the next user and time: a baseline of CYAN-RNN.

    `Recurrent Marked Temporal Point Processes: Embedding Event History to Vector
    <https://doi.org/10.1145/2939672.2939875>`_ (Du et al., KDD 2016), Eq. 8 to 13:

    .. math::
        h_j &= \mathrm{cell}([x_j, \log(t_j - t_{j-1})], h_{j-1}), \qquad
        p(u_{j+1}) = \mathrm{softmax}(V h_j + b) \\
        \lambda(t) &= \exp(v^\top h_j + w (t - t_j) + b^t)

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of the state.
        cell: "gru", or "elman" as in the paper: :math:`h_j = \max(W [x_j, t_j] + U h_{j-1} + b, 0)`.
        dropout: Dropout on the user vectors and on the states.
        terminate: Whether to predict the end of the cascade too.
        mask_infected: Whether to leave infected users out of the distribution.
        std: Standard deviation of the initial user vectors.
        calendar: Whether to use dates as features too; times must be Unix seconds.
        horizon: Longest interval that the time head predicts, in the dataset's unit; may be infinite. ``None`` for the
            longest one of the training cascades.
        scale: Unit of the intervals in the model, in the dataset's unit. ``None`` for the mean interval of the training
            cascades.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.

    Raises:
        UsageError: A size is below 1, ``dropout`` is not in [0, 1), ``cell`` is none of these, or ``horizon`` or
            ``scale`` is not positive.

    Deviations from the paper: the cell is a GRU by default, as in CYAN-RNN; there is no layer between state and
    readout; infected users are left out because a user occurs once in a cascade; and the choices of
    :class:`~graphcascade.nn.LogLinearTimeHead` and :class:`~graphcascade.nn.TimeFeatures`.
    """

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        hidden: int = 64,
        cell: Literal["gru", "elman"] = "gru",
        dropout: float = 0.0,
        terminate: bool = False,
        mask_infected: bool = True,
        std: float = 0.1,
        calendar: bool = False,
        horizon: float | None = None,
        scale: float | None = None,
        embedding: UserEmbedding | None = None,
    ) -> None:
        if hidden < 1:
            raise UsageError(argument="hidden", value=hidden, reason="must be at least 1")
        super().__init__(
            num_users,
            dim,
            hidden,
            dropout,
            terminate,
            mask_infected,
            std,
            embedding,
            CELLS[cell],
            TimeFeatures(calendar, scale),
            LogLinearTimeHead(hidden, horizon, scale),
        )
        for name in ("cell", "calendar", "horizon", "scale"):  # last, as unfinished runs of earlier versions have them
            self.config[name] = self.config.pop(name)
