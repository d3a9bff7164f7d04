from __future__ import annotations

import copy
import itertools
import json

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.errors import UsageError
from graphcascade.loader import CascadeLoader
from graphcascade.transforms import CausalEdges

USERS = 40


def dataset_of(sizes: list[int], parents: bool = False, seed: int = 0) -> CascadeDataset:
    """Returns random cascades of these lengths; cascade c spreads item c, so that items identify cascades."""
    generator = torch.Generator().manual_seed(seed)
    position = torch.cat([torch.arange(size) for size in sizes])
    table = CascadeTable(
        user=torch.cat([torch.randperm(USERS, generator=generator)[:size] for size in sizes]),
        time=torch.cat([torch.rand(size, generator=generator, dtype=torch.float64).cumsum(0) for size in sizes]),
        ptr=torch.tensor([0, *sizes]).cumsum(0),
        item=torch.arange(len(sizes)),
        user_ids=np.array([str(user) for user in range(USERS)], dtype=object),
        item_ids=np.array([str(item) for item in range(len(sizes))], dtype=object),
        parent=(torch.rand(position.numel(), generator=generator) * position).long() if parents else None,
    )
    return CascadeDataset(table)


def random_sizes(count: int, seed: int = 1) -> list[int]:
    return torch.randint(1, USERS, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def items(loader: CascadeLoader) -> list[list[int]]:
    """Returns the cascades of each batch of an epoch."""
    return [batch.item.tolist() for batch in loader]


def assert_same_batch(ours: Batch, theirs: Batch) -> None:
    assert type(ours) is type(theirs)
    assert set(ours.keys()) == set(theirs.keys())
    for key, value in theirs.to_dict().items():
        if isinstance(value, torch.Tensor):
            assert ours[key].dtype == value.dtype
            assert ours[key].equal(value), key
        elif key != "_num_nodes":
            assert ours[key] == value
    assert ours._num_nodes == theirs._num_nodes
    assert ours.num_graphs == theirs.num_graphs == len(ours)
    for name in ("_slice_dict", "_inc_dict"):
        mine, expected = getattr(ours, name), getattr(theirs, name)
        assert {key: value.tolist() for key, value in mine.items()} == {k: v.tolist() for k, v in expected.items()}


@pytest.mark.parametrize("parents", [True, False])
@pytest.mark.parametrize("batch_size", [1, 2, 7, 100])
@pytest.mark.parametrize("drop_last", [True, False])
def test_batches_equal_those_of_pyg(parents: bool, batch_size: int, drop_last: bool) -> None:
    dataset = dataset_of([1, *random_sizes(149), 1], parents)  # more batches of 2 than are gathered at once
    ours = list(CascadeLoader(dataset, batch_size, drop_last=drop_last))
    theirs = list(DataLoader(dataset, batch_size, drop_last=drop_last))
    assert len(ours) == len(theirs) == len(CascadeLoader(dataset, batch_size, drop_last=drop_last))
    for mine, expected in zip(ours, theirs, strict=True):
        assert_same_batch(mine, expected)


@pytest.mark.parametrize("parents", [True, False])
def test_shuffled_batches_equal_what_pyg_collates_from_the_same_cascades(parents: bool) -> None:
    dataset = dataset_of(random_sizes(50), parents)
    for batch in CascadeLoader(dataset, 8, shuffle=True, pool_size=3):
        assert_same_batch(batch, Batch.from_data_list([dataset[item] for item in batch.item.tolist()]))


@pytest.mark.parametrize("parents", [True, False])
def test_a_batch_can_be_separated_into_cascades(parents: bool) -> None:
    dataset = dataset_of([3, 1, 5, 2, 4], parents)
    batch = next(iter(CascadeLoader(dataset, 3)))
    assert batch.num_graphs == 3
    assert len(batch.to_data_list()) == 3
    for k, cascade in enumerate(batch.to_data_list()):
        for other in (batch[k], dataset[k]):
            assert type(cascade) is type(other)
            assert set(cascade.keys()) == set(other.keys())
            assert cascade.num_nodes == other.num_nodes
            assert all(cascade[key].equal(other[key]) for key in cascade.keys() if key != "num_nodes")  # noqa: SIM118
        assert cascade.validate()


def test_fields_of_a_batch_match_those_by_hand() -> None:
    table = CascadeTable(
        user=torch.tensor([4, 1, 2, 0, 3, 1]),
        time=torch.tensor([0.0, 1.5, 0.5, 0.0, 2.0, 3.0], dtype=torch.float64),
        ptr=torch.tensor([0, 2, 3, 6]),
        item=torch.tensor([5, 0, 5]),
        user_ids=np.array(list("abcde"), dtype=object),
        item_ids=np.array(list("uvwxyz"), dtype=object),
        parent=torch.tensor([0, 0, 0, 0, 0, 1]),
    )
    batch = next(iter(CascadeLoader(CascadeDataset(table)[[2, 1, 0]], batch_size=3)))
    assert batch.user.tolist() == [0, 3, 1, 2, 4, 1]
    assert batch.time.tolist() == [0.0, 2.0, 3.0, 0.5, 0.0, 1.5]
    assert batch.item.tolist() == [5, 0, 5]
    assert batch.parent.tolist() == [0, 0, 1, 3, 4, 4]
    assert batch.batch.tolist() == [0, 0, 0, 1, 2, 2]
    assert batch.ptr.tolist() == [0, 3, 4, 6]
    assert batch.num_nodes == 6


def test_a_batch_shares_no_memory_with_its_neighbours() -> None:
    dataset = dataset_of(random_sizes(6), parents=True)
    first, second = CascadeLoader(dataset, 3)
    expected = copy.deepcopy(second)
    first.user.zero_()
    first.time.zero_()
    first.parent.zero_()
    assert_same_batch(second, expected)
    assert dataset[0].user.equal(dataset.table.user[: dataset[0].num_nodes])
    assert dataset.table.user[: first.num_nodes].any()


def test_without_shuffle_the_order_is_that_of_the_dataset_in_every_epoch() -> None:
    dataset = dataset_of(random_sizes(10))[[7, 2, 9, 0, 4]]
    loader = CascadeLoader(dataset, batch_size=2)
    assert items(loader) == [[7, 2], [9, 0], [4]]
    assert items(loader) == [[7, 2], [9, 0], [4]]


def test_a_transform_is_applied() -> None:
    dataset = dataset_of(random_sizes(9), parents=True)
    dataset.transform = CausalEdges(window=2)
    theirs = list(DataLoader(dataset, 4))
    ours = list(CascadeLoader(dataset, 4))
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        assert "edge_index" in mine
        assert_same_batch(mine, expected)
    shuffled = CascadeLoader(dataset, 4, shuffle=True)
    plain = CascadeLoader(dataset_of(random_sizes(9), parents=True), 4, shuffle=True)
    assert items(shuffled) == items(plain)


@pytest.mark.parametrize("pool_size", [None, 1, 2, 5])
def test_an_epoch_has_every_cascade_once(pool_size: int | None) -> None:
    loader = CascadeLoader(dataset_of(random_sizes(53)), batch_size=4, shuffle=True, pool_size=pool_size)
    epochs = [items(loader) for _ in range(3)]
    for epoch in epochs:
        assert len(epoch) == len(loader) == 14
        assert sorted(len(batch) for batch in epoch) == [1] + [4] * 13
        assert sorted(itertools.chain(*epoch)) == list(range(53))
    assert epochs[0] != epochs[1] != epochs[2]


def test_pools_are_sorted_by_length() -> None:
    # One pool holds everything: batches are runs of the cascades sorted by length, in a random order.
    sizes = random_sizes(40)
    loader = CascadeLoader(dataset_of(sizes), batch_size=5, shuffle=True, pool_size=8)
    batches = [[sizes[item] for item in batch] for batch in items(loader)]
    assert sorted(batches) == [sorted(sizes)[low : low + 5] for low in range(0, 40, 5)]
    assert batches != sorted(batches)


def test_a_cascade_stays_in_its_pool() -> None:
    # Two pools of two batches: each batch is a run of consecutive cascades of a randomly drawn pool.
    sizes = random_sizes(12)
    loader = CascadeLoader(dataset_of(sizes), batch_size=3, shuffle=True, pool_size=2, seed=5)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(5)).tolist()
    expected = []
    for pool in (order[:6], order[6:]):
        by_length = sorted(pool, key=lambda item: sizes[item])  # stable, as the loader's sort
        expected += [by_length[:3], by_length[3:]]
    assert sorted(items(loader)) == sorted(expected)


def test_a_pool_of_one_batch_is_a_plain_shuffle() -> None:
    loader = CascadeLoader(dataset_of(random_sizes(10)), batch_size=4, shuffle=True, pool_size=1, seed=3)
    for epoch in range(2):
        order = torch.randperm(10, generator=torch.Generator().manual_seed(3 + epoch)).tolist()
        assert items(loader) == [order[:4], order[4:8], order[8:]]


def test_bucketing_lowers_padding() -> None:
    dataset = dataset_of(random_sizes(400))

    def padded(pool_size: int) -> int:
        loader = CascadeLoader(dataset, batch_size=10, shuffle=True, pool_size=pool_size)
        return sum(batch.num_graphs * int(batch.ptr.diff().max()) for batch in loader)

    assert dataset.table.num_events <= padded(40) < 1.1 * dataset.table.num_events < padded(1)


def test_drop_last_with_shuffle_leaves_out_random_cascades() -> None:
    sizes = [1] * 5 + [30]
    left_out = set()
    loader = CascadeLoader(dataset_of(sizes), batch_size=5, shuffle=True, drop_last=True)
    for _ in range(40):
        (batch,) = items(loader)
        left_out |= set(range(6)) - set(batch)
    assert left_out == set(range(6))  # not always the longest, which sorting puts last


def test_the_seed_and_the_epoch_decide() -> None:
    dataset = dataset_of(random_sizes(30))
    first, again = (CascadeLoader(dataset, 4, shuffle=True, seed=7) for _ in range(2))
    other = CascadeLoader(dataset, 4, shuffle=True, seed=8)
    epochs = [items(first) for _ in range(3)]
    torch.manual_seed(99)  # the global generator has no part in it
    assert [items(again) for _ in range(3)] == epochs
    assert items(other) != epochs[0]
    again.set_epoch(1)
    assert items(again) == epochs[1]
    assert items(again) == epochs[2]


def test_an_iteration_that_is_stopped_early_does_not_count() -> None:
    dataset = dataset_of(random_sizes(30))
    loader = CascadeLoader(dataset, 4, shuffle=True)
    first = items(CascadeLoader(dataset, 4, shuffle=True))
    for number, _ in enumerate(loader):
        if number == 2:
            break
    assert items(loader) == first


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("taken", [0, 1, 5, 7, 8])
def test_a_restart_yields_the_remaining_batches_and_the_following_epochs(shuffle: bool, taken: int) -> None:
    dataset = dataset_of(random_sizes(30), parents=True)
    interrupted = CascadeLoader(dataset, 4, shuffle=shuffle, seed=3)
    assert len(interrupted) == 8
    items(interrupted)  # the interruption is in the second epoch
    running = iter(interrupted)
    for _ in range(taken):
        next(running)
    state = json.loads(json.dumps(interrupted.state_dict()))
    expected = [batch.item.tolist() for batch in running] + items(interrupted) + items(interrupted)

    restarted = CascadeLoader(dataset, 4, shuffle=shuffle, seed=3)
    restarted.load_state_dict(state)
    assert restarted.state_dict() == state
    assert len(restarted) == 8
    # After the last batch the epoch is over: the restart begins with the next one.
    epochs = 3 if taken < 8 else 2
    assert [item for _ in range(epochs) for item in items(restarted)] == expected
    assert restarted.state_dict() == interrupted.state_dict()


def test_the_state_counts_a_batch_as_soon_as_it_is_yielded() -> None:
    loader = CascadeLoader(dataset_of(random_sizes(6)), batch_size=2)
    seen = []
    for _ in loader:
        state = loader.state_dict()
        seen.append((state["epoch"], state["yielded"]))
    assert seen == [(0, 1), (0, 2), (1, 0)]


def test_setting_the_current_epoch_keeps_the_position_in_it() -> None:
    dataset = dataset_of(random_sizes(8))
    loader = CascadeLoader(dataset, batch_size=2)
    loader.load_state_dict({**loader.state_dict(), "epoch": 4, "yielded": 3})
    loader.set_epoch(4)
    assert items(loader) == [[6, 7]]
    loader.load_state_dict({**loader.state_dict(), "epoch": 4, "yielded": 3})
    loader.set_epoch(5)
    assert items(loader) == [[0, 1], [2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize(
    ("argument", "value"), [("batch_size", 3), ("shuffle", False), ("pool_size", 2), ("seed", 1), ("drop_last", True)]
)
def test_a_state_of_other_arguments_is_an_error(argument: str, value: int) -> None:
    dataset = dataset_of(random_sizes(8))
    state = CascadeLoader(dataset, batch_size=2, shuffle=True).state_dict()
    loader = CascadeLoader(dataset, **{"batch_size": 2, "shuffle": True, argument: value})  # type: ignore[arg-type]
    with pytest.raises(
        UsageError, match=f"the saved state has {argument}=.*, this loader has {argument}={value}; continue"
    ):
        loader.load_state_dict(state)


def test_a_state_of_other_data_is_an_error() -> None:
    state = CascadeLoader(dataset_of([2, 3])).state_dict()
    with pytest.raises(
        UsageError, match="the saved state has cascades=2, this loader has cascades=3; continue with the same"
    ):
        CascadeLoader(dataset_of([2, 3, 1])).load_state_dict(state)
    with pytest.raises(UsageError, match="the saved state has events=5, this loader has events=6"):
        CascadeLoader(dataset_of([3, 3])).load_state_dict(state)


def test_invalid_arguments_raise_an_error() -> None:
    dataset = dataset_of([2, 3])
    with pytest.raises(UsageError, match=r"CascadeLoader\(batch_size=0\): must be at least 1"):
        CascadeLoader(dataset, batch_size=0)
    with pytest.raises(UsageError, match=r"CascadeLoader\(pool_size=-1\): must be at least 1"):
        CascadeLoader(dataset, shuffle=True, pool_size=-1)
    with pytest.raises(UsageError, match=r"CascadeDataset\(cascades: 0 cascades, 40 users\) has no cascade"):
        CascadeLoader(dataset[:0])
    with pytest.raises(UsageError, match=r"drop_last=True\): leaves no batch, 2 cascades do not fill a batch of 3"):
        CascadeLoader(dataset, batch_size=3, drop_last=True)


def test_a_transform_that_returns_nothing_is_an_error() -> None:
    dataset = dataset_of([2, 3])
    dataset.transform = lambda cascade: None
    with pytest.raises(UsageError, match=r"dataset\.transform returned None; it must return a cascade"):
        next(iter(CascadeLoader(dataset, batch_size=2)))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("count", [24, 25, 26])
def test_the_shares_of_all_processes_are_the_batches_of_one(shuffle: bool, count: int) -> None:
    data = dataset_of(random_sizes(count))

    def two_epochs(process: int, num_processes: int) -> list[list[int]]:
        loader = CascadeLoader(data, 8, shuffle=shuffle, pool_size=2, seed=3)
        loader.divide(process, num_processes)
        return items(loader) + items(loader)

    shares = [two_epochs(process, 3) for process in range(3)]
    assert all(all(share) for share in shares)
    whole = [sorted(itertools.chain(*parts)) for parts in zip(*shares, strict=True)]
    assert sorted(itertools.chain(*whole[: len(whole) // 2])) == list(range(count))
    if count == 24:
        assert whole == [sorted(batch) for batch in two_epochs(0, 1)]
