from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.seed import check_seed
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import UsageError
from graphcascade.loader.post_batch import PostBatch
from graphcascade.loader.resumable_loader import ResumableLoader

__all__ = ["PostLoader"]

RUN_LENGTH = 64  # consecutive posts whose windows share their posts


class PostLoader(ResumableLoader[PostBatch]):
    """Mini-batches of windows of a stream of posts, as runs of consecutive posts.

    The window of a post is the post itself and the ``length - 1`` posts before it, of all users (DSN paper, Section
    3.1). The posts of a run are read once, from memory or a memory-mapped file, however long the windows are. Windows
    may begin before the part of a split, as features of earlier posts are known; labels of other posts are not read.

    The batches of an epoch depend only on the arguments and the number of the epoch. A loader can be restarted in the
    middle of an epoch; see :class:`ResumableLoader`.

    Args:
        stream: Posts.
        length: Posts in a window.
        batch_size: Posts in a batch that may be targets.
        shuffle: Whether to draw a new order of the runs in every epoch.
        seed: Seed of these orders.
        posts: Posts to predict, ``[M]`` int64, ascending; by default the targets of the stream.
        image: Whether to read features of images.
        text: Whether to read features of texts.
        users: Row of each user of the stream in the model, ``[U]``; by default its number.
        categories: Row of each category of the stream in the model, ``[C]``; by default its number.
        numbers: Names of the further numbers to read, in this order; by default all.
        run_length: Consecutive posts in a run, at most ``batch_size``.

    Raises:
        UsageError: A size is below 1; there is no post to predict.

    Example:
        >>> for batch in PostLoader(train, length=8, batch_size=512):
        ...     loss = (model(batch) - batch.y)[batch.is_target].square().sum()
    """

    def __init__(
        self,
        stream: PostStream,
        length: int = 8,
        batch_size: int = 512,
        shuffle: bool = False,
        seed: int = 0,
        *,
        posts: Tensor | None = None,
        image: bool = True,
        text: bool = True,
        users: Tensor | None = None,
        categories: Tensor | None = None,
        numbers: Sequence[str] | None = None,
        run_length: int = RUN_LENGTH,
    ) -> None:
        for argument, value in {"length": length, "batch_size": batch_size, "run_length": run_length}.items():
            if value < 1:
                raise UsageError(owner="PostLoader", argument=argument, value=value, reason="must be at least 1")
        check_seed(seed)
        targets = stream.targets if posts is None else posts
        if targets.numel() == 0:
            raise UsageError(f"PostLoader: {stream.name} has no post to predict.")
        self.length = length
        self.run_length = min(run_length, batch_size)
        self.shuffle = shuffle
        self.seed = seed
        super().__init__(batch_size // self.run_length, drop_last=False)
        store = stream["post"]
        self._runs: Tensor
        self._features: dict[str, Tensor] = {
            name: store[f"x_{name}"]
            for name, used in (("image", image), ("text", text))
            if used and f"x_{name}" in store
        }
        self._has = {name: store[f"has_{name}"] for name in self._features}
        self._count = stream.num_posts
        self._user = stream.user if users is None else users[stream.user]
        self._category = _with_none(stream.category, categories)
        self._time = stream.time
        self._seconds = SECONDS.get(stream.time_unit or "s", 1.0)
        self._y = stream.y
        self._numbers = _columns(stream, numbers)
        self._is_target = torch.zeros(self._count, dtype=torch.bool)
        self._is_target[targets] = True
        self._targets = targets
        self._batch_posts = batch_size
        self._cut_runs()

    @property
    def num_examples(self) -> int:
        """Number of runs of an epoch."""
        return self._runs.numel()

    @property
    def num_targets(self) -> int:
        """Number of posts to predict in an epoch."""
        return self._targets.numel()

    def divide(self, process: int, num_processes: int) -> None:
        """Makes the loader yield the share of one process; see :meth:`ResumableLoader.divide`.

        Runs are shortened if there are fewer of them, or fewer in a batch, than processes.
        """
        longest = min(self.num_targets, self._batch_posts) // num_processes
        if min(self.num_examples, self.batch_size) < num_processes and longest > 0:
            self.run_length = min(self.run_length, longest)
            self._cut_runs()
        super().divide(process, num_processes)

    def _cut_runs(self) -> None:
        """Divides the posts to predict into runs of ``run_length``."""
        origin = int(self._targets[0])
        self._runs = torch.unique_consecutive((self._targets - origin) // self.run_length) * self.run_length + origin
        self.batch_size = self._batch_posts // self.run_length

    def _configuration(self) -> dict[str, Any]:
        return {
            "targets": self.num_targets,
            "length": self.length,
            "batch_size": self.batch_size,
            "run_length": self.run_length,
            "shuffle": self.shuffle,
            "seed": self.seed,
        }

    def _batches(self, epoch: int, start: int) -> Iterator[PostBatch]:
        generator = torch.Generator().manual_seed(self.seed + epoch)
        order = (
            torch.randperm(self.num_examples, generator=generator) if self.shuffle else torch.arange(self.num_examples)
        )
        bounds = self._bounds().tolist()
        for low, high in pairwise(bounds[start:]):
            yield self._read(self._runs[self._own(order[low:high])])

    def _read(self, first: Tensor) -> PostBatch:
        """Reads the runs whose first possible targets are ``first [R]``."""
        begin = first - (self.length - 1)
        size = self.run_length + self.length - 1
        post = begin.unsqueeze(1) + torch.arange(size)
        valid = (post >= 0) & (post < self._count)
        row = post.clamp(0, self._count - 1)
        target = row[:, self.length - 1 :]
        is_target = valid[:, self.length - 1 :] & self._is_target[target]
        features: dict[str, Tensor] = {}
        for name, x in self._features.items():
            features[f"x_{name}"] = _read_runs(x, begin, size)
            features[f"has_{name}"] = self._has[name][row] & valid
        return PostBatch(
            length=self.length,
            post=post.masked_fill(~valid, -1),
            valid=valid,
            user=self._user[row],
            category=self._category[row].masked_fill(~valid, -1),
            time=self._time[row] * self._seconds,
            numbers=self._numbers[row],
            y=self._y[target].masked_fill(~is_target, torch.nan),
            is_target=is_target,
            **features,
        )


def _read_runs(x: Tensor, begin: Tensor, size: int) -> Tensor:
    """Copies rows ``begin[r]`` to ``begin[r] + size - 1`` of a table, ``[R, size, D]``; zeros beyond its ends."""
    result = x.new_empty(begin.numel(), size, x.size(1))
    for run, low in zip(result, begin.tolist(), strict=True):
        start, stop = max(low, 0), min(low + size, x.size(0))
        run[: start - low] = 0
        run[start - low : stop - low] = x[start:stop]
        run[stop - low :] = 0
    return result


def _with_none(category: Tensor, rows: Tensor | None) -> Tensor:
    """Returns the row of each post's category, ``[N]``; -1 for none."""
    if rows is None:
        return category
    return torch.where(category >= 0, torch.cat([rows, rows.new_full((1,), -1)])[category], -1)


def _columns(stream: PostStream, names: Sequence[str] | None) -> Tensor:
    """Returns the further numbers of the posts with these names, ``[N, F]``.

    Raises:
        UsageError: The posts lack one of them.
    """
    numbers = stream.numbers
    if names is None:
        return numbers
    known = list(stream.number_names)
    for name in names:
        if name not in known:
            raise UsageError(f"{stream.name}: the posts have no number {name!r}, which the model was trained on.")
    return numbers[:, [known.index(name) for name in names]]
