from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.data.segments import segment_ids, segment_positions
from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.models.next_user.next_user_predictor import AttributionKind
from graphcascade.models.registry import MODELS
from graphcascade.nn import (
    AlignmentDecoder,
    LogLinearTimeHead,
    TimeFeatures,
    UserEmbedding,
    UserSoftmax,
    run_recurrence,
    step_order,
)

__all__ = ["CYANRNN"]


@MODELS.register("CYANRNN")
class CYANRNN(NextUserModel):
    r"""Attention-based recurrent network with coverage that predicts the next user and time and attributes them.

    `Cascade Dynamics Modeling with Attention-based Recurrent Neural Network <https://doi.org/10.24963/ijcai.2017/416>`_
    , Eq. 1-7. With inputs :math:`x_k` (user and time) and :math:`h_k = \mathrm{GRU}(x_k, h_{k-1})`,

    .. math::
        V_{k,i} &= \tanh\big(W^V [V_{k-1,i}, \alpha_{k-1,i}, T_{k-1}, h_i]\big) \\
        e_{k,i} &= v^\top \tanh\big(W^a T_{k-1} + U^a h_i + Z^a V_{k,i}\big), \qquad
        \alpha_{k,\cdot} = \mathrm{softmax}_{k - l < i \le k}(e_{k,\cdot}) \\
        s_k &= \sum_i \alpha_{k,i} h_i, \qquad T_k = \sigma\big(W [x_k, T_{k-1}, s_k]\big) \\
        p(u_{k+1}) &= \mathrm{softmax}\big(W^u g_k\big), \quad g_k = \tanh(W^g [x_k, T_k, s_k]), \qquad
        \lambda(t) = \exp\big(w (t - t_k) + W^t [T_k, h_k, x_k]\big).

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of the encoder's states :math:`h`.
        state: Size of the decoder's states :math:`T`.
        coverage: Size of the coverage vectors :math:`V`; 0 is CYAN-RNN without coverage.
        length: Length of dependence :math:`l`: number of last events that are aligned; the recurrent states depend on
            all events.
        horizon: Longest interval that the time head predicts, in the dataset's time unit. ``None`` for the longest one
            of the training cascades.
        dropout: Dropout on the inputs.
        activation: :math:`\sigma` of the decoder, "tanh" or "sigmoid".
        keys: Values that attention sums: "gru" for the encoder's states, or "input" for the inputs themselves (an
            extension: each state depends on all earlier events, so alignments to states are hard to interpret).
        readout: Inputs of the readout: "full" for :math:`g(x, T, s)`, or "context" for :math:`g(s)` (an extension).
        time: Whether to predict the time of the next event too.
        time_context: Input of the intensity in addition to :math:`T_k` and :math:`x_k`: "state" for :math:`h_k` (as in
            Eq. 2), or "context" for :math:`s_k` (as in the text before Eq. 2).
        calendar: Whether to use calendar fields as inputs; times must be Unix seconds.
        mask_infected: Whether to leave infected users out of the distribution; the paper does not.
        terminate: Whether to predict the end of the cascade too.
        std: Standard deviation of the initial user vectors.
        embedding: Replaces the user vectors; its ``dim`` must equal ``dim``.

    Deviations from the paper: the time of the intensity is measured from the last event, :math:`g` is one layer, and
    the scores of users have a bias.
    """

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        hidden: int = 64,
        state: int = 64,
        coverage: int = 0,
        length: int = 200,
        horizon: float | None = None,
        dropout: float = 0.0,
        activation: Literal["tanh", "sigmoid"] = "tanh",
        keys: Literal["gru", "input"] = "gru",
        readout: Literal["full", "context"] = "full",
        time: bool = True,
        time_context: Literal["state", "context"] = "state",
        calendar: bool = False,
        mask_infected: bool = False,
        terminate: bool = False,
        std: float = 0.1,
        embedding: UserEmbedding | None = None,
    ) -> None:
        for name, value in (("dim", dim), ("hidden", hidden), ("state", state), ("length", length)):
            if value < 1:
                raise UsageError(owner="CYANRNN", argument=name, value=value, reason="must be at least 1")
        if coverage < 0:
            raise UsageError(owner="CYANRNN", argument="coverage", value=coverage, reason="must be 0 or more")
        if not 0 <= dropout < 1:
            raise UsageError(
                owner="CYANRNN", argument="dropout", value=dropout, reason="must be 0 or more, and below 1"
            )
        if embedding is not None:
            embedding.check_size(num_users, dim)
        features = TimeFeatures(calendar, scale=None)
        inputs = dim + features.dim
        values = hidden if keys == "gru" else inputs
        super().__init__(
            UserEmbedding(num_users, dim, std) if embedding is None else embedding,
            UserSoftmax(hidden, num_users, terminate, mask_infected=mask_infected),
            LogLinearTimeHead(state + inputs + (hidden if time_context == "state" else values), horizon, scale=None)
            if time
            else None,
        )
        self.features = features
        self.keys_from_input = keys == "input"
        self.context_only = readout == "context"
        self.time_of_context = time_context == "context"
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.GRU(inputs, hidden)
        self.decoder = AlignmentDecoder(inputs, values, hidden, state, coverage, length, activation)
        self.mix = nn.Linear(values + (0 if self.context_only else inputs + state), hidden)  # g
        self._reset_layers()

    def reset_parameters(self) -> None:
        """Reinitializes all weights; the matrices of encoder and decoder are orthogonal."""
        self.features.reset_parameters()
        if isinstance(self.time_head, LogLinearTimeHead):
            self.time_head.reset_parameters()
        self._reset_layers()

    def _reset_layers(self) -> None:
        for name, weight in [*self.encoder.named_parameters(), *self.mix.named_parameters()]:
            if weight.dim() == 1:
                nn.init.zeros_(weight)
            else:
                for block in weight.chunk(3) if name.startswith("weight_") else [weight]:  # the gates of the GRU
                    nn.init.orthogonal_(block)
        self.decoder.reset_parameters()
        self.embedding.reset_parameters()
        self.readout.reset_parameters()

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        return self._encode(batch, alignment)[0]

    def _encode(self, batch: Data, alignment: bool) -> tuple[Encoding, Tensor]:
        """Returns the encoding, and the values that attention sums, ``[E, values]``."""
        ptr = batch["ptr"]
        x = self._inputs(batch["user"], self.sources(batch), self.features(batch["time"], ptr))
        steps = step_order(ptr)
        ordered = x[steps.event]
        hidden = run_recurrence(self.encoder, ordered, steps.batch_sizes)[steps.place]
        values = x if self.keys_from_input else hidden
        cell, shape = (steps.rank, segment_positions(ptr)), (ptr.numel() - 1, len(steps.batch_sizes))
        keys, padded = (
            rows.new_zeros(*shape, rows.size(1)).index_put(cell, rows)
            for rows in (self.decoder.project_values(values), values)
        )
        shares: list[Tensor] | None = [] if alignment else None
        states, contexts = self.decoder(keys, padded, self.decoder.project_inputs(ordered), steps.batch_sizes, shares)
        graph = None if shares is None else self._alignment(shares, ptr, steps.order)
        return self._make_encoding(x, hidden, states[steps.place], contexts[steps.place], graph), values

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return ("alignment", "posterior", "likelihood") if self.context_only else ("alignment",)

    @torch.no_grad()
    def align(self, batch: Data, attribution: AttributionKind = "alignment") -> Data:
        r"""Attributes each prediction to earlier events.

        The likelihood of event :math:`i` is :math:`p(u_{k+1} \mid s = h_i)`, the probability of the next user if the
        context is that event alone. The posterior is proportional to :math:`\alpha_{k,i}` times the likelihood. Both
        are extensions. For an unknown next user, the likelihood of all events is 1.

        Args:
            batch: Cascades.
            attribution: "alignment", "posterior" or "likelihood".

        Returns:
            Edges ``i -> k`` over events with ``edge_weight``.

        Raises:
            UsageError: ``attribution`` is not "alignment" and ``readout`` is not "context".
        """
        encoding, values = self._encode(batch, True)
        graph = encoding.alignment
        assert graph is not None
        if attribution == "alignment":
            return graph
        if not self.context_only:
            raise UsageError(
                argument="attribution",
                value=attribution,
                reason="needs p(u | s), which this CYANRNN does not have; train one with",
                remedy=("readout", "context"),
            )
        ptr = batch["ptr"]
        cascade = segment_ids(ptr)
        position = segment_positions(ptr)
        edges, share = graph["edge_index"], graph["edge_weight"]
        follows = position[edges[1]] + 1 < ptr.diff()[cascade[edges[1]]]
        edges, share = edges[:, follows], share[follows]
        # p(u_j | s = h_i) for the events of one cascade, normalized over the users who are not infected. In float64,
        # because a masked model may give almost all of the unmasked probability to infected users.
        from_event = torch.tanh(self.mix(values)).double()
        log_total = self.readout.log_total(from_event)
        user = batch["user"].clamp(max=self.num_users - 1)
        weight, biases = self.readout.columns()
        bias = from_event.new_zeros(user.numel()) if biases is None else biases[user]
        columns = torch.cat([weight[user], bias.unsqueeze(1)], 1).double()
        rows = torch.cat([from_event, from_event.new_ones(user.numel(), 1)], 1)
        size = int(ptr.diff().max())
        rows, columns = (
            part.new_zeros(ptr.numel() - 1, size, part.size(1)).index_put((cascade, position), part)
            for part in (rows, columns)
        )
        known = from_event.new_zeros(rows.shape[:2])
        known[cascade, position] = (batch["user"] < self.num_users).to(from_event.dtype)
        score = torch.bmm(rows, columns.transpose(1, 2))[cascade, position]  # [E, L]
        probability = (score - log_total.unsqueeze(1)).exp() * known[cascade]
        now = position[edges[1]]
        likelihood = probability[edges[0], now + 1]
        if self.readout.mask_infected:
            remaining = 1 - probability.cumsum(1)[edges[0], now]
            likelihood = likelihood / remaining.clamp(min=torch.finfo(remaining.dtype).eps)
        likelihood = torch.where(known[cascade[edges[1]], now + 1] > 0, likelihood, 1.0)
        weight = likelihood if attribution == "likelihood" else share * likelihood
        return Data(edge_index=edges, edge_weight=weight, num_nodes=graph.num_nodes)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        decoder, rows = self.decoder, user.numel()
        keys = decoder.score.new_zeros(rows, 0, decoder.value_score.size(1) + decoder.width)
        values = decoder.score.new_zeros(rows, 0, decoder.value_score.size(0))
        hidden = decoder.score.new_zeros(rows, self.encoder.hidden_size)
        state = decoder.score.new_zeros(rows, decoder.state_bias.numel())
        cover = decoder.score.new_zeros(rows, 0, decoder.width)
        cache = (user, time, hidden, state, keys, values, cover)
        return self._encode_next(cache, user, time, self.features.step(time))

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        return self._encode_next(cache, user, time, self.features.step(time, cache[1]))

    def _encode_next(self, cache: Cache, user: Tensor, time: Tensor, features: Tensor) -> tuple[Encoding, Cache]:
        source, _, hidden, state, keys, values, cover = cache
        x = self._inputs(user, source, features)
        hidden = self.encoder(x.unsqueeze(0), hidden.unsqueeze(0))[0][0]
        value = (x if self.keys_from_input else hidden).unsqueeze(1)
        kept = max(0, values.size(1) + 1 - self.decoder.length)
        values = torch.cat([values, value], 1)[:, kept:]
        keys = torch.cat([keys, self.decoder.project_values(value)], 1)[:, kept:]
        state, context, _, cover = self.decoder.step(keys, values, self.decoder.project_inputs(x), state, cover)
        encoding = self._make_encoding(x, hidden, state, context, None)
        return encoding, (source, time, hidden, state, keys, values, cover)

    def _inputs(self, user: Tensor, source: Tensor, features: Tensor) -> Tensor:
        vector = self.embedding(user, source)
        x: Tensor = self.dropout(torch.cat([vector, features.to(vector.dtype)], 1))
        return x

    def _make_encoding(self, x: Tensor, hidden: Tensor, state: Tensor, context: Tensor, graph: Data | None) -> Encoding:
        parts = [context] if self.context_only else [x, state, context]
        user = torch.tanh(self.mix(torch.cat(parts, 1)))
        past = context if self.time_of_context else hidden
        return Encoding(user, None if self.time_head is None else torch.cat([state, past, x], 1), graph)

    @staticmethod
    def _alignment(shares: list[Tensor], ptr: Tensor, order: Tensor) -> Data:
        """Returns the alignment as edges from the aligned events to the event of each step."""
        source, target, weight = [], [], []
        begin = ptr[:-1][order]
        for step, share in enumerate(shares):
            count, events = share.shape
            now = begin[:count, None] + step
            source.append((now - torch.arange(events - 1, -1, -1, device=ptr.device)).flatten())
            target.append(now.expand(-1, events).flatten())
            weight.append(share.flatten())
        edges = torch.stack([torch.cat(source), torch.cat(target)])
        place = torch.argsort(edges[1], stable=True)
        return Data(edge_index=edges[:, place], edge_weight=torch.cat(weight)[place], num_nodes=int(ptr[-1]))
