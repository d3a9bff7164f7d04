r"""The loss of :class:`~graphcascade.nn.UserSoftmax` in chunks of rows, and its gradient, written by hand.

A row :math:`x` has the scores :math:`s_v = W_v x + b_v`. With the weights :math:`w_v` of candidates, which are one for
the exact loss and zero for infected users, its loss with the next user :math:`t` is

.. math::
    L = -s_t + \log \sum_v \tilde w_v e^{s_v}, \qquad \tilde w_t = 1, \quad \tilde w_v = w_v \text{ for } v \ne t,

and with :math:`p_v = \tilde w_v e^{s_v} / \sum_u \tilde w_u e^{s_u}` its gradient is

.. math::
    \frac{\partial L}{\partial s_v} = p_v - [v = t], \qquad
    \frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial s}, \qquad
    \frac{\partial L}{\partial W} = \frac{\partial L}{\partial s} x^\top, \qquad
    \frac{\partial L}{\partial b} = \frac{\partial L}{\partial s}.

Automatic differentiation would keep the scores of all rows until the backward pass, ``[R, U]``. Here, the gradient of a
chunk of rows is computed in the forward pass, while its scores are in the cache, and only the gradients of :math:`x`,
:math:`W` and :math:`b` are kept. The backward pass multiplies them by the gradient of the sum of all losses.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphcascade.nn.history import History

__all__ = ["chunked_loss", "full_precision"]


def chunked_loss(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    target: Tensor,
    history: History | None,
    num_users: int,
    step: int,
    log_weight: Tensor | None = None,
) -> Tensor:
    """Returns the summed negative log-likelihood of the next users.

    Args:
        x: Inputs, ``[R, s]``.
        weight: Weights of the users or candidates, ``[C, s]``.
        bias: Their biases, ``[C]``, or ``None``.
        target: Column of the next user of each row, ``[R]`` int64.
        history: Columns of the users who are left out, ``R`` rows; ``None`` to leave out no users.
        num_users: Columns from this one on are not left out, even if ``history`` has them.
        step: Number of rows that are computed at a time.
        log_weight: Logarithm of how many users each column stands for, ``[C]``; ``None`` for one each.

    Returns:
        A scalar. It can be differentiated once.
    """
    if not torch.is_grad_enabled():  # otherwise the gradient would still be computed
        x, weight, bias = x.detach(), weight.detach(), None if bias is None else bias.detach()
    with full_precision(x):
        loss: Tensor = _ChunkedLoss.apply(  # type: ignore[no-untyped-call]
            x.to(weight.dtype), weight, bias, target, history, num_users, step, log_weight
        )
    return loss


def full_precision(x: Tensor) -> torch.autocast:
    """Turns off mixed precision, because with many users scores in bfloat16 are often equal."""
    return torch.autocast(x.device.type, enabled=False)


class _ChunkedLoss(torch.autograd.Function):
    """Linear map, weights, mask, softmax and negative log-likelihood, with gradients by chunk in the forward pass."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        target: Tensor,
        history: History | None,
        num_users: int,
        step: int,
        log_weight: Tensor | None,
    ) -> Tensor:
        needed = any(ctx.needs_input_grad[:3])
        grad_x = torch.empty_like(x) if needed else None
        # The first chunk overwrites the gradient of the weights, which is zero if there is none.
        grad_weight = (torch.empty_like(weight) if x.size(0) else torch.zeros_like(weight)) if needed else None
        grad_bias = torch.zeros_like(bias) if needed and bias is not None else None
        loss = torch.zeros((), dtype=torch.float64, device=x.device)
        for begin in range(0, x.size(0), step):
            rows = slice(begin, min(begin + step, x.size(0)))
            score = x[rows] @ weight.t() if bias is None else torch.addmm(bias, x[rows], weight.t())
            column = target[rows, None]
            if log_weight is not None:  # of all but the next user, who stands for nobody else
                own = score.gather(1, column)
                score += log_weight
                score.scatter_(1, column, own)
            if history is not None:
                score[history.pairs(rows, num_users)] = -math.inf
            below = score.amax(1, keepdim=True) - score.gather(1, column)
            # The softmax in place. The log of its largest value is minus the log of the sum of exp(score - maximum).
            torch.softmax(score, 1, out=score)
            loss += (below - score.amax(1, keepdim=True).log()).sum(dtype=torch.float64)
            if grad_x is not None and grad_weight is not None:
                score.scatter_add_(1, column, score.new_full((score.size(0), 1), -1.0))
                torch.mm(score, weight, out=grad_x[rows])
                grad_weight.addmm_(score.t(), x[rows], beta=int(begin > 0))
                if grad_bias is not None:
                    grad_bias += score.sum(0)
        ctx.grads = (grad_x, grad_weight, grad_bias)
        return loss.to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        scale = grad_outputs[0]
        if ctx.grads is None:
            raise RuntimeError("the loss of UserSoftmax can be differentiated once only")
        grads = ctx.grads
        ctx.grads = None  # gradients are scaled in place, since a copy of those of 10^6 users would be large
        return (*(None if grad is None else grad.mul_(scale) for grad in grads), None, None, None, None, None)
