r"""The steps of :class:`~graphcascade.nn.AlignmentDecoder` and their gradient, written by hand.

Autograd would form a gradient over all keys for the slice of each step, which is quadratic in the length of a cascade.
Here each step adds its part in place.

**One step.** Row vectors throughout; one cascade. With the last state :math:`T_{k-1}`, for each event :math:`i` of the
step, keys :math:`K_i = [K^a_i, K^V_i]`, the value :math:`h_i`, and what is kept of the step before,
:math:`P_i = [V_{k-1,i}, \alpha_{k-1,i}]` (zero for the new event :math:`i = k`):

.. math::
    [p^a, p^V, p^T] &= T_{k-1} W_T \\
    V_i &= 2 \sigma(K^V_i + p^V + P_i W_C) - 1 \\
    q_i &= \sigma(K^a_i + p^a + V_i W_Z), \qquad e_i = q_i w^\top, \qquad \alpha = \mathrm{softmax}(e) \\
    s &= \sum_i \alpha_i h_i, \qquad T_k = \phi(d_k + p^T + s W_S)

This is Eq. 1 and 3-7 of the paper, for whatever goes into a tanh is doubled: :math:`\tanh x = 2 \sigma(2x) - 1`, and
torch computes :math:`\sigma` six times as fast. Of :math:`\tanh` in front of the scores :math:`2 \sigma` is enough,
since a softmax ignores what all scores have in common, so that :math:`w = 2 v`.

**Its gradient.** A bar denotes the derivative of the loss. Let :math:`\bar T_k` be the sum of what comes from outside
and from step :math:`k + 1`, and :math:`\hat P_i` the derivative by :math:`P_i` of step :math:`k + 1`, whose last column
belongs to :math:`\alpha_i` and whose other columns belong to :math:`V_i`. With :math:`\odot` for the product by
elements:

.. math::
    r &= \bar T_k \odot \phi', \qquad \bar d_k = \bar p^T = r, \qquad \bar W_S \mathrel{+}= s^\top r \\
    \bar s &\mathrel{+}= r W_S^\top, \qquad \bar h_i \mathrel{+}= \alpha_i \bar s, \qquad
    \bar \alpha_i = \bar s h_i^\top + \hat P_i[\text{last}] \\
    \bar e_i &= \alpha_i \big(\bar \alpha_i - \textstyle\sum_j \alpha_j \bar \alpha_j\big), \qquad
    \bar w \mathrel{+}= \textstyle\sum_i \bar e_i q_i \\
    a_i &= \bar e_i\, w \odot q_i \odot (1 - q_i), \qquad \bar K^a_i \mathrel{+}= a_i, \qquad
    \bar p^a = \textstyle\sum_i a_i, \qquad \bar W_Z \mathrel{+}= \textstyle\sum_i V_i^\top a_i \\
    c_i &= \big(a_i W_Z^\top + \hat P_i\big) \odot (1 - V_i^2) / 2, \qquad \bar K^V_i \mathrel{+}= c_i, \qquad
    \bar p^V = \textstyle\sum_i c_i, \qquad \bar W_C \mathrel{+}= \textstyle\sum_i P_i^\top c_i \\
    \hat P_i &\leftarrow c_i W_C^\top, \qquad \bar T_{k-1} \mathrel{+}= \bar p\, W_T^\top, \qquad
    \bar W_T \mathrel{+}= T_{k-1}^\top \bar p

for :math:`\phi' = 1 - T_k^2` of a tanh and :math:`T_k (1 - T_k)` of a sigmoid. In the code :math:`w` is multiplied into
:math:`a_i` once at the end, or into the matrices that it meets. The column of :math:`\alpha` and the padding of
:math:`V` meet rows and columns of zeros in :math:`W_Z` and :math:`W_C`; what they receive here is cut off where those
were padded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["Step", "StepWeights", "align_step", "align_steps", "extend_coverage"]


class StepWeights(NamedTuple):
    """The weights of a step, with doubled inputs of every tanh."""

    from_state: Tensor  # W_T, [state, hidden + width + state]
    from_context: Tensor  # W_S, [values, state]
    cover_score: Tensor  # W_Z, [width, hidden]
    cover_cover: Tensor  # W_C, [width, width]
    score: Tensor  # w, [hidden]


class Step(NamedTuple):
    """What a step computes for ``n`` cascades of which ``m`` events are within the length of dependence."""

    state: Tensor  # T, [n, state]
    context: Tensor  # s, [n, values]
    share: Tensor  # alpha, [n, m]
    cover: Tensor  # V and, in the last column, alpha, [n, m, width]
    projected: Tensor  # p, [n, hidden + width + state]


def extend_coverage(cover: Tensor, num_cascades: int, num_events: int) -> Tensor:
    """Coverage and alignment of the step before, for the events of this step: zeros for the new event."""
    past = cover.new_empty(num_cascades, num_events, cover.size(2))
    past[:, :-1] = cover[:num_cascades, cover.size(1) + 1 - num_events :]
    past[:, -1] = 0
    return past


def align_step(
    keys: Tensor, values: Tensor, drive: Tensor, state: Tensor, past: Tensor, weights: StepWeights, activation: str
) -> Step:
    """Runs one step; see the head of this file and :meth:`AlignmentDecoder.step`."""
    width, hidden = weights.cover_score.shape
    projected = state @ weights.from_state
    _, state_cover, state_state = projected.split([hidden, width, drive.size(1)], 1)
    cover = past
    if width:
        cover = keys[:, :, hidden:] + state_cover.unsqueeze(1)
        cover.view(-1, width).addmm_(past.view(-1, width), weights.cover_cover)
        cover.sigmoid_().mul_(2).sub_(1)
    share = (_scored(keys, projected, cover, weights) @ weights.score).softmax(1)
    if width:
        cover[:, :, -1] = share
    context = torch.bmm(share.unsqueeze(1), values).squeeze(1)
    state = drive + state_state + context @ weights.from_context
    state = torch.tanh(state) if activation == "tanh" else state.sigmoid()
    return Step(state, context, share, cover, projected)


def align_steps(
    keys: Tensor,
    values: Tensor,
    drive: Tensor,
    weights: StepWeights,
    batch_sizes: list[int],
    length: int,
    activation: str,
    shares: list[Tensor] | None,
) -> tuple[Tensor, Tensor]:
    """Runs all steps; see :meth:`AlignmentDecoder.forward`."""
    output: tuple[Tensor, Tensor] = _AlignSteps.apply(  # type: ignore[no-untyped-call]
        keys, values, drive, *weights, batch_sizes, length, activation, shares
    )
    return output


def _scored(keys: Tensor, projected: Tensor, cover: Tensor, weights: StepWeights) -> Tensor:
    """:math:`q`, ``[n, m, hidden]``."""
    width, hidden = weights.cover_score.shape
    scored = keys[:, :, :hidden] + projected[:, None, :hidden]
    if width:
        scored.view(-1, hidden).addmm_(cover.view(-1, width), weights.cover_score)
    return scored.sigmoid_()


class _AlignSteps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        keys: Tensor,
        values: Tensor,
        drive: Tensor,
        from_state: Tensor,
        from_context: Tensor,
        cover_score: Tensor,
        cover_cover: Tensor,
        score: Tensor,
        batch_sizes: list[int],
        length: int,
        activation: str,
        shares: list[Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        weights = StepWeights(from_state, from_context, cover_score, cover_cover, score)
        state = drive.new_zeros(keys.size(0), drive.size(1))
        cover = keys.new_zeros(keys.size(0), 0, cover_score.size(0))
        states, contexts = torch.empty_like(drive), drive.new_empty(drive.size(0), values.size(2))
        projected = drive.new_empty(drive.size(0), from_state.size(1))
        kept: list[tuple[Tensor, Tensor]] = []
        begin = 0
        for number, count in enumerate(batch_sizes):
            rows, events = slice(begin, begin + count), slice(max(0, number + 1 - length), number + 1)
            past = extend_coverage(cover, count, events.stop - events.start)
            step = align_step(
                keys[:count, events], values[:count, events], drive[rows], state[:count], past, weights, activation
            )
            state, cover = step.state, step.cover
            states[rows], contexts[rows], projected[rows] = state, step.context, step.projected
            kept.append((step.share, cover))
            if shares is not None:
                shares.append(step.share)
            begin += count
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(keys, values, states, contexts, projected, *weights)
            ctx.kept, ctx.settings = kept, (batch_sizes, length, activation)
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
        grad_drive = torch.empty_like(states)
        grad_projected = torch.zeros_like(projected)
        last_states = torch.zeros_like(states)  # T_{k-1} in the row of T_k
        grad = StepWeights(*(torch.zeros_like(weight) for weight in weights))
        # W_Z^T, W_T^T and W_C^T; the first two with w, which a_i lacks until the end.
        to_cover = (weights.cover_score * weights.score).t().contiguous()
        to_state = weights.from_state.clone()
        to_state[:, :hidden] *= weights.score
        to_state, to_past = to_state.t().contiguous(), weights.cover_cover.t().contiguous()
        later_state = states.new_zeros(0, states.size(1))  # what step k + 1 adds to the gradient of T_k
        later_past = keys.new_zeros(0, 1, width)  # the gradient of P of step k + 1
        end = states.size(0)
        for number in range(len(batch_sizes) - 1, -1, -1):
            count = batch_sizes[number]
            rows, events = slice(end - count, end), slice(max(0, number + 1 - length), number + 1)
            size = events.stop - events.start
            shared = slice(size + 1 - later_past.size(1), None)  # the events that step k + 1 has too
            share, cover = ctx.kept[number]
            if number:
                last_states[rows] = states[end - count - batch_sizes[number - 1] :][:count]
            scored = _scored(keys[:count, events], projected[rows], cover, weights)

            grad_state = grad_states[rows].clone()
            grad_state[: later_state.size(0)] += later_state
            state = states[rows]
            slope = 1 - state.square() if activation == "tanh" else state * (1 - state)
            r = torch.mul(grad_state, slope, out=grad_drive[rows])
            grad_context = torch.addmm(grad_contexts[rows], r, weights.from_context.t())
            grad_values[:count, events].addcmul_(share.unsqueeze(2), grad_context.unsqueeze(1))
            grad_share = torch.bmm(grad_context.unsqueeze(1), values[:count, events].transpose(1, 2)).squeeze(1)
            if width:
                grad_share[: later_past.size(0), shared] += later_past[:, :-1, -1]
            grad_score = share * (grad_share - (share * grad_share).sum(1, keepdim=True))
            grad.score.addmv_(scored.view(-1, hidden).t(), grad_score.view(-1))
            a = torch.addcmul(scored, scored, scored, value=-1).mul_(grad_score.unsqueeze(2))  # without w
            grad_keys[:count, events, :hidden] += a
            grad_p = grad_projected[rows]
            torch.sum(a, 1, out=grad_p[:, :hidden])
            grad_p[:, hidden + width :] = r
            if width:
                a = a.view(-1, hidden)
                grad.cover_score.addmm_(cover.view(-1, width).t(), a)
                c = (a @ to_cover).view_as(cover)
                c[: later_past.size(0), shared] += later_past[:, :-1]
                c *= torch.rsub(cover.square(), 1).mul_(0.5)
                grad_keys[:count, events, hidden:] += c
                torch.sum(c, 1, out=grad_p[:, hidden : hidden + width])
                if number:
                    c = c.view(-1, width)
                    past = extend_coverage(ctx.kept[number - 1][1], count, size)
                    grad.cover_cover.addmm_(past.view(-1, width).t(), c)
                    later_past = (c @ to_past).view_as(cover)
            later_state = grad_p @ to_state
            end -= count
        for part in (grad_keys, grad_projected):
            part[..., :hidden] *= weights.score
        grad.cover_score.mul_(weights.score)
        grad.from_state.addmm_(last_states.t(), grad_projected)
        grad.from_context.addmm_(contexts.t(), grad_drive)
        return grad_keys, grad_values, grad_drive, *grad, None, None, None, None
