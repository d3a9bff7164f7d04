from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from graphcascade.errors import UsageError

__all__ = ["AlignmentDecoder"]


class AlignmentDecoder(nn.Module):
    r"""Decoder that aligns each step with the events before it, with or without coverage.

    `Cascade Dynamics Modeling with Attention-based Recurrent Neural Network <https://doi.org/10.24963/ijcai.2017/416>`_
    , Eq. 1 and 3-7, over values :math:`h_i` (in the paper the encoder's states) and inputs :math:`x_k`:

    .. math::
        V_{k,i} &= \tanh\big(W^V [V_{k-1,i}, \alpha_{k-1,i}, T_{k-1}, h_i]\big) \\
        e_{k,i} &= v^\top \tanh\big(W^a T_{k-1} + U^a h_i + Z^a V_{k,i}\big), \qquad
        \alpha_{k,\cdot} = \mathrm{softmax}_{k - l < i \le k}(e_{k,\cdot}) \\
        s_k &= \sum_i \alpha_{k,i} h_i, \qquad T_k = \sigma\big(W [x_k, T_{k-1}, s_k]\big)

    with zeros for :math:`T_0`, and for :math:`V` and :math:`\alpha` where they are not defined.

    Training keeps alignments and coverage of each step, and makes everything else again for the gradient: memory grows
    with the number of events times ``length``.

    Args:
        inputs: Size of :math:`x`.
        values: Size of :math:`h`.
        hidden: Size of what is scored, :math:`v`.
        state: Size of :math:`T`.
        coverage: Size of :math:`V`; 0 for none.
        length: Length of dependence :math:`l`.
        activation: :math:`\sigma`.
    """

    def __init__(
        self,
        inputs: int,
        values: int,
        hidden: int,
        state: int,
        coverage: int = 0,
        length: int = 200,
        activation: Literal["tanh", "sigmoid"] = "tanh",
    ) -> None:
        super().__init__()
        if activation not in ("tanh", "sigmoid"):
            raise UsageError(f"activation={activation!r}: use 'tanh' or 'sigmoid'.")
        self.length = length
        self.activation = activation
        # Of what is kept for each event: coverage and, in the last column, alignment. BLAS is fast with such widths.
        self.width = -(-(coverage + 1) // 16) * 16 if coverage else 0
        shapes = {
            "value_score": (values, hidden),  # U^a
            "state_score": (state, hidden),  # W^a
            "cover_score": (coverage, hidden),  # Z^a
            "value_cover": (values, coverage),  # W^V, for h, T and V
            "state_cover": (state, coverage),
            "cover_cover": (coverage, coverage),
            "input_state": (inputs, state),  # W, for x, T and s
            "state_state": (state, state),
            "value_state": (values, state),
        }
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.share_cover = nn.Parameter(torch.empty(coverage))  # W^V, for alpha
        self.cover_bias = nn.Parameter(torch.empty(coverage))
        self.state_bias = nn.Parameter(torch.empty(state))
        self.score = nn.Parameter(torch.empty(hidden))  # v
        self.reset_parameters()

    value_score: nn.Parameter
    state_score: nn.Parameter
    cover_score: nn.Parameter
    value_cover: nn.Parameter
    state_cover: nn.Parameter
    cover_cover: nn.Parameter
    input_state: nn.Parameter
    state_state: nn.Parameter
    value_state: nn.Parameter

    def reset_parameters(self) -> None:
        """Draws all weights anew; matrices are orthogonal."""
        for weight in self.parameters():
            if weight.dim() == 2 and weight.numel():
                nn.init.orthogonal_(weight)
        nn.init.normal_(self.score, std=1 / math.sqrt(self.score.numel()))
        if self.share_cover.numel():
            nn.init.normal_(self.share_cover, std=1 / math.sqrt(self.share_cover.numel()))
        nn.init.zeros_(self.cover_bias)
        nn.init.zeros_(self.state_bias)

    def of_values(self, values: Tensor) -> Tensor:
        """What the values alone give to scores and coverage: ``[..., values]`` to ``[..., hidden + width]``."""
        matrix = torch.cat([self.value_score, self._wide(self.value_cover)], 1)
        bias = torch.cat([torch.zeros_like(self.score), self._wide(self.cover_bias)])
        return values @ (2 * matrix) + 2 * bias

    def of_inputs(self, x: Tensor) -> Tensor:
        """What the inputs alone give to the states: ``[..., inputs]`` to ``[..., state]``."""
        return x @ self.input_state + self.state_bias

    def forward(
        self, keys: Tensor, values: Tensor, drive: Tensor, going: list[int], shares: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """All steps of several cascades, the longest first.

        Args:
            keys: :meth:`of_values` of the values, ``[B, L, hidden + width]``.
            values: Values of the events, ``[B, L, values]``; what lies beyond a cascade's end is not looked at.
            drive: :meth:`of_inputs` of the inputs, step by step and within a step cascade by cascade, ``[E, state]``.
            going: Number of cascades that have an event at each step, ``[L]``, falling.
            shares: A list that takes the alignment of each step, ``[going[k], events that count]``.

        Returns:
            States ``[E, state]`` and contexts ``[E, values]``, in the order of ``drive``.
        """
        found: tuple[Tensor, Tensor] = _Steps.apply(  # type: ignore[no-untyped-call]
            keys, values, drive, *self._weights(), going, self.length, self.activation, shares
        )
        return found

    def step(
        self, keys: Tensor, values: Tensor, drive: Tensor, state: Tensor, cover: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One step, without a gradient.

        Args:
            keys: :meth:`of_values` of the events that count, ``[n, m, hidden + width]``.
            values: Their values, ``[n, m, values]``.
            drive: :meth:`of_inputs` of the last one, ``[n, state]``.
            state: State of the step before, ``[n, state]``.
            cover: Coverage of the step before and, in the last column, its alignment, ``[n, m or m - 1, width]``.

        Returns:
            State, context, alignment and coverage.
        """
        past = _past(cover, *keys.shape[:2])
        step = _step(keys, values, drive, state, past, self._weights(), self.activation)
        return step.state, step.context, step.share, step.cover

    def _weights(self) -> _Weights:
        of_state = torch.cat([2 * self.state_score, 2 * self._wide(self.state_cover), self.state_state], 1)
        coverage = self.share_cover.numel()
        between = (0, 0, 0, max(0, self.width - coverage - 1))
        of_cover = torch.cat([nn.functional.pad(self.cover_cover, between), self.share_cover[None]])
        cover_cover = 2 * self._wide(of_cover[: self.width])
        cover_score = 2 * nn.functional.pad(self.cover_score, (0, 0, 0, self.width - coverage))
        return _Weights(of_state, self.value_state, cover_score, cover_cover, 2 * self.score)

    def _wide(self, weight: Tensor) -> Tensor:
        return nn.functional.pad(weight, (0, self.width - weight.size(-1)))


class _Weights(NamedTuple):
    """Weights as the steps take them.

    Whatever goes into a tanh is doubled: tanh(x) = 2 sigmoid(2 x) - 1, which takes a sixth of the time.
    """

    of_state: Tensor  # [state, hidden + width + state]
    of_context: Tensor  # [values, state]
    cover_score: Tensor  # [width, hidden]
    cover_cover: Tensor  # [width, width]
    score: Tensor  # [hidden]


class _Step(NamedTuple):
    state: Tensor
    context: Tensor
    share: Tensor
    cover: Tensor
    projected: Tensor


def _past(cover: Tensor, rows: int, events: int) -> Tensor:
    """Coverage and alignment of the step before over the events of this one: zeros for the new one."""
    past = cover.new_empty(rows, events, cover.size(2))
    past[:, :-1] = cover[:rows, cover.size(1) + 1 - events :]
    past[:, -1] = 0
    return past


def _step(
    keys: Tensor, values: Tensor, drive: Tensor, state: Tensor, past: Tensor, weights: _Weights, activation: str
) -> _Step:
    width, hidden = weights.cover_score.shape
    projected = state @ weights.of_state
    _, of_cover, kept = projected.split([hidden, width, drive.size(1)], 1)
    cover = past
    if width:
        cover = keys[:, :, hidden:] + of_cover.unsqueeze(1)
        cover.view(-1, width).addmm_(past.view(-1, width), weights.cover_cover)
        cover.sigmoid_().mul_(2).sub_(1)
    share = (_scored(keys, projected, cover, weights) @ weights.score).softmax(1)
    if width:
        cover[:, :, -1] = share
    context = torch.bmm(share.unsqueeze(1), values).squeeze(1)
    state = drive + kept + context @ weights.of_context
    state = torch.tanh(state) if activation == "tanh" else state.sigmoid()
    return _Step(state, context, share, cover, projected)


def _scored(keys: Tensor, projected: Tensor, cover: Tensor, weights: _Weights) -> Tensor:
    """(1 + tanh) / 2 of what v weighs: softmax sees no constant."""
    width, hidden = weights.cover_score.shape
    score = keys[:, :, :hidden] + projected[:, None, :hidden]
    if width:
        score.view(-1, hidden).addmm_(cover.view(-1, width), weights.cover_score)
    return score.sigmoid_()


class _Steps(torch.autograd.Function):
    """All steps, with a backward pass that adds to the gradients of keys and values in place.

    Autograd would form a gradient of all keys for the slice of each step.
    """

    @staticmethod
    def forward(
        ctx: Any,
        keys: Tensor,
        values: Tensor,
        drive: Tensor,
        of_state: Tensor,
        of_context: Tensor,
        cover_score: Tensor,
        cover_cover: Tensor,
        score: Tensor,
        going: list[int],
        length: int,
        activation: str,
        shares: list[Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        weights = _Weights(of_state, of_context, cover_score, cover_cover, score)
        state = drive.new_zeros(keys.size(0), drive.size(1))
        cover = keys.new_zeros(keys.size(0), 0, cover_score.size(0))
        states, contexts = torch.empty_like(drive), drive.new_empty(drive.size(0), values.size(2))
        products = drive.new_empty(drive.size(0), of_state.size(1))
        kept: list[tuple[Tensor, Tensor]] = []
        begin = 0
        for step, count in enumerate(going):
            rows, events = slice(begin, begin + count), slice(max(0, step + 1 - length), step + 1)
            past = _past(cover, count, events.stop - events.start)
            found = _step(
                keys[:count, events], values[:count, events], drive[rows], state[:count], past, weights, activation
            )
            state, cover = found.state, found.cover
            states[rows], contexts[rows], products[rows] = state, found.context, found.projected
            kept.append((found.share, cover))
            if shares is not None:
                shares.append(found.share)
            begin += count
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(keys, values, states, contexts, products, *weights)
            ctx.kept, ctx.plan = kept, (going, length, activation)
        return states, contexts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        keys, values, states, contexts, projected, *rest = ctx.saved_tensors
        weights = _Weights(*rest)
        going, length, activation = ctx.plan
        width, hidden = weights.cover_score.shape
        of_states, of_contexts = grads
        grad_keys, grad_values = torch.zeros_like(keys), torch.zeros_like(values)
        grad_drive = torch.empty_like(states)
        grad_of = torch.zeros_like(projected)  # of the products of the last state
        before = torch.zeros_like(states)  # the last state of each row
        grad = _Weights(*(torch.zeros_like(weight) for weight in weights))
        # What lies before v is multiplied with it at the end.
        of_score, of_deeper = weights.of_state.clone(), (weights.cover_score * weights.score).t().contiguous()
        of_score[:, :hidden] *= weights.score
        of_score, of_past = of_score.t().contiguous(), weights.cover_cover.t().contiguous()
        of_state = states.new_zeros(0, states.size(1))  # what later steps give to a step
        of_cover = keys.new_zeros(0, 1, width)
        end = states.size(0)
        for step in range(len(going) - 1, -1, -1):
            count = going[step]
            rows, events = slice(end - count, end), slice(max(0, step + 1 - length), step + 1)
            size = events.stop - events.start
            later = slice(size + 1 - of_cover.size(1), None)  # the events that count at the next step too
            share, cover = ctx.kept[step]
            if step:
                before[rows] = states[end - count - going[step - 1] :][:count]
            scored = _scored(keys[:count, events], projected[rows], cover, weights)

            grown = of_states[rows].clone()
            grown[: of_state.size(0)] += of_state
            state = states[rows]
            slope = 1 - state.square() if activation == "tanh" else state * (1 - state)
            raw = torch.mul(grown, slope, out=grad_drive[rows])
            of_context = torch.addmm(of_contexts[rows], raw, weights.of_context.t())
            grad_values[:count, events].addcmul_(share.unsqueeze(2), of_context.unsqueeze(1))
            weight = torch.bmm(of_context.unsqueeze(1), values[:count, events].transpose(1, 2)).squeeze(1)
            if width:
                weight[: of_cover.size(0), later] += of_cover[:, :-1, -1]
            weight = share * (weight - (share * weight).sum(1, keepdim=True))
            grad.score.addmv_(scored.view(-1, hidden).t(), weight.view(-1))
            inner = torch.addcmul(scored, scored, scored, value=-1).mul_(weight.unsqueeze(2))
            grad_keys[:count, events, :hidden] += inner
            products = grad_of[rows]
            torch.sum(inner, 1, out=products[:, :hidden])
            products[:, hidden + width :] = raw
            if width:
                flat = inner.view(-1, hidden)
                grad.cover_score.addmm_(cover.view(-1, width).t(), flat)
                deeper = (flat @ of_deeper).view_as(cover)
                deeper[: of_cover.size(0), later] += of_cover[:, :-1]
                deeper *= torch.rsub(cover.square(), 1).mul_(0.5)
                grad_keys[:count, events, hidden:] += deeper
                torch.sum(deeper, 1, out=products[:, hidden : hidden + width])
                if step:
                    flat = deeper.view(-1, width)
                    past = _past(ctx.kept[step - 1][1], count, size)
                    grad.cover_cover.addmm_(past.view(-1, width).t(), flat)
                    of_cover = (flat @ of_past).view_as(cover)
            of_state = products @ of_score
            end -= count
        for part in (grad_keys, grad_of):
            part[..., :hidden] *= weights.score
        grad.cover_score.mul_(weights.score)
        grad.of_state.addmm_(before.t(), grad_of)
        grad.of_context.addmm_(contexts.t(), grad_drive)
        return grad_keys, grad_values, grad_drive, *grad, None, None, None, None
