from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.nn import Candidates, History, UserSampler, UserSoftmax

USERS, FEATURES, ROWS = 7, 3, 9
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "user_softmax.py"


def make_history(rows: int = ROWS, users: int = USERS, seed: int = 0) -> History:
    """Row r has r % 4 infected users and one unknown user."""
    generator = torch.Generator().manual_seed(seed)
    user, start, stop = [], [], []
    for row in range(rows):
        start.append(len(user))
        user += [*torch.randperm(users, generator=generator)[: row % 4].tolist(), users + row]
        stop.append(len(user))
    return History(torch.tensor(user), torch.tensor(start), torch.tensor(stop))


def infected(history: History, row: int) -> set[int]:
    return {user for user in history.user[history.start[row] : history.stop[row]].tolist() if user < USERS}


def targets(history: History, terminate: bool, rows: int = ROWS) -> Tensor:
    """Returns users that are not infected and, with ``terminate``, Terminate in each fifth row."""
    free = [sorted(set(range(USERS)) - infected(history, row)) for row in range(rows)]
    return torch.tensor([USERS if terminate and row % 5 == 4 else free[row][row % 3] for row in range(rows)])


def make_softmax(**arguments: object) -> UserSoftmax:
    torch.manual_seed(1)
    softmax = UserSoftmax(FEATURES, USERS, **arguments).double()  # type: ignore[arg-type]
    if softmax.bias is not None:
        torch.nn.init.normal_(softmax.bias)
    return softmax


def reference_loss(softmax: UserSoftmax, x: Tensor, target: Tensor, history: History) -> Tensor:
    """Loss by plain loops over rows and users."""
    total = torch.zeros((), dtype=torch.float64)
    for row in range(x.size(0)):
        masked_users = infected(history, row) if softmax.mask_infected else set()
        score = {}
        for user in range(softmax.weight.size(0)):
            if user not in masked_users:
                score[user] = (softmax.weight[user] * x[row]).sum()
                if softmax.bias is not None:
                    score[user] = score[user] + softmax.bias[user]
        partition = torch.stack(list(score.values())).exp().sum()
        total = total - (score[int(target[row])].exp() / partition).log()
    return total


@pytest.mark.parametrize("chunk", [1, 20, 10**6])  # one row, two rows, all rows at a time
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("terminate", [True, False])
@pytest.mark.parametrize("mask_infected", [True, False])
def test_loss_and_gradients_match_the_formula(chunk: int, bias: bool, terminate: bool, mask_infected: bool) -> None:
    softmax = make_softmax(bias=bias, terminate=terminate, mask_infected=mask_infected, chunk=chunk)
    history = make_history()
    target = targets(history, terminate)
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64, requires_grad=True)
    inputs = [x, *softmax.parameters()]
    loss = softmax.loss(x, target, history)
    expected = reference_loss(softmax, x, target, history)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-12)
    # With a factor, so that the incoming gradient is not 1.
    result = torch.autograd.grad(loss * 0.3, inputs)
    for ours, theirs in zip(result, torch.autograd.grad(expected * 0.3, inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12)


def test_gradients_match_finite_differences() -> None:
    softmax = make_softmax(terminate=True, chunk=16)
    history = make_history()
    target = targets(history, True)
    inputs = [torch.randn(ROWS, FEATURES, dtype=torch.float64, requires_grad=True), *softmax.parameters()]
    direction = [torch.randn_like(value) for value in inputs]
    gradient = torch.autograd.grad(softmax.loss(inputs[0], target, history), inputs)
    slope = sum(float((grad * step).sum()) for grad, step in zip(gradient, direction, strict=True))

    def loss_at(distance: float) -> float:
        with torch.no_grad():
            for value, step in zip(inputs, direction, strict=True):
                value += distance * step
            result = float(softmax.loss(inputs[0], target, history))
            for value, step in zip(inputs, direction, strict=True):
                value -= distance * step
        return result

    assert (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5 == pytest.approx(slope, rel=1e-7)


def reference_sampled_loss(
    softmax: UserSoftmax, x: Tensor, target: Tensor, history: History, candidates: Candidates
) -> Tensor:
    """Loss with candidates, by plain loops."""
    total = torch.zeros((), dtype=torch.float64)
    for row in range(x.size(0)):
        score = softmax.weight @ x[row] + (0 if softmax.bias is None else softmax.bias)
        own = int(target[row])
        partition = score[own].exp()
        masked_users = infected(history, row) if softmax.mask_infected else set()
        for user, log_weight in zip(candidates.user.tolist(), candidates.log_weight.tolist(), strict=True):
            if user != own and user not in masked_users:
                partition = partition + math.exp(log_weight) * score[user].exp()
        if softmax.terminate and own != USERS:
            partition = partition + score[USERS].exp()
        total = total - (score[own].exp() / partition).log()
    return total


@pytest.mark.parametrize("chunk", [1, 20, 10**6])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("terminate", [True, False])
@pytest.mark.parametrize("mask_infected", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_sampled_loss_and_gradients_match_the_formula(
    chunk: int, bias: bool, terminate: bool, mask_infected: bool, sparse: bool
) -> None:
    softmax = make_softmax(bias=bias, terminate=terminate, mask_infected=mask_infected, chunk=chunk)
    softmax.sparse_gradients = sparse
    history = make_history()
    target = targets(history, terminate)
    # Some are infected, and some are next users themselves.
    candidates = Candidates(torch.tensor([0, 2, 3, 6]), torch.tensor([0.3, -1.0, 1.2, 0.0]))
    hits = {int(user) for user in target} & {0, 2, 3, 6}
    assert hits
    assert any(infected(history, row) & {0, 2, 3, 6} for row in range(ROWS))
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64, requires_grad=True)
    inputs = [x, *softmax.parameters()]
    loss = softmax.loss(x, target, history, candidates)
    expected = reference_sampled_loss(softmax, x, target, history, candidates)
    torch.testing.assert_close(loss, expected, rtol=1e-7, atol=1e-7)  # weights are given in float32
    result = torch.autograd.grad(loss * 0.3, inputs)
    assert [part.is_sparse for part in result] == [False] + [sparse] * (len(inputs) - 1)
    for ours, theirs in zip(result, torch.autograd.grad(expected * 0.3, inputs), strict=True):
        torch.testing.assert_close(ours.to_dense(), theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("terminate", [True, False])
def test_all_users_as_candidates_give_the_exact_loss_and_gradients(terminate: bool) -> None:
    softmax = make_softmax(terminate=terminate)
    history = make_history()
    target = targets(history, terminate)
    candidates = UserSampler(torch.zeros(USERS), USERS).draw()  # users without events are drawn alike
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64, requires_grad=True)
    inputs = [x, *softmax.parameters()]
    exact, sampled = softmax.loss(x, target, history), softmax.loss(x, target, history, candidates)
    torch.testing.assert_close(sampled, exact, rtol=1e-12, atol=1e-12)
    for ours, theirs in zip(torch.autograd.grad(sampled, inputs), torch.autograd.grad(exact, inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


class FixedVectors:
    """An embedding that scores users; user 1 has no weights of its own, and user 5 is in no training cascade."""

    dim = 2
    seen = torch.arange(USERS) != 5

    def __init__(self) -> None:
        self.vector = torch.randn(USERS, 2, dtype=torch.float64, requires_grad=True)

    def scoring_vectors(self) -> tuple[Tensor, Tensor]:
        return self.vector, torch.arange(USERS) != 1


@pytest.mark.parametrize("terminate", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_all_users_as_candidates_give_the_exact_loss_if_an_embedding_scores_users(
    terminate: bool, sparse: bool
) -> None:
    softmax, embedding = make_softmax(terminate=terminate), FixedVectors()
    softmax.score_with(embedding)  # type: ignore[arg-type]
    softmax.double().sparse_gradients = sparse
    history = make_history()
    target = targets(history, terminate)
    target = target.where(target != 5, 6)
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64, requires_grad=True)
    inputs = [x, *softmax.parameters(), embedding.vector]
    softmax.mask_infected = False
    candidates = UserSampler(torch.zeros(USERS), USERS).draw()
    exact, sampled = softmax.loss(x, target, history), softmax.loss(x, target, history, candidates)
    torch.testing.assert_close(sampled, exact, rtol=1e-12, atol=1e-12)
    for ours, theirs in zip(torch.autograd.grad(sampled, inputs), torch.autograd.grad(exact, inputs), strict=True):
        torch.testing.assert_close(ours.to_dense(), theirs, rtol=1e-10, atol=1e-12)


def test_sampled_losses_approach_the_exact_one_with_more_samples() -> None:
    """The estimated sums over users are unbiased, so the bias of their logarithm falls as one over the samples."""
    softmax = make_softmax(terminate=True)
    history = make_history()
    target = targets(history, True)
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    exact = softmax.loss(x, target, history).item()
    count, generator = torch.arange(USERS) ** 2, torch.Generator().manual_seed(0)
    bias, deviation = {}, {}
    for num_samples in (2, 8, 32, 128):
        sampler = UserSampler(count, num_samples)
        losses = torch.tensor([softmax.loss(x, target, history, sampler.draw(generator)).item() for _ in range(400)])
        bias[num_samples] = float(losses.mean()) - exact
        deviation[num_samples] = float(losses.std()) / math.sqrt(400)
    assert bias[2] < -5 * deviation[2]  # of few samples, Jensen's inequality
    assert abs(bias[128]) < abs(bias[2]) / 20
    assert bias[128] == pytest.approx(0, abs=4 * deviation[128] + 1e-3)


def test_large_scores_stay_finite() -> None:
    softmax = make_softmax(bias=False)
    x = torch.full((1, FEATURES), 1e4, dtype=torch.float64, requires_grad=True)
    history = History(torch.tensor([], dtype=torch.long), torch.tensor([0]), torch.tensor([0]))
    worst = int((softmax.weight @ x[0]).argmin())
    loss = softmax.loss(x, torch.tensor([worst]), history)
    loss.backward()
    assert 1e3 < loss.item() < math.inf
    assert bool(x.grad.isfinite().all())  # type: ignore[union-attr]


def test_loss_is_the_same_without_gradients() -> None:
    softmax = make_softmax()
    history = make_history()
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    expected = softmax.loss(x, targets(history, False), history)
    with torch.no_grad():
        loss = softmax.loss(x, targets(history, False), history)
    assert loss.grad_fn is None
    assert loss.item() == expected.item()


def test_loss_can_be_differentiated_once_only() -> None:
    softmax = make_softmax()
    history = make_history()
    loss = softmax.loss(torch.randn(ROWS, FEATURES, dtype=torch.float64), targets(history, False), history)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="once only"):
        loss.backward()


def test_scores_are_not_computed_in_mixed_precision() -> None:
    softmax = make_softmax(terminate=True).float()
    history = make_history()
    target = targets(history, True)
    x = torch.randn(ROWS, FEATURES)
    plain = softmax.loss(x, target, history), *softmax.rank(x, target, history, True)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = softmax.loss(x, target, history), *softmax.rank(x, target, history, True)
        half = x.bfloat16().requires_grad_()
        softmax.loss(half, target, history).backward()
    for ours, theirs in zip(mixed, plain, strict=True):
        assert ours.equal(theirs)
    assert half.grad is not None
    assert half.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("chunk", [1, 20, 10**6])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("terminate", [True, False])
def test_ranks_by_counting_match_sorting(chunk: int, masked: bool, terminate: bool) -> None:
    softmax = make_softmax(terminate=True, chunk=chunk)
    with torch.no_grad():  # whole numbers, so that scores tie
        softmax.weight.copy_(torch.randint(-1, 2, softmax.weight.shape).double())
        softmax.bias.zero_()  # type: ignore[union-attr]
    x = torch.randint(-1, 2, (ROWS, FEATURES)).double()
    history = make_history()
    target = targets(history, terminate)
    higher, same = softmax.rank(x, target, history if masked else None, terminate)
    ties = 0
    for row in range(ROWS):
        masked_users = infected(history, row) if masked else set()
        everybody = (softmax.weight.detach() @ x[row]).tolist()[: USERS + terminate]
        score = {user: value for user, value in enumerate(everybody) if user not in masked_users}
        place = sorted(score.values(), reverse=True)
        own = score[int(target[row])]
        assert int(higher[row]) == place.index(own)
        assert int(same[row]) == place.count(own) - 1
        ties += int(same[row])
    assert ties > 0


def test_scores_that_are_not_finite_raise_an_error() -> None:
    softmax = make_softmax()
    history = make_history()
    x = torch.zeros(ROWS, FEATURES, dtype=torch.float64)
    x[4] = math.nan
    with pytest.raises(UsageError, match="not finite"):
        softmax.rank(x, targets(history, False), history)
    with pytest.raises(UsageError, match="not finite"):
        softmax.sample(x, history)


def reference_log_prob(softmax: UserSoftmax, x: Tensor, masked_users: set[int], temperature: float = 1.0) -> Tensor:
    score = (softmax.weight @ x + (0 if softmax.bias is None else softmax.bias)).detach() / temperature
    score[list(masked_users)] = -math.inf
    return score - score.exp().sum().log()


@pytest.mark.parametrize("mask_infected", [True, False])
def test_log_probabilities_sum_to_one_without_the_infected(mask_infected: bool) -> None:
    softmax = make_softmax(terminate=True, mask_infected=mask_infected)
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    history = make_history()
    result = softmax.log_prob(x, history)
    for row in range(ROWS):
        masked_users = infected(history, row) if mask_infected else set()
        torch.testing.assert_close(result[row], reference_log_prob(softmax, x[row], masked_users))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("terminate", [True, False])
@pytest.mark.parametrize("mask_infected", [True, False])
def test_frequencies_of_samples_match_their_probabilities(
    temperature: float, terminate: bool, mask_infected: bool
) -> None:
    softmax = make_softmax(terminate=True, mask_infected=mask_infected, chunk=8 * 1000)
    draws = 20_000
    x = torch.randn(FEATURES, dtype=torch.float64)
    masked_users = {1, 4}
    history = History(torch.tensor([1, 4]), torch.zeros(draws, dtype=torch.long), torch.full((draws,), 2))
    drawn = softmax.sample(x.expand(draws, -1), history, temperature, terminate, torch.Generator().manual_seed(3))
    probability = reference_log_prob(softmax, x, masked_users, temperature).exp()
    if not terminate:
        probability[USERS] = 0
        probability /= probability.sum()
    frequency = torch.bincount(drawn, minlength=USERS + 1) / draws
    assert frequency[[1, 4]].tolist() == [0, 0]
    assert (frequency[USERS] > 0) == terminate
    # Five standard deviations of a frequency.
    assert bool(((frequency - probability).abs() <= 5 * (probability * (1 - probability) / draws).sqrt()).all())


def test_draws_invert_the_cumulative_probabilities_over_several_blocks_of_users() -> None:
    torch.manual_seed(0)
    users, rows, draws = 100, 4, 500
    softmax = UserSoftmax(FEATURES, users, terminate=True).double()
    x = torch.randn(rows, FEATURES, dtype=torch.float64)
    infected = torch.stack([torch.arange(first, first + 40) for first in (0, 10, 30, 61)])  # the last one is unknown
    ptr, uniform = torch.arange(rows + 1) * draws, torch.rand(rows * draws, dtype=torch.float64)
    drawn = softmax.draw(x, infected, ptr, uniform)
    for row in range(rows):
        masked_users = {user for user in infected[row].tolist() if user < users}
        cumulative = reference_log_prob(softmax, x[row], masked_users).exp().cumsum(0)
        own = slice(row * draws, (row + 1) * draws)
        assert drawn[own].equal(torch.searchsorted(cumulative, uniform[own], right=True))


def test_temperature_zero_selects_the_highest_score_and_a_seed_fixes_the_sample() -> None:
    softmax = make_softmax()
    x = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    history = make_history()
    best = [int(reference_log_prob(softmax, x[row], infected(history, row)).argmax()) for row in range(ROWS)]
    assert softmax.sample(x, history, temperature=0).tolist() == best
    assert softmax.sample(x, history, temperature=1e-6).tolist() == best
    first, second = (softmax.sample(x, history, generator=torch.Generator().manual_seed(5)) for _ in range(2))
    assert first.equal(second)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("terminate", [True, False])
def test_terminate_is_drawn_if_all_users_are_infected(temperature: float, terminate: bool) -> None:
    softmax = make_softmax(terminate=terminate)
    x = torch.randn(2, FEATURES, dtype=torch.float64)
    history = History(torch.arange(USERS), torch.tensor([0, 0]), torch.tensor([USERS, USERS - 1]))
    drawn = softmax.sample(x, history, temperature, terminate=False, generator=torch.Generator().manual_seed(0))
    assert drawn.tolist() == [USERS, USERS - 1]
    if terminate:
        assert int(softmax.sample(x, history, temperature)[0]) == USERS


def test_zero_rows_give_zero_results() -> None:
    softmax = make_softmax()
    none = torch.tensor([], dtype=torch.long)
    history = History(torch.arange(3), none, none)
    x = torch.empty(0, FEATURES, dtype=torch.float64)
    assert softmax.loss(x, none, history).item() == 0
    assert [part.numel() for part in softmax.rank(x, none, history)] == [0, 0]
    assert softmax.sample(x, history).numel() == 0


def test_zero_rows_give_zero_gradients() -> None:
    softmax = make_softmax()
    none = torch.tensor([], dtype=torch.long)
    torch.use_deterministic_algorithms(True)  # new tensors are filled with NaN
    try:
        softmax.loss(
            torch.empty(0, FEATURES, dtype=torch.float64), none, History(torch.arange(3), none, none)
        ).backward()
    finally:
        torch.use_deterministic_algorithms(False)
    assert softmax.weight.grad is not None
    assert not bool(softmax.weight.grad.any())


def test_bad_arguments_raise_an_error() -> None:
    with pytest.raises(UsageError, match="num_users=0: a model needs at least one user"):
        UserSoftmax(3, 0)
    softmax = make_softmax()
    for temperature in (-1.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="temperature="):
            softmax.sample(torch.zeros(ROWS, FEATURES).double(), make_history(), temperature)


def test_initial_weights_are_bounded_by_the_capped_fan_out() -> None:
    torch.manual_seed(0)
    few, many = UserSoftmax(10, 20), UserSoftmax(10, 50_000)
    assert float(few.weight.detach().abs().max()) == pytest.approx(math.sqrt(6 / 30), rel=0.05)
    assert float(many.weight.detach().abs().max()) == pytest.approx(math.sqrt(6 / 1010), rel=0.01)
    assert str(few) == "UserSoftmax(10, num_users=20, terminate=False)"


@pytest.mark.slow
def test_a_million_users_fit_into_memory() -> None:
    """Measures the peak memory of a training step, of ranks and of samples in a separate process."""
    command = [sys.executable, str(BENCHMARK), "--users", "1000000", "--events", "2000", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    rows = json.loads(result.stdout)
    step = rows["train"]
    assert step["peak"] <= 1.5 * step["needed"]
    for name in ("rank", "sample"):  # the weights, and a few chunks of scores
        assert rows[name]["peak"] <= 1.5 * rows[name]["needed"] + 2**29


@pytest.mark.parametrize(("users", "chunk", "rows"), [(1000, 2**25, 262), (10**4, 2**25, 64), (10**4, 10**5, 10)])
def test_chunks_fit_into_the_cache_unless_they_have_too_few_rows(users: int, chunk: int, rows: int) -> None:
    softmax = UserSoftmax(2, users, chunk=chunk)
    assert [part.stop - part.start for part in softmax._chunks(2 * rows)] == [rows, rows]
