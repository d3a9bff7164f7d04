from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["FastDropout", "fast_dropout"]


class FastDropout(nn.Dropout):
    """Dropout that is faster than :class:`torch.nn.Dropout` on a CPU; see :func:`fast_dropout`.

    Args:
        p: Probability that an element is dropped.

    Shapes:
        - **input and output:** any shape
    """

    def forward(self, input: Tensor) -> Tensor:
        return fast_dropout(input, self.p) if self.training else input


def fast_dropout(x: Tensor, probability: float) -> Tensor:
    """Applies dropout like torch does, but several times faster on a CPU.

    It uses 16 random bits per element, so ``probability`` is rounded to a multiple of 2^-16.

    Args:
        x: Elements of any shape.
        probability: Probability that an element is set to zero; the others are divided by one minus it.
    """
    dropped = round(probability * 2**16)
    if x.device.type != "cpu" or dropped in (0, 2**16):
        return nn.functional.dropout(x, probability)
    bits = torch.empty(-(-x.numel() // 4), dtype=torch.long).random_(-(2**63), None)
    factor = torch.empty(x.shape, dtype=x.dtype)
    torch.ge(bits.view(torch.int16)[: x.numel()].view(x.shape), dropped - 2**15, out=factor)
    return factor.mul_(2**16 / (2**16 - dropped)) * x
