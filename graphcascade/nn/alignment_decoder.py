from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.nn.alignment_steps import StepWeights, align_step, align_steps, extend_coverage

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

    For the gradient, training stores the alignments and coverage of each step and recomputes everything else, so memory
    grows with the number of events times ``length``. The gradient is derived in ``alignment_steps.py``.

    Args:
        inputs: Size of :math:`x`.
        values: Size of :math:`h`.
        hidden: Size of the score vector :math:`v`.
        state: Size of :math:`T`.
        coverage: Size of :math:`V`; 0 for a decoder without coverage.
        length: Length of dependence :math:`l`: number of last events that a step is aligned with.
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
            raise UsageError(argument="activation", value=activation, reason="use 'tanh' or 'sigmoid'")
        self.length = length
        self.activation = activation
        # Each event has a row of this size: its coverage and, in the last column, its alignment. The size is rounded
        # up to a multiple of 16 because BLAS is fast for such sizes.
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
        """Reinitializes all weights; matrices are orthogonal."""
        for weight in self.parameters():
            if weight.dim() == 2 and weight.numel():
                nn.init.orthogonal_(weight)
        nn.init.normal_(self.score, std=1 / math.sqrt(self.score.numel()))
        if self.share_cover.numel():
            nn.init.normal_(self.share_cover, std=1 / math.sqrt(self.share_cover.numel()))
        nn.init.zeros_(self.cover_bias)
        nn.init.zeros_(self.state_bias)

    def project_values(self, values: Tensor) -> Tensor:
        """Returns the terms of scores and coverage that depend on the values only: ``[..., values]`` to
        ``[..., hidden + width]``.
        """
        matrix = torch.cat([self.value_score, self._pad(self.value_cover)], 1)
        bias = torch.cat([torch.zeros_like(self.score), self._pad(self.cover_bias)])
        return values @ matrix + bias

    def project_inputs(self, x: Tensor) -> Tensor:
        """Returns the term of the states that depends on the inputs only: ``[..., inputs]`` to
        ``[..., state]``.
        """
        return x @ self.input_state + self.state_bias

    def forward(
        self,
        keys: Tensor,
        values: Tensor,
        projected_inputs: Tensor,
        batch_sizes: list[int],
        alignments: list[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Runs all steps of several cascades, which must be sorted by length, the longest first.

        Args:
            keys: :meth:`project_values` of the values, ``[B, L, hidden + width]``.
            values: Values of the events, ``[B, L, values]``; rows beyond the end of a cascade are ignored.
            projected_inputs: :meth:`project_inputs` of the inputs ``[E, state]``, sorted by step and then by
                cascade.
            batch_sizes: Number of cascades that have an event at each step, ``[L]``, as in torch's ``PackedSequence``.
            alignments: A list to which the alignment of each step is appended,
                ``[batch_sizes[k], min(k + 1, length)]``.

        Returns:
            States ``[E, state]`` and contexts ``[E, values]``, in the order of ``projected_inputs``.
        """
        return align_steps(
            keys, values, projected_inputs, self._weights(), batch_sizes, self.length, self.activation, alignments
        )

    def step(
        self, keys: Tensor, values: Tensor, projected_inputs: Tensor, state: Tensor, coverage: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Runs one step, without a gradient.

        Args:
            keys: :meth:`project_values` of the events within ``length``, ``[n, m, hidden + width]``.
            values: Values of these events, ``[n, m, values]``.
            projected_inputs: :meth:`project_inputs` of the last event, ``[n, state]``.
            state: State of the previous step, ``[n, state]``.
            coverage: Coverage of the previous step and, in the last column, its alignment,
                ``[n, m or m - 1, width]``.

        Returns:
            State, context, alignment and coverage.
        """
        previous = extend_coverage(coverage, *keys.shape[:2])
        step = align_step(keys, values, projected_inputs, state, previous, self._weights(), self.activation)
        return step.state, step.context, step.alignment, step.coverage

    def _weights(self) -> StepWeights:
        from_state = torch.cat([self.state_score, self._pad(self.state_cover), self.state_state], 1)
        coverage = self.share_cover.numel()
        padding = (0, 0, 0, max(0, self.width - coverage - 1))
        from_cover = torch.cat([nn.functional.pad(self.cover_cover, padding), self.share_cover[None]])
        cover_cover = self._pad(from_cover[: self.width])
        cover_score = nn.functional.pad(self.cover_score, (0, 0, 0, self.width - coverage))
        return StepWeights(from_state, self.value_state, cover_score, cover_cover, self.score)

    def _pad(self, weight: Tensor) -> Tensor:
        return nn.functional.pad(weight, (0, self.width - weight.size(-1)))
