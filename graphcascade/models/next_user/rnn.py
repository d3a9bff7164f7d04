from __future__ import annotations

from torch import nn

from graphcascade.models.next_user.recurrent_model import RecurrentModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import UserEmbedding

__all__ = ["RNN"]


@MODELS.register("RNN")
class RNN(RecurrentModel):
    r"""Simple recurrent network over the users of a cascade: a baseline of DSSF.

    `Modelling the Latent Semantics of Diffusion Sources in Information Cascade Prediction
    <https://doi.org/10.1155/2021/7880215>`_ (DSSF), Eq. 8. It ignores time:

    .. math::
        h_t = \tanh(W [h_{t-1}, x_t] + b_h), \qquad p(u_{t+1}) = \mathrm{softmax}(V h_t + b_o)

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

    Deviations from the paper: torch's cell has two biases; their sum is the bias of the paper. Eq. 8 prints the bias
    outside of tanh; here it is inside, as usual, so that the state is bounded.
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
        super().__init__(num_users, dim, hidden, dropout, terminate, mask_infected, std, embedding, nn.RNN)
