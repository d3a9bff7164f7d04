from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["FeatureScaler"]

CHUNK = 1 << 14  # rows that are read at once


class FeatureScaler(nn.Module):
    """Standardises features of images or texts, and replaces missing ones with a trained vector.

    Args:
        dim: Size of the features.

    Shapes:
        - **input:** features ``[..., dim]`` of any floating type, and whether they are there, ``[...]`` bool
        - **output:** ``[..., dim]``, in the type of the module's weights
    """

    mean: Tensor
    inverse_std: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("inverse_std", torch.ones(dim))
        self.missing = nn.Parameter(torch.zeros(dim))

    def prepare(self, x: Tensor, is_there: Tensor) -> None:
        """Sets mean and standard deviation.

        Args:
            x: Features of the training posts, ``[N, dim]``; they may be memory-mapped.
            is_there: Whether each row is there, ``[N]`` bool; others are left out.
        """
        count, total, squares = 0, torch.zeros(self.dim).double(), torch.zeros(self.dim).double()
        shift = None
        for begin in range(0, x.size(0), CHUNK):
            rows = x[begin : begin + CHUNK][is_there[begin : begin + CHUNK]].double()
            if rows.size(0) == 0:
                continue
            shift = rows.mean(0) if shift is None else shift  # squares of small numbers lose no digits
            rows -= shift
            count, total, squares = count + rows.size(0), total + rows.sum(0), squares + rows.square_().sum(0)
        if shift is None:
            return
        mean = total / count
        std = (squares / count - mean.square()).clamp(min=0).sqrt()
        inverse = torch.where(std > 1e-6, 1 / std, 1.0)
        self.mean, self.inverse_std = ((shift + mean).to(self.mean), inverse.to(self.inverse_std))

    def forward(self, x: Tensor, is_there: Tensor) -> Tensor:
        scaled = (x.to(self.mean.dtype) - self.mean) * self.inverse_std
        if bool(is_there.all()):
            return scaled
        return torch.where(is_there.unsqueeze(-1), scaled, self.missing)

    def extra_repr(self) -> str:
        return str(self.dim)
