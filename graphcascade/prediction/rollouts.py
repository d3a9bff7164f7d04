from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.models.next_user import NextUserModel
from graphcascade.processes import divide_work
from graphcascade.progress import track
from graphcascade.simulate.uniforms import stream_keys, uniforms
from graphcascade.value_types import check_numbers

__all__ = ["Rollouts", "add_counts", "simulate_rollouts"]

ROWS = 2**15  # simulations that advance together, few enough that their tensors fit in the processor's cache


@dataclass(frozen=True, eq=False)
class Rollouts:
    """How often the simulations of each cascade infect each user.

    Args:
        cascade: Number of the cascade, ``[P]`` int64, in order.
        user: A user whom some simulation of the cascade infects, ``[P]`` int64, in order; without the source.
        share: Share of the cascade's simulations that infect this user, ``[P]`` float64.
        early: Share that infects this user within the first ``early_steps`` steps, ``[P]`` float64.
        num_cascades: Number of cascades.
        simulations: Number of simulations of each cascade.
        early_steps: Number of steps that count as early.
        draws: Number of users drawn in all simulations.
    """

    cascade: Tensor
    user: Tensor
    share: Tensor
    early: Tensor
    num_cascades: int
    simulations: int
    early_steps: int
    draws: int

    @classmethod
    def from_counts(
        cls, counts: Tensor, num_users: int, num_cascades: int, simulations: int, early_steps: int
    ) -> Rollouts:
        """Makes rollouts from counts of infections, as :func:`add_counts` returns them.

        Args:
            counts: For each pair of a cascade and a user its number ``cascade * num_users + user``, how many
                simulations infect the user, and how many do so early, ``[3, P]`` int64, in any order.
            num_users: Number of users.
            num_cascades: Number of cascades.
            simulations: Number of simulations of each cascade.
            early_steps: Number of steps that count as early.
        """
        pair, infected, early = counts[:, counts[0].argsort()]
        return cls(
            cascade=pair // num_users,
            user=pair % num_users,
            share=infected.double() / simulations,
            early=early.double() / simulations,
            num_cascades=num_cascades,
            simulations=simulations,
            early_steps=early_steps,
            draws=int(infected.sum()),
        )


@torch.no_grad()
@check_numbers
def simulate_rollouts(
    model: NextUserModel,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    simulations: int = 1000,
    temperature: float = 1.0,
    terminate: bool = True,
    early_steps: int = 5,
    seed: int = 0,
    rows: int = ROWS,
    progress: bool = False,
) -> Rollouts:
    """Simulates cascades from their sources, many times each (NDM paper, Section 5.3).

    Each simulation draws the next user from the model's distribution, no user twice, until it has infected ``steps``
    users, draws Terminate, or no user is left. All simulations advance together, and those that have drawn the same
    users share their encoding. The draws depend on the seed and the numbers of the cascade and the simulation, but not
    on ``rows`` and the number of processes, which share the cascades; only the intervals of a model with a time head
    depend on both. A model without a time head must ignore times, because simulations from one source share their first
    steps.

    Args:
        model: A trained model.
        source: Source of each cascade, ``[C]`` int64, as the model numbers users; sources unknown to the model are
            allowed.
        time: Time of each source, ``[C]`` float64.
        steps: Largest number of users to infect, ``[C]`` int64.
        simulations: Number of simulations of each cascade.
        temperature: Divides the scores; 0 always takes the highest score, so a single simulation is run.
        terminate: Whether the model may end a cascade, where it predicts the end.
        early_steps: Number of steps that count as early.
        seed: Seed of the draws.
        rows: Largest number of simulations that advance together; limits the memory.
        progress: Show a progress bar, on terminals and in notebooks.

    Raises:
        UsageError: A number is below 1, the temperature or the seed is negative, or scores are not finite.
    """
    for name, value in (("simulations", simulations), ("early_steps", early_steps), ("rows", rows)):
        if value < 1:
            raise UsageError(argument=name, value=value, reason="must be at least 1")
    if not 0 <= temperature < math.inf:
        raise UsageError(argument="temperature", value=temperature, reason="must be a finite number, 0 or more")
    check_seed(seed)
    training = model.training
    model.eval()
    runs = simulations if temperature > 0 else 1  # at temperature 0 all simulations are equal
    order = torch.argsort(source, stable=True)  # simulations from one source share their first steps

    def simulate(share: slice) -> tuple[Tensor]:
        own, at_once = order[share], max(1, rows // runs)
        generator = torch.Generator().manual_seed(seed)
        counts = torch.empty(3, 0, dtype=torch.long)  # pair of cascade and user, simulations, early ones
        for low in track(range(0, own.numel(), at_once), "simulating", progress):
            cascades = own[low : low + at_once]
            for begin in range(0, runs, rows):
                number = torch.arange(begin, min(begin + rows, runs))
                key = stream_keys(seed, (cascades[:, None] * runs + number).view(-1))
                case = torch.repeat_interleave(cascades, number.numel())
                infections = _run(model, case, source, time, steps, key, temperature, terminate, generator)
                counts = add_counts(counts, infections, model.num_users, early_steps)
        return (counts.t(),)

    with model.precomputed():
        (counts,) = divide_work(order.numel(), simulate)
    model.train(training)
    return Rollouts.from_counts(counts.t(), model.num_users, source.numel(), runs, early_steps)


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
    """Simulates the cascades ``case`` ``[R]`` together; returns cascade, user and step of all infections."""
    infections: list[tuple[Tensor, Tensor, Tensor]] = []
    # Rows that have drawn the same users form a branch; rows are sorted by branch.
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
        active = (left > step).nonzero().view(-1)
        if active.numel() < left.numel():
            case, key, left, branch = case[active], key[active], left[active], branch[active]
        if case.numel() == 0:
            return infections
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
        infections.append((case, user, torch.full_like(case, step)))
        # The last user of a simulation that has ended needs no encoding.
        active = (left > step).nonzero().view(-1)
        case, key, left, branch, user = case[active], key[active], left[active], branch[active], user[active]
        if case.numel() == 0:
            return infections
        if share and int(count.max()) > 1:
            place, before, branch, user = _split_branches(branch, user, model.num_users)
            case, key, left = case[place], key[place], left[place]
        else:  # every branch has one row by now
            before, branch = branch, torch.arange(branch.numel())
        clock = clock[before]
        if model.time_head is not None:
            assert encoding.time is not None
            clock = clock + model.time_head.sample(encoding.time[before], generator)
        cache = tuple(part.index_select(0, before) for part in cache)
        infected = torch.cat([infected.index_select(0, before), user[:, None]], 1)
        encoding, cache = model.advance(cache, user, clock)


def _split_branches(branch: Tensor, user: Tensor, num_users: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Splits each branch by the users that its rows have drawn.

    Returns:
        The order of the rows, ``[R]``; the earlier branch of each new branch, ``[B]``; the new branch of each row in
        that order, ``[R]``; and the user of each new branch, ``[B]``.
    """
    pair, place = (branch * num_users + user).sort()
    pair, branch = torch.unique_consecutive(pair, return_inverse=True)
    return place, pair // num_users, branch, pair % num_users


def add_counts(
    counts: Tensor, infections: list[tuple[Tensor, Tensor, Tensor]], num_users: int, early_steps: int
) -> Tensor:
    """Adds the infections of a chunk of simulations to the counts ``[3, P]`` (pair, simulations, early ones)."""
    if not infections:
        return counts
    case, user, step = (torch.cat(parts) for parts in zip(*infections, strict=True))
    pair, place, count = torch.unique(case * num_users + user, return_inverse=True, return_counts=True)
    early = torch.bincount(place[step <= early_steps], minlength=pair.numel())
    pair, place = torch.unique(torch.cat([counts[0], pair]), return_inverse=True)
    parts = [torch.cat([earlier, new]) for earlier, new in ((counts[1], count), (counts[2], early))]
    return torch.stack([pair, *(pair.new_zeros(pair.numel()).index_add_(0, place, part) for part in parts)])
