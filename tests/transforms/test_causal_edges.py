from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.utils import softmax

from graphcascade.data import Cascade
from graphcascade.errors import UsageError
from graphcascade.transforms import CausalEdges
from tests.models.small_data import dataset_of


def cascade_of(size: int, parents: bool = False) -> Cascade:
    return Cascade(
        user=torch.arange(10, 10 + size),
        time=torch.arange(size, dtype=torch.float64),
        item=torch.tensor(size),
        parent=(torch.arange(size) - 1).clamp(min=0) if parents else None,
    )


def loop_edges(size: int, window: int | None, self_loops: bool) -> list[tuple[int, int]]:
    return [
        (i, k)
        for k in range(size)
        for i in range(k + 1)
        if (self_loops or i != k) and (window is None or i > k - window)
    ]


@pytest.mark.parametrize("window", [None, 1, 2, 3, 7, 50])
@pytest.mark.parametrize("self_loops", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_edges_of_one_cascade_equal_a_plain_loop(window: int | None, self_loops: bool, size: int) -> None:
    edge_index = CausalEdges(window, self_loops)(cascade_of(size)).edge_index
    assert edge_index.dtype == torch.long
    assert edge_index.shape == (2, len(loop_edges(size, window, self_loops)))
    assert list(map(tuple, edge_index.t().tolist())) == loop_edges(size, window, self_loops)


def test_edges_of_a_window_of_two_match_those_by_hand() -> None:
    edge_index = CausalEdges(window=2)(cascade_of(3)).edge_index
    assert edge_index.tolist() == [[0, 0, 1, 1, 2], [0, 1, 1, 2, 2]]


@pytest.mark.parametrize("window", [None, 1, 3])
@pytest.mark.parametrize("self_loops", [True, False])
@pytest.mark.parametrize("parents", [True, False])
def test_a_batch_equals_the_collated_transformed_cascades(window: int | None, self_loops: bool, parents: bool) -> None:
    cascades = [cascade_of(size, parents) for size in (3, 1, 5, 2, 1)]
    transform = CausalEdges(window, self_loops)
    collated = Batch.from_data_list(cascades)
    batch = transform(collated)
    expected = Batch.from_data_list([transform(cascade) for cascade in cascades])
    assert batch.edge_index.equal(expected.edge_index)
    for name in ("_slice_dict", "_inc_dict"):
        ours, theirs = getattr(batch, name), getattr(expected, name)
        assert {key: value.tolist() for key, value in ours.items()} == {k: v.tolist() for k, v in theirs.items()}
    for k, cascade in enumerate(cascades):
        assert batch[k].edge_index.equal(transform(cascade).edge_index)
        assert batch[k].user.equal(cascade.user)
    assert "edge_index" not in collated
    assert "edge_index" not in collated[0]


def test_existing_edges_are_replaced_and_the_input_is_unchanged() -> None:
    cascade = cascade_of(2)
    cascade.edge_index = torch.tensor([[1], [0]])
    assert CausalEdges()(cascade).edge_index.tolist() == [[0, 0, 1], [0, 1, 1]]
    assert cascade.edge_index.tolist() == [[1], [0]]


def test_data_without_users_needs_only_a_number_of_nodes() -> None:
    assert CausalEdges(self_loops=False)(Data(num_nodes=3)).edge_index.tolist() == [[0, 0, 1], [1, 2, 2]]


@pytest.mark.parametrize("window", [0, -3])
def test_a_window_below_one_is_an_error(window: int) -> None:
    with pytest.raises(UsageError, match=rf"CausalEdges\(window={window}\): must be at least 1, or None"):
        CausalEdges(window)


def test_repr_shows_the_window() -> None:
    assert str(CausalEdges(4)) == "CausalEdges(window=4, self_loops=True)"


@pytest.mark.edge_softmax
@pytest.mark.parametrize("window", [None, 2])
@pytest.mark.parametrize("self_loops", [True, False])
def test_edge_softmax_equals_a_dense_masked_softmax(window: int | None, self_loops: bool) -> None:
    sizes = (4, 1, 3)
    batch = CausalEdges(window, self_loops)(Batch.from_data_list([cascade_of(size) for size in sizes]))
    source, target = batch.edge_index
    generator = torch.Generator().manual_seed(0)
    score = torch.randn(8, 8, generator=generator, dtype=torch.float64)
    value = torch.randn(8, 3, generator=generator, dtype=torch.float64)

    weight = softmax(score[target, source], target, num_nodes=8)
    out = torch.zeros(8, 3, dtype=torch.float64).index_add(0, target, weight.unsqueeze(-1) * value[source])

    allowed = torch.zeros(8, 8, dtype=torch.bool)
    for start, size in zip((0, 4, 5), sizes, strict=True):
        for i, k in loop_edges(size, window, self_loops):
            allowed[start + k, start + i] = True
    exponent = score.exp() * allowed
    dense = exponent / exponent.sum(1, keepdim=True).clamp(min=1e-300)
    assert torch.allclose(out, dense @ value, rtol=1e-10)
    if not self_loops:  # the first event of a cascade has an empty neighbourhood
        assert out[[0, 4, 5]].eq(0).all()


def test_a_whole_dataset_is_an_error() -> None:
    dataset = dataset_of([[0, 1]], 2)
    with pytest.raises(UsageError, match=r"CascadeDataset: .*a cascade or a batch; .*set dataset.transform"):
        CausalEdges()(dataset)
