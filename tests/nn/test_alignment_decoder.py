from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.nn import AlignmentDecoder

INPUTS, VALUES, HIDDEN, STATE = 3, 4, 5, 2
SIZES = [4, 3, 1]  # lengths of the cascades, the longest first
BATCH_SIZES = [3, 2, 2, 1]


def decoder(coverage: int, length: int = 200, activation: str = "tanh") -> AlignmentDecoder:
    torch.manual_seed(0)
    layer = AlignmentDecoder(INPUTS, VALUES, HIDDEN, STATE, coverage, length, activation).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += torch.randn_like(parameter) / 2
    return layer


def reference(layer: AlignmentDecoder, x: Tensor, h: Tensor) -> tuple[list[Tensor], list[Tensor], list[list[float]]]:
    """One cascade with plain loops: states, contexts, alignments."""
    size = layer.share_cover.numel()
    squash = torch.tanh if layer.activation == "tanh" else torch.sigmoid
    state = torch.zeros(STATE, dtype=torch.float64)
    shares: list[dict[int, float]] = []
    covers: list[dict[int, Tensor]] = []
    states, contexts, alignments = [], [], []
    for k in range(x.size(0)):
        events = range(max(0, k + 1 - layer.length), k + 1)
        cover, score = {}, {}
        for i in events:
            inner = state @ layer.state_score + h[i] @ layer.value_score
            if size:
                before = covers[-1].get(i) if covers and i < k else None
                before = torch.zeros(size, dtype=torch.float64) if before is None else before
                share = shares[-1].get(i, 0.0) if shares and i < k else 0.0
                cover[i] = torch.tanh(
                    before @ layer.cover_cover
                    + share * layer.share_cover
                    + state @ layer.state_cover
                    + h[i] @ layer.value_cover
                    + layer.cover_bias
                )
                inner = inner + cover[i] @ layer.cover_score
            score[i] = float(torch.dot(layer.score, torch.tanh(inner)))
        total = sum(math.exp(value) for value in score.values())
        share_now = {i: math.exp(value) / total for i, value in score.items()}
        context = sum((share_now[i] * h[i] for i in events), torch.zeros(VALUES, dtype=torch.float64))
        state = squash(
            x[k] @ layer.input_state + state @ layer.state_state + context @ layer.value_state + layer.state_bias
        )
        shares.append(share_now)
        covers.append(cover)
        states.append(state)
        contexts.append(context)
        alignments.append(list(share_now.values()))
    return states, contexts, alignments


def batch() -> tuple[Tensor, Tensor, Tensor]:
    """Inputs and values of the cascades ``[B, L, .]``, and the rows of the packed order."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(len(SIZES), SIZES[0], INPUTS, generator=generator, dtype=torch.float64)
    h = torch.randn(len(SIZES), SIZES[0], VALUES, generator=generator, dtype=torch.float64)
    rows = torch.tensor([(row, step) for step, count in enumerate(BATCH_SIZES) for row in range(count)])
    return x, h, rows


@pytest.mark.parametrize("coverage", [0, 3])
@pytest.mark.parametrize("length", [200, 2])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@torch.no_grad()
def test_steps_match_the_equations_of_the_paper(coverage: int, length: int, activation: str) -> None:
    layer = decoder(coverage, length, activation)
    x, h, rows = batch()
    shares: list[Tensor] = []
    states, contexts = layer(
        layer.project_values(h), h, layer.project_inputs(x[rows[:, 0], rows[:, 1]]), BATCH_SIZES, shares
    )
    for row, size in enumerate(SIZES):
        expected = reference(layer, x[row, :size], h[row, :size])
        mine = rows[:, 0] == row
        torch.testing.assert_close(states[mine], torch.stack(expected[0]))
        torch.testing.assert_close(contexts[mine], torch.stack(expected[1]))
        for step in range(size):
            assert shares[step][row].tolist() == pytest.approx(expected[2][step])


@pytest.mark.parametrize("coverage", [0, 3])
@pytest.mark.parametrize("length", [200, 2])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_gradients_match_finite_differences_and_single_steps_the_whole(
    coverage: int, length: int, activation: str
) -> None:
    layer = decoder(coverage, length, activation)
    x, h, rows = batch()
    inputs = x[rows[:, 0], rows[:, 1]].requires_grad_()
    h.requires_grad_()

    def whole(inputs: Tensor, h: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        return layer(layer.project_values(h), h, layer.project_inputs(inputs), BATCH_SIZES)

    parameters = tuple(parameter for parameter in layer.parameters() if parameter.numel())
    assert torch.autograd.gradcheck(whole, (inputs, h, *parameters))
    states, contexts = whole(inputs, h)
    keys, inputs = layer.project_values(h), layer.project_inputs(inputs)
    state = torch.zeros(len(SIZES), STATE, dtype=torch.float64)
    cover = state.new_zeros(len(SIZES), 0, layer.width)
    begin = 0
    for step, count in enumerate(BATCH_SIZES):
        rows_now, events = slice(begin, begin + count), slice(max(0, step + 1 - length), step + 1)
        state, context, _, cover = layer.step(
            keys[:count, events], h[:count, events], inputs[rows_now], state[:count], cover[:count]
        )
        torch.testing.assert_close(state, states[rows_now])
        torch.testing.assert_close(context, contexts[rows_now])
        begin += count


def test_without_gradients_nothing_is_saved() -> None:
    layer = decoder(3)
    x, h, rows = batch()
    with torch.no_grad():
        states, _ = layer(layer.project_values(h), h, layer.project_inputs(x[rows[:, 0], rows[:, 1]]), BATCH_SIZES)
    assert states.grad_fn is None
    with pytest.raises(UsageError, match="use 'tanh' or 'sigmoid'"):
        decoder(0, activation="relu")


def test_memory_is_linear_in_the_cascade_for_a_fixed_length_of_dependence() -> None:
    layer = decoder(coverage=2, length=4)

    def saved_numbers(steps: int) -> int:
        h = torch.randn(3, steps, VALUES, dtype=torch.float64)
        inputs = torch.randn(3 * steps, STATE, dtype=torch.float64)
        states, _ = layer(layer.project_values(h), h, inputs, [3] * steps)
        return sum(alignment.numel() + coverage.numel() for alignment, coverage in states.grad_fn.saved_steps)

    first = 3 * (1 + layer.width) * (1 + 2 + 3)  # the first three steps have fewer events
    assert saved_numbers(80) - saved_numbers(40) == saved_numbers(40) - saved_numbers(0) + first
