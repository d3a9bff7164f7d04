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
        """What the values alone give to scores and coverage: ``[..., values]`` to ``[..., hidden + coverage]``."""
        bias = torch.cat([torch.zeros_like(self.score), self.cover_bias])
        return values @ torch.cat([self.value_score, self.value_cover], 1) + bias

    def of_inputs(self, x: Tensor) -> Tensor:
        """What the inputs alone give to the states: ``[..., inputs]`` to ``[..., state]``."""
        return x @ self.input_state + self.state_bias

    def forward(
        self, keys: Tensor, values: Tensor, drive: Tensor, going: list[int], shares: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """All steps of several cascades, the longest first.

        Args:
            keys: :meth:`of_values` of the values, ``[B, L, hidden + coverage]``.
            values: Values of the events, ``[B, L, values]``; what lies beyond a cascade's end is not looked at.
            drive: :meth:`of_inputs` of the inputs, step by step and within a step cascade by cascade, ``[E, state]``.
            going: Number of cascades that have an event at each step, ``[L]``, falling.
            shares: A list that takes the alignment of each step, ``[going[k], events that count]``.

        Returns:
            States ``[E, state]`` and contexts ``[E, values]``, in the order of ``drive``.
        """
        found: tuple[Tensor, Tensor] = _Steps.apply(  # type: ignore[no-untyped-call]
            keys, values, drive, *self._weights(), self.score, going, self.length, self.activation, shares
        )
        return found

    def step(
        self, keys: Tensor, values: Tensor, drive: Tensor, state: Tensor, share: Tensor, cover: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One step.

        Args:
            keys: :meth:`of_values` of the events that count, ``[n, m, hidden + coverage]``.
            values: Their values, ``[n, m, values]``.
            drive: :meth:`of_inputs` of the last one, ``[n, state]``.
            state: State of the step before, ``[n, state]``.
            share: Alignment of the step before, ``[n, m or m - 1]``.
            cover: Coverage of the step before, ``[n, m or m - 1, coverage]``.

        Returns:
            State, context, alignment and coverage.
        """
        weights = _Weights(*self._weights(), self.score)
        step = _step(keys, values, drive, state, *_shifted(share, cover, keys.size(1)), weights, self.activation)
        return step.state, step.context, step.share, step.cover

    def _weights(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        of_state = torch.cat([self.state_score, self.state_cover, self.state_state], 1)
        return of_state, self.value_state, self.cover_score, self.cover_cover, self.share_cover


class _Weights(NamedTuple):
    of_state: Tensor
    of_context: Tensor
    cover_score: Tensor
    cover_cover: Tensor
    share_cover: Tensor
    score: Tensor


class _Step(NamedTuple):
    state: Tensor
    context: Tensor
    share: Tensor
    cover: Tensor
    projected: Tensor


def _shifted(share: Tensor, cover: Tensor, events: int) -> tuple[Tensor, Tensor]:
    """Alignment and coverage of the step before over the events of this one: zeros for the new one."""
    lost = share.size(1) + 1 - events
    return nn.functional.pad(share[:, lost:], (0, 1)), nn.functional.pad(cover[:, lost:], (0, 0, 0, 1))


def _step(
    keys: Tensor,
    values: Tensor,
    drive: Tensor,
    state: Tensor,
    share: Tensor,
    cover: Tensor,
    weights: _Weights,
    activation: str,
) -> _Step:
    hidden, coverage = weights.score.numel(), weights.share_cover.numel()
    projected = state @ weights.of_state
    _, of_state, kept = projected.split([hidden, coverage, drive.size(1)], 1)
    if coverage:
        key = keys[:, :, hidden:] + of_state.unsqueeze(1)
        cover = _tanh_(key.addcmul_(share.unsqueeze(2), weights.share_cover).add_(_product(cover, weights.cover_cover)))
    share = (_scored(keys, projected, cover, weights) @ (2 * weights.score)).softmax(1)
    context = torch.bmm(share.unsqueeze(1), values).squeeze(1)
    state = drive + kept + context @ weights.of_context
    state = torch.tanh(state) if activation == "tanh" else state.sigmoid()
    return _Step(state, context, share, cover, projected)


def _scored(keys: Tensor, projected: Tensor, cover: Tensor, weights: _Weights) -> Tensor:
    """(1 + tanh) / 2 of what v weighs: a sigmoid takes a sixth of the time, and softmax sees no constant."""
    hidden = weights.score.numel()
    score = keys[:, :, :hidden] + projected[:, None, :hidden]
    if cover.size(2):
        score += cover @ weights.cover_score
    return score.mul_(2).sigmoid_()


def _product(x: Tensor, matrix: Tensor) -> Tensor:
    """``x @ matrix``, as wide as BLAS is fast with: 10 columns take four times as long as 16."""
    columns = matrix.size(1)
    return (x @ nn.functional.pad(matrix, (0, -columns % 16)))[..., :columns]


def _tanh_(x: Tensor) -> Tensor:
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


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
        share_cover: Tensor,
        score: Tensor,
        going: list[int],
        length: int,
        activation: str,
        shares: list[Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        weights = _Weights(of_state, of_context, cover_score, cover_cover, share_cover, score)
        state = drive.new_zeros(keys.size(0), drive.size(1))
        share, cover = keys.new_zeros(keys.size(0), 0), keys.new_zeros(keys.size(0), 0, share_cover.numel())
        states, contexts = torch.empty_like(drive), drive.new_empty(drive.size(0), values.size(2))
        products = drive.new_empty(drive.size(0), of_state.size(1))
        kept: list[tuple[Tensor, Tensor]] = []
        begin = 0
        for step, count in enumerate(going):
            rows, events = slice(begin, begin + count), slice(max(0, step + 1 - length), step + 1)
            found = _step(
                keys[:count, events],
                values[:count, events],
                drive[rows],
                state[:count],
                *_shifted(share[:count], cover[:count], events.stop - events.start),
                weights,
                activation,
            )
            state, share, cover = found.state, found.share, found.cover
            states[rows], contexts[rows], products[rows] = state, found.context, found.projected
            kept.append((share, cover))
            if shares is not None:
                shares.append(share)
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
        hidden, coverage = weights.score.numel(), weights.share_cover.numel()
        of_states, of_contexts = grads
        grad_keys, grad_values = torch.zeros_like(keys), torch.zeros_like(values)
        grad_drive = torch.empty_like(states)
        grad_of = torch.zeros_like(projected)  # of the products of the last state
        before = torch.zeros_like(states)  # the last state of each row
        grad = {name: torch.zeros_like(value) for name, value in weights._asdict().items()}
        of_state = states.new_zeros(0, states.size(1))  # what later steps give to a step
        of_share, of_cover = keys.new_zeros(0, 0), keys.new_zeros(0, 0, coverage)
        end = states.size(0)
        for step in range(len(going) - 1, -1, -1):
            count = going[step]
            rows, events = slice(end - count, end), slice(max(0, step + 1 - length), step + 1)
            size = events.stop - events.start
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
            if coverage and of_share.numel():
                weight[: of_share.size(0), size - (of_share.size(1) - 1) :] += of_share[:, :-1]
            weight = share * (weight - (share * weight).sum(1, keepdim=True))
            grad["score"].addmv_(scored.view(-1, hidden).t(), weight.view(-1), alpha=2)
            inner = torch.addcmul(scored, scored, scored, value=-1).mul_(4 * weights.score).mul_(weight.unsqueeze(2))
            grad_keys[:count, events, :hidden] += inner
            products = grad_of[rows]
            products[:, :hidden] = inner.sum(1)
            products[:, hidden + coverage :] = raw
            if coverage:
                deeper = _product(inner, weights.cover_score.t()).contiguous()
                if of_cover.numel():
                    deeper[: of_cover.size(0), size - (of_cover.size(1) - 1) :] += of_cover[:, :-1]
                grad["cover_score"].addmm_(cover.view(-1, coverage).t(), inner.view(-1, hidden))
                deeper *= 1 - cover.square()
                grad_keys[:count, events, hidden:] += deeper
                products[:, hidden : hidden + coverage] = deeper.sum(1)
                if step:
                    past, covered = _shifted(ctx.kept[step - 1][0][:count], ctx.kept[step - 1][1][:count], size)
                    flat = deeper.view(-1, coverage)
                    grad["share_cover"].addmv_(flat.t(), past.view(-1))
                    grad["cover_cover"].addmm_(covered.view(-1, coverage).t(), flat)
                    of_share = deeper @ weights.share_cover
                    of_cover = _product(deeper, weights.cover_cover.t())
            of_state = products @ weights.of_state.t()
            end -= count
        grad["of_state"] = before.t() @ grad_of
        grad["of_context"] = contexts.t() @ grad_drive
        return grad_keys, grad_values, grad_drive, *(grad[name] for name in _Weights._fields), None, None, None, None
