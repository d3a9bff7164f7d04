from __future__ import annotations

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, segment_ids
from graphcascade.errors import UsageError
from graphcascade.evaluation.rollouts import Rollouts, add_counts
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.simulate.delays import DELAYS, DelayFamily
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.uniforms import stream_keys, uniforms

__all__ = ["simulate_diffusion"]

CELLS = 2**20  # simulations times users that spread together: what they hold stays near the cache


@torch.no_grad()
def simulate_diffusion(
    model: DiffusionModel,
    source: Tensor,
    steps: Tensor,
    simulations: int = 1000,
    first: int = 5,
    seed: int = 0,
    cells: int = CELLS,
    progress: bool = False,
) -> Rollouts:
    """Lets cascades spread from their sources on the network that a model inferred, many times.

    Each simulation goes on until it has infected ``steps`` users, or nobody transmits any more; there is no horizon.
    All simulations advance together, by one infection a step. :func:`~graphcascade.simulate.simulate_cascades` finds
    the same cascades by rounds over whole networks; in order of time is much faster where only their first users are
    wanted. The delays are a function of the seed, the cascade's number and the simulation's own number, whatever
    ``cells``.

    Args:
        model: A trained model.
        source: Source of each cascade, ``[C]`` int64, numbered as the model numbers users; unknown ones infect nobody.
        steps: Users to infect at most, ``[C]`` int64.
        simulations: Simulations of each cascade.
        first: Infections after the source that count as early.
        seed: Seed of the delays.
        cells: Simulations times users that spread together at most: bounds the memory, at about 20 bytes a cell.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: A number below 1; a negative seed; a model that was never trained.
    """
    for name, value in (("simulations", simulations), ("first", first), ("cells", cells)):
        if value < 1:
            raise UsageError(f"{name}={value}: must be at least 1.")
    check_seed(seed)
    family = DELAYS[model.delays]
    edges = OutEdges.from_graph(model.graph, family)
    rows = max(1, cells // edges.num_users)
    known = (source < edges.num_users).nonzero().view(-1)
    order = known[torch.argsort(steps[known], stable=True)]  # cascades of one length stop together
    counted = torch.empty(3, 0, dtype=torch.long)
    bar = Console(stderr=True)
    total = range(0, order.numel() * simulations, rows)
    for begin in track(total, "simulating", console=bar, disable=not (progress and bar.is_terminal)):
        number = torch.arange(begin, min(begin + rows, order.numel() * simulations))
        case = order[number // simulations]
        key = stream_keys(seed, case * simulations + number % simulations)
        found = _run(edges, family, case, source[case], steps[case], key)
        counted = add_counts(counted, found, edges.num_users, first)
    pair, share, early = counted
    return Rollouts(
        pair // edges.num_users,
        pair % edges.num_users,
        share.double() / simulations,
        early.double() / simulations,
        source.numel(),
        simulations,
        first,
        int(share.sum()),
    )


def _run(
    edges: OutEdges, family: DelayFamily, case: Tensor, user: Tensor, left: Tensor, key: Tensor
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Simulations ``[R]`` of the cascades ``case``, from ``user``: cascade, user and step of all infections."""
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    never = float("inf")
    # The earliest of the transmissions on their way to each user.
    arrival = torch.full((user.numel(), edges.num_users), never, dtype=torch.float64)
    infected = torch.zeros(arrival.shape, dtype=torch.bool)
    now = arrival.new_zeros(user.numel())
    step = 0
    while True:
        going = ((now < never) & (left > step)).nonzero().view(-1)
        if going.numel() < user.numel():
            columns = (case, user, left, key, now, arrival, infected)
            case, user, left, key, now, arrival, infected = (column[going] for column in columns)
        if user.numel() == 0:
            return found
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
        found.append((case[reached], user[reached], torch.full_like(reached, step)))
