from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter, softmax

from graphcascade.data.segments import segment_positions, select_segments
from graphcascade.errors import UsageError
from graphcascade.nn.fast_dropout import fast_dropout
from graphcascade.nn.shared_attention import shared_attention
from graphcascade.transforms import CausalEdges

__all__ = ["causal_attention"]

MAX_SHARED_LENGTH = 256  # longest cascades for which the weights of all heads are computed as one matrix


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
    query_weight: Tensor | None = None,
    output_weight: Tensor | None = None,
) -> tuple[Tensor, Data | None]:
    r"""Dot-product attention of each event to the events of its cascade that may have caused it.

    .. math::
        o_k = \sum_{i \in N(k)} a_{ik} v_i, \qquad
        a_{ik} = \frac{\exp(s\, q_k^\top k_i)}{\sum_{j \in N(k)} \exp(s\, q_k^\top k_j)}

    Without ``edge_index`` the sources :math:`N(k)` are the events up to and including ``k``: cascades of similar length
    are padded to one matrix, and no edges are created. With ``edge_index`` they are the sources of the edges into
    ``k``; an event without such an edge gets zeros. Both ways give the same result for the edges of
    :class:`~graphcascade.transforms.CausalEdges`.

    Args:
        query: :math:`q`, ``[E, H, d]`` for ``H`` heads.
        key: :math:`k`, ``[E, H, d]``, or ``[E, 1, d]`` for all heads.
        value: :math:`v`, ``[E, H, dv]``, or ``[E, 1, dv]`` for all heads.
        ptr: Boundaries of the cascades, ``[B + 1]``.
        window: Sources are the last ``window`` events up to and including ``k``; ``None`` for all.
        edge_index: Edges from source to target, ``[2, m]``, that replace all earlier events.
        scale: :math:`s`, such as :math:`1 / \sqrt d`.
        dropout: Probability that a weight is dropped in training.
        training: Whether dropout is applied.
        return_weights: Whether the weights :math:`a_{ik}` before dropout are returned too, which takes more memory.
        query_weight: Projection from ``query`` ``[E, 1, n]`` to the queries of all heads, ``[H d, n]``. It is faster to
            project here than before the call, because vectors of all heads need not be padded.
        output_weight: Projection from the sums of all heads to the output, ``[H dv, n']``.

    Returns:
        The sums ``[E, H, dv]``, or ``[E, n']`` with ``output_weight``; and with ``return_weights`` a graph over the
        events with an edge ``i -> k`` for each source, ``edge_weight`` ``[m]``, or ``[m, H]`` with more than one head,
        and ``num_nodes = E``; else ``None``.

    Raises:
        UsageError: The window is below 1, or both a window and edges are given.
    """
    if window is not None and window < 1:
        raise UsageError(argument="window", value=window, reason="must be at least 1, or None for all earlier events")
    if window is not None and edge_index is not None:
        reason = "give a window or edge_index, not both; CausalEdges(window) makes such edges"
        raise UsageError(argument="window", value=window, reason=reason)
    dropout = dropout if training else 0.0
    if edge_index is not None:
        output, share = _over_edges(_queries(query, key, query_weight), key, value, edge_index, scale, dropout)
        output = output if output_weight is None else output.flatten(1) @ output_weight
    else:
        if return_weights:
            batch: Any = Batch()
            batch.ptr, batch.num_nodes = ptr, query.size(0)
            edge_index = CausalEdges(window)(batch).edge_index
        output, share = _over_matrices(
            query, key, value, ptr, window, edge_index, scale, dropout, query_weight, output_weight
        )
    if edge_index is None or not return_weights:
        return output, None
    if share.size(1) == 1:
        share = share.squeeze(1)
    return output, Data(edge_index=edge_index, edge_weight=share, num_nodes=query.size(0))


def _queries(x: Tensor, key: Tensor, weight: Tensor | None) -> Tensor:
    """Projects ``x`` ``[E, 1, n]`` to queries of all heads, ``[E, H, d]``, if there is a projection."""
    return x if weight is None else nn.functional.linear(x.squeeze(1), weight).view(x.size(0), -1, key.size(2))


def _over_edges(
    query: Tensor, key: Tensor, value: Tensor, edge_index: Tensor, scale: float, dropout: float
) -> tuple[Tensor, Tensor]:
    source, target = edge_index
    count = query.size(0)
    score = (query[target] * key[source]).sum(-1) * scale
    share = softmax(score, target, num_nodes=count)
    message = fast_dropout(share, dropout).unsqueeze(-1) * value[source]  # one value serves all heads
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
    query_weight: Tensor | None,
    output_weight: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Computes attention in padded matrices, one for each class of lengths, and the weights of the edges if given."""
    heads = query.size(1) if query_weight is None else query_weight.size(0) // key.size(2)
    shared = key.size(1) == 1 and value.size(1) == 1 and not torch.is_autocast_enabled(query.device.type)
    none = value[:0].expand(-1, heads, -1)
    rows, outputs = [ptr.new_empty(0)], [none if output_weight is None else none.flatten(1) @ output_weight]
    edges, shares = [ptr.new_empty(0)], [query.new_empty(0, heads)]
    classes = _length_classes(ptr)
    for cascades, lengths in classes:
        longest = max(lengths)
        shape = (len(lengths), longest)
        single_class = len(classes) == 1  # all events are used
        no_padding = single_class and min(lengths) == longest  # and all cascades have the same length
        row = slot = ptr.new_empty(0)
        if not no_padding or edge_index is not None:
            row, row_ptr = select_segments(ptr, cascades)
            slot = segment_positions(row_ptr) + torch.repeat_interleave(
                torch.arange(shape[0], device=ptr.device) * longest, row_ptr.diff(), output_size=row.numel()
            )
        q, k, v = query, key, value
        if not no_padding:
            take = None if single_class else row
            k = _pad(key, take, slot, shape)
            q, v = (k if x is key else _pad(x, take, slot, shape) for x in (query, value))
        q = _queries(q, k, query_weight)
        q, k, v = (x.view(*shape, *x.shape[1:]) for x in (q, k, v))  # [B', L, H, d]
        # Padding comes after the events of a cascade, so no event attends to it.
        if edge_index is not None:
            result, weight = _weighted(q, k, v, window, scale, dropout)
        elif shared and longest <= MAX_SHARED_LENGTH:
            result = shared_attention(q, k.squeeze(2), v.squeeze(2), window, scale, dropout)
        else:
            result = _fused(q, k, v, window, scale, dropout)
        if edge_index is not None:
            place = slot.new_full((query.size(0),), -1).index_put((row,), slot)
            source, target = place[edge_index]
            inside = (target >= 0).nonzero().view(-1)
            source, target = source[inside], target[inside]
            edges.append(inside)
            shares.append(weight[target // longest, :, target % longest, source % longest])
        result = result.flatten(0, 1)
        if output_weight is not None:
            result = result.flatten(1) @ output_weight
        if not no_padding:
            result = result.index_select(0, slot)
        if single_class:
            return result, _concatenate_sorted(shares, edges)
        rows.append(row)
        outputs.append(result)
    return _concatenate_sorted(outputs, rows), _concatenate_sorted(shares, edges)


def _weighted(
    q: Tensor, k: Tensor, v: Tensor, window: int | None, scale: float, dropout: float
) -> tuple[Tensor, Tensor]:
    """Returns the sums ``[B', L, H, dv]`` and the weights before dropout, ``[B', H, L, L]``."""
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    weight = (q @ k.transpose(-1, -2) * scale).masked_fill(~_causal_mask(q.size(2), window, q.device), -torch.inf)
    weight = weight.softmax(-1)
    return (fast_dropout(weight, dropout) @ v).transpose(1, 2), weight


def _fused(q: Tensor, k: Tensor, v: Tensor, window: int | None, scale: float, dropout: float) -> Tensor:
    """Returns the sums ``[B', L, H, dv]``, computed by torch without a matrix of weights where it can."""
    heads = q.size(2)
    q, k, v = (x.transpose(1, 2).expand(-1, heads, -1, -1) for x in (q, k, v))
    mask = {"is_causal": True} if window is None else {"attn_mask": _causal_mask(q.size(2), window, q.device)}
    result = nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale, **mask)
    return result.transpose(1, 2)


def _causal_mask(length: int, window: int | None, device: torch.device) -> Tensor:
    """Returns whether the event of a row attends to that of a column, ``[L, L]`` bool."""
    mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return mask if window is None else mask.triu(1 - window)


def _length_classes(ptr: Tensor) -> list[tuple[Tensor, list[int]]]:
    """Groups cascades so that lengths in a group differ by half at most; returns each group's cascades and lengths.

    All cascades of at most 8 events are in one group.
    """
    size = ptr.diff().tolist()
    groups: list[list[int]] = []
    longest = math.inf  # of the last group
    for cascade in sorted(range(len(size)), key=size.__getitem__, reverse=True):
        if size[cascade] > 0:
            if 1.5 * max(8, size[cascade]) < longest:
                groups.append([])
                longest = size[cascade]
            groups[-1].append(cascade)
    return [
        (torch.tensor(group, device=ptr.device), [size[cascade] for cascade in group]) for group in map(sorted, groups)
    ]


def _pad(x: Tensor, row: Tensor | None, slot: Tensor, shape: tuple[int, int]) -> Tensor:
    """Copies rows of ``x`` ``[E, H, d]`` (all if ``row`` is None) to their slots of a zero tensor, ``[B' L, H, d]``."""
    chosen = x if row is None else x.index_select(0, row)
    return x.new_zeros(shape[0] * shape[1], *x.shape[1:]).index_copy_(0, slot, chosen)


def _concatenate_sorted(parts: list[Tensor], numbers: list[Tensor]) -> Tensor:
    """Concatenates the rows of the parts, sorted by their numbers, which are 0, 1, 2, ..."""
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts).index_select(0, torch.cat(numbers).argsort())
