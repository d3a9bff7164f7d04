"""Loaders that can be restarted in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from graphcascade.errors import UsageError
from graphcascade.loader import ResumableLoader


class Numbers(ResumableLoader[tuple[int, int]]):
    """Yields the number of the epoch and that of the batch."""

    def __init__(self, num_examples: int, batch_size: int = 2, drop_last: bool = False) -> None:
        super().__init__(batch_size, drop_last)
        self._num_examples = num_examples

    @property
    def num_examples(self) -> int:
        return self._num_examples

    def _configuration(self) -> Mapping[str, Any]:
        return {"examples": self._num_examples}

    def _batches(self, epoch: int, start: int) -> Iterator[tuple[int, int]]:
        return ((epoch, number) for number in range(start, len(self)))


def test_the_length_depends_on_drop_last() -> None:
    assert len(Numbers(5)) == 3
    assert len(Numbers(5, drop_last=True)) == 2


def test_a_full_iteration_is_an_epoch_and_a_stopped_one_is_not() -> None:
    loader = Numbers(5)
    assert next(iter(loader)) == (0, 0)
    assert list(loader) == [(0, 0), (0, 1), (0, 2)]
    assert list(loader) == [(1, 0), (1, 1), (1, 2)]
    loader.set_epoch(7)
    assert next(iter(loader)) == (7, 0)


def test_a_restart_yields_the_remaining_batches() -> None:
    loader, other = Numbers(5), Numbers(5)
    batches = iter(loader)
    assert [next(batches), next(batches)] == [(0, 0), (0, 1)]
    other.load_state_dict(loader.state_dict())
    assert list(other) == [(0, 2)]
    assert list(other) == [(1, 0), (1, 1), (1, 2)]


def test_the_state_of_another_loader_is_an_error() -> None:
    with pytest.raises(UsageError, match="Numbers: the saved state has examples=5, this loader has examples=6"):
        Numbers(6).load_state_dict(Numbers(5).state_dict())


def test_a_rest_that_is_too_small_for_all_processes_belongs_to_the_batch_before() -> None:
    loader = Numbers(9, batch_size=4)
    loader.divide(0, 2)
    assert len(loader) == 2
    assert loader._bounds().tolist() == [0, 4, 9]
    loader = Numbers(10, batch_size=4)
    loader.divide(0, 2)
    assert loader._bounds().tolist() == [0, 4, 8, 10]


@pytest.mark.parametrize(("examples", "batch_size", "match"), [(1, 4, "1 examples cannot"), (9, 2, "at least 3")])
def test_too_many_processes(examples: int, batch_size: int, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        Numbers(examples, batch_size).divide(0, 3)
