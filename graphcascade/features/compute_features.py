from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.features.encoder import Encoder
from graphcascade.features.feature_cache import FeatureCache
from graphcascade.progress import track

__all__ = ["BrokenItems", "compute_features"]

logger = logging.getLogger(__name__)

BrokenItems = Literal["error", "placeholder"]


def compute_features(
    encoder: Encoder,
    items: Sequence[str],
    cache: str | Path | None = None,
    broken: BrokenItems = "error",
    batch_size: int = 32,
    progress: bool = True,
    half: bool = False,
) -> tuple[Tensor, int]:
    """Computes the vectors of images or texts with an encoder whose weights stay as they are.

    Each content is encoded once, however often it occurs. With a cache, what an earlier run encoded is read from disk;
    a run that is killed loses at most one batch.

    Args:
        encoder: The encoder; it is used in evaluation mode, on the device that it is on.
        items: Paths of images, or texts. An empty string has no content, and gets zeros.
        cache: Folder of the vectors of this encoder; ``None`` computes them anew, and holds them in memory.
        broken: ``"error"`` stops at a file that is missing or damaged; ``"placeholder"`` gives it zeros and counts it.
        batch_size: Number of items that are encoded at a time.
        progress: Show a progress bar, on terminals and in notebooks.
        half: Whether vectors are kept in half precision, which is precise enough for inputs of a model.

    Returns:
        Vectors ``[N, D]`` float32, or float16 with ``half``, in the order of the items, and the number of broken items.
        With a cache, they are memory-mapped as :meth:`FeatureCache.read` says.

    Raises:
        UsageError: ``batch_size`` is below 1; ``broken`` is unknown.
        MissingFileError: A file is missing.
        DataError: A file is damaged; the cache is that of another encoder, or of another precision, or is damaged; a
            vector is not finite, or too large for half precision.
        StorageError: The folder of the cache cannot be written to.
    """
    if batch_size < 1:
        raise UsageError(argument="batch_size", value=batch_size, reason="must be at least 1")
    if broken not in ("error", "placeholder"):
        raise UsageError(argument="broken", value=broken, reason="use 'error' or 'placeholder'")
    dtype = torch.float16 if half else torch.float32
    run = _Run(encoder, items, broken, batch_size, progress, dtype)
    if cache is None:
        keys = run.hash_items()
        row: dict[bytes, int] = {}
        parts = [torch.zeros(0, encoder.dim, dtype=dtype)]
        for batch, vectors in run.encode({key: item for key, item in zip(keys, items, strict=True) if key is not None}):
            row |= {key: len(row) + number for number, key in enumerate(batch)}
            parts.append(vectors)
        stored = torch.cat([*parts, torch.zeros(1, encoder.dim, dtype=dtype)])
        result = stored[[len(row) if key is None else row.get(key, len(row)) for key in keys]]
    else:
        store = FeatureCache(cache, encoder.identity(), encoder.dim, half)
        keys = run.hash_items()
        with store.lock():
            missing = {key: item for key, item in zip(keys, items, strict=True) if key is not None and key not in store}
            for batch, vectors in run.encode(missing):
                store.append(batch, vectors)
        result = store.read([key if key in store else None for key in keys])
    number = sum(item in run.problems for item in items)
    if number:
        first = next(iter(run.problems.values()))
        logger.warning("%d of %d items are broken and get zeros; the first: %s", number, len(items), first)
    return result, number


class _Run:
    """One run over items; ``problems`` are the broken ones and their errors."""

    def __init__(
        self,
        encoder: Encoder,
        items: Sequence[str],
        broken: BrokenItems,
        batch_size: int,
        progress: bool,
        dtype: torch.dtype,
    ) -> None:
        self.encoder = encoder
        self.items = items
        self.broken = broken
        self.batch_size = batch_size
        self.progress = progress
        self.dtype = dtype
        self.problems: dict[str, str] = {}

    def hash_items(self) -> list[bytes | None]:
        """Returns the hash of each item's content; ``None`` without content, and for broken items."""
        known: dict[str, bytes | None] = {"": None}
        for item in self._track(list(dict.fromkeys(self.items)), "reading"):
            if item:
                known[item] = None
                with self._collect_problem(item):
                    known[item] = self.encoder.hash_content(item)
        return [known[item] for item in self.items]

    def encode(self, missing: dict[bytes, str]) -> Iterator[tuple[list[bytes], Tensor]]:
        """Yields hashes and vectors of the items that are not known, a batch at a time."""
        keys = list(missing)
        training = self.encoder.training
        self.encoder.eval()
        try:
            for begin in self._track(range(0, len(keys), self.batch_size), "encoding"):
                batch: list[bytes] = []
                prepared: list[Any] = []
                for key in keys[begin : begin + self.batch_size]:
                    with self._collect_problem(missing[key]):
                        prepared.append(self.encoder.prepare(missing[key]))
                        batch.append(key)
                if batch:
                    with torch.inference_mode():
                        vectors = self.encoder.encode(prepared).float().cpu().to(self.dtype)
                    finite = vectors.isfinite().all(1)
                    if not bool(finite.all()):
                        problem = "that is not finite"
                        if self.dtype == torch.float16:
                            problem += " in half precision: a number is too large, or is not one"
                        item = missing[batch[int((~finite).nonzero()[0])]]
                        raise DataError(f"{item}: the encoder {self.encoder.name} gives a vector {problem}.")
                    yield batch, vectors.clone()  # a tensor that was made in inference mode cannot be used in training
        finally:
            self.encoder.train(training)

    @contextmanager
    def _collect_problem(self, item: str) -> Iterator[None]:
        try:
            yield
        except (DataError, MissingFileError) as error:
            if self.broken == "error":
                raise type(error)(
                    f"{str(error).rstrip('.')}, or give the image zeros with --broken-images placeholder of "
                    "'graphcascade fit' (in Python, broken='placeholder')."
                ) from error
            self.problems[item] = str(error)

    def _track(self, steps: Sequence[Any], title: str) -> Iterator[Any]:
        yield from track(steps, title, self.progress)
