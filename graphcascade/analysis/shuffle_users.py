from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import segment_ids
from graphcascade.value_types import check_numbers

__all__ = ["shuffle_users"]

ROUNDS = 30  # of trades between all cascades; after some ten, nothing is left of the original cascades


@check_numbers
def shuffle_users(dataset: CascadeDataset, seed: int = 0) -> CascadeDataset:
    """Shuffles the users among the cascades, so that nobody infects anybody.

    The times of all events stay, and so do the sizes of the cascades and the number of cascades of each user. All else
    is random, namely who occurs together and in which order. Networks that are inferred from such data show what
    appears by chance.

    In each round, the cascades are paired at random, and the two of a pair deal the users who are in only one of them
    again: global curveball trades, see `"Parallel and I/O-Efficient Randomisation of Massive Networks using Global
    Curveball Trades" <https://doi.org/10.4230/LIPIcs.ESA.2018.11>`_ (Carstens et al., 2018).

    Args:
        dataset: Cascades.
        seed: Seed of the shuffle.

    Returns:
        The shuffled cascades, without parents and without a true network.
    """
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    table, user = dataset.table, dataset.table.user
    cascade = segment_ids(table.ptr)
    for _ in range(ROUNDS):
        pair = torch.randperm(table.num_cascades, generator=generator)[cascade] // 2
        user = _trade(user, pair, table.num_users, generator)
    user = user[_shuffle(cascade, generator)]
    name = f"{table.name}, shuffled"
    return CascadeDataset(replace(table, user=user, parent=None, true_graph=None, fingerprint=None, name=name))


def _trade(user: Tensor, pair: Tensor, num_users: int, generator: torch.Generator) -> Tensor:
    """Deals the users who are in only one cascade of a pair again among the places of such users, ``[E]``."""
    key, order = torch.sort(pair * num_users + user)
    repeated = key.diff() == 0
    shared = torch.zeros_like(key, dtype=torch.bool)
    shared[1:] |= repeated
    shared[:-1] |= repeated
    place = order[~shared].sort().values
    result = user.clone()
    dealt = _shuffle(pair[place], generator)
    result[place] = user[place[dealt]]
    return result


def _shuffle(group: Tensor, generator: torch.Generator) -> Tensor:
    """Returns a permutation that maps each row to a row of its group, at random, ``[E]``."""
    order = torch.argsort(group, stable=True)
    random = torch.randperm(group.numel(), generator=generator)
    drawn = random[torch.argsort(group[random], stable=True)]
    result = torch.empty_like(order)
    result[order] = drawn
    return result
