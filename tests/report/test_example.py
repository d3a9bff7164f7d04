from __future__ import annotations

from graphcascade.report import example_cascade
from tests.models.small_data import random_dataset


def test_the_cascade_of_the_nearest_size_is_drawn() -> None:
    assert example_cascade(random_dataset([2, 5, 20, 11, 17, 2], 30)) == 3  # 11 is as near to 14 as 17, and first
    assert example_cascade(random_dataset([2, 25, 40], 50)) == 1  # rather than the two users of the first
    assert example_cascade(random_dataset([2, 25, 40], 50), users=4) == 0
