from __future__ import annotations

import math
from typing import Any, Literal, overload

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter, softmax

from graphcascade.data.segments import segment_positions, select_segments
from graphcascade.errors import UsageError
from graphcascade.transforms import CausalEdges

__all__ = ["causal_attention"]

SHORT = 256  # events up to which the weights of all heads are formed as one matrix


@overload
def causal_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ptr: Tensor,
    window: int | None = None,
    edge_index: Tensor | None = None,
    scale: float = 1.0,
    dropout: float = 0.0,
    training: bool = False,
    weights: Literal[False] = False,
) -> Tensor: ...


@overload
def causal_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ptr: Tensor,
    window: int | None = None,
    edge_index: Tensor | None = None,
    scale: float = 1.0,
    dropout: float = 0.0,
    training: bool = False,
    *,
    weights: Literal[True],
) -> tuple[Tensor, Data]: ...


@overload
def causal_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ptr: Tensor,
    window: int | None = None,
    edge_index: Tensor | None = None,
    scale: float = 1.0,
    dropout: float = 0.0,
    training: bool = False,
    *,
    weights: bool,
) -> Tensor | tuple[Tensor, Data]: ...


def causal_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ptr: Tensor,
    window: int | None = None,
    edge_index: Tensor | None = None,
    scale: float = 1.0,
    dropout: float = 0.0,
    training: bool = False,
    weights: bool = False,
) -> Tensor | tuple[Tensor, Data]:
    r"""Dot-product attention of each event to those of its cascade that may have caused it.

    .. math::
        o_k = \sum_{i \in N(k)} a_{ik} v_i, \qquad
        a_{ik} = \frac{\exp(s\, q_k^\top k_i)}{\sum_{j \in N(k)} \exp(s\, q_k^\top k_j)}

    Without ``edge_index`` the sources :math:`N(k)` are the events up to and including ``k``: cascades of similar length
    are padded to one matrix and no edge is formed. With it they are exactly the sources of the edges into ``k``, and an
    event without one gets zeros. Both ways give the same where the edges are those of
    :class:`~graphcascade.transforms.CausalEdges`.

    Args:
        query: :math:`q`, ``[E, H, d]`` for ``H`` heads.
        key: :math:`k`, ``[E, H, d]``, or ``[E, 1, d]`` for all heads.
        value: :math:`v`, ``[E, H, dv]``, or ``[E, 1, dv]`` for all heads.
        ptr: Boundaries of the cascades, ``[B + 1]``.
        window: Sources are the last ``window`` events up to and including ``k``; ``None`` for all.
        edge_index: Edges from source to target, ``[2, m]``, instead of all earlier events.
        scale: :math:`s`, such as :math:`1 / \sqrt d`.
        dropout: Share of the weights that is dropped in training.
        training: Whether dropout is on.
        weights: Also return the weights before dropout.

    Returns:
        The sums ``[E, H, dv]``; with ``weights`` also a graph over events with an edge ``i -> k`` for each source,
        ``edge_weight`` ``[m]``, or ``[m, H]`` with more than one head, and ``num_nodes = E``.

    Raises:
        UsageError: A window below 1; a window and edges at once.
    """
    if window is not None and window < 1:
        raise UsageError(f"window={window}: must be at least 1, or None for all earlier events.")
    if window is not None and edge_index is not None:
        raise UsageError(f"window={window} and edge_index: give one of them; CausalEdges(window) makes such edges.")
    dropout = dropout if training else 0.0
    if edge_index is not None:
        output, share = _over_edges(query, key, value, edge_index, scale, dropout)
    else:
        if weights:
            batch: Any = Batch()
            batch.ptr, batch.num_nodes = ptr, query.size(0)
            edge_index = CausalEdges(window)(batch).edge_index
        output, share = _over_matrices(query, key, value, ptr, window, edge_index, scale, dropout)
    if edge_index is None or not weights:
        return output
    if share.size(1) == 1:
        share = share.squeeze(1)
    return output, Data(edge_index=edge_index, edge_weight=share, num_nodes=query.size(0))


def _over_edges(
    query: Tensor, key: Tensor, value: Tensor, edge_index: Tensor, scale: float, dropout: float
) -> tuple[Tensor, Tensor]:
    source, target = edge_index
    count = query.size(0)
    score = (query[target] * key[source]).sum(-1) * scale
    share = softmax(score, target, num_nodes=count)
    message = nn.functional.dropout(share, dropout).unsqueeze(-1) * value[source]  # one value serves all heads
    output: Tensor = scatter(message, target, dim=0, dim_size=count, reduce="sum")
    return output, share


def _over_matrices(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ptr: Tensor,
    window: int | None,
    edge_index: Tensor | None,
    scale: float,
    dropout: float,
) -> tuple[Tensor, Tensor]:
    """Attention in padded matrices, one for each class of lengths; weights of the edges, if there are any."""
    heads, shared = query.size(1), key.size(1) == 1 and value.size(1) == 1
    rows, outputs = [ptr.new_empty(0)], [value[:0].expand(-1, heads, -1)]
    edges, shares = [ptr.new_empty(0)], [query[:0, :, 0]]
    size = ptr.diff()
    for cascades in _length_classes(size):
        row, row_ptr = select_segments(ptr, cascades)
        longest = int(size[cascades].max())
        shape = (cascades.numel(), longest)
        slot = segment_positions(row_ptr) + torch.repeat_interleave(
            torch.arange(shape[0], device=ptr.device) * longest, row_ptr.diff(), output_size=row.numel()
        )
        # Rows of the padding see others, but nobody sees them: they come after.
        mask = torch.ones(longest, longest, dtype=torch.bool, device=ptr.device).tril()
        if window is not None:
            mask = mask.triu(1 - window)
        q = _pad(query, row, slot, shape)  # [B', L, H, d]
        k = _pad(key, row, slot, shape)
        v = k if value is key else _pad(value, row, slot, shape)
        if edge_index is None and not (shared and longest <= SHORT):
            q, k, v = (x.transpose(1, 2).expand(-1, heads, -1, -1) for x in (q, k, v))
            whole = {"is_causal": True} if window is None else {"attn_mask": mask}
            result = nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale, **whole)
            result = result.transpose(1, 2)
        elif shared:
            # One matrix of keys for all heads: their queries lie one below the other, and nothing is copied.
            bias = q.new_zeros(longest, heads, longest).masked_fill_(~mask.unsqueeze(1), -torch.inf).flatten(0, 1)
            score = torch.baddbmm(bias, q.flatten(1, 2), k[:, :, 0].transpose(1, 2), alpha=scale)
            weight = score.softmax(-1)
            result = nn.functional.dropout(weight, dropout) @ v[:, :, 0]
            result, weight = (
                result.unflatten(1, (longest, heads)),
                weight.unflatten(1, (longest, heads)).transpose(1, 2),
            )
        else:
            q, k, v = (x.transpose(1, 2) for x in (q, k, v))
            weight = (q @ k.transpose(-1, -2) * scale).masked_fill(~mask, -torch.inf).softmax(-1)
            result = (nn.functional.dropout(weight, dropout) @ v).transpose(1, 2)
        if edge_index is not None:
            place = slot.new_full((query.size(0),), -1).index_put((row,), slot)
            source, target = place[edge_index]
            inside = (target >= 0).nonzero().view(-1)
            source, target = source[inside], target[inside]
            edges.append(inside)
            shares.append(weight[target // longest, :, target % longest, source % longest])
        rows.append(row)
        outputs.append(result.flatten(0, 1).index_select(0, slot))
    return _in_order(outputs, rows), _in_order(shares, edges)


def _length_classes(size: Tensor) -> list[Tensor]:
    """Cascades in groups, in which lengths differ by half at most; all short ones are in one."""
    number = torch.ceil(size.clamp(min=8).double().log2() / math.log2(1.5))
    order = torch.argsort(number, stable=True)
    order = order[size[order] > 0]
    _, count = torch.unique_consecutive(number[order], return_counts=True)
    return list(order.split(count.tolist()))


def _pad(x: Tensor, row: Tensor, slot: Tensor, shape: tuple[int, int]) -> Tensor:
    """The rows of ``x`` ``[E, H, d]`` in their slots, ``[B', L, H, d]``."""
    padded = x.new_zeros(shape[0] * shape[1], *x.shape[1:]).index_copy(0, slot, x.index_select(0, row))
    return padded.view(*shape, *x.shape[1:])


def _in_order(parts: list[Tensor], numbers: list[Tensor]) -> Tensor:
    """One tensor of the parts' rows, sorted by their numbers, which are 0, 1, 2, ..."""
    return torch.cat(parts).index_select(0, torch.cat(numbers).argsort())
