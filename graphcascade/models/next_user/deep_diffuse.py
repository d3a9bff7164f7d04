from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.models.next_user.next_user_predictor import AttributionKind
from graphcascade.models.registry import MODELS
from graphcascade.nn import UserEmbedding, UserSoftmax, causal_attention, run_recurrence, step_order

__all__ = ["DeepDiffuse"]


@MODELS.register("DeepDiffuse")
class DeepDiffuse(NextUserModel):
    r"""LSTM with attention over a sliding window of its states: DeepDiffuse without time, a baseline of DSSF.

    `DeepDiffuse: Predicting the 'Who' and 'When' in Cascades <https://doi.org/10.1109/ICDM.2018.00134>`_ (Islam et al.,
    2018). From the states :math:`h_i` of an LSTM over the users, and :math:`q_k^0 = h_k`, each of :math:`G` glimpses
    attends to the last states:

    .. math::
        c_k^g = \sum_{k - L < i \le k} \mathrm{softmax}_i\big((W_q q_k^{g-1})^\top W_h h_i\big)\, h_i, \qquad
        q_k^g = \tanh\big(W [q_k^{g-1}, c_k^g] + b\big), \qquad
        p(u_{k+1}) = \mathrm{softmax}(V q_k^G + b')

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of the states.
        window: Number :math:`L` of last states that a glimpse attends to; ``None`` for all.
        glimpses: Number :math:`G` of glimpses; they share their weights.
        dropout: Dropout on the user vectors and on the input of the readout.
        terminate: Whether to predict the end of the cascade too.
        mask_infected: Whether to leave infected users out of the distribution.
        std: Standard deviation of the initial user vectors.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.

    Deviations from the authors' code: there is no padding; dropout is off in tests; the glimpses attend to the model's
    states instead of windows of times, which DSSF leaves out.

    Raises:
        UsageError: A number is out of range.
    """

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        hidden: int = 64,
        window: int | None = 10,
        glimpses: int = 2,
        dropout: float = 0.0,
        terminate: bool = False,
        mask_infected: bool = True,
        std: float = 0.1,
        embedding: UserEmbedding | None = None,
    ) -> None:
        sizes = {"dim": dim, "hidden": hidden, "window": 1 if window is None else window, "glimpses": glimpses}
        for name, value in sizes.items():
            if value < 1:
                raise UsageError(owner="DeepDiffuse", argument=name, value=value, reason="must be at least 1")
        if not 0 <= dropout < 1:
            raise UsageError(
                owner="DeepDiffuse", argument="dropout", value=dropout, reason="must be 0 or more, and below 1"
            )
        if embedding is not None:
            embedding.check_size(num_users, dim)
        super().__init__(
            UserEmbedding(num_users, dim, std) if embedding is None else embedding,
            UserSoftmax(hidden, num_users, terminate, mask_infected=mask_infected),
        )
        self.window = window
        self.glimpses = glimpses
        self.dropout = nn.Dropout(dropout)
        self.recurrence = nn.LSTM(dim, hidden)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.mix = nn.Linear(2 * hidden, hidden)

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return ("alignment",)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        ptr, edges = batch["ptr"], batch.get("edge_index")
        vector = self.dropout(self.embedding(batch["user"], self.sources(batch)))
        steps = step_order(ptr)
        state = run_recurrence(self.recurrence, vector[steps.event], steps.batch_sizes)[steps.place]
        window = None if edges is not None else self.window
        key, value, seen, graph = self.key(state)[:, None], state[:, None], state, None
        for glimpse in range(self.glimpses):
            is_last = glimpse == self.glimpses - 1
            context, graph = causal_attention(
                self.query(seen)[:, None], key, value, ptr, window, edges, return_weights=alignment and is_last
            )
            seen = torch.tanh(self.mix(torch.cat([seen, context.squeeze(1)], 1)))
        return Encoding(self.dropout(seen), None, graph)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        hidden = self.recurrence.hidden_size
        state = self.mix.bias.new_zeros(user.numel(), hidden)
        return self._encode_next((user, state, state, state[:, None][:, :0]), user)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        return self._encode_next(cache, user)

    def _encode_next(self, cache: Cache, user: Tensor) -> tuple[Encoding, Cache]:
        source, state, cell, past = cache
        vector = self.dropout(self.embedding(user, source)).unsqueeze(0)
        _, (after, memory) = self.recurrence(vector, (state.unsqueeze(0), cell.unsqueeze(0)))
        state = seen = after[0]
        num_dropped = 0 if self.window is None else max(0, past.size(1) + 1 - self.window)
        past = torch.cat([past, state.unsqueeze(1)], 1)[:, num_dropped:]
        key = self.key(past)
        for _ in range(self.glimpses):
            share = (key @ self.query(seen).unsqueeze(2)).softmax(1)
            context = (share.transpose(1, 2) @ past).squeeze(1)
            seen = torch.tanh(self.mix(torch.cat([seen, context], 1)))
        return Encoding(self.dropout(seen)), (source, state, memory[0], past)
