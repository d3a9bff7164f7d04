from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter, softmax

from graphcascade.data.segments import segment_positions, select_segments
from graphcascade.errors import UsageError
from graphcascade.nn.shared_attention import drop, shared_attention
from graphcascade.transforms import CausalEdges

__all__ = ["causal_attention"]

SHORT = 256  # events up to which the weights of all heads are formed as one matrix


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
    return_weights: bool = False,
) -> tuple[Tensor, Data | None]:
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
        return_weights: Whether the weights :math:`a_{ik}` before dropout are returned too, which takes more memory.

    Returns:
        The sums ``[E, H, dv]``, and with ``return_weights`` a graph over the events with an edge ``i -> k`` for each
        source, ``edge_weight`` ``[m]``, or ``[m, H]`` with more than one head, and ``num_nodes = E``; else ``None``.

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
        if return_weights:
            batch: Any = Batch()
            batch.ptr, batch.num_nodes = ptr, query.size(0)
            edge_index = CausalEdges(window)(batch).edge_index
        output, share = _over_matrices(query, key, value, ptr, window, edge_index, scale, dropout)
    if edge_index is None or not return_weights:
        return output, None
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
    message = drop(share, dropout).unsqueeze(-1) * value[source]  # one value serves all heads
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
    heads = query.size(1)
    shared = key.size(1) == 1 and value.size(1) == 1 and not torch.is_autocast_enabled(query.device.type)
    rows, outputs = [ptr.new_empty(0)], [value[:0].expand(-1, heads, -1)]
    edges, shares = [ptr.new_empty(0)], [query[:0, :, 0]]
    classes = _length_classes(ptr)
    for cascades, lengths in classes:
        longest = max(lengths)
        shape = (len(lengths), longest)
        alone = len(classes) == 1  # nothing to take out
        whole = alone and min(lengths) == longest  # and nothing to pad
        row = slot = ptr.new_empty(0)
        if not whole or edge_index is not None:
            row, row_ptr = select_segments(ptr, cascades)
            slot = segment_positions(row_ptr) + torch.repeat_interleave(
                torch.arange(shape[0], device=ptr.device) * longest, row_ptr.diff(), output_size=row.numel()
            )
        q, k, v = query, key, value
        if not whole:
            take = None if alone else row
            q, k = _pad(query, take, slot, shape), _pad(key, take, slot, shape)
            v = k if value is key else _pad(value, take, slot, shape)
        q, k, v = (x.view(*shape, *x.shape[1:]) for x in (q, k, v))  # [B', L, H, d]
        # Rows of the padding see others, but nobody sees them: they come after.
        if edge_index is not None or not (shared and longest <= SHORT):
            mask = torch.ones(longest, longest, dtype=torch.bool, device=ptr.device).tril()
            if window is not None:
                mask = mask.triu(1 - window)
            q, k, v = (x.transpose(1, 2).expand(-1, heads, -1, -1) for x in (q, k, v))
            if edge_index is None:
                causal = {"is_causal": True} if window is None else {"attn_mask": mask}
                result = nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale, **causal)
            else:
                weight = (q @ k.transpose(-1, -2) * scale).masked_fill(~mask, -torch.inf).softmax(-1)
                result = drop(weight, dropout) @ v
            result = result.transpose(1, 2)
        else:
            result = shared_attention(q, k.squeeze(2), v.squeeze(2), window, scale, dropout)
        if edge_index is not None:
            place = slot.new_full((query.size(0),), -1).index_put((row,), slot)
            source, target = place[edge_index]
            inside = (target >= 0).nonzero().view(-1)
            source, target = source[inside], target[inside]
            edges.append(inside)
            shares.append(weight[target // longest, :, target % longest, source % longest])
        result = result.flatten(0, 1)
        if not whole:
            result = result.index_select(0, slot)
        if alone:
            return result, _in_order(shares, edges)
        rows.append(row)
        outputs.append(result)
    return _in_order(outputs, rows), _in_order(shares, edges)


def _length_classes(ptr: Tensor) -> list[tuple[Tensor, list[int]]]:
    """Cascades in groups, in which lengths differ by half at most, and their lengths; all short ones are in one."""
    groups: dict[int, list[int]] = {}
    size = ptr.diff().tolist()
    for cascade, length in enumerate(size):
        if length > 0:
            groups.setdefault(math.ceil(math.log(max(8, length), 1.5)), []).append(cascade)
    return [(torch.tensor(group, device=ptr.device), [size[one] for one in group]) for group in groups.values()]


def _pad(x: Tensor, row: Tensor | None, slot: Tensor, shape: tuple[int, int]) -> Tensor:
    """The rows of ``x`` ``[E, H, d]``, all without ``row``, in their slots, ``[B' L, H, d]``."""
    chosen = x if row is None else x.index_select(0, row)
    return x.new_zeros(shape[0] * shape[1], *x.shape[1:]).index_copy_(0, slot, chosen)


def _in_order(parts: list[Tensor], numbers: list[Tensor]) -> Tensor:
    """One tensor of the parts' rows, sorted by their numbers, which are 0, 1, 2, ..."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts).index_select(0, torch.cat(numbers).argsort())
