from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["PrincipalComponents"]

CHUNK = 4096  # rows that are read at once


class PrincipalComponents(nn.Module):
    """Projects features on their leading principal components; shorter features stay as they are.

    Args:
        dim: Size of the features D.
        components: Number of components at most.

    Shapes:
        - **input:** features ``[..., D]`` of any floating type
        - **output:** ``[..., K]`` float32, where K is the smaller of D and ``components``
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, dim: int, components: int) -> None:
        super().__init__()
        self.dim = dim
        self.size = min(dim, components)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("axes", torch.eye(dim, self.size))

    def prepare(self, x: Tensor, is_there: Tensor) -> None:
        """Sets the components of features, ``[N, D]``, of the rows that are there, ``[N]`` bool."""
        if self.size == self.dim:
            return
        count, total = 0, torch.zeros(self.dim, dtype=torch.float64)
        squares = torch.zeros(self.dim, self.dim, dtype=torch.float64)
        for begin in range(0, x.size(0), CHUNK):
            rows = x[begin : begin + CHUNK][is_there[begin : begin + CHUNK]].double()
            count, total, squares = count + rows.size(0), total + rows.sum(0), squares + rows.T @ rows
        mean = total / max(count, 1)
        _, vectors = torch.linalg.eigh(squares / max(count, 1) - torch.outer(mean, mean))
        self.mean = mean.float()
        self.axes = vectors[:, -self.size :].flip(1).float()

    def forward(self, x: Tensor) -> Tensor:
        return x.float() if self.size == self.dim else (x.float() - self.mean) @ self.axes

    def extra_repr(self) -> str:
        return f"{self.dim}, {self.size}"
