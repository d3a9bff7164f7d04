from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.models.next_user import NextUserModel
from graphcascade.simulate.uniforms import stream_keys, uniforms

__all__ = ["Rollouts", "add_counts", "simulate_rollouts"]

ROWS = 2**15  # simulations that advance together: what they hold stays in the cache


@dataclass(frozen=True, eq=False)
class Rollouts:
    """How often simulations of cascades infect whom.

    Args:
        cascade: Number of the cascade, ``[P]`` int64, in order.
        user: A user whom some simulation of it infects, ``[P]`` int64, in order; the source is not counted.
        share: Share of the cascade's simulations that infect this user, ``[P]`` float64.
        early: Share that does so within the first ``first`` steps, ``[P]`` float64.
        num_cascades: Number of cascades.
        simulations: Simulations of each.
        first: Steps that count as early.
        draws: Users drawn in all.
    """

    cascade: Tensor
    user: Tensor
    share: Tensor
    early: Tensor
    num_cascades: int
    simulations: int
    first: int
    draws: int


@torch.no_grad()
def simulate_rollouts(
    model: NextUserModel,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    simulations: int = 1000,
    temperature: float = 1.0,
    terminate: bool = True,
    first: int = 5,
    seed: int = 0,
    rows: int = ROWS,
    progress: bool = False,
) -> Rollouts:
    """Lets cascades run on from their sources, many times (NDM paper, Section 5.3).

    Each simulation draws the next user from the model's distribution, nobody twice, until it has infected ``steps``
    users, draws Terminate, or nobody is left. All simulations advance together; those that have drawn the same users
    share their encoding. What a simulation draws is a function of the seed, the cascade's number and its own number, so
    it does not depend on ``rows``; only the intervals of a model with a time head do. A model without a time head must
    not look at times: simulations from one source share their first steps.

    Args:
        model: A trained model.
        source: Source of each cascade, ``[C]`` int64, numbered as the model numbers users; unknown ones are fine.
        time: Its time, ``[C]`` float64.
        steps: Users to infect at most, ``[C]`` int64.
        simulations: Simulations of each cascade.
        temperature: Divides the scores; 0 always takes the highest, and then one simulation says all.
        terminate: Whether the model may end a cascade, where it predicts the end.
        first: Steps that count as early.
        seed: Seed of the draws.
        rows: Simulations that advance together at most: bounds the memory.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: A number below 1, a negative temperature or seed; scores that are not finite.
    """
    for name, value in (("simulations", simulations), ("first", first), ("rows", rows)):
        if value < 1:
            raise UsageError(f"{name}={value}: must be at least 1.")
    if not 0 <= temperature < math.inf:
        raise UsageError(f"temperature={temperature}: must be a finite number, 0 or more.")
    check_seed(seed)
    training = model.training
    model.eval()
    drawn = simulations if temperature > 0 else 1  # the others would be the same
    order = torch.argsort(source, stable=True)  # simulations from one source share their first steps
    generator = torch.Generator().manual_seed(seed)
    counted = torch.empty(3, 0, dtype=torch.long)  # pair of cascade and user, simulations, early ones
    with model.precomputed():
        chunks = range(0, order.numel(), max(1, rows // drawn))
        bar = Console(stderr=True)
        for low in track(chunks, "simulating", console=bar, disable=not (progress and bar.is_terminal)):
            some = order[low : low + max(1, rows // drawn)]
            for begin in range(0, drawn, rows):
                number = torch.arange(begin, min(begin + rows, drawn))
                key = stream_keys(seed, (some[:, None] * drawn + number).view(-1))
                case = torch.repeat_interleave(some, number.numel())
                found = _run(model, case, source, time, steps, key, temperature, terminate, generator)
                counted = add_counts(counted, found, model.num_users, first)
    model.train(training)
    pair, share, early = counted
    return Rollouts(
        pair // model.num_users,
        pair % model.num_users,
        share.double() / drawn,
        early.double() / drawn,
        source.numel(),
        drawn,
        first,
        int(share.sum()),
    )


def _run(
    model: NextUserModel,
    case: Tensor,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    key: Tensor,
    temperature: float,
    terminate: bool,
    generator: torch.Generator,
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Simulations ``[R]`` of the cascades ``case`` in step: cascade, user and step of all infections."""
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    # Rows that have drawn the same users are one branch; rows are sorted by it.
    share = model.time_head is None
    root = source[case] if share else case
    _, branch = torch.unique_consecutive(root, return_inverse=True)
    begin = case[torch.cat([branch.new_zeros(1), branch.diff()]).bool().index_fill_(0, branch.new_zeros(1), True)]
    clock = time[begin]
    encoding, cache = model.start(source[begin], clock)
    infected = source[begin, None]
    left = steps[case]
    step = 0
    while True:
        going = (left > step).nonzero().view(-1)
        if going.numel() < left.numel():
            case, key, left, branch = case[going], key[going], left[going], branch[going]
        if case.numel() == 0:
            return found
        count = torch.bincount(branch, minlength=infected.size(0))
        ptr = torch.cat([count.new_zeros(1), count.cumsum(0)])
        user = model.readout.draw(
            encoding.user,
            infected,
            ptr,
            uniforms(key, torch.tensor(step)),
            temperature,
            terminate,
        )
        step += 1
        alive = (user < model.num_users).nonzero().view(-1)
        if alive.numel() < user.numel():
            case, key, left, branch, user = case[alive], key[alive], left[alive], branch[alive], user[alive]
        found.append((case, user, torch.full_like(case, step)))
        # Those who are done need no encoding of their last user.
        going = (left > step).nonzero().view(-1)
        case, key, left, branch, user = case[going], key[going], left[going], branch[going], user[going]
        if case.numel() == 0:
            return found
        if share and int(count.max()) > 1:
            pair = branch * model.num_users + user
            pair, place = pair.sort()
            case, key, left = case[place], key[place], left[place]
            pair, branch = torch.unique_consecutive(pair, return_inverse=True)
            before, user = pair // model.num_users, pair % model.num_users
        else:  # nobody shares a branch any more
            before, branch = branch, torch.arange(branch.numel())
        clock = clock[before]
        if model.time_head is not None:
            assert encoding.time is not None
            clock = clock + model.time_head.sample(encoding.time[before], generator)
        cache = tuple(part.index_select(0, before) for part in cache)
        infected = torch.cat([infected.index_select(0, before), user[:, None]], 1)
        encoding, cache = model.advance(cache, user, clock)


def add_counts(counted: Tensor, found: list[tuple[Tensor, Tensor, Tensor]], num_users: int, first: int) -> Tensor:
    """Counts so far ``[3, P]`` (pair, simulations, early ones), with those of a chunk: what was drawn is not kept."""
    if not found:
        return counted
    case, user, step = (torch.cat(parts) for parts in zip(*found, strict=True))
    pair, place, count = torch.unique(case * num_users + user, return_inverse=True, return_counts=True)
    early = torch.bincount(place[step <= first], minlength=pair.numel())
    pair, place = torch.unique(torch.cat([counted[0], pair]), return_inverse=True)
    sums = [torch.cat([before, now]) for before, now in ((counted[1], count), (counted[2], early))]
    return torch.stack([pair, *(pair.new_zeros(pair.numel()).index_add_(0, place, one) for one in sums)])
