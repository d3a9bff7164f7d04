from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, NDM
from graphcascade.models.next_user import NextUserModel
from graphcascade.prediction import Rollouts, simulate_rollouts
from graphcascade.simulate.uniforms import stream_keys, uniforms
from tests.models.attention_model import AttentionModel
from tests.models.small_data import dataset_of, whole_batch

USERS = 4


def make(name: str, **arguments: Any) -> NextUserModel:
    torch.manual_seed(1)
    model: NextUserModel
    if name == "LSTM":
        model = LSTM(USERS, dim=3, hidden=4, std=2.0, terminate=True, **arguments)
    else:
        model = NDM(USERS, dim=4, heads=2, std=1.0, init=name == "NDM with its source", **arguments)
    return model.double().eval()


def next_share(model: NextUserModel, path: tuple[int, ...], temperature: float, terminate: bool) -> Tensor:
    """Probability of each user, and of the end, after a path: from the whole path, without any cache."""
    batch = whole_batch(dataset_of([list(path)], USERS))
    weight = model.readout.weight
    score = model.encode(batch).user[-1] @ weight.T
    if model.readout.bias is not None:
        score = score + model.readout.bias
    score[[user for user in path if user < USERS]] = -math.inf
    if not terminate:
        score[USERS] = -math.inf
    if bool((score == -math.inf).all()):
        return torch.zeros_like(score)
    return (score / temperature).softmax(0)


def enumerate_paths(
    model: NextUserModel, source: int, steps: int, temperature: float, terminate: bool, first: int
) -> tuple[Tensor, Tensor]:
    """Exact probabilities that each user is infected at all, and within the first steps."""
    share, early = torch.zeros(USERS, dtype=torch.float64), torch.zeros(USERS, dtype=torch.float64)
    paths = {(source,): 1.0}
    for step in range(1, steps + 1):
        longer = {}
        for path, chance in paths.items():
            for user, next_chance in enumerate(next_share(model, path, temperature, terminate)[:USERS].tolist()):
                if next_chance > 0:
                    longer[(*path, user)] = chance * next_chance
        for path, chance in longer.items():
            share[path[-1]] += chance
            early[path[-1]] += chance * (step <= first)
        paths = longer
    return share, early


def dense(found: Rollouts) -> tuple[Tensor, Tensor]:
    shape = (found.num_cascades, USERS)
    index = (found.cascade, found.user)
    return tuple(
        torch.zeros(shape, dtype=torch.float64).index_put(index, value) for value in (found.share, found.early)
    )


@pytest.mark.parametrize("name", ["LSTM", "NDM", "NDM with its source"])
@pytest.mark.parametrize(("temperature", "terminate"), [(1.0, True), (0.5, False)])
@torch.no_grad()
def test_shares_are_those_of_exact_enumeration(name: str, temperature: float, terminate: bool) -> None:
    model = make(name)
    source, steps = torch.tensor([2, 0, 2, USERS, 3]), torch.tensor([3, 2, 1, 3, 3])  # the fourth is unknown
    simulations = 20_000
    found = simulate_rollouts(
        model, source, torch.zeros(5).double(), steps, simulations, temperature, terminate, early_steps=2, seed=4
    )
    share, early = dense(found)
    for case in range(5):
        path = int(source[case])
        expected = enumerate_paths(model, path, int(steps[case]), temperature, terminate, 2)
        for measured, exact in zip((share[case], early[case]), expected, strict=True):
            # Five standard deviations of a frequency.
            allowed = 5 * (exact * (1 - exact) / simulations).clamp(min=0).sqrt() + 1e-9
            assert bool(((measured - exact).abs() <= allowed).all()), (case, measured, exact)


@pytest.mark.parametrize("name", ["LSTM", "NDM"])
def test_neither_chunks_nor_other_cascades_change_a_draw(name: str) -> None:
    model = make(name)
    source, steps = torch.tensor([2, 0, 2, 3]), torch.tensor([3, 2, 1, 3])
    whole = simulate_rollouts(model, source, torch.zeros(4).double(), steps, 50, seed=1)
    for rows in (7, 50, 120):
        parts = simulate_rollouts(model, source, torch.zeros(4).double(), steps, 50, seed=1, rows=rows)
        assert parts.share.equal(whole.share)
        assert parts.user.equal(whole.user)
    alone = simulate_rollouts(model, source[:1], torch.zeros(1).double(), steps[:1], 50, seed=1)
    assert dense(alone)[0][0].equal(dense(whole)[0][0])
    other = simulate_rollouts(model, source, torch.zeros(4).double(), steps, 50, seed=2)
    assert not dense(other)[0].equal(dense(whole)[0])


@pytest.mark.parametrize("terminate", [True, False])
@torch.no_grad()
def test_each_simulation_draws_what_a_plain_loop_draws(terminate: bool) -> None:
    torch.manual_seed(2)
    users, simulations, seed = 50, 6, 3  # so many users that the simulations soon have no common prefix
    model = NDM(users, dim=4, heads=2, std=1.0).double().eval()
    model.readout.weight[users] *= 4
    source, steps = torch.tensor([7, 3, 7, 0, 20]), torch.tensor([2, 6, 9, 0, 1])
    expected = torch.zeros(5, users, dtype=torch.float64)
    ended = 0
    for case, number in itertools.product(range(5), range(simulations)):
        key = stream_keys(seed, torch.tensor([case * simulations + number]))
        path = [int(source[case])]
        for step in range(int(steps[case])):
            score = model.encode(whole_batch(dataset_of([path], users))).user[-1] @ model.readout.weight.T
            score[path] = -math.inf
            if not terminate:
                score[users] = -math.inf
            uniform = uniforms(key, torch.tensor(step))
            user = int(torch.searchsorted(score.softmax(0).cumsum(0), uniform, right=True))
            if user == users:
                ended += 1
                break
            expected[case, user] += 1 / simulations
            path.append(user)
    assert (ended > 0) == terminate
    for rows in (4, 12, 1000):
        found = simulate_rollouts(
            model, source, torch.zeros(5).double(), steps, simulations, terminate=terminate, seed=seed, rows=rows
        )
        share = torch.zeros_like(expected).index_put((found.cascade, found.user), found.share)
        torch.testing.assert_close(share, expected)


@torch.no_grad()
def test_temperature_zero_takes_the_highest_score_at_each_step() -> None:
    model = make("NDM")
    path = [1]
    for _ in range(3):
        path.append(int(next_share(model, tuple(path), 1.0, False).argmax()))
    found = simulate_rollouts(
        model, torch.tensor([1]), torch.zeros(1).double(), torch.tensor([3]), 100, 0.0, terminate=False, early_steps=2
    )
    assert found.user.tolist() == sorted(path[1:])
    assert found.share.tolist() == [1.0] * 3
    assert dense(found)[1][0].nonzero().view(-1).tolist() == sorted(path[1:3])
    assert (found.simulations, found.draws) == (1, 3)


def test_simulations_have_at_most_the_requested_and_existing_users() -> None:
    model = make("LSTM")
    found = simulate_rollouts(
        model, torch.tensor([0, 1]), torch.zeros(2).double(), torch.tensor([2, 9]), 200, terminate=False
    )
    total = torch.bincount(found.cascade, found.share)
    assert total.tolist() == pytest.approx([2.0, USERS - 1])
    assert not bool((found.user == torch.tensor([0, 1])[found.cascade]).any())


def test_a_model_with_a_time_head_draws_times() -> None:
    torch.manual_seed(0)
    model = AttentionModel(USERS)
    seen: list[Tensor] = []
    advance = model.advance
    model.advance = lambda cache, user, time: (seen.append(time), advance(cache, user, time))[1]  # type: ignore
    arguments = (torch.tensor([0]), torch.tensor([5.0]).double(), torch.tensor([3]), 30)
    found = simulate_rollouts(model, *arguments, seed=3)
    assert float(found.share.sum()) == pytest.approx(3.0)
    assert [time.numel() for time in seen] == [1, 30, 30]  # the first step is shared, the last needs no encoding
    assert bool((seen[1] > 5).all())
    assert bool((seen[2] > seen[1]).all())
    assert simulate_rollouts(model, *arguments, seed=3).share.equal(found.share)


@pytest.mark.parametrize("weights", [1, 10, 1000])
def test_precomputed_tables_do_not_change_the_simulations(weights: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphcascade.models.next_user.ndm.CACHED_WEIGHTS", weights)  # 1: row by row
    torch.manual_seed(0)
    model = NDM(USERS, dim=4, heads=3, init=True, scale=True, std=2.0).double().eval()
    user, time = torch.tensor([[2, 0, 1], [4, 3, 0]]), torch.zeros(2).double()
    with torch.no_grad():
        plain = [model.start(user[:, 0], time)]
        plain += [model.advance(plain[0][1], user[:, 1], time)]
        plain += [model.advance(plain[1][1], user[:, 2], time)]
        with model.precomputed():
            quick = [model.start(user[:, 0], time)]
            quick += [model.advance(quick[0][1], user[:, 1], time)]
            quick += [model.advance(quick[1][1], user[:, 2], time)]
    for one, other in zip(plain, quick, strict=True):
        torch.testing.assert_close(one[0].user, other[0].user)
    assert model._tables is None


def test_tables_are_not_used_where_weights_would_underflow() -> None:
    model = make("NDM").float()
    with model.precomputed():
        assert model._tables is not None
    with torch.no_grad():
        model.query *= 1000
    with model.precomputed():
        assert model._tables is None
    found = simulate_rollouts(model, torch.tensor([1]), torch.zeros(1).double(), torch.tensor([3]), 20, terminate=False)
    assert float(found.share.sum()) == pytest.approx(3.0)


def test_bad_arguments_raise_an_error() -> None:
    model = make("LSTM")
    arguments = (model, torch.tensor([0]), torch.zeros(1).double(), torch.tensor([2]))
    for change, message in (
        ({"simulations": 0}, "simulations=0: must be at least 1"),
        ({"temperature": -1.0}, r"temperature=-1.0: must be a finite number"),
        ({"early_steps": 0}, "early_steps=0"),
        ({"seed": -1}, "seed=-1"),
    ):
        with pytest.raises(UsageError, match=message):
            simulate_rollouts(*arguments, **change)  # type: ignore[arg-type]


def test_data_without_cascades_have_no_draws() -> None:
    none = torch.empty(0, dtype=torch.long)
    assert simulate_rollouts(make("LSTM"), none, none.double(), none).draws == 0


def test_each_cascade_has_its_own_random_numbers() -> None:
    model = make("LSTM")
    source, steps = torch.tensor([2, 2]), torch.tensor([3, 3])
    share, _ = dense(simulate_rollouts(model, source, torch.zeros(2).double(), steps, 50))
    assert not share[0].equal(share[1])


def test_a_very_low_temperature_is_greedy() -> None:
    arguments = (make("NDM"), torch.tensor([1]), torch.zeros(1).double(), torch.tensor([3]))
    greedy = simulate_rollouts(*arguments, 1, 0.0)
    for temperature in (1e-6, 1e-45, 5e-324):
        assert simulate_rollouts(*arguments, 20, temperature).user.tolist() == greedy.user.tolist()
