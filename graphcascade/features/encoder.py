from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Encoder"]


class Encoder(nn.Module, ABC):
    """Base class of encoders: modules that turn images or texts into vectors.

    Args:
        name: Name of the encoder in messages and caches.
        dim: Size ``D`` of the vectors.
    """

    def __init__(self, name: str, dim: int) -> None:
        super().__init__()
        self.name = name
        self.dim = dim

    @abstractmethod
    def hash_content(self, item: str) -> bytes:
        """Returns the SHA-256 hash of an item's content, 32 bytes.

        Raises:
            MissingFileError: The item is a file that does not exist or cannot be read.
        """

    @abstractmethod
    def prepare(self, item: str) -> Any:
        """Reads an item, and returns it as :meth:`encode` expects it.

        Raises:
            DataError: The item is a file of another kind, or is damaged.
        """

    @abstractmethod
    def encode(self, prepared: Sequence[Any]) -> Tensor:
        """Returns the vectors ``[B, D]`` of ``B`` prepared items. Gradients reach the weights of the encoder."""

    def encode_items(self, items: Sequence[str]) -> Tensor:
        """Reads items and returns their vectors, ``[N, D]``; zeros for empty strings.

        Gradients reach the weights, unless they are switched off; then, 64 items are encoded at a time.
        """
        present = [number for number, item in enumerate(items) if item]
        size = len(present) if torch.is_grad_enabled() else 64
        parameter = next(self.parameters(), torch.empty(0))
        result = torch.zeros(len(items), self.dim, dtype=parameter.dtype, device=parameter.device)
        for begin in range(0, len(present), max(1, size)):
            rows = present[begin : begin + size]
            vectors = self.encode([self.prepare(items[row]) for row in rows])
            result = result.index_copy(0, torch.tensor(rows, device=vectors.device), vectors)
        return result

    @abstractmethod
    def describe_preparation(self) -> str:
        """Returns all settings of :meth:`prepare` that change the vectors, for :meth:`identity`."""

    def identity(self) -> dict[str, str]:
        """Returns plain values that are equal for two encoders only if their vectors are.

        They contain a hash of the weights, so that the vectors of an encoder that was trained further are never taken
        for those of the original one.
        """
        digest = hashlib.sha256()
        for name, value in sorted(self.state_dict().items()):
            digest.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
            digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
        return {
            "name": self.name,
            "dim": str(self.dim),
            "preparation": self.describe_preparation(),
            "weights": digest.hexdigest(),
        }
