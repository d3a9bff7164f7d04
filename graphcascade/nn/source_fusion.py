from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch.utils.checkpoint import checkpoint

from graphcascade.errors import UsageError
from graphcascade.nn.user_embedding import UserEmbedding

__all__ = ["SourceFusion"]

SCORES = 2**24  # of users and sources that are held at a time


class SourceFusion(UserEmbedding):
    r"""A trained vector for each user, fused with one for the source of the cascade: the embedding of DSSF.

    `Modelling the Latent Semantics of Diffusion Sources in Information Cascade Prediction
    <https://doi.org/10.1155/2021/7880215>`_, Eq. 1-3. With vectors :math:`u_i` of users and :math:`s_j` of sources,

    .. math::
        \text{sum:}\ u_i + s_j, \qquad \text{concatenation:}\ W [u_i, s_j], \qquad
        \text{attention:}\ (1 - a_{ij}) u_i + a_{ij} s_j, \quad
        a_{ij} = \frac{\exp(u_i W_a s_j^\top)}{\sum_k \exp(u_i W_a s_k^\top)}

    over the sources :math:`k` of the training cascades. Of a source that training has not seen as one, the vector is
    :math:`u_i`, exactly.

    Args:
        num_users: Number of users ``U``.
        dim: Size ``d`` of the vectors.
        fusion: "sum" (DSSF_sum), "concatenation", or "attention" (DSSF_att).
        vectors: "source": a source has a vector of its own; "user": that of the user it is (DSSF_user).
        gate: How attention makes :math:`a`: "softmax"; "sigmoid", of the score alone; or "literal", as Eq. 2 is
            printed: the score divided by the sum of all, without exponentials, which has no bounds.
        dropout: Share of the training cascades that go without their source, for a model that never does is lost
            where the source is new (ours, not the paper's).
        std: Standard deviation of the normal distribution that vectors start from.

    Raises:
        UsageError: A choice that there is not; a ``dropout`` that is not in [0, 1).
    """

    uses_source = True
    is_source: Tensor

    def __init__(
        self,
        num_users: int,
        dim: int,
        fusion: Literal["sum", "concatenation", "attention"] = "sum",
        vectors: Literal["source", "user"] = "source",
        gate: Literal["softmax", "sigmoid", "literal"] = "softmax",
        dropout: float = 0.3,
        std: float = 0.1,
    ) -> None:
        for name, value, choices in (
            ("fusion", fusion, ("sum", "concatenation", "attention")),
            ("vectors", vectors, ("source", "user")),
            ("gate", gate, ("softmax", "sigmoid", "literal")),
        ):
            if value not in choices:
                raise UsageError(f"SourceFusion: {name}={value!r}, use {', '.join(map(repr, choices))}.")
        if not 0 <= dropout < 1:
            raise UsageError(f"SourceFusion: dropout={dropout}, must be 0 or more, and below 1.")
        super().__init__(num_users, dim, std)
        self.config: dict[str, Any] = {
            "num_users": num_users,
            "dim": dim,
            "fusion": fusion,
            "vectors": vectors,
            "gate": gate,
            "dropout": dropout,
            "std": std,
        }
        self.fusion, self.gate, self.dropout = fusion, gate, dropout
        self.register_buffer("is_source", torch.zeros(num_users, dtype=torch.bool))
        self.source_weight = nn.Parameter(torch.empty(num_users + 1, dim)) if vectors == "source" else None
        self.mix = nn.Parameter(torch.empty(2 * dim, dim)) if fusion == "concatenation" else None  # W
        self.bilinear = nn.Parameter(torch.empty(dim, dim)) if fusion == "attention" else None  # W_a
        self._reset_fusion()

    def reset_parameters(self) -> None:
        """Draws vectors and matrices anew."""
        super().reset_parameters()
        if hasattr(self, "source_weight"):  # not while the vectors of users are made
            self._reset_fusion()

    def _reset_fusion(self) -> None:
        if self.source_weight is not None:
            nn.init.normal_(self.source_weight, std=self.std)
            with torch.no_grad():
                self.source_weight[self.num_users] = 0
        for matrix in (self.mix, self.bilinear):
            if matrix is not None:
                nn.init.xavier_uniform_(matrix)

    def set_sources(self, is_source: Tensor) -> None:
        self.is_source.copy_(is_source)

    def drop_sources(self, source: Tensor) -> Tensor:
        if not self.training or self.dropout == 0:
            return source
        dropped = torch.rand(source.numel(), device=source.device) < self.dropout
        return source.masked_fill(dropped, self.num_users)

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        vector = super().forward(user)
        if source is None:
            return vector
        known = self._known(source)
        row = torch.where(known, source, self.num_users)
        from_source = embedding(row, self.source_table(), padding_idx=self.num_users)
        if self.fusion == "sum":
            return vector + from_source
        if self.mix is not None:
            return torch.where(known.unsqueeze(1), torch.cat([vector, from_source], 1) @ self.mix, vector)
        share = torch.where(known, self._gate(user, vector, from_source), 0.0).unsqueeze(1)
        return (1 - share) * vector + share * from_source

    def attention(self, user: Tensor, source: Tensor) -> Tensor:
        """Share :math:`a` of each source in the vector of a user beside it, ``[E]``; 0 of one that is unknown.

        Raises:
            UsageError: The fusion is not "attention".
        """
        if self.bilinear is None:
            raise UsageError(f"SourceFusion: fusion={self.fusion!r} has no attention.")
        row = torch.where(self._known(source), source, self.num_users)
        gate = self._gate(user, super().forward(user), embedding(row, self.source_table(), padding_idx=self.num_users))
        return torch.where(row < self.num_users, gate, 0.0)

    def _known(self, source: Tensor) -> Tensor:
        return self.is_source[source.clamp(max=self.num_users - 1)] & (source < self.num_users)

    def source_table(self) -> Tensor:
        """Vectors of the sources, ``[num_users + 1, d]``; the last one is zero."""
        return self.weight if self.source_weight is None else self.source_weight

    def _gate(self, user: Tensor, vector: Tensor, from_source: Tensor) -> Tensor:
        assert self.bilinear is not None
        score = ((vector @ self.bilinear) * from_source).sum(1)
        if self.gate == "sigmoid":
            return score.sigmoid()
        sources = self.source_table()[:-1][self.is_source]
        if sources.size(0) == 0:  # before training: a sum over none has no gradient
            return torch.zeros_like(score)
        if self.gate == "literal":
            whole = vector @ (self.bilinear @ sources.sum(0))
            return torch.where(whole == 0, 0.0, score / whole.masked_fill(whole == 0, 1.0))  # 0: users never seen
        distinct, place = user.unique(return_inverse=True)  # of each user once, not of each event
        rows = super().forward(distinct) @ self.bilinear
        step = max(1, SCORES // max(1, sources.size(0)))
        if rows.size(0) <= step:
            whole = _log_sum(rows, sources)
        else:
            parts = [checkpoint(_log_sum, part, sources, use_reentrant=False) for part in rows.split(step)]
            whole = torch.cat(parts)
        return (score - whole[place]).exp()

    def extra_repr(self) -> str:
        names = ("fusion", "vectors", "gate", "dropout")
        return ", ".join([super().extra_repr(), *(f"{name}={self.config[name]!r}" for name in names)])


def _log_sum(rows: Tensor, sources: Tensor) -> Tensor:
    return (rows @ sources.t()).logsumexp(1)
