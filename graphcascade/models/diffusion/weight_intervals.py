"""Intervals of the weights of links, from the Fisher information."""

from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, portions, segment_ids, segment_ptr
from graphcascade.models.diffusion.transmissions import Transmissions

__all__ = ["count_interval", "effective_transmissions"]

Z95 = 1.959964  # standard deviations to each side of a 95 % interval
RIDGE = 0.01  # information about a log weight that is added, so that no matrix is singular
MIN_COUNT = 1e-200
MAX_LINKS = 2048  # links to one user whose weights are estimated jointly; beyond, the others are taken as known
MATRIX_ENTRIES = 2**22  # entries of the matrices that are inverted together


def effective_transmissions(possible: Transmissions, share: Tensor) -> Tensor:
    r"""Returns the number of certain transmissions that would tell as much about each weight, ``[M]`` float64.

    With the information matrix :math:`I` of the log weights of all links to the same user, this is
    :math:`1 / (I^{-1})_{ee}`: the inverse of the squared relative standard error of the weight. Links to different
    users are independent. It is at most the expected number of transmissions, and smaller if other users explain the
    infections as well.

    Args:
        possible: Possible transmissions.
        share: For each of them the derivative of the log-likelihood of its infection with respect to the log weight of
            its edge, up to a factor of the infection, so that :math:`I = \sum_k s_k s_k^\top`, ``[P]`` float64.
    """
    alone = possible.sum_by_edge(share.square())
    result = alone.clone()
    num_edges = alone.numel()
    target = possible.edge_index[1]
    order = torch.argsort(target, stable=True)  # edges by target
    place = torch.empty_like(order)
    place[order] = torch.arange(num_edges)
    _, links = torch.unique_consecutive(target[order], return_counts=True)
    edge_ptr = segment_ptr(links)
    group = segment_ids(edge_ptr)[place]  # the target of each edge, among those with edges
    edge, infection = possible.edge, possible.infection  # by target, then infection
    pair_ptr = segment_ptr(torch.bincount(group[edge], minlength=links.numel()))
    first = torch.ones_like(infection, dtype=torch.bool)
    first[1:] = infection.diff() != 0
    infections = torch.bincount(group[edge[first]], minlength=links.numel())
    row = first.cumsum(0) - 1
    row_ptr = segment_ptr(infections)
    column = place[edge] - edge_ptr[group[edge]]
    # Users with similarly many links and infections are processed together, so that little of the matrices is padding.
    shape = links.double().log2().ceil() * 64 + infections.double().log2().ceil()
    for number in torch.unique(shape):
        users = ((shape == number) & (links <= MAX_LINKS)).nonzero().view(-1)
        size = links[users] * torch.maximum(links[users], infections[users])
        for part in portions(size, MATRIX_ENTRIES):
            chosen = users[part]
            pair, ptr = expand_ranges(pair_ptr[chosen], pair_ptr[chosen + 1])
            each, width = segment_ids(ptr), int(links[chosen].max())
            slopes = share.new_zeros(chosen.numel(), int(infections[chosen].max()), width)
            slopes[each, row[pair] - row_ptr[chosen][each], column[pair]] = share[pair]
            information = slopes.transpose(1, 2) @ slopes
            information.diagonal(dim1=1, dim2=2).add_(RIDGE)
            variance = torch.linalg.inv(information).diagonal(dim1=1, dim2=2)
            edges, edges_ptr = expand_ranges(edge_ptr[chosen], edge_ptr[chosen + 1])
            own = segment_ids(edges_ptr)
            result[order[edges]] = 1 / variance[own, edges - edge_ptr[chosen][own]] - RIDGE
    return result.clamp(min=MIN_COUNT)


def count_interval(count: Tensor) -> tuple[Tensor, Tensor]:
    """Returns 95 % intervals of the means of Poisson counts, which may be fractions, by Byar's approximation.

    From a count of 3 on, its ends are within 3 percent of those of the exact interval.
    """
    above = count + 1
    lower = count * (1 - 1 / (9 * count) - Z95 / (3 * count.sqrt())).clamp(min=0) ** 3
    upper = above * (1 - 1 / (9 * above) + Z95 / (3 * above.sqrt())) ** 3
    return lower, upper
