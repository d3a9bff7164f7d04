from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from graphcascade.data import Cascade, CascadeDataset, as_dataset
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, segment_positions, select_segments
from graphcascade.errors import UsageError
from graphcascade.loader.resumable_loader import ResumableLoader

__all__ = ["CascadeLoader"]

# Batches that are gathered together: few enough to save memory, many enough to hide the cost of a call.
BATCHES_PER_GATHER = 64


class CascadeLoader(ResumableLoader[Data]):
    """Mini-batches of cascades, sliced directly from the flat tensors of a dataset.

    Yields the same :class:`torch_geometric.data.Batch` as :class:`torch_geometric.loader.DataLoader`, with equal fields
    and slices, so that ``batch[i]`` and ``batch.to_data_list()`` work. If the dataset has a ``transform``, PyG collates
    the transformed cascades, which is slower.

    Shuffled cascades are bucketed by length, because a model pads a batch to its longest cascade: all cascades are
    shuffled and divided into pools of ``pool_size`` batches, each pool is sorted by length and divided into batches,
    and the batches of the epoch are shuffled. Without ``shuffle`` the order of the dataset is kept.

    The order of an epoch depends only on ``seed`` and the number of the epoch. A loader can be restarted in the middle
    of an epoch; see :class:`ResumableLoader`.

    Args:
        dataset: The cascades; or a torch ``Subset`` or ``ConcatDataset`` of them.
        batch_size: Cascades in a batch.
        shuffle: Whether to draw a new order in every epoch.
        pool_size: Batches in a pool, 64 by default. 1 is a plain shuffle. Has no effect without ``shuffle``.
        seed: Seed of the random orders.
        drop_last: Whether to leave out the cascades that do not fill a batch: the last ones, or random ones with
            ``shuffle``.

    Raises:
        UsageError: A size is below 1; there is no cascade or no batch.

    Example:
        >>> for batch in CascadeLoader(train, batch_size=32, shuffle=True):
        ...     batch.user, batch.time  # of all events, [E]
        ...     batch.batch, batch.ptr  # the cascade of each event [E]; the boundaries of the cascades [B + 1]
    """

    def __init__(
        self,
        dataset: CascadeDataset,
        batch_size: int = 32,
        shuffle: bool = False,
        pool_size: int | None = None,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        dataset = as_dataset(dataset, "dataset")
        pool_size = 64 if pool_size is None else pool_size
        for argument, value in (("batch_size", batch_size), ("pool_size", pool_size)):
            if value < 1:
                raise UsageError(owner="CascadeLoader", argument=argument, value=value, reason="must be at least 1")
        if len(dataset) == 0:
            raise UsageError(f"CascadeLoader: {dataset!r} has no cascade to iterate over.")
        if drop_last and len(dataset) < batch_size:
            reason = (
                f"leaves no batch, {len(dataset):,} cascades do not fill a batch of {batch_size:,}; lower batch_size"
            )
            raise UsageError(owner="CascadeLoader", argument="drop_last", value=True, reason=reason)
        check_seed(seed)
        self.dataset = dataset
        super().__init__(batch_size, drop_last)
        self.shuffle = shuffle
        self.pool_size = pool_size
        self.seed = seed
        self._table = dataset._table  # of the whole dataset, which may be larger than the memory
        self._cascade = dataset.cascade_index
        self._size = self._table.size[self._cascade]
        self._empty = Batch.from_data_list(
            [Cascade()]
        )  # copied for each batch, because creating a Batch is slow in PyG
        self._single = torch.arange(batch_size + 1)
        self._zero = torch.zeros(batch_size, dtype=torch.long)

    @property
    def num_examples(self) -> int:
        """Number of cascades."""
        return len(self.dataset)

    def _configuration(self) -> dict[str, int]:
        return {
            "cascades": len(self.dataset),
            "events": int(self._size.sum()),
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "pool_size": self.pool_size,
            "seed": self.seed,
            "drop_last": self.drop_last,
        }

    def _batches(self, epoch: int, start: int) -> Iterator[Data]:
        order, bounds = self._share(*self._plan(epoch))
        bounds = bounds[start:]
        return self._gather(order, bounds) if self.dataset.transform is None else self._collate(order, bounds)

    def _plan(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Returns the order of the cascades in an epoch, ``[n]``, and the boundaries of its batches."""
        count = len(self.dataset)
        if self.drop_last:
            count = len(self) * self.batch_size
        bounds = self._bounds()
        if not self.shuffle:
            return torch.arange(count), bounds
        generator = torch.Generator().manual_seed(self.seed + epoch)
        order = torch.randperm(len(self.dataset), generator=generator)[:count]
        if self.pool_size == 1:
            return order, bounds
        size = self._size[order]
        pool = torch.arange(count) // (self.pool_size * self.batch_size)
        order = order[torch.argsort(pool * (size.max() + 1) + size, stable=True)]
        row, bounds = select_segments(bounds, torch.randperm(len(self), generator=generator))
        return order[row], bounds

    def _share(self, order: Tensor, bounds: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the cascades of this process, and the boundaries of its shares of the batches."""
        if self._num_processes == 1:
            return order, bounds
        own = segment_positions(bounds) % self._num_processes == self._process
        return order[own], torch.cat([bounds[:1], own.long().cumsum(0)[bounds[1:] - 1]])

    def _collate(self, order: Tensor, bounds: Tensor) -> Iterator[Data]:
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            cascades: list[Any] = [self.dataset[index] for index in order[low:high].tolist()]
            wrong = [cascade for cascade in cascades if not isinstance(cascade, Data)]
            if wrong:
                raise UsageError(f"dataset.transform returned {wrong[0]!r}; it must return a cascade.")
            yield cast(Data, Batch.from_data_list(cascades))

    def _gather(self, order: Tensor, bounds: Tensor) -> Iterator[Data]:
        for low in range(0, bounds.numel() - 1, BATCHES_PER_GATHER):
            part = bounds[low : low + BATCHES_PER_GATHER + 1]
            yield from self._cut(self._cascade[order[part[0] : part[-1]]], part - part[0])

    def _cut(self, index: Tensor, bounds: Tensor) -> Iterator[Data]:
        """Yields batches of the cascades ``index`` with boundaries ``bounds``, as views of the gathered cascades."""
        table = self._table
        row, ptr = select_segments(table.ptr, index)
        size = ptr.diff()
        number = torch.repeat_interleave(segment_positions(bounds), size, output_size=row.numel())
        inside, inside_ptr = expand_ranges(bounds[:-1], bounds[1:] + 1)
        batch_ptr = ptr[inside] - torch.repeat_interleave(ptr[bounds[:-1]], inside_ptr.diff())
        cascades = bounds.diff().tolist()
        events = ptr[bounds].diff().tolist()
        columns = {
            "user": table.user[row].split(events),
            "time": table.time[row].split(events),
            "item": table.item[index].split(cascades),
            "batch": number.split(events),
            "ptr": batch_ptr.split(inside_ptr.diff().tolist()),
        }
        if table.parent is not None:
            first = ptr[:-1] - torch.repeat_interleave(ptr[bounds[:-1]], bounds.diff())
            parent = table.parent[row] + torch.repeat_interleave(first, size, output_size=row.numel())
            columns["parent"] = parent.split(events)
        if table.growth is not None:
            columns["growth"] = table.growth[index].split(cascades)
        for k, sizes in enumerate(size.split(cascades)):
            yield self._batch({key: column[k] for key, column in columns.items()}, sizes.tolist())

    def _batch(self, fields: dict[str, Tensor], sizes: list[int]) -> Data:
        """Returns a batch with the fields, and the attributes by which PyG separates it again."""
        ptr, zero = fields["ptr"], self._zero[: len(sizes)]
        slices = {"user": ptr, "time": ptr, "item": self._single[: len(sizes) + 1]}
        increments = {"user": zero, "time": zero, "item": zero}
        if "parent" in fields:
            slices["parent"], increments["parent"] = ptr, ptr[:-1]
        if "growth" in fields:
            slices["growth"], increments["growth"] = slices["item"], zero
        batch: Batch = copy.copy(self._empty)
        store = cast(Cascade, batch)._store
        for key, value in fields.items():
            store[key] = value
        store.num_nodes = fields["user"].numel()
        store._num_nodes = sizes
        store._num_graphs = len(sizes)
        store._slice_dict = slices
        store._inc_dict = increments
        return cast(Data, batch)
