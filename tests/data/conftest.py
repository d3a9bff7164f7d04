from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from graphcascade.data import CascadeTable


@pytest.fixture
def make_table() -> Callable[..., CascadeTable]:
    """Returns a function that makes a table of lists of users; cascade c has the times 10 c, 10 c + 1, ..."""

    def make(users: list[list[int]], num_users: int = 6, **changes: Any) -> CascadeTable:
        fields: dict[str, Any] = {
            "user": torch.tensor([user for cascade in users for user in cascade], dtype=torch.long),
            "time": torch.tensor(
                [10.0 * number + k for number, cascade in enumerate(users) for k in range(len(cascade))],
                dtype=torch.float64,
            ),
            "ptr": torch.tensor([0, *(len(cascade) for cascade in users)]).cumsum(0),
            "item": torch.arange(len(users)),
            "user_ids": np.array([f"u{user}" for user in range(num_users)], dtype=object),
            "item_ids": np.array([f"item {number}" for number in range(len(users))], dtype=object),
        }
        return CascadeTable(**{**fields, **changes})

    return make
