from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from graphcascade.errors import UsageError

__all__ = ["ResumableLoader"]

BatchT = TypeVar("BatchT")


class ResumableLoader(ABC, Generic[BatchT]):
    """Base class of loaders that can be restarted in the middle of an epoch.

    Each full iteration is an epoch; an iteration that is stopped early does not count. The batches of an epoch depend
    only on the arguments of the loader and the number of the epoch. :meth:`state_dict` and :meth:`load_state_dict`
    follow Lightning's protocol for stateful loaders: a loader that is restarted in the middle of an epoch yields the
    remaining batches, then the following epochs.

    Args:
        batch_size: Examples in a batch.
        drop_last: Whether to leave out the examples that do not fill a batch.
    """

    def __init__(self, batch_size: int, drop_last: bool) -> None:
        self.batch_size = batch_size
        self.drop_last = drop_last
        self._epoch = 0
        self._start = 0  # the batch at which the next iteration starts
        self._yielded = 0  # batches of this epoch that were yielded

    @property
    @abstractmethod
    def num_examples(self) -> int:
        """Number of examples of an epoch, such as cascades."""

    @abstractmethod
    def _configuration(self) -> Mapping[str, Any]:
        """Returns the plain values that the order of the batches depends on, besides the number of the epoch."""

    @abstractmethod
    def _batches(self, epoch: int, start: int) -> Iterator[BatchT]:
        """Yields the batches of an epoch from number ``start`` on."""

    def __len__(self) -> int:
        """Number of batches of a full epoch, even after a restart in the middle of one."""
        return self.num_examples // self.batch_size if self.drop_last else -(-self.num_examples // self.batch_size)

    def __iter__(self) -> Iterator[BatchT]:
        start, self._start = self._start, 0
        self._yielded = start
        return self._iterate(self._epoch, start)

    def _iterate(self, epoch: int, start: int) -> Iterator[BatchT]:
        for number, batch in enumerate(self._batches(epoch, start), start + 1):
            # Counted before the batch is yielded, because callers that know the length stop after the last batch.
            self._epoch, self._yielded = (epoch, number) if number < len(self) else (epoch + 1, 0)
            yield batch

    def set_epoch(self, epoch: int) -> None:
        """Sets the number of the next epoch. Setting the current number has no effect."""
        if epoch != self._epoch:
            self._epoch, self._start, self._yielded = epoch, 0, 0

    def state_dict(self) -> dict[str, Any]:
        """Returns the state of the iteration, which contains only plain values."""
        return {"epoch": self._epoch, "yielded": self._yielded, **self._configuration()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Makes the next iteration continue from ``state``.

        Raises:
            UsageError: The state is from a loader with other data or arguments.
        """
        for key, value in self._configuration().items():
            if state[key] != value:
                raise UsageError(
                    f"{type(self).__name__}: the saved state has {key}={state[key]}, this loader has {key}={value}; "
                    "continue with the same data and arguments."
                )
        self._epoch, self._start = int(state["epoch"]), int(state["yielded"])
        self._yielded = self._start
