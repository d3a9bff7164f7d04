from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, segment_ids
from graphcascade.errors import UsageError
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.prediction.rollouts import Rollouts, add_counts
from graphcascade.processes import divide_work
from graphcascade.progress import track
from graphcascade.simulate.delays import DELAYS, DelayFamily
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.uniforms import stream_keys, uniforms
from graphcascade.value_types import check_numbers

__all__ = ["simulate_diffusion"]

CELLS = 2**20  # simulations times users that spread together, few enough to stay near the processor's cache


@torch.no_grad()
@check_numbers
def simulate_diffusion(
    model: DiffusionModel,
    source: Tensor,
    steps: Tensor,
    simulations: int = 1000,
    early_steps: int = 5,
    seed: int = 0,
    cells: int = CELLS,
    progress: bool = False,
) -> Rollouts:
    """Simulates cascades from their sources on the network that a model inferred, many times each.

    Each simulation ends when it has infected ``steps`` users or when no transmission is left; there is no horizon. All
    simulations advance together, by one infection per step. :func:`~graphcascade.simulate.simulate_cascades` finds the
    same cascades in rounds over the whole network; going in order of time is much faster if only the first users are
    needed. The delays depend on the seed, the number of the cascade and the number of the simulation, but not on
    ``cells`` and the number of processes, which share the cascades.

    Args:
        model: A trained model.
        source: Source of each cascade, ``[C]`` int64, as the model numbers users; sources unknown to it infect nobody.
        steps: Largest number of users to infect, ``[C]`` int64.
        simulations: Number of simulations of each cascade.
        early_steps: Number of infections after the source that count as early.
        seed: Seed of the delays.
        cells: Largest number of simulations times users that spread together; limits the memory (about 20 bytes each).
        progress: Show a progress bar, on terminals and in notebooks.

    Raises:
        UsageError: A number is below 1, the seed is negative, or the model was never trained.
    """
    for name, value in (("simulations", simulations), ("early_steps", early_steps), ("cells", cells)):
        if value < 1:
            raise UsageError(argument=name, value=value, reason="must be at least 1")
    check_seed(seed)
    family = DELAYS[model.delays]
    edges = OutEdges.from_graph(model.graph, family)
    rows = max(1, cells // edges.num_users)
    known = (source < edges.num_users).nonzero().view(-1)

    def simulate(share: slice) -> tuple[Tensor]:
        own = known[share]
        order = own[torch.argsort(steps[own], stable=True)]  # cascades of the same length end together
        counts = torch.empty(3, 0, dtype=torch.long)
        total = range(0, order.numel() * simulations, rows)
        for begin in track(total, "simulating", progress):
            number = torch.arange(begin, min(begin + rows, order.numel() * simulations))
            case = order[number // simulations]
            key = stream_keys(seed, case * simulations + number % simulations)
            infections = _run(edges, family, case, source[case], steps[case], key)
            counts = add_counts(counts, infections, edges.num_users, early_steps)
        return (counts.t(),)

    (counts,) = divide_work(known.numel(), simulate)
    return Rollouts.from_counts(counts.t(), edges.num_users, source.numel(), simulations, early_steps)


def _run(
    edges: OutEdges, family: DelayFamily, case: Tensor, user: Tensor, left: Tensor, key: Tensor
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Simulates the cascades ``case`` ``[R]`` from ``user``; returns cascade, user and step of all infections."""
    infections: list[tuple[Tensor, Tensor, Tensor]] = []
    never = float("inf")
    # Time of the earliest transmission to each user.
    arrival = torch.full((user.numel(), edges.num_users), never, dtype=torch.float64)
    infected = torch.zeros(arrival.shape, dtype=torch.bool)
    now = arrival.new_zeros(user.numel())
    step = 0
    while True:
        active = ((now < never) & (left > step)).nonzero().view(-1)
        if active.numel() < user.numel():
            columns = (case, user, left, key, now, arrival, infected)
            case, user, left, key, now, arrival, infected = (column[active] for column in columns)
        if user.numel() == 0:
            return infections
        row = torch.arange(user.numel())
        infected[row, user] = True
        arrival[row, user] = never
        edge, ptr = expand_ranges(edges.ptr[user], edges.ptr[user + 1])
        row = segment_ids(ptr)
        new = family.arrival(now[row], uniforms(key[row], edges.number[edge]), edges.weight[edge])
        cell = row * edges.num_users + edges.target[edge]
        new.masked_fill_(infected.view(-1)[cell], never)
        arrival.view(-1).scatter_reduce_(0, cell, new, "amin")
        now, user = arrival.min(1)
        step += 1
        reached = (now < never).nonzero().view(-1)
        infections.append((case[reached], user[reached], torch.full_like(reached, step)))
