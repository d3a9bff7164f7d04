from __future__ import annotations

from collections import Counter

import pytest

from graphcascade.data import successor_graph
from graphcascade.errors import UsageError
from tests.models.small_data import random_dataset


@pytest.mark.parametrize("window", [1, 2, 9])
def test_weights_count_the_cascades_in_which_users_come_after_each_other(window: int) -> None:
    dataset = random_dataset([5, 1, 3, 6, 2], 7)
    expected: Counter[tuple[int, int]] = Counter()
    for cascade in dataset:
        users = cascade.user.tolist()
        for number, user in enumerate(users):
            expected.update((user, later) for later in users[number + 1 : number + 1 + window])
    graph = successor_graph(dataset, window)
    assert graph.num_nodes == 7
    edges = [(int(source), int(target)) for source, target in graph.edge_index.t()]
    assert edges == sorted(edges)
    assert dict(zip(edges, graph.edge_weight.tolist(), strict=True)) == dict(expected)


def test_a_part_of_a_split_has_the_edges_of_its_own_cascades() -> None:
    dataset = random_dataset([4, 4, 4, 4, 4, 4, 4, 4, 4, 4], 9)
    train, _, _ = dataset.splits("random", seed=1)
    assert successor_graph(train).edge_weight.sum() == 3 * len(train)


def test_cascades_of_one_user_have_no_edges_and_a_window_is_at_least_one() -> None:
    assert successor_graph(random_dataset([1, 1], 3)).num_edges == 0
    with pytest.raises(UsageError, match="window=0: must be at least 1"):
        successor_graph(random_dataset([2], 3), 0)
