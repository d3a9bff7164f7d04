r"""The steps of :class:`~graphcascade.nn.AlignmentDecoder` and their gradient, written by hand.

Autograd would compute a gradient of the size of all keys for each step, which is quadratic in the length of a cascade.
Here each step adds its part of the gradient in place.

**One step.** Row vectors throughout; one cascade. The inputs are the last state :math:`T_{k-1}` and, for
each event :math:`i` of the step, the keys :math:`K_i = [K^a_i, K^V_i]`, the value :math:`h_i`, and the coverage and
alignment of the previous step, :math:`P_i = [V_{k-1,i}, \alpha_{k-1,i}]` (zero for the new event :math:`i = k`):

.. math::
    [p^a, p^V, p^T] &= T_{k-1} W_T \\
    V_i &= \tanh(K^V_i + p^V + P_i W_C) \\
    q_i &= \tanh(K^a_i + p^a + V_i W_Z), \qquad e_i = q_i v^\top, \qquad \alpha = \mathrm{softmax}(e) \\
    s &= \sum_i \alpha_i h_i, \qquad T_k = \phi(d_k + p^T + s W_S)

These are Eq. 1 and 3-7 of the paper with all terms of the same factor in one product.

**Its gradient.** A bar denotes the derivative of the loss. Let :math:`\bar T_k` be the sum of the gradients from
outside and from step :math:`k + 1`, and :math:`\hat P_i` the derivative with respect to :math:`P_i` of step
:math:`k + 1`. Its last column belongs to :math:`\alpha_i` and its other columns to :math:`V_i`. With :math:`\odot` for
the elementwise product:

.. math::
    r &= \bar T_k \odot \phi', \qquad \bar d_k = \bar p^T = r, \qquad \bar W_S \mathrel{+}= s^\top r \\
    \bar s &\mathrel{+}= r W_S^\top, \qquad \bar h_i \mathrel{+}= \alpha_i \bar s, \qquad
    \bar \alpha_i = \bar s h_i^\top + \hat P_i[\text{last}] \\
    \bar e_i &= \alpha_i \big(\bar \alpha_i - \textstyle\sum_j \alpha_j \bar \alpha_j\big), \qquad
    \bar v \mathrel{+}= \textstyle\sum_i \bar e_i q_i \\
    a_i &= \bar e_i\, v \odot (1 - q_i^2), \qquad \bar K^a_i \mathrel{+}= a_i, \qquad
    \bar p^a = \textstyle\sum_i a_i, \qquad \bar W_Z \mathrel{+}= \textstyle\sum_i V_i^\top a_i \\
    c_i &= \big(a_i W_Z^\top + \hat P_i\big) \odot (1 - V_i^2), \qquad \bar K^V_i \mathrel{+}= c_i, \qquad
    \bar p^V = \textstyle\sum_i c_i, \qquad \bar W_C \mathrel{+}= \textstyle\sum_i P_i^\top c_i \\
    \hat P_i &\leftarrow c_i W_C^\top, \qquad \bar T_{k-1} \mathrel{+}= \bar p\, W_T^\top, \qquad
    \bar W_T \mathrel{+}= T_{k-1}^\top \bar p

where :math:`\phi'` is :math:`1 - T_k^2` for a tanh and :math:`T_k (1 - T_k)` for a sigmoid. In the code :math:`a_i` is
multiplied by :math:`v` once at the end, or the matrices that it is multiplied with are. The column of :math:`\alpha`
and the padding of :math:`V` are multiplied with zeros of :math:`W_Z` and :math:`W_C`; the gradients of these zeros are
cut off by the padding of those matrices.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Gradients of one function each, which autograd uses, too.
tanh_backward = torch.ops.aten.tanh_backward
sigmoid_backward = torch.ops.aten.sigmoid_backward
softmax_backward = torch.ops.aten._softmax_backward_data

__all__ = ["Step", "StepWeights", "align_step", "align_steps", "extend_coverage"]


class StepWeights(NamedTuple):
    """Weights of a step."""

    from_state: Tensor  # W_T, [state, hidden + width + state]
    from_context: Tensor  # W_S, [values, state]
    cover_score: Tensor  # W_Z, [width, hidden]
    cover_cover: Tensor  # W_C, [width, width]
    score: Tensor  # v, [hidden]


class Step(NamedTuple):
    """Results of a step for ``n`` cascades with ``m`` events within the length of dependence."""

    state: Tensor  # T, [n, state]
    context: Tensor  # s, [n, values]
    alignment: Tensor  # alpha, [n, m]
    coverage: Tensor  # V and, in the last column, alpha, [n, m, width]
    projected: Tensor  # p, [n, hidden + width + state]


def extend_coverage(coverage: Tensor, num_cascades: int, num_events: int) -> Tensor:
    """Returns coverage and alignment of the previous step for the events of this step, with zeros for the new event."""
    previous = coverage.new_empty(num_cascades, num_events, coverage.size(2))
    previous[:, :-1] = coverage[:num_cascades, coverage.size(1) + 1 - num_events :]
    previous[:, -1] = 0
    return previous


def align_step(
    keys: Tensor,
    values: Tensor,
    projected_inputs: Tensor,
    state: Tensor,
    previous: Tensor,
    weights: StepWeights,
    activation: str,
) -> Step:
    """Runs one step; see the top of this file and :meth:`AlignmentDecoder.step`."""
    width, hidden = weights.cover_score.shape
    projected = state @ weights.from_state
    _, state_cover, state_state = projected.split([hidden, width, projected_inputs.size(1)], 1)
    coverage = previous
    if width:
        coverage = keys[:, :, hidden:] + state_cover.unsqueeze(1)
        coverage.view(-1, width).addmm_(previous.view(-1, width), weights.cover_cover)
        coverage.tanh_()
    alignment = (_scored(keys, projected, coverage, weights) @ weights.score).softmax(1)
    if width:
        coverage[:, :, -1] = alignment
    context = torch.bmm(alignment.unsqueeze(1), values).squeeze(1)
    state = (projected_inputs + state_state).addmm_(context, weights.from_context)
    state = state.tanh_() if activation == "tanh" else state.sigmoid_()
    return Step(state, context, alignment, coverage, projected)


def align_steps(
    keys: Tensor,
    values: Tensor,
    projected_inputs: Tensor,
    weights: StepWeights,
    batch_sizes: list[int],
    length: int,
    activation: str,
    alignments: list[Tensor] | None,
) -> tuple[Tensor, Tensor]:
    """Runs all steps of a batch; see :meth:`AlignmentDecoder.forward`."""
    output: tuple[Tensor, Tensor] = _AlignSteps.apply(  # type: ignore[no-untyped-call]
        keys, values, projected_inputs, *weights, batch_sizes, length, activation, alignments
    )
    return output


def _scored(keys: Tensor, projected: Tensor, coverage: Tensor, weights: StepWeights) -> Tensor:
    """Returns :math:`q`, ``[n, m, hidden]``."""
    width, hidden = weights.cover_score.shape
    scored = keys[:, :, :hidden] + projected[:, None, :hidden]
    if width:
        scored.view(-1, hidden).addmm_(coverage.view(-1, width), weights.cover_score)
    return scored.tanh_()


def _transposed(weights: StepWeights) -> tuple[Tensor, Tensor, Tensor]:
    """Returns :math:`W_Z^T`, :math:`W_T^T` and :math:`W_C^T`; where they multiply :math:`a_i`, they include v."""
    hidden = weights.score.numel()
    to_cover = weights.cover_score * weights.score
    to_state = weights.from_state.clone()
    to_state[:, :hidden] *= weights.score
    return to_cover.t().contiguous(), to_state.t().contiguous(), weights.cover_cover.t().contiguous()


def _last_states(states: Tensor, batch_sizes: list[int]) -> Tensor:
    """Returns :math:`T_{k-1}` in the row of :math:`T_k`; zeros for the first step."""
    last = torch.zeros_like(states)
    start = 0
    for earlier, count in pairwise(batch_sizes):
        last[start + earlier :][:count] = states[start:][:count]
        start += earlier
    return last


class _AlignSteps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        keys: Tensor,
        values: Tensor,
        projected_inputs: Tensor,
        from_state: Tensor,
        from_context: Tensor,
        cover_score: Tensor,
        cover_cover: Tensor,
        score: Tensor,
        batch_sizes: list[int],
        length: int,
        activation: str,
        alignments: list[Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        weights = StepWeights(from_state, from_context, cover_score, cover_cover, score)
        state = projected_inputs.new_zeros(keys.size(0), projected_inputs.size(1))
        coverage = keys.new_zeros(keys.size(0), 0, cover_score.size(0))
        states = torch.empty_like(projected_inputs)
        contexts = projected_inputs.new_empty(projected_inputs.size(0), values.size(2))
        projected = projected_inputs.new_empty(projected_inputs.size(0), from_state.size(1))
        saved_steps: list[tuple[Tensor, Tensor]] = []
        start = 0
        for number, count in enumerate(batch_sizes):
            rows, events = slice(start, start + count), slice(max(0, number + 1 - length), number + 1)
            previous = extend_coverage(coverage, count, events.stop - events.start)
            step = align_step(
                keys[:count, events],
                values[:count, events],
                projected_inputs[rows],
                state[:count],
                previous,
                weights,
                activation,
            )
            state, coverage = step.state, step.coverage
            states[rows], contexts[rows], projected[rows] = state, step.context, step.projected
            saved_steps.append((step.alignment, coverage))
            if alignments is not None:
                alignments.append(step.alignment)
            start += count
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(keys, values, states, contexts, projected, *weights)
            ctx.saved_steps, ctx.settings = saved_steps, (batch_sizes, length, activation)
        return states, contexts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        keys, values, states, contexts, projected, *rest = ctx.saved_tensors
        weights = StepWeights(*rest)
        batch_sizes, length, activation = ctx.settings
        width, hidden = weights.cover_score.shape
        grad_states, grad_contexts = grad_outputs
        grad_keys, grad_values = torch.zeros_like(keys), torch.zeros_like(values)
        grad_inputs = torch.empty_like(states)
        grad_projected = torch.zeros_like(projected)
        grad = StepWeights(*(torch.zeros_like(weight) for weight in weights))
        to_cover, to_state, to_previous = _transposed(weights)
        later_state = states.new_zeros(0, states.size(1))  # gradient of T_k from step k + 1
        later_previous = keys.new_zeros(0, 1, width)  # gradient of P of step k + 1
        activation_backward = tanh_backward if activation == "tanh" else sigmoid_backward
        end = states.size(0)
        for number in range(len(batch_sizes) - 1, -1, -1):
            count = batch_sizes[number]
            rows, events = slice(end - count, end), slice(max(0, number + 1 - length), number + 1)
            size = events.stop - events.start
            shared = slice(size + 1 - later_previous.size(1), None)  # events that step k + 1 has too
            alignment, coverage = ctx.saved_steps[number]
            scored = _scored(keys[:count, events], projected[rows], coverage, weights)

            grad_state = grad_states[rows].clone()
            grad_state[: later_state.size(0)] += later_state
            r = activation_backward(grad_state, states[rows])
            grad_inputs[rows] = r
            grad_context = torch.addmm(grad_contexts[rows], r, weights.from_context.t())
            grad_values[:count, events].addcmul_(alignment.unsqueeze(2), grad_context.unsqueeze(1))
            grad_alignment = torch.bmm(grad_context.unsqueeze(1), values[:count, events].transpose(1, 2)).squeeze(1)
            if width:
                grad_alignment[: later_previous.size(0), shared] += later_previous[:, :-1, -1]
            grad_score = softmax_backward(grad_alignment, alignment, 1, alignment.dtype)
            grad.score.addmv_(scored.view(-1, hidden).t(), grad_score.view(-1))
            a = tanh_backward(grad_score.unsqueeze(2), scored)  # without v
            grad_keys[:count, events, :hidden] += a
            grad_p = grad_projected[rows]
            torch.sum(a, 1, out=grad_p[:, :hidden])
            grad_p[:, hidden + width :] = r
            if width:
                a = a.view(-1, hidden)
                grad.cover_score.addmm_(coverage.view(-1, width).t(), a)
                c = (a @ to_cover).view_as(coverage)
                c[: later_previous.size(0), shared] += later_previous[:, :-1]
                c = tanh_backward(c, coverage)
                grad_keys[:count, events, hidden:] += c
                torch.sum(c, 1, out=grad_p[:, hidden : hidden + width])
                if number:
                    c = c.view(-1, width)
                    previous = extend_coverage(ctx.saved_steps[number - 1][1], count, size)
                    grad.cover_cover.addmm_(previous.view(-1, width).t(), c)
                    later_previous = (c @ to_previous).view_as(coverage)
            later_state = grad_p @ to_state
            end -= count
        for part in (grad_keys, grad_projected):
            part[..., :hidden] *= weights.score
        grad.cover_score.mul_(weights.score)
        grad.from_state.addmm_(_last_states(states, batch_sizes).t(), grad_projected)
        grad.from_context.addmm_(contexts.t(), grad_inputs)
        return grad_keys, grad_values, grad_inputs, *grad, None, None, None, None
