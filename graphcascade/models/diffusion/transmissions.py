from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import num_pairs, ordered_pairs, segment_ids, segment_ptr
from graphcascade.data.table import CascadeTable
from graphcascade.errors import DataError
from graphcascade.simulate.delays import DelayFamily

__all__ = ["Transmissions"]

MAX_PAIRS = 50_000_000  # pairs of events that are kept
PORTION = 2**21  # pairs of events that are looked at together


@dataclass(frozen=True, eq=False)
class Transmissions:
    r"""Who may have infected whom in some cascades, and who failed to for how long.

    A user ``u`` may have infected ``v`` where the hazard of the delay between them is positive: not where both were
    infected at the same time. The log-likelihood of edge weights :math:`\alpha` is

    .. math::
        \sum_k \log \sum_{p \in k} \alpha_{e(p)} h_p - \sum_e \alpha_e X_e

    over infections :math:`k`, their possible transmissions :math:`p`, and edges :math:`e`; :math:`h` is the hazard, and
    :math:`X_e` the exposure: the cumulative hazard of all delays that ``u`` did not use to infect ``v``, up to ``v``'s
    infection, or up to the horizon where ``v`` was not infected. Infections without a possible transmission are
    further roots, and no part of it.

    Memory: 24 bytes for each pair of events of one cascade, about 180 at the peak of a fit, and no tensor of users by
    users. There is a limit of 50 million pairs: one cascade of 10,000 events, or a thousand of 300.

    Args:
        edge_index: Pairs of users with a possible transmission, ``[2, M]``, in order.
        edge: The edge of each possible transmission, ``[P]``.
        infection: The infection that it would explain, ``[P]`` in ``[0, num_infections)``.
        hazard: Its hazard at weight 1, ``[P]`` float64, positive.
        exposure: Cumulative hazard of each edge at weight 1, ``[M]`` float64.
        num_infections: Infections with a possible transmission.
        roots: Infections without one; the sources are not counted.
    """

    edge_index: Tensor
    edge: Tensor
    infection: Tensor
    hazard: Tensor
    exposure: Tensor
    num_infections: int
    roots: int

    @classmethod
    def from_table(
        cls,
        table: CascadeTable,
        end: Tensor,
        family: DelayFamily,
        unit: float = 1.0,
        edge_index: Tensor | None = None,
    ) -> Transmissions:
        """The possible transmissions of some cascades.

        Args:
            table: The cascades; see :func:`observed`.
            end: End of each observation after its source, ``[N]`` float64.
            family: Distribution of the delays; its log-survival must be linear in the weight.
            unit: Delays are divided by this.
            edge_index: Only these edges, in this order (by ``u``, then ``v``); all possible ones if left out.

        Raises:
            DataError: The cascades hold more than 50 million pairs of events.
        """
        pairs = num_pairs(table.ptr)
        if pairs > MAX_PAIRS:
            raise DataError(
                f"{table.name}: its cascades hold {pairs:,} pairs of events, and a network is inferred from at most "
                f"{MAX_PAIRS:,} (about 9 GB of memory); leave out the longest cascades (the longest has "
                f"{int(table.size.max()):,} events), or give Netrate or Infopath a shorter horizon, or Infopath a "
                "smaller batch_size."
            )
        num_users, user = table.num_users, table.user
        time = ages(table) / unit
        left = end[segment_ids(table.ptr)] / unit - time
        one = time.new_ones(())
        columns: list[tuple[Tensor, Tensor, Tensor]] = []
        for earlier, later in ordered_pairs(table.ptr, PORTION):
            delay = time[later] - time[earlier]
            hazard = family.log_hazard(delay, one).exp()
            possible = ((delay > 0) & (hazard > 0)).nonzero().view(-1)
            key = user[earlier[possible]] * num_users + user[later[possible]]
            columns.append((key, later[possible], hazard[possible]))
        columns.append((user[:0], user[:0], time[:0]))
        pair, later, hazard = (torch.cat(parts) for parts in zip(*columns, strict=True))
        if edge_index is None:
            keys, edge = torch.unique(pair, return_inverse=True)
            edge_index = torch.stack([keys // num_users, keys % num_users])
        else:
            keys = edge_index[0] * num_users + edge_index[1]
            edge = torch.searchsorted(keys, pair)
        infections, infection = torch.unique(later, return_inverse=True)
        return cls(
            edge_index=edge_index,
            edge=edge,
            infection=infection,
            hazard=hazard,
            exposure=_exposure(user, time, left, table.ptr, keys, num_users, family),
            num_infections=infections.numel(),
            roots=table.num_events - table.num_cascades - infections.numel(),
        )

    def explain(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Hazard of each infection when it happened, ``[num_infections]``, and the probability that each possible
        transmission is the one that caused its infection, ``[P]``."""
        hazard = weight[self.edge] * self.hazard
        intensity = torch.bincount(self.infection, hazard, minlength=self.num_infections)
        return intensity, hazard / intensity[self.infection]

    def log_likelihood(self, weight: Tensor, intensity: Tensor) -> float:
        """Log-likelihood of the cascades, given the sources."""
        return float(intensity.log().sum() - weight @ self.exposure)

    def per_edge(self, value: Tensor) -> Tensor:
        """Sums of values of the possible transmissions ``[P]`` over those of each edge, ``[M]``."""
        return torch.bincount(self.edge, value, minlength=self.exposure.numel())

    def only(self, kept: Tensor) -> Transmissions:
        """Those along some edges, ``[M]`` bool; infections that they leave unexplained become roots."""
        chosen = kept[self.edge].nonzero().view(-1)
        infections, infection = torch.unique(self.infection[chosen], return_inverse=True)
        return Transmissions(
            edge_index=self.edge_index[:, kept],
            edge=(kept.cumsum(0) - 1)[self.edge[chosen]],
            infection=infection,
            hazard=self.hazard[chosen],
            exposure=self.exposure[kept],
            num_infections=infections.numel(),
            roots=self.roots + self.num_infections - infections.numel(),
        )


def observed(dataset: CascadeDataset, horizon: float | None) -> tuple[CascadeTable, Tensor]:
    """The cascades without what comes after the horizon, and the end of each observation, ``[N]``, after its source.

    That is the horizon: by default that of a simulation, or else the longest time from a source to the last infection.
    Cascades that were cut to a length are observed up to their last infection.

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
    """Time of each event after its source, ``[E]``."""
    return table.time - table.time[table.ptr[:-1]][segment_ids(table.ptr)]


def _exposure(
    user: Tensor, time: Tensor, left: Tensor, ptr: Tensor, keys: Tensor, num_users: int, family: DelayFamily
) -> Tensor:
    """Cumulative hazard of each edge, whose ``keys`` are ``u * num_users + v``, in order.

    Where ``v`` is not infected, ``u`` is exposed for the time that is ``left``: in all cascades of ``u``, but for those
    that both are in, which are found among the pairs of events.
    """
    one = time.new_ones(())
    whole = -family.log_survival(left, one)  # of each event, for those who are not infected
    both, shared, used = (time.new_zeros(keys.numel()) for _ in range(3))
    for earlier, later in ordered_pairs(ptr, PORTION):
        for sender, receiver in ((earlier, later), (later, earlier)):
            edge, found = _find(keys, user[sender] * num_users + user[receiver])
            both.index_add_(0, edge, one.expand(edge.numel()))
            shared.index_add_(0, edge, whole[sender[found]])
            if sender is earlier:
                delay = time[later[found]] - time[earlier[found]]
                used.index_add_(0, edge, -family.log_survival(delay, one))
    u = keys // num_users
    alone = torch.bincount(user, whole, minlength=num_users)[u] - shared
    # A difference of large sums is rounded: nothing is left where both are in all cascades of u.
    alone = torch.where(torch.bincount(user, minlength=num_users)[u] > both, alone.clamp(min=0), 0.0)
    return used + alone


def _find(keys: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Places in ``keys``, which are in order, of those ``wanted`` that are there, and which ones these are."""
    if keys.numel() == 0:
        return keys, keys
    place = torch.searchsorted(keys, wanted).clamp_(max=keys.numel() - 1)
    found = (keys[place] == wanted).nonzero().view(-1)
    return place[found], found
