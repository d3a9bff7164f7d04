from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.nn import CategoryEncoder

PARENT = torch.tensor([-1, 0, 1, 0])  # 0 > 1 > 2 and 0 > 3
LEVEL = torch.tensor([0, 1, 2, 1])


def encode(encoding: str, level: int | None = None) -> list[list[float]]:
    encoder = CategoryEncoder(4, 3, 1, encoding, level)  # type: ignore[arg-type]
    with torch.no_grad():
        encoder.embedding.weight.copy_(torch.tensor([[1.0], [10.0], [100.0], [1000.0], [-7.0]]))
        table: Tensor = encoder(PARENT, LEVEL)
    assert table.size(1) == encoder.dim
    rows: list[list[float]] = table.tolist()
    return rows


def test_levels_are_added_joined_or_chosen() -> None:
    """The last row is that of posts without a category; it stands for levels that a category does not have, too."""
    assert encode("sum") == [[1], [11], [111], [1001], [-7]]
    assert encode("concatenation") == [[1, -7, -7], [1, 10, -7], [1, 10, 100], [1, 1000, -7], [-7, -7, -7]]
    assert encode("level", 1) == [[1], [1], [1], [1], [-7]]
    assert encode("level", 2) == [[1], [10], [10], [1000], [-7]]
    assert encode("level") == [[1], [10], [100], [1000], [-7]]


def test_the_hierarchical_embedding_is_that_of_the_layer() -> None:
    torch.manual_seed(0)
    encoder = CategoryEncoder(4, 3, 2)
    assert encoder.hierarchy is not None
    table = encoder(PARENT, LEVEL)
    assert table[:-1].equal(encoder.hierarchy(encoder.embedding.weight[:-1], PARENT, LEVEL))
    assert table[-1].equal(encoder.embedding.weight[-1])


@pytest.mark.parametrize("level", [0, 4])
def test_a_level_out_of_range_raises_an_error(level: int) -> None:
    with pytest.raises(UsageError, match="must be between 1, the coarsest level, and 3"):
        CategoryEncoder(4, 3, 2, "level", level)
