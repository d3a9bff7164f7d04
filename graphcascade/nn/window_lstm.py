from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable

from graphcascade.nn.window_steps import WindowSteps

__all__ = ["WindowLSTM"]

sigmoid_backward, tanh_backward = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward


class WindowLSTM(nn.LSTM):
    """An LSTM over sliding windows, each from a state of zeros, whose inputs are mapped once for each post.

    The weights are those of :class:`torch.nn.LSTM`, whose results over the windows are the same.

    Args:
        in_dim: Size of the inputs.
        dim: Size of the state.
    """

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor

    def __init__(self, in_dim: int, dim: int) -> None:
        super().__init__(in_dim, dim, batch_first=True)

    def slide(self, gates: WindowSteps, valid: WindowSteps | None = None) -> Tensor:
        """Runs over all windows.

        Args:
            gates: Products of the inputs with ``weight_ih_l0``, at most ``[R, T + l - 3, 4 dim]`` each.
            valid: Whether there is a post, ``[R, T, 1]`` bool for each step; steps without one keep the state as it is.
                Only the first steps of a window may be without.

        Returns:
            The states after each step, ``[l, R, T, dim]``.
        """
        steps = None
        if valid is not None:
            steps = [valid.step(number).flatten(0, 1) for number in range(gates.length)]
        weight, bias = self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0
        # In mixed precision, the gates have fewer digits than the weights, and the states need those of the weights.
        parts = (None if part is None else part.to(weight.dtype) for part in (gates.first, gates.inner, gates.last))
        output: Tensor = _Recurrence.apply(steps, gates.length, weight, bias, *parts)  # type: ignore[no-untyped-call]
        return output


class _Recurrence(Function):
    """The LSTM equations for all windows at once; gradients of the inputs are added up in place, post by post."""

    @staticmethod
    def forward(
        ctx: Any,
        valid: list[Tensor] | None,
        length: int,
        weight: Tensor,
        bias: Tensor,
        first: Tensor | None,
        inner: Tensor | None,
        last: Tensor,
    ) -> Tensor:
        runs, count, dim = last.size(0), last.size(1), weight.size(1)
        steps = WindowSteps(length, first, inner, last)
        activations = last.new_empty(length, runs * count, 4 * dim)
        cells = last.new_empty(length, runs * count, dim)
        states = last.new_empty(length, runs * count, dim)
        for number in range(length):
            gates = activations[number]
            torch.add(steps.step(number), bias, out=gates.view(runs, count, -1))
            if number > 0:
                gates.addmm_(states[number - 1], weight.t())
            gates[:, : 2 * dim].sigmoid_()
            gates[:, 2 * dim : 3 * dim].tanh_()
            gates[:, 3 * dim :].sigmoid_()
            i, f, g, o = gates.split(dim, 1)
            cell = torch.mul(i, g, out=cells[number])
            if number > 0:
                cell.addcmul_(f, cells[number - 1])
            if valid is not None:
                cell.mul_(valid[number])  # what comes before the first post is zero
            torch.tanh(cell, out=states[number]).mul_(o)
        ctx.valid, ctx.length = valid, length
        ctx.sizes = [None if x is None else x.shape for x in (first, inner, last)]
        ctx.save_for_backward(weight, activations, cells, states)
        return states.view(length, runs, count, dim)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weight, activations, cells, states = ctx.saved_tensors
        length, runs, count, dim = gradient.shape
        gradient = gradient.reshape(length, runs * count, dim)
        of_inputs = [None if size is None else weight.new_zeros(size) for size in ctx.sizes]
        first, inner, last = of_inputs
        assert last is not None  # there is always a last step
        of_steps = WindowSteps(length, first, inner, last)
        of_gates = torch.empty_like(activations)
        of_cell = torch.zeros_like(cells[0])
        of_state = torch.zeros_like(of_cell)
        for number in reversed(range(length)):
            i, f, g, o = activations[number].split(dim, 1)
            of_i, of_f, of_g, of_o = of_gates[number].split(dim, 1)
            of_state += gradient[number]
            tanh = cells[number].tanh()
            torch.mul(of_state, tanh, out=of_o)
            of_cell += tanh_backward(of_state.mul_(o), tanh)
            if ctx.valid is not None:
                of_cell.mul_(ctx.valid[number])
            torch.mul(of_cell, g, out=of_i)
            torch.mul(of_cell, i, out=of_g)
            if number > 0:
                torch.mul(of_cell, cells[number - 1], out=of_f)
            else:
                of_f.zero_()
            of_cell.mul_(f)
            for product, sigmoid in ((of_gates[number, :, : 2 * dim], activations[number, :, : 2 * dim]), (of_o, o)):
                sigmoid_backward.grad_input(product, sigmoid, grad_input=product)
            tanh_backward.grad_input(of_g, g, grad_input=of_g)
            of_steps.step(number).add_(of_gates[number].view(runs, count, -1))
            if number > 0:
                of_state = of_gates[number] @ weight
        of_bias = torch.stack([x.sum((0, 1)) for x in of_steps.variants]).sum(0)  # the bias is added to each input
        of_weight = torch.zeros_like(weight)
        if length > 1:
            of_weight = of_gates[1:].flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        return None, None, of_weight, of_bias, *of_inputs
