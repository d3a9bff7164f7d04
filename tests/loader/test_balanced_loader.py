from __future__ import annotations

from collections import Counter

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.loader import BalancedLoader
from tests.models.small_data import random_dataset

DATA = random_dataset([2, 3, 4, 2, 5, 1, 3, 2, 4, 2, 3], 9)
GROUP = torch.arange(11) % 4 == 0  # 0, 4, 8


def epoch_of(loader: BalancedLoader) -> list[list[int]]:
    return [batch.item.tolist() for batch in loader]


@pytest.mark.parametrize("batch_size", [2, 4, 5])
def test_half_of_each_batch_is_from_the_group(batch_size: int) -> None:
    loader = BalancedLoader(DATA, GROUP, batch_size, seed=3)
    first, second = epoch_of(loader), epoch_of(loader)
    assert [len(batch) for batch in first] == [batch_size] * (11 // batch_size) + [11 % batch_size] * bool(
        11 % batch_size
    )
    for batch in first + second:
        assert sum(bool(GROUP[one]) for one in batch) == (len(batch) + 1) // 2
    assert first != second
    used = Counter(one for batch in first for one in batch)
    inside = [used[one] for one in range(11) if GROUP[one]]
    outside = [used[one] for one in range(11) if not GROUP[one]]
    assert max(inside) - min(inside) <= 1
    assert max(outside) <= 1
    assert epoch_of(BalancedLoader(DATA, GROUP, batch_size, seed=3)) == first


def test_a_restart_continues() -> None:
    whole = BalancedLoader(DATA, GROUP, 2)
    expected = epoch_of(whole)
    broken = BalancedLoader(DATA, GROUP, 2)
    walk = iter(broken)
    begun = [next(walk).item.tolist() for _ in range(3)]
    again = BalancedLoader(DATA, GROUP, 2)
    again.load_state_dict(broken.state_dict())
    assert begun + epoch_of(again) == expected
    with pytest.raises(UsageError, match="first=3"):
        BalancedLoader(DATA, ~GROUP, 2).load_state_dict(broken.state_dict())


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(UsageError, match="batch_size=1"):
        BalancedLoader(DATA, GROUP, 1)
    with pytest.raises(UsageError, match=r"group\): must have cascades in it and cascades that are not"):
        BalancedLoader(DATA, torch.ones(11, dtype=torch.bool), 2)
    with pytest.raises(UsageError, match=r"group\): has the shape \[3\]"):
        BalancedLoader(DATA, GROUP[:3], 2)
