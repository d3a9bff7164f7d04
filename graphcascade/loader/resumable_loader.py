from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

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
        self._process, self._num_processes = 0, 1

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
        full, rest = divmod(self.num_examples, self.batch_size)
        # A rest that leaves a process without an example belongs to the batch before; see divide().
        return full if self.drop_last or (rest < self._num_processes and full > 0) else full + (rest > 0)

    def divide(self, process: int, num_processes: int) -> None:
        """Makes the loader yield only the share of one process in each batch; all shares together are the batch.

        All processes get as many batches, and none of them is empty: if the last batch has fewer examples than there
        are processes, its examples are added to the batch before.

        Args:
            process: Number of the process, from 0.
            num_processes: Number of processes.

        Raises:
            UsageError: There are more processes than examples, or than examples in a batch.
        """
        if self.batch_size < num_processes:
            reason = f"must be at least {num_processes}, so that each of the {num_processes} processes has an example"
            raise UsageError(argument="batch_size", value=self.batch_size, reason=reason)
        if self.num_examples < num_processes:
            raise UsageError(
                f"{type(self).__name__}: {self.num_examples} examples cannot be divided among {num_processes} "
                "processes; start fewer."
            )
        self._process, self._num_processes = process, num_processes

    def _bounds(self) -> Tensor:
        """Returns the boundaries of the batches of an epoch among its examples, ``[len(self) + 1]``."""
        bounds = torch.arange(len(self) + 1) * self.batch_size
        if not self.drop_last:
            bounds[-1] = self.num_examples
        return bounds

    def _own(self, batch: Tensor) -> Tensor:
        """Returns the share of this process in the examples of a batch, ``[B]``."""
        return batch[self._process :: self._num_processes]

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
