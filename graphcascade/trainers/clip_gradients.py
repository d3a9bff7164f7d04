from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

__all__ = ["clip_gradients"]


@torch.no_grad()
def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> None:
    """Scales all gradients by the same factor if their Euclidean norm is above a limit.

    As :func:`torch.nn.utils.clip_grad_norm_`, which does not take sparse gradients. The norm of a sparse gradient is
    that of the dense one, because a gradient that is left out is zero.

    Args:
        parameters: Weights, whose gradients are changed.
        max_norm: The limit.
    """
    values = []
    for parameter in parameters:
        if parameter.grad is not None and parameter.grad.is_sparse:
            parameter.grad = parameter.grad.coalesce()
            values.append(parameter.grad._values())
        elif parameter.grad is not None:
            values.append(parameter.grad)
    if values:
        scale = (max_norm / (nn.utils.get_total_norm(values) + 1e-6)).clamp(max=1.0)
        for value in values:
            value.mul_(scale.to(value.device))
