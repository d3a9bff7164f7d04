from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.analysis.infer_network import count_ordered
from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.errors import UsageError
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.diffusion.transmissions import truncate_at_horizon

__all__ = ["link_evidence"]

ROUNDS = 20  # rounds of scaling, after which sizes and counts are right to about a percent
TINY = 1e-300
CHUNK = 2**16  # links that are processed together


def link_evidence(
    graph: Data, dataset: CascadeDataset, model: DiffusionModel | None = None, false_discoveries: float = 0.05
) -> Data:
    r"""Measures the evidence for each link of an inferred network.

    A large weight alone says little: if two users occur together once, at nearly the same time, the most likely rate is
    high. Order links by their gain instead, as :func:`select_links` does.

    The gain of a link is the log-likelihood with the link minus that without it, see
    :meth:`~graphcascade.models.DiffusionModel.link_statistics`. Without a model, it is that of a Poisson count of
    transmissions: with :math:`n` transmissions, and :math:`\mu` if all users infected each other independently (the
    product of the numbers of infections by the first user and of the second user, over the number of all infections),
    it is :math:`n \log (n / \mu) - n + \mu`, with a minus sign if :math:`n < \mu`.

    The support of a link from :math:`u` to :math:`v` is compared with the support expected by chance. Under
    chance, only the sizes of the cascades and the frequencies of the users are given: a cascade of size :math:`s` has
    the user :math:`u` with the probability :math:`p_u(s) = 1 - e^{-a_u b_s}`, where :math:`a` and :math:`b` are such
    that sizes and users' counts are right on average, and all orders of its users are equally likely. Then :math:`v`
    comes after :math:`u` in about

    .. math::
        \frac{1}{2} \sum_c p_u(s_c) p_v(s_c) \frac{s_c (s_c - 1)}{\sum_{w \ne x} p_w(s_c) p_x(s_c)}

    cascades. A link is better than chance if so high a support is so rare (by a Poisson variable of this mean, or by
    Chernoff's bound for as many events as there are cascades, if that is rarer) that, of all such links, a share of
    at most ``false_discoveries`` is expected to be there by chance (Benjamini and Hochberg, 1995, over all pairs of
    users who occur). Users who share interests also pass this test: it shows that two
    users occur together in this order, not that one infects the other.

    Args:
        graph: An inferred network: ``edge_index``, ``edge_weight``, ``num_nodes``, and optionally ``horizon``, after
            which events are ignored.
        dataset: The cascades that it was inferred from.
        model: The model that inferred it, if its weights are rates or probabilities. Without it, weights are numbers of
            transmissions.
        false_discoveries: Expected share of links that are wrongly called better than chance, in (0, 1).

    Returns:
        The graph with more attributes, each ``[M]``: ``support``, the number of cascades in which the second user comes
        after the first, int64; ``transmissions``, the expected number of transmissions, float64; ``gain`` in
        log-likelihood, in nats, float64; ``by_chance``, the support expected by chance, float64;
        ``chance_probability``, an upper bound of the probability of so high a support by chance, float64;
        ``beyond_chance``, bool; and ``num_pairs``, the number of pairs of users that could be links. With a model whose
        weights are free parameters, such as Netrate, also ``weight_lower`` and ``weight_upper``, the 95 % interval of
        the weight from the Fisher information, float64.

    Raises:
        UsageError: The graph has another number of users, or ``false_discoveries`` is not in (0, 1).
    """
    if graph.num_nodes != dataset.num_users:
        reason = f"has {graph.num_nodes} users, and {dataset.name} has {dataset.num_users}"
        raise UsageError(argument="graph", reason=reason)
    if not 0 < false_discoveries < 1:
        raise UsageError(argument="false_discoveries", value=false_discoveries, reason="must be above 0 and below 1")
    horizon = graph.get("horizon")
    table = dataset.table if horizon is None else truncate_at_horizon(dataset, horizon)[0]
    result = copy.copy(graph)
    edge_index = graph["edge_index"]
    order = torch.argsort(edge_index[0] * dataset.num_users + edge_index[1])
    result.support = torch.empty_like(order)
    result.support[order] = count_ordered(edge_index[:, order], table).long()
    if model is None:
        result.transmissions = graph["edge_weight"]
        result.gain = _count_gain(edge_index, result.transmissions.double(), dataset.num_users)
    else:
        found = model.link_statistics(dataset)
        result.transmissions, result.gain = found.transmissions, found.gain
        if found.lower is not None and found.upper is not None:
            result.weight_lower, result.weight_upper = found.lower, found.upper
    result.by_chance = _by_chance(edge_index, table)
    users = int((torch.bincount(table.user, minlength=table.num_users) > 0).sum())
    result.chance_probability = _tail(result.support.double(), result.by_chance, table.num_cascades)
    result.num_pairs = users * (users - 1)
    result.beyond_chance = _discoveries(result.chance_probability, result.num_pairs, false_discoveries)
    return result


def _count_gain(edge_index: Tensor, count: Tensor, num_users: int) -> Tensor:
    """Log-likelihood ratio of counts and independent users, ``[M]``, with the sign of their difference."""
    sent, received = (torch.bincount(end, count, minlength=num_users) for end in edge_index)
    mean = sent[edge_index[0]] * received[edge_index[1]] / count.sum().clamp(min=TINY)
    ratio = torch.special.xlogy(count, count / mean.clamp(min=TINY)) - count + mean
    return torch.where(count >= mean, ratio, -ratio)


def _by_chance(edge_index: Tensor, table: CascadeTable) -> Tensor:
    """Expected number of cascades in which the second user comes after the first by chance, ``[M]``."""
    frequency = torch.bincount(table.user, minlength=table.num_users).double()
    # Sizes up to 32 are used as they are; larger sizes are grouped within about 10 percent and replaced by their mean.
    large = (10 * table.size.clamp(min=32).double().log()).round().long()
    _, group = torch.unique(large * 33 + table.size.clamp(max=32), return_inverse=True)
    cascades = torch.bincount(group).double()
    size = torch.bincount(group, table.size.double()) / cascades
    user, at_size = frequency / frequency.sum(), size.clone()
    for _ in range(ROUNDS):
        present = -torch.expm1(-user[:, None] * at_size)
        at_size *= size / present.sum(0)
        present = -torch.expm1(-user[:, None] * at_size)
        user *= frequency / (present @ cascades).clamp(min=TINY)
    pairs = present.sum(0).square() - present.square().sum(0)
    pairs = cascades * torch.where(pairs > 0, size * (size - 1) / pairs.clamp(min=TINY), 0.0) / 2
    parts = [(present[part[0]] * present[part[1]]) @ pairs for part in edge_index.split(CHUNK, dim=1)]
    return torch.cat([*parts, pairs[:0]])


def _tail(support: Tensor, mean: Tensor, cascades: int) -> Tensor:
    """Upper bounds of the probability that a link has at least its support by chance, ``[M]``."""
    share, chance = support / cascades, (mean / cascades).clamp(TINY, 1.0)
    divergence = torch.special.xlogy(share, share / chance)
    divergence += torch.special.xlogy(1 - share, (1 - share) / (1 - chance))
    chernoff = torch.where(share > chance, torch.exp(-cascades * divergence), 1.0)
    poisson = torch.where(support > 0, torch.special.gammainc(support, mean), 1.0)
    return torch.minimum(poisson, chernoff)


def _discoveries(probability: Tensor, tests: int, level: float) -> Tensor:
    """Selects the discoveries among many tests by the rule of Benjamini and Hochberg.

    Args:
        probability: P-values of some of the tests; those of the others count as 1.
        tests: Number of all tests.
        level: Expected share of false discoveries.
    """
    ordered = probability.sort().values
    bound = level * torch.arange(1, ordered.numel() + 1, dtype=torch.float64) / max(1, tests)
    passed = (ordered <= bound).nonzero()
    return probability <= (ordered[passed[-1]] if passed.numel() else -1.0)
