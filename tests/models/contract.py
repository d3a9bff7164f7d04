"""Assertions that hold for all next-user models; each function takes a model and a few cascades.

Models are tested in float64 and without dropout, so that "equal" can be strict.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids, segment_positions
from graphcascade.models.next_user import Encoding, NextEvents, NextUserModel
from tests.models.small_data import whole_batch


def assert_contract(model: NextUserModel, dataset: CascadeDataset, edges: bool = False) -> None:
    """Asserts everything below except overfitting.

    Args:
        model: A model over ``dataset.num_users`` users.
        dataset: A few cascades, some with one event.
        edges: Whether the cascades have edges, which only ``encode`` uses; then ``start`` and ``advance`` are not
            tested.
    """
    model.double().eval()
    assert_batch_equals_one_by_one(model, dataset)
    assert_causal(model, dataset)
    assert_unknown_users_are_equal(model, dataset)
    if not edges:
        assert_steps_equal_encode(model, dataset)
    assert_alignment(model, dataset)


def assert_batch_equals_one_by_one(model: NextUserModel, dataset: CascadeDataset) -> None:
    """Asserts that the encoding of a cascade does not depend on the other cascades of the batch."""
    together = model.encode(whole_batch(dataset))
    alone = [model.encode(whole_batch(dataset[[number]])) for number in range(len(dataset))]
    _assert_same(together, _concatenate(alone))


@torch.no_grad()
def assert_causal(model: NextUserModel, dataset: CascadeDataset) -> None:
    """Asserts that a change of event j changes row j, but no row before it and no other cascade."""
    table = dataset.table
    before = model.encode(whole_batch(dataset))
    cascade, position = segment_ids(table.ptr), segment_positions(table.ptr)
    for event in range(table.num_events):
        same = cascade == cascade[event]
        later = same & (position >= position[event])
        free = torch.ones(table.num_users, dtype=torch.bool)
        free[table.user[same]] = False
        user = table.user.clone()
        user[event] = free.nonzero()[0, 0]
        time = table.time + 0.37 * later
        changed = CascadeDataset(replace(table, user=user, time=time), dataset.transform)
        after = model.encode(whole_batch(changed))
        _assert_same(_rows(before, ~later), _rows(after, ~later))
        assert not torch.allclose(before.user[event], after.user[event]), f"row {event} does not see its own event"


@torch.no_grad()
def assert_steps_equal_encode(model: NextUserModel, dataset: CascadeDataset) -> None:
    """Asserts that start and advance give the rows of encode, also when ended cascades leave the cache."""
    table = dataset.table
    whole = model.encode(whole_batch(dataset))
    first = table.ptr[:-1]
    encoding, cache = model.start(table.user[first], table.time[first])
    for step in range(1, int(table.size.max()) + 1):
        event = first + step - 1
        _assert_same(_rows(whole, event), encoding)
        assert isinstance(cache, tuple)
        assert all(part.size(0) == event.numel() for part in cache), "the first dimension of a cache is its rows"
        alive = (table.ptr[1:][torch.isin(table.ptr[:-1], first)] - first > step).nonzero().view(-1)
        first = first[alive]
        if step < int(table.size.max()):
            cache = tuple(part[alive] for part in cache)
            encoding, cache = model.advance(cache, table.user[first + step], table.time[first + step])
    # No cascade is left, as at the end of a simulation.
    none = torch.empty(0, dtype=torch.long)
    encoding, _ = model.advance(tuple(part[none] for part in cache), none, none.double())
    assert encoding.user.size(0) == 0


@torch.no_grad()
def assert_unknown_users_are_equal(model: NextUserModel, dataset: CascadeDataset) -> None:
    """Asserts that all users from ``num_users`` on are treated as one unknown user."""
    batch = whole_batch(CascadeDataset(dataset.table))
    batch.user = batch.user.clone()
    last = batch.ptr[1:] - 1
    result = []
    for shift in (0, 5):
        batch.user[last] = model.num_users + shift + torch.arange(last.numel())
        result.append(model.encode(batch))
        assert bool(result[-1].user.isfinite().all())
    _assert_same(result[0], result[1])


def assert_alignment(model: NextUserModel, dataset: CascadeDataset) -> None:
    """Asserts that an alignment, if any, changes no row, points forward in time, and has shares that sum to one."""
    batch = whole_batch(dataset)
    plain, aligned = model.encode(batch), model.encode(batch, alignment=True)
    _assert_same(plain, aligned)
    assert plain.alignment is None
    graph = aligned.alignment
    assert ("alignment" in model.attributions) == (graph is not None)
    if graph is None:
        return
    source, target = graph.edge_index
    assert graph.num_nodes == batch.num_nodes
    assert bool((source <= target).all())
    assert batch.batch[source].equal(batch.batch[target])
    share = graph.edge_weight.view(source.numel(), -1)
    assert bool((share >= 0).all())
    total = share.new_zeros(batch.num_nodes, share.size(1)).index_add(0, target, share)
    has_source = torch.zeros(batch.num_nodes, dtype=torch.bool)
    has_source[target] = True
    torch.testing.assert_close(total, has_source[:, None].expand_as(total).to(total.dtype))


def assert_overfits(model: NextUserModel, dataset: CascadeDataset, steps: int = 60, rate: float = 0.05) -> None:
    """Asserts that a few steps of Adam memorize the cascades, so that each next user has rank 1."""
    model.float().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    batch = whole_batch(dataset)
    events = NextEvents.from_batch(batch)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model.readout.loss(model.encode(batch).user[events.row], events.target, events.history)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    model.eval()
    higher, same = model.readout.rank(model.encode(batch).user[events.row], events.target, events.history)
    assert not higher.any()
    assert not same.any()


def _parts(encoding: Encoding) -> list[Tensor]:
    return [part for part in (encoding.user, encoding.time) if part is not None]


def _assert_same(actual: Encoding, expected: Encoding) -> None:
    assert len(_parts(actual)) == len(_parts(expected))
    for ours, theirs in zip(_parts(actual), _parts(expected), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def _rows(encoding: Encoding, rows: Tensor) -> Encoding:
    return Encoding(encoding.user[rows], None if encoding.time is None else encoding.time[rows])


def _concatenate(encodings: list[Encoding]) -> Encoding:
    time = [encoding.time for encoding in encodings if encoding.time is not None]
    return Encoding(torch.cat([encoding.user for encoding in encodings]), torch.cat(time) if time else None)
