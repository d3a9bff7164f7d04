from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch, Data

from graphcascade.data import Cascade
from graphcascade.errors import DataError
from graphcascade.transforms import FollowEdges

USERS = 30


def random_graph(seed: int, num_edges: int) -> Data:
    generator = torch.Generator().manual_seed(seed)
    return Data(edge_index=torch.randint(USERS, (2, num_edges), generator=generator), num_nodes=USERS)


def random_cascades(seed: int) -> list[Cascade]:
    generator = torch.Generator().manual_seed(seed)
    sizes = [1, 30, 2, 12, 5, 20, 1]
    return [
        Cascade(
            user=torch.randperm(USERS, generator=generator)[:size],
            time=torch.rand(size, generator=generator, dtype=torch.float64).sort().values,
            item=torch.tensor(size),
        )
        for size in sizes
    ]


def loop_edges(cascade: Cascade, graph: Data, self_loops: bool) -> list[tuple[int, int]]:
    follows = set(map(tuple, graph.edge_index.t().tolist()))
    user = cascade.user.tolist()
    return [
        (i, k)
        for k in range(len(user))
        for i in range(k + 1)
        if (i < k and (user[i], user[k]) in follows) or (i == k and self_loops)
    ]


# From no links to nearly all links, so that both ways to look up edges are used.
@pytest.mark.parametrize("num_edges", [0, 20, 100, 400, 3000])
@pytest.mark.parametrize("self_loops", [True, False])
def test_edges_equal_a_plain_loop(num_edges: int, self_loops: bool) -> None:
    graph = random_graph(num_edges, num_edges)
    transform = FollowEdges(graph, self_loops)
    cascades = random_cascades(num_edges)
    batch = transform(Batch.from_data_list(cascades))
    expected = Batch.from_data_list([transform(cascade) for cascade in cascades])
    assert batch.edge_index.equal(expected.edge_index)
    assert batch._slice_dict["edge_index"].tolist() == expected._slice_dict["edge_index"].tolist()
    assert batch._inc_dict["edge_index"].tolist() == expected._inc_dict["edge_index"].tolist()
    for k, cascade in enumerate(cascades):
        edges = loop_edges(cascade, graph, self_loops)
        assert list(map(tuple, transform(cascade).edge_index.t().tolist())) == edges
        assert list(map(tuple, batch[k].edge_index.t().tolist())) == edges


def test_direction_is_from_followee_to_follower() -> None:
    graph = Data(edge_index=torch.tensor([[7], [3]]), num_nodes=8)
    times = torch.tensor([0.0, 1.0], dtype=torch.float64)
    transform = FollowEdges(graph, self_loops=False)
    assert transform(Cascade(torch.tensor([7, 3]), times)).edge_index.tolist() == [[0], [1]]
    assert transform(Cascade(torch.tensor([3, 7]), times)).edge_index.tolist() == [[], []]


@pytest.mark.parametrize("users", [[0, 1, 2], [3, 4, 5, 0, 1]])
def test_duplicate_edges_and_loops_of_the_graph_count_once(users: list[int]) -> None:
    graph = Data(edge_index=torch.tensor([[0, 0, 0, 1], [1, 1, 0, 1]]), num_nodes=6)
    cascade = Cascade(torch.tensor(users), torch.arange(len(users), dtype=torch.float64))
    zero, one = users.index(0), users.index(1)
    assert FollowEdges(graph, self_loops=False)(cascade).edge_index.tolist() == [[zero], [one]]


def test_users_outside_the_graph_are_an_error() -> None:
    transform = FollowEdges(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2))
    with pytest.raises(DataError, match="a cascade has user 2, but the graph is over users 0 to 1"):
        transform(Cascade(torch.tensor([0, 2]), torch.tensor([0.0, 1.0], dtype=torch.float64)))
    with pytest.raises(DataError, match="the follow graph has an edge with user -1"):
        FollowEdges(Data(edge_index=torch.tensor([[0], [-1]]), num_nodes=2))


def test_a_follow_graph_without_edges() -> None:
    cascade = Cascade(torch.tensor([2, 0]), torch.tensor([0.0, 1.0], dtype=torch.float64))
    for graph in (Data(num_nodes=3), Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=3)):
        assert FollowEdges(graph)(cascade.clone()).edge_index.tolist() == [[0, 1], [0, 1]]
        assert FollowEdges(graph, self_loops=False)(cascade.clone()).edge_index.shape == (2, 0)


def test_repr_shows_the_graph() -> None:
    graph = Data(edge_index=torch.tensor([[0, 0], [1, 1]]), num_nodes=1200)
    assert str(FollowEdges(graph)) == "FollowEdges(1,200 users, 1 edges)"
