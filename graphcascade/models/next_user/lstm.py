from __future__ import annotations

from torch import nn

from graphcascade.models.next_user.recurrent_model import RecurrentModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import UserEmbedding

__all__ = ["LSTM"]


@MODELS.register("LSTM")
class LSTM(RecurrentModel):
    r"""Long short-term memory over the users of a cascade: the baseline of NDM and DSSF.

    `Modelling the Latent Semantics of Diffusion Sources in Information Cascade Prediction
    <https://doi.org/10.1155/2021/7880215>`_ (DSSF), Eq. 9. It ignores time:

    .. math::
        f, i, o &= \sigma(W_{f,i,o} [h_{t-1}, x_t] + b_{f,i,o}) \\
        C_t &= f * C_{t-1} + i * \tanh(W_C [h_{t-1}, x_t] + b_C) \\
        h_t &= o * \tanh(C_t), \qquad p(u_{t+1}) = \mathrm{softmax}(V h_t + b)

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of the state; DSSF takes 64, NDM chooses from 16, 32, 64, 128.
        dropout: Dropout on the user vectors and on the states.
        terminate: Whether to predict the end of the cascade too.
        mask_infected: Whether to leave infected users out of the distribution.
        std: Standard deviation of the initial user vectors; choose it on validation data. Where an epoch has few
            steps, as on TopoLSTM's Twitter, 1 learns much faster.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.

    Deviations from the paper: torch's cell has two biases per gate; their sum is the bias of the paper. The paper
    prints :math:`C_t = \tanh(C_t) * i_t + f_t * C_{t-1}`, in which :math:`C_t` on the right stands for the candidate.
    """

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        hidden: int = 64,
        dropout: float = 0.0,
        terminate: bool = False,
        mask_infected: bool = True,
        std: float = 0.1,
        embedding: UserEmbedding | None = None,
    ) -> None:
        super().__init__(num_users, dim, hidden, dropout, terminate, mask_infected, std, embedding, nn.LSTM)
