from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import num_pairs, pairs_by_user, segment_ids, segment_positions, segment_ptr
from graphcascade.data.sorted_keys import find_keys
from graphcascade.errors import DataError
from graphcascade.simulate.delays import DelayFamily

__all__ = ["Transmissions"]

logger = logging.getLogger(__name__)

MAX_PAIRS = 10_000_000  # largest number of pairs of events in memory
MANY_PAIRS = 2_000_000  # from here on the expected memory is logged
BYTES_PER_PAIR = 120  # at the peak of a fit
BACKGROUND_SHARE = 0.01  # of the infections of a user
MIN_EXPOSURE = 1e-200  # of users who are only infected at the time of the source
PAIRS_PER_CHUNK = 2**21  # pairs of events that are processed at a time


@dataclass(frozen=True, eq=False)
class Transmissions:
    r"""Possible transmissions between users in some cascades, and how long each user was exposed to each other.

    A user ``u`` may have infected ``v`` if the hazard of the delay between them is positive, so not if both were
    infected at the same time. The log-likelihood of edge weights :math:`\alpha` is

    .. math::
        \sum_k \log \sum_{p \in k} \alpha_{e(p)} h_p - \sum_e \alpha_e X_e

    over infections :math:`k`, their possible transmissions :math:`p`, and edges :math:`e`; :math:`h` is the hazard, and
    :math:`X_e` the exposure: the cumulative hazard of ``v`` from ``u``, up to the infection of ``v``, or up to
    the horizon if ``v`` was not infected. Infections without a possible transmission are further roots, and are not
    part of the likelihood.

    Memory: 24 bytes for each pair of events of one cascade, about 120 at the peak of a fit, and no tensor of
    users by users. There is a limit of 10 million pairs: one cascade of 4,400 events, or 220 of 300 events.

    Args:
        edge_index: Pairs of users with a possible transmission, ``[2, M]``, sorted.
        edge: The edge of each possible transmission, ``[P]``; they are sorted by ``v``, then infection.
        infection: The infection that it may have caused, ``[P]`` in ``[0, num_infections)``.
        hazard: Its hazard at weight 1, ``[P]`` float64, positive.
        exposure: Cumulative hazard of each edge at weight 1, ``[M]`` float64.
        background: Hazard at which the user of each infection is infected from elsewhere in all cascades,
            ``[num_infections]`` float64. It is not part of this likelihood; see
            :meth:`~graphcascade.models.DiffusionModel.link_statistics`.
        num_infections: Number of infections with a possible transmission.
        num_roots: Number of infections without one, not counting sources.
    """

    edge_index: Tensor
    edge: Tensor
    infection: Tensor
    hazard: Tensor
    exposure: Tensor
    background: Tensor
    num_infections: int
    num_roots: int

    @classmethod
    def from_table(
        cls,
        table: CascadeTable,
        end: Tensor,
        family: DelayFamily,
        unit: float = 1.0,
        edge_index: Tensor | None = None,
        background: DelayFamily | None = None,
        targets: Tensor | None = None,
    ) -> Transmissions:
        """Finds the possible transmissions in some cascades.

        Args:
            table: The cascades; see :func:`truncate_at_horizon`.
            end: End of each observation after its source, ``[N]`` float64.
            family: Distribution of the delays; its log-survival must be linear in the weight.
            unit: Unit by which delays are divided.
            edge_index: Edges to use, sorted by ``u``, then ``v``; all possible ones by default. Infections without a
                possible transmission along them are roots.
            background: Distribution of the delays of infections from elsewhere; ``family`` by default.
            targets: Users whose infections are used, bool ``[num_users]``; all by default.

        Raises:
            DataError: The cascades hold more than 10 million pairs of events.
        """
        pairs = num_pairs(table.ptr)
        if pairs > MAX_PAIRS:
            raise DataError(
                f"{table.name}: its cascades hold {pairs:,} pairs of events, and a network is inferred from at most "
                f"{MAX_PAIRS:,} (about 2 GB of memory); leave out the longest cascades (the longest has "
                f"{int(table.size.max()):,} events), or give Netrate or Infopath a shorter horizon, or Infopath a "
                "smaller batch_size."
            )
        if pairs > MANY_PAIRS:
            gigabytes = pairs * BYTES_PER_PAIR / 1e9
            logger.info("%s: %s pairs of events take about %.1f GB of memory.", table.name, f"{pairs:,}", gigabytes)
        num_users, user = table.num_users, table.user
        time = ages(table) / unit
        # Pairs are in the order of v, and edges have keys in this order, too: so what is done with the pairs of a user
        # takes place in a small part of the memory.
        used = torch.ones(num_users, dtype=torch.bool) if targets is None else targets
        num_later = int((used[user] & (segment_positions(table.ptr) > 0)).sum())
        if edge_index is not None:
            used = torch.zeros_like(used).index_fill_(0, edge_index[1], True) & used
        find_pairs = partial(pairs_by_user, user, table.ptr, used[user].nonzero().view(-1), PAIRS_PER_CHUNK)
        if edge_index is None:
            found = [user[:0]]
            for earlier, later in find_pairs(before=True):
                possible = _hazard(family, time[later] - time[earlier]) > 0
                found.append(torch.unique(user[later[possible]] * num_users + user[earlier[possible]]))
            keys = torch.cat(found)
            edge_index = torch.stack([keys % num_users, keys // num_users])
            order = torch.argsort(edge_index[0], stable=True)
            edge_index, number = edge_index[:, order], torch.empty_like(order)
            number[order] = torch.arange(order.numel())
        else:
            keys, number = torch.sort(edge_index[1] * num_users + edge_index[0])
        exposures = _Exposures(table, time, end / unit, family, keys.numel())
        edges, hazards, infected = [user[:0]], [time[:0]], [user[:0]]
        for earlier, later in find_pairs(before=True):
            edge, known = find_keys(keys, user[later] * num_users + user[earlier])
            edge, earlier, later = edge[known], earlier[known], later[known]
            delay = time[later] - time[earlier]
            exposures.add(edge, earlier, delay)
            hazard = _hazard(family, delay)
            possible = (hazard > 0).nonzero().view(-1)
            edges.append(number[edge[possible]])
            hazards.append(hazard[possible])
            infected.append(later[possible])
        for earlier, later in find_pairs():  # v was infected before u, and was not exposed
            edge, known = find_keys(keys, user[earlier] * num_users + user[later])
            exposures.add(edge[known], later[known])
        infections, infection = torch.unique_consecutive(torch.cat(infected), return_inverse=True)
        exposure = time.new_empty(keys.numel())
        exposure[number] = exposures.by_edge(keys % num_users)
        return cls(
            edge_index=edge_index,
            edge=torch.cat(edges),
            infection=infection,
            hazard=torch.cat(hazards),
            exposure=exposure,
            background=_background(table, time, end / unit, background or family)[infections],
            num_infections=infections.numel(),
            num_roots=num_later - infections.numel(),
        )

    def attribute(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Attributes infections to their possible transmissions.

        Args:
            weight: Weights of the edges, ``[M]``.

        Returns:
            The hazard of each infection at its time, ``[num_infections]``, and the probability that each possible
            transmission caused its infection, ``[P]``.
        """
        hazard = weight[self.edge] * self.hazard
        intensity = torch.bincount(self.infection, hazard, minlength=self.num_infections)
        return intensity, hazard / intensity[self.infection]

    def log_likelihood(self, weight: Tensor, intensity: Tensor) -> float:
        """Returns the log-likelihood of the cascades, given the sources and the hazards of :meth:`attribute`."""
        return float(intensity.log().sum() - weight @ self.exposure)

    def sum_by_edge(self, value: Tensor) -> Tensor:
        """Sums values of the possible transmissions ``[P]`` by edge, ``[M]``."""
        return torch.bincount(self.edge, value, minlength=self.exposure.numel())

    def select_edges(self, kept: Tensor) -> Transmissions:
        """Keeps only some edges, ``[M]`` bool; infections without a possible transmission become roots."""
        chosen = kept[self.edge].nonzero().view(-1)
        infections, infection = torch.unique(self.infection[chosen], return_inverse=True)
        return Transmissions(
            edge_index=self.edge_index[:, kept],
            edge=(kept.cumsum(0) - 1)[self.edge[chosen]],
            infection=infection,
            hazard=self.hazard[chosen],
            exposure=self.exposure[kept],
            background=self.background[infections],
            num_infections=infections.numel(),
            num_roots=self.num_roots + self.num_infections - infections.numel(),
        )


def truncate_at_horizon(dataset: CascadeDataset, horizon: float | None) -> tuple[CascadeTable, Tensor]:
    """Returns the cascades up to the horizon, and the end of the observation of each one after its source, ``[N]``.

    This end is the horizon, by default that of the simulation, or else the longest time from a source to the last
    infection. Cascades that were cut to a maximum length are observed up to their last infection.

    Raises:
        DataError: No user is infected after another, in any cascade.
    """
    table = dataset.table
    age = ages(table)
    longest = float(age.max()) if age.numel() else 0.0
    if longest == 0:
        raise DataError(
            f"{table.name}: in no cascade is a user infected later than another, so nobody can have infected anybody."
        )
    if horizon is None:
        horizon = longest if table.horizon is None or math.isinf(table.horizon) else max(longest, table.horizon)
    elif longest > horizon:
        kept = age <= horizon
        size = torch.bincount(segment_ids(table.ptr)[kept], minlength=table.num_cascades)
        table = replace(table, user=table.user[kept], time=table.time[kept], ptr=segment_ptr(size), parent=None)
        age = age[kept]
    end = age.new_full((table.num_cascades,), horizon)
    return table, end if table.cut is None else torch.where(table.cut, age[table.ptr[1:] - 1], end)


def ages(table: CascadeTable) -> Tensor:
    """Returns the time of each event after its source, ``[E]``."""
    return table.time - table.time[table.ptr[:-1]][segment_ids(table.ptr)]


def _hazard(family: DelayFamily, delay: Tensor) -> Tensor:
    """Returns the hazard of delays at weight 1; users infected at the same time do not infect each other."""
    return torch.where(delay > 0, family.log_hazard(delay, delay.new_ones(())).exp(), 0.0)


class _Exposures:
    """Sums the cumulative hazard of each edge over all cascades of its first user ``u``.

    If ``v`` is not infected, the exposure lasts until the end of the observation. This is summed over all cascades of
    ``u``, and the cascades with both users are subtracted.
    """

    def __init__(self, table: CascadeTable, time: Tensor, end: Tensor, family: DelayFamily, num_edges: int) -> None:
        self.family = family
        self.user, self.num_users, self.unit_weight = table.user, table.num_users, time.new_ones(())
        # After each event, of users who are not infected.
        self.whole = -family.log_survival(end[segment_ids(table.ptr)] - time, self.unit_weight)
        self.num_together, self.shared, self.until_infection = time.new_zeros(3, num_edges).unbind()

    def add(self, edge: Tensor, event: Tensor, delay: Tensor | None = None) -> None:
        """Adds cascades with both users: the event of ``u``, and the delay until that of ``v`` if it is later."""
        self.num_together.index_add_(0, edge, self.unit_weight.expand(edge.numel()))
        self.shared.index_add_(0, edge, self.whole[event])
        if delay is not None:
            self.until_infection.index_add_(0, edge, -self.family.log_survival(delay, self.unit_weight))

    def by_edge(self, u: Tensor) -> Tensor:
        """Returns the exposures, given the first user of each edge."""
        without_target = torch.bincount(self.user, self.whole, minlength=self.num_users)[u] - self.shared
        # A difference of large sums has rounding errors; it is exactly 0 if v is in all cascades of u.
        is_without = torch.bincount(self.user, minlength=self.num_users)[u] > self.num_together
        return self.until_infection + torch.where(is_without, without_target.clamp(min=0), 0.0)


def _background(table: CascadeTable, time: Tensor, end: Tensor, family: DelayFamily) -> Tensor:
    """Returns the background hazard of each event, at which users are infected from elsewhere, ``[E]``.

    Delays are those from the sources of the cascades. The rate that would explain all infections of a user is their
    number over the exposure to all sources; the background is a hundredth of it.
    """
    unit_weight, user = time.new_ones(()), table.user
    later = segment_positions(table.ptr) > 0
    whole = -family.log_survival(end, unit_weight)
    until_infection = torch.where(later, -family.log_survival(time, unit_weight), 0.0)
    elsewhere = whole.sum() - torch.bincount(user, whole[segment_ids(table.ptr)], minlength=table.num_users)
    in_all = torch.bincount(user, minlength=table.num_users) == table.num_cascades
    elsewhere = torch.where(in_all, 0.0, elsewhere.clamp(min=0))
    exposure = torch.bincount(user, until_infection, minlength=table.num_users) + elsewhere
    rate = torch.bincount(user, later.double(), minlength=table.num_users) / exposure.clamp(min=MIN_EXPOSURE)
    return BACKGROUND_SHARE * rate[user] * family.log_hazard(time, unit_weight).exp()
