"""Several processes that run the same command or script together, as torchrun starts them.

Every process runs the whole program. Those functions that divide work among the processes exchange their results, so
that all processes must call them, in the same order. Inside the work of :func:`divide_work`, where each process has
other cases, they exchange nothing. Only the first process writes files.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "broadcast_from_first",
    "divide_work",
    "gather_objects",
    "is_first_process",
    "is_one_of_several",
    "num_processes",
    "own_cases",
    "process_number",
    "start_processes",
    "sum_over_processes",
    "wait_for_processes",
]

TIMEOUT = timedelta(days=7)  # the others wait while one of them prepares a dataset; torchrun ends them if one fails
ValueT = TypeVar("ValueT")
_in_divided_work: ContextVar[bool] = ContextVar("in_divided_work", default=False)


def is_one_of_several() -> bool:
    """Whether torchrun started this process and others with it; known without importing torch."""
    return "TORCHELASTIC_RUN_ID" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def start_processes() -> None:
    """Connects the processes that torchrun started; does nothing in a process of its own, or if they are connected."""
    if not is_one_of_several():
        return
    import torch
    from torch import distributed

    if not distributed.is_initialized():
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        distributed.init_process_group(backend, timeout=TIMEOUT)
        atexit.register(_disconnect)  # a process that is still connected may never end


def _disconnect() -> None:
    from torch import distributed

    if distributed.is_initialized():  # Lightning disconnects after its training, too
        distributed.destroy_process_group()


def num_processes() -> int:
    """Number of connected processes; 1 without :func:`start_processes`."""
    from torch import distributed

    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def process_number() -> int:
    """Number of this process among the connected ones, from 0."""
    from torch import distributed

    return distributed.get_rank() if num_processes() > 1 else 0


def is_first_process() -> bool:
    """Whether this is the process that writes files and prints."""
    return process_number() == 0


def _num_exchanging() -> int:
    """Number of processes that exchange results; 1 inside the work of :func:`divide_work`."""
    return 1 if _in_divided_work.get() else num_processes()


@contextmanager
def _no_exchange() -> Iterator[None]:
    token = _in_divided_work.set(True)
    try:
        yield
    finally:
        _in_divided_work.reset(token)


def wait_for_processes() -> None:
    """Waits until all processes have called this function."""
    gather_objects(None)  # a barrier of NCCL would need a GPU in each process


def gather_objects(value: ValueT) -> list[ValueT]:
    """Returns the values of all processes, in their order; values must be picklable."""
    if _num_exchanging() == 1:
        return [value]
    from torch import distributed

    values: list[Any] = [None] * num_processes()
    distributed.all_gather_object(values, value)
    return values


def broadcast_from_first(value: ValueT) -> ValueT:
    """Returns the value that the first process passes."""
    return gather_objects(value)[0]


def sum_over_processes(values: Sequence[float]) -> list[float]:
    """Returns the sums of some numbers over all processes, in double precision and equal in all of them."""
    if _num_exchanging() == 1:
        return list(values)
    import torch
    from torch import distributed

    total = torch.tensor(values, dtype=torch.float64)
    distributed.all_reduce(total)
    return [float(value) for value in total]


def own_cases(size: Tensor) -> Tensor:
    """Returns which of some numbered cases this process works on, so that each process has nearly the same work.

    Inside the work of :func:`divide_work`, and in a process of its own, these are all cases.

    Args:
        size: Work of each case, ``[N]``, not negative.

    Returns:
        Bool ``[N]``. Each case is that of one process, and those of a process are consecutive.
    """
    import torch

    processes = _num_exchanging()
    if processes == 1:
        return torch.ones(size.numel(), dtype=torch.bool)
    end = size.double().cumsum(0)
    owner = ((end - size / 2) / end[-1:].clamp(min=1e-300) * processes).long().clamp(max=processes - 1)
    return owner == process_number()


def divide_work(count: int, work: Callable[[slice], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Divides the work on numbered cases among the processes, and returns the results of all of them in all.

    Each process works on consecutive cases, nearly as many as the others. With fewer cases than processes, each process
    works on all cases, and the work may itself be divided.

    Args:
        count: Number of cases.
        work: Works on a slice of the cases. Returns tensors with a row for each case, or any number of rows for each,
            in the order of the cases.

    Returns:
        The rows of all cases. They are on the CPU if there are several processes.
    """
    processes, number = _num_exchanging(), process_number()
    if processes == 1 or count < processes:
        return work(slice(0, count))
    import torch

    with _no_exchange():
        own = work(slice(count * number // processes, count * (number + 1) // processes))
    found = gather_objects(tuple(part.cpu() for part in own))
    return tuple(torch.cat(parts) for parts in zip(*found, strict=True))
