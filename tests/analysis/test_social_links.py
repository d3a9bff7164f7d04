from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import (
    predict_social_links,
)
from graphcascade.errors import DataError, UsageError

USERS = 7


def graph(*edges: tuple[int, int], weight: list[float] | None = None, users: int = USERS) -> Data:
    data = Data(edge_index=torch.tensor(edges, dtype=torch.long).T, num_nodes=users)
    if weight is not None:
        data.edge_weight = torch.tensor(weight)
    return data


def test_accuracy_counts_the_heaviest_link_of_each_user() -> None:
    follows = graph((0, 1), (0, 2), (1, 0), (3, 4))
    result = predict_social_links(graph((0, 2), (1, 2), (3, 4), (3, 5), weight=[1.0, 1.0, 0.9, 0.5]), follows)
    assert result.accuracy == pytest.approx(2 / 3)  # 0 and 3 are right: the heavier edge of 3 counts
    assert result.error == pytest.approx(math.sqrt(2 / 9 / 3))
    assert result.random == pytest.approx((2 + 1 + 1) / 3 / 6)
    assert result.users == 3
    assert "66.67%" in str(result)


def test_links_that_cannot_be_compared_raise_an_error() -> None:
    with pytest.raises(UsageError, match="over 7 users, the follow graph over 8"):
        predict_social_links(graph((0, 1)), graph((0, 1), users=8))
    empty = Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=USERS)
    with pytest.raises(DataError, match="no edge to compare"):
        predict_social_links(empty, graph((0, 1)))
