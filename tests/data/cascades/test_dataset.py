from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Subset, random_split
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from graphcascade.analysis import infer_parents
from graphcascade.data import Cascade, CascadeDataset, CascadeTable, as_dataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate, evaluate_cascades, evaluate_times
from graphcascade.loader import CascadeLoader
from graphcascade.models import LSTM, Markov, Netrate, PoissonProcess
from graphcascade.prediction import predict_next_users
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of, random_dataset


@pytest.fixture
def dataset(make_table: Callable[..., CascadeTable]) -> CascadeDataset:
    return CascadeDataset(make_table([[3, 0], [1], [5, 4, 0], [2, 1]], parent=torch.tensor([0, 0, 0, 0, 0, 1, 0, 0])))


def users(dataset: CascadeDataset) -> list[list[int]]:
    return [cascade.user.tolist() for cascade in dataset]


def test_an_element_is_a_cascade(dataset: CascadeDataset) -> None:
    cascade = dataset[2]
    assert isinstance(cascade, Cascade)
    assert cascade.validate()
    assert cascade.user.tolist() == [5, 4, 0]
    assert cascade.time.tolist() == [20.0, 21.0, 22.0]
    assert cascade.parent.tolist() == [0, 0, 1]
    assert int(cascade.item) == 2
    assert dataset[-1].user.tolist() == [2, 1]
    with pytest.raises(IndexError):
        dataset[4]


def test_a_dataset_has_its_attributes(dataset: CascadeDataset) -> None:
    assert (len(dataset), dataset.num_users, dataset.name, dataset.time_unit) == (4, 6, "cascades", None)
    assert list(dataset.user_ids[:2]) == ["u0", "u1"]
    assert list(dataset.item_ids[:1]) == ["item 0"]
    assert dataset.follow_graph is None
    assert dataset.true_graph is None
    assert dataset.split is None
    assert str(dataset) == "CascadeDataset(cascades: 4 cascades, 6 users)"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(1, 3), [1, 2]),
        (slice(None, None, -2), [3, 1]),
        ([2, 0], [2, 0]),
        (torch.tensor([3, 3]), [3, 3]),
        (np.array([1]), [1]),
        (torch.tensor([True, False, False, True]), [0, 3]),
        (np.array([False, True, False, False]), [1]),
        ([], []),
    ],
)
def test_a_view_has_the_chosen_cascades_over_the_same_users(
    dataset: CascadeDataset, index: Any, expected: list[int]
) -> None:
    view = dataset[index]
    assert isinstance(view, CascadeDataset)
    assert view.cascade_index.tolist() == expected
    assert users(view) == [users(dataset)[k] for k in expected]
    assert view.table.user.tolist() == [user for k in expected for user in users(dataset)[k]]
    assert view.num_users == 6
    assert len(dataset) == 4


def test_a_view_of_all_cascades_shares_their_table(dataset: CascadeDataset) -> None:
    assert dataset[:].table is dataset.table
    assert dataset[:].split is None
    assert dataset[::-1].table is not dataset.table


def test_a_view_of_a_view_has_the_chosen_cascades(dataset: CascadeDataset) -> None:
    view = dataset[[3, 2, 0]][1:]
    assert view.cascade_index.tolist() == [2, 0]
    assert users(view) == [[5, 4, 0], [3, 0]]
    assert users(view.copy([1])) == [[3, 0]]


def test_seen_are_the_users_of_the_view(dataset: CascadeDataset) -> None:
    assert dataset.seen.all()
    assert dataset[[0, 1]].seen.tolist() == [True, True, False, True, False, False]
    assert not dataset[:0].seen.any()


def test_copy_holds_only_the_cascades_of_the_view(dataset: CascadeDataset) -> None:
    dataset.transform = lambda cascade: cascade
    small = dataset[[2, 0]].copy()
    assert small.table.num_events == 5
    assert small.cascade_index.tolist() == [0, 1]
    assert users(small) == [[5, 4, 0], [3, 0]]
    assert small.transform is dataset.transform
    small.table.user.zero_()
    assert users(dataset)[2] == [5, 4, 0]


def test_a_deep_copy_shares_nothing(dataset: CascadeDataset) -> None:
    view = dataset[[2, 0]]
    twin = copy.deepcopy(view)
    assert users(twin) == users(view)
    twin._table.user.zero_()
    assert users(view) == [[5, 4, 0], [3, 0]]


def test_a_transform_is_applied_when_a_cascade_is_accessed(make_table: Callable[..., CascadeTable]) -> None:
    def later(cascade: Cascade) -> Cascade:
        cascade.time = cascade.time + 1
        return cascade

    dataset = CascadeDataset(make_table([[3, 0], [1]]), transform=later)
    assert dataset[0].time.tolist() == [1.0, 2.0]
    assert dataset[0].time.tolist() == [1.0, 2.0]
    assert dataset.table.time.tolist() == [0.0, 1.0, 10.0]


def test_pyg_reads_the_flat_tensors(dataset: CascadeDataset) -> None:
    assert dataset.user.tolist() == [3, 0, 1, 5, 4, 0, 2, 1]
    assert dataset[1:3].user.tolist() == [1, 5, 4, 0]
    (batch,) = DataLoader(dataset, batch_size=4)
    assert batch.user.equal(dataset.table.user)
    assert batch.parent.tolist() == [0, 0, 2, 3, 3, 4, 6, 6]


def test_a_dataset_may_have_one_cascade(make_table: Callable[..., CascadeTable]) -> None:
    dataset = CascadeDataset(make_table([[3, 0]]))
    assert users(dataset) == [[3, 0]]
    assert users(dataset.copy()) == [[3, 0]]


def test_a_follow_graph_without_edges(dataset: CascadeDataset) -> None:
    view = dataset.with_follow_graph(Data(num_nodes=dataset.num_users))
    assert view.follow_graph is not None
    assert view.follow_graph.edge_index.shape == (2, 0)
    assert view.describe()["follow links"] == 0


def test_with_follow_graph_does_not_change_the_dataset(dataset: CascadeDataset) -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=6)
    view = dataset[1:].with_follow_graph(graph, left_out=7)
    assert view.follow_graph is graph
    assert view.table.follow_edges_outside == 7
    assert users(view) == users(dataset)[1:]
    assert dataset.follow_graph is None
    with pytest.raises(DataError, match="the follow graph has 5 users, cascades has 6"):
        dataset.with_follow_graph(Data(edge_index=graph.edge_index, num_nodes=5))


def test_changes_in_place_do_not_reach_the_dataset(dataset: CascadeDataset) -> None:
    def relative(cascade: Cascade) -> Cascade:
        cascade.time -= float(cascade.time[0])
        cascade.user += 1
        cascade.parent[:] = 0
        cascade.item += 1
        return cascade

    before = copy.deepcopy(dataset.table)
    dataset.transform = relative
    for _ in range(2):
        assert [cascade.time.tolist() for cascade in dataset][2] == [0, 1, 2]
        batches = [*DataLoader(dataset, batch_size=2), *CascadeLoader(dataset, batch_size=2)]
        assert [batch.item.tolist() for batch in batches] == [[1, 2], [3, 4]] * 2
    dataset.transform = None
    relative(dataset[2])
    for batch in CascadeLoader(dataset, batch_size=2):
        batch.user += 1
        batch.time.zero_()
        batch.parent += 5
        batch.item.zero_()
        batch.ptr += 1
    for name in ("user", "time", "ptr", "item", "parent"):
        assert torch.equal(getattr(dataset.table, name), getattr(before, name))
    assert dataset.splits("chronological", (0.5, 0.25, 0.25))[2].cascade_index.tolist() == [3]


def test_parts_are_joined_and_divided_by_torch(dataset: CascadeDataset) -> None:
    joined = dataset[2:] + dataset[:1]
    assert isinstance(joined, CascadeDataset)
    assert users(joined) == [[5, 4, 0], [2, 1], [3, 0]]
    assert joined.split is None
    assert users(as_dataset(ConcatDataset([dataset[1:2], joined]), "data")) == [[1], [5, 4, 0], [2, 1], [3, 0]]
    subset = Subset(Subset(dataset[1:], [2, 0]), [1])
    assert users(as_dataset(subset, "data")) == [[1]]
    assert as_dataset(dataset, "data") is dataset
    first, second = random_split(dataset, [3, 1], torch.Generator().manual_seed(0))
    assert sorted(users(as_dataset(first, "data")) + users(as_dataset(second, "data"))) == sorted(users(dataset))


def test_datasets_that_cannot_be_joined_raise_an_error(
    dataset: CascadeDataset, make_table: Callable[..., CascadeTable]
) -> None:
    other = CascadeDataset(make_table([[0, 1]]))
    for wrong in (other, dataset.copy([0]), [dataset[0]]):
        with pytest.raises(UsageError, match="only parts of one dataset can be joined"):
            dataset + wrong
    part = dataset[:1]
    part.transform = lambda cascade: cascade
    with pytest.raises(UsageError, match="the parts have different transforms"):
        dataset + part
    for wrong in ([dataset[0], dataset[1]], (dataset[0],), dataset[0], None, "data.csv"):
        with pytest.raises(UsageError, match=f"^train: must be a CascadeDataset, not {type(wrong).__name__}"):
            as_dataset(wrong, "train")


def test_parts_with_common_cascades_are_not_joined(dataset: CascadeDataset) -> None:
    with pytest.raises(UsageError, match=r"4 cascades are in both and would count twice; join parts that have no"):
        dataset + dataset
    with pytest.raises(UsageError, match=r"1 cascades are in both"):
        as_dataset(ConcatDataset([dataset[:2], Subset(dataset, [1, 3])]), "train")
    assert users(dataset[:1] + dataset[1:]) == users(dataset)


@pytest.mark.parametrize("index", [4, -5, 10**30])
def test_an_index_of_a_subset_is_out_of_range(dataset: CascadeDataset, index: int) -> None:
    with pytest.raises(
        UsageError, match=rf"^train: is a Subset with the index {index}, and its dataset has 4 cascades"
    ):
        as_dataset(Subset(dataset, [0, index]), "train")
    assert users(as_dataset(Subset(dataset, [-4]), "train")) == users(dataset[:1])


def test_models_take_parts_of_datasets() -> None:
    """Every function that takes cascades takes a Subset and joined parts, or its error says what to pass."""
    data = random_dataset([4, 3, 5, 2, 6, 4], 8)
    some, whole = Subset(data, [0, 1, 3]), data[[0, 1, 3]]
    held_out = ConcatDataset([data[2:3], data[4:]])
    protocol = NextUserProtocol("small", ks=(1,))
    trainer = NextUserTrainer(max_epochs=1, protocol=protocol, progress=False)
    markov = Markov(8).fit(some)
    assert markov.seen.equal(Markov(8).fit(whole).seen)
    model = trainer.fit(LSTM(8, dim=2, hidden=2), some, held_out)
    netrate = Netrate()
    netrate.fit(some)
    process = PoissonProcess().fit(some)
    runs: list[Callable[[Any], Any]] = [
        lambda cascades: trainer.test(model, cascades).metrics["value"].tolist(),
        lambda cascades: evaluate(markov, cascades, protocol).metrics["value"].tolist(),
        lambda cascades: evaluate_cascades(netrate, cascades).metrics["value"].tolist(),
        lambda cascades: evaluate_times(process, cascades).metrics["value"].tolist(),
        lambda cascades: predict_next_users(markov, cascades, 1)["user"].tolist(),
        lambda cascades: infer_parents(None, cascades).tolist(),
        lambda cascades: [batch.user.tolist() for batch in CascadeLoader(cascades, 2)],
    ]
    for run in runs:
        assert str(run(held_out)) == str(run(data[[2, 4, 5]]))
        with pytest.raises(UsageError, match="must be a CascadeDataset, not list"):
            run([data[2], data[4]])
    fits: list[Callable[[Any], Any]] = [
        Markov(8).fit,
        Netrate().fit,
        PoissonProcess().fit,
        lambda cascades: trainer.fit(LSTM(8, dim=2, hidden=2), cascades),
        lambda cascades: trainer.fit(LSTM(8, dim=2, hidden=2), data, cascades),
    ]
    for fit in fits:
        with pytest.raises(UsageError, match="must be a CascadeDataset, not list"):
            fit([data[2], data[4]])


def test_users_of_no_cascade_can_be_added() -> None:
    graph = Data(edge_index=torch.tensor([[0], [2]]), num_nodes=3)
    dataset = random_dataset([2, 3], 3).with_follow_graph(graph)
    extended = dataset.with_users(["u1", "new", "newer", "new"])
    assert extended.user_ids.tolist() == ["u0", "u1", "u2", "new", "newer"]
    assert extended.follow_graph is not None
    assert extended.follow_graph.num_nodes == 5
    assert extended.seen.tolist() == [True, True, True, False, False]
    assert dataset.num_users == 3
    assert graph.num_nodes == 3
    assert extended.fingerprints.equal(dataset.fingerprints)


def test_a_notebook_shows_the_description() -> None:
    text = dataset_of([[0, 1], [1, 2, 0]], 4, name="<i>shop</i>")._repr_html_()
    assert "(&lt;i&gt;shop&lt;/i&gt;: 2 cascades, 4 users)" in text
    cells = re.findall(r"<td>(.*?)</td>", text)
    assert dict(zip(cells[::2], cells[1::2], strict=True))["events"] == "5"
    assert "0 cascades" in dataset_of([[0, 1]], 2)[:0]._repr_html_()
