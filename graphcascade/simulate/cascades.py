"""Simulation of cascades on a weighted graph."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.numbered_ids import numbered_ids
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, segment_ptr, select_segments
from graphcascade.errors import UsageError
from graphcascade.simulate.delays import DELAYS, Delays
from graphcascade.simulate.diffusion_kind import DiffusionKind, choose_diffusion
from graphcascade.simulate.independent_cascade import spread_independently
from graphcascade.simulate.linear_threshold import spread_by_thresholds, with_shares
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.spread import Events, spread
from graphcascade.simulate.uniforms import stream_keys, uniforms
from graphcascade.value_types import check_numbers

__all__ = ["simulate_cascades"]

logger = logging.getLogger(__name__)

WORKSPACE = 128 * 2**20  # bytes at most for a table of the cascades that are simulated together and all users
MAX_EVENTS = 1 << 22  # of the cascades that are simulated together
MAX_TRIES = 10_000


@check_numbers
def simulate_cascades(
    graph: Data,
    num_cascades: int,
    delays: Delays | None = None,
    horizon: float | None = None,
    sources: Tensor | None = None,
    max_size: int | None = None,
    min_size: int = 1,
    seed: int = 0,
    user_ids: Sequence[str] | npt.NDArray[np.object_] | None = None,
    name: str = "simulated",
    model: DiffusionKind | None = None,
    normalize: bool = False,
) -> CascadeDataset:
    r"""Simulates cascades that spread along the edges of a graph.

    The source, or each of several sources, is infected at time 0. In the models "continuous_time" and
    "independent_cascade", an infected user transmits along each outgoing edge after a random delay. A user is infected
    when the first transmission arrives, and its sender is the ``parent``.

    In the model "linear_threshold", time goes in steps. A user is infected when the weights of the infected
    in-neighbours reach a threshold, which is uniform on (0, 1); the ``parent`` is one of those infected in the step
    before, drawn in proportion to their weights (`"Threshold Models of Collective Behavior"
    <https://doi.org/10.1086/226707>`_, Granovetter, 1978; `"Maximizing the Spread of Influence through a Social
    Network" <https://doi.org/10.1145/956750.956769>`_, Kempe, Kleinberg and Tardos, 2003).

    The delay of an edge in a cascade is a function of (seed, number of the cascade, column of the edge in
    ``edge_index``), and the threshold of a user one of (seed, number of the cascade, number of the user), computed by a
    hash; see :mod:`graphcascade.simulate.uniforms`. So equal seeds give equal cascades, and simulations with another
    horizon or other weights use the same random numbers.

    ============  ===================================================  =========================
    delays        density of the delay :math:`d`                       edge_weight
    ============  ===================================================  =========================
    exponential   :math:`\alpha e^{-\alpha d}`                         rate :math:`\alpha`
    rayleigh      :math:`\alpha d e^{-\alpha d^2 / 2}`                 :math:`\alpha`, scale ** -2
    power_law     :math:`\alpha d^{-1 - \alpha}` for :math:`d > 1`     exponent :math:`\alpha`
    discrete      1 with probability :math:`p`, else never             probability :math:`p`
    ============  ===================================================  =========================

    With ``discrete`` delays (the independent cascade model) several transmissions may arrive at the same time: each is
    equally likely to be the parent. With power-law delays, :math:`d` is in units of the graph's ``min_delay``. Linear
    thresholds have no delays; weights are shares of influence, and those of the edges to a user sum to 1 at most.

    An inferred network has facts about its weights as attributes of the graph: ``delays``, ``time_unit``, ``horizon``
    and ``min_delay`` (see :func:`~graphcascade.io.write_graph`). They are the defaults here.

    Args:
        graph: ``edge_index`` ``[2, M]`` in the direction of information flow, ``edge_weight`` ``[M]``, ``num_nodes``.
        num_cascades: Number of cascades.
        delays: Distribution of the delays; by default the one of the graph, or else exponential.
        horizon: Time at which cascades end, in the unit of the delays; by default the one of the graph, or else
            infinite. With linear thresholds, the largest number of steps; by default unlimited.
        sources: First users of the cascades, ``[num_cascades]`` int64, or ``[num_cascades, S]`` for ``S`` different
            users with whom each cascade starts. If left out, one user each is drawn in proportion to the graph's
            ``source_count`` ``[num_nodes]``, which inferred networks have, or else uniformly from all users.
        max_size: Maximum number of users; longer cascades are cut, counted and logged.
        min_size: Minimum number of users; smaller cascades are dropped and drawn again (including the source, unless
            it is given), counted and logged.
        seed: Seed of sources and delays, in ``[0, 2 ** 63)``.
        user_ids: Ids of the users, ``[num_nodes]`` strings; "0", "1", ... if left out.
        name: Name of the dataset in reports.
        model: The diffusion model; by default the one of the delays.
        normalize: With linear thresholds, whether weights of edges to a user are divided by their sum where it is above
            1. If not, such weights are an error.

    Returns:
        The cascades, over all users of the graph, with parents, in the graph's ``time_unit``, and with the graph as
        their ``true_graph``, which has ``delays``, ``horizon`` and the unit as attributes. With linear thresholds,
        there are no delays and no unit, and the graph has the weights that were used.

    Raises:
        UsageError: The graph has no users, edges or weights, or its weights are not parameters of these delays; an
            argument is out of range; cascades of ``min_size`` users are too rare on the graph.
        DataError: An edge has an unknown user; a weight is not valid for the delays; weights of edges to a user sum to
            more than 1, with linear thresholds.
    """
    kind, delays = choose_diffusion(graph, model, delays, "exponential")
    if kind == "linear_threshold":
        graph = with_shares(graph, normalize, user_ids)
    elif normalize:
        raise UsageError(argument="normalize", value=normalize, reason=f"has no effect on the model {kind!r}")
    horizon = graph.get("horizon", math.inf) if horizon is None else horizon
    scale = graph.get("min_delay", 1.0) if delays == "power_law" else 1.0
    family = DELAYS[delays or "exponential"]
    edges = OutEdges.from_graph(graph, family)
    num_users = edges.num_users
    if user_ids is None:
        user_ids = [str(user) for user in range(num_users)]
    _check(num_cascades, horizon, max_size, min_size, seed, num_users, len(user_ids))
    if sources is not None:
        _check_sources(sources, num_cascades, num_users)
    if min_size > 1:
        _check_edges(edges, sources, min_size)

    share = None if sources is not None else _source_share(graph, num_users)
    typical_delay = _typical_delay(edges, delays, scale)
    run: Callable[..., Events]
    if delays == "discrete":
        most = 8 * WORKSPACE // num_users
        run = partial(spread_independently, edges)
    else:
        most = WORKSPACE // (8 * num_users)
        cells = max(1, min(num_cascades, most)) * num_users
        reached = torch.full((cells,), math.inf, dtype=torch.float64)
        model_of_spread = spread_by_thresholds if delays is None else partial(spread, family=family)
        run = partial(model_of_spread, edges, reached=reached)
    drawn = _draw(
        run, most, edges, num_cascades, sources, share, horizon, scale, max_size, min_size, seed, typical_delay
    )
    _log(drawn, name, num_cascades, horizon, max_size, min_size, typical_delay)
    events = drawn.events
    true_graph = copy.copy(graph)
    true_graph.horizon = float(horizon)
    if delays is not None:
        true_graph.delays = delays
    return CascadeDataset(
        CascadeTable(
            user=events.user,
            time=events.time * scale,
            ptr=events.ptr,
            item=torch.arange(num_cascades),
            user_ids=np.asarray(user_ids, dtype=object),
            item_ids=numbered_ids(num_cascades),
            parent=events.parent,
            time_unit=graph.get("time_unit"),
            times_absolute=False,
            delays=delays,
            horizon=float(horizon),
            cut=drawn.cut if bool(drawn.cut.any()) else None,
            dropped=drawn.total - num_cascades,
            true_graph=true_graph,
            name=name,
        )
    )


def _source_share(graph: Data, num_users: int) -> Tensor | None:
    """Returns the share of the cascades that a user or one with a lower number begins, ``[U]``, if it is known."""
    count = graph.get("source_count")
    if count is None or (count.shape == (num_users,) and not bool(count.any())):
        return None
    if count.shape != (num_users,) or bool((count < 0).any()):
        reason = f"has a source_count {list(count.shape)}; it must be [{num_users}] numbers of 0 or more"
        raise UsageError(argument="graph", reason=reason)
    total: Tensor = count.double().cumsum(0)
    return total / total[-1]


def _typical_delay(edges: OutEdges, delays: Delays | None, scale: float) -> str:
    """Returns a phrase with the typical delay for messages, or nothing if time goes in steps."""
    if delays in (None, "discrete") or edges.num_edges == 0:
        return ""
    median = DELAYS[delays].inverse_survival(edges.weight.new_tensor(0.5), edges.weight).median()
    return f", where half of the links take {scale * float(median):.3g} or more"


class _Drawn(NamedTuple):
    """The kept cascades, and counts of all simulated ones."""

    events: Events
    cut: Tensor  # whether the cascade had more than max_size users, [num_cascades] bool
    total: int  # with those that had fewer than min_size users
    with_links: int  # those whose source has links
    alone: int  # those whose source has links but infected nobody


def _draw(
    run: Callable[..., Events],
    most: int,
    edges: OutEdges,
    num_cascades: int,
    sources: Tensor | None,
    share: Tensor | None,
    horizon: float,
    scale: float,
    max_size: int | None,
    min_size: int,
    seed: int,
    typical_delay: str,
) -> _Drawn:
    """Simulates cascades until each has ``min_size`` users, in chunks of at most ``most``.

    A chunk has ``MAX_EVENTS`` events at most in the worst case, or if cascades are as large as those before.
    """
    num_users = edges.num_users
    # One more user than max_size shows which cascades are cut.
    limit = None if max_size is None or max_size >= num_users else max_size + 1
    chunk = max(1, min(most, MAX_EVENTS // num_users))
    simulated = num_events = 0
    has_links = edges.ptr.diff() > 0
    kept: list[Events] = []
    numbers: list[Tensor] = []
    cut: list[Tensor] = []
    waiting = torch.arange(num_cascades)
    tries = total = with_links = alone = 0
    while waiting.numel() > 0:
        again = []
        begin = 0
        while begin < waiting.numel():
            number = waiting[begin : begin + chunk]
            begin += number.numel()
            key = stream_keys(seed, number + tries * num_cascades)
            # Number -1 of a stream is not used by an edge.
            if sources is not None:
                root = sources[number]
            elif share is not None:
                root = torch.searchsorted(share, uniforms(key, number.new_tensor(-1)), right=True)
            else:
                root = (uniforms(key, number.new_tensor(-1)) * num_users).long()
            events = run(source=root, key=key, horizon=horizon / scale, max_size=limit)
            simulated += number.numel()
            num_events += events.user.numel()
            chunk = max(1, min(most, MAX_EVENTS * simulated // num_events))
            can_spread = has_links[root.view(root.size(0), -1)].any(1)
            with_links += int(can_spread.sum())
            alone += int((can_spread & (events.ptr.diff() == root.numel() // root.size(0))).sum())
            longer = events.ptr.diff() == (-1 if limit is None else limit)
            if limit is not None:
                events = events.take(
                    *expand_ranges(events.ptr[:-1], events.ptr[1:].minimum(events.ptr[:-1] + limit - 1))
                )
            large = events.ptr.diff() >= min_size
            kept.append(events.take(*select_segments(events.ptr, large.nonzero().view(-1))))
            numbers.append(number[large])
            cut.append(longer[large])
            again.append(number[~large])
        total += waiting.numel()
        tries += 1
        waiting = torch.cat(again)
        made = num_cascades - waiting.numel()
        if waiting.numel() > 0 and (tries == MAX_TRIES or total > 1000 * (made + 10)):
            raise UsageError(
                argument="min_size",
                value=min_size,
                reason=f"of {total:,} simulated cascades, only {made:,} reached this size; lower it, or raise the "
                f"horizon ({horizon:g}{typical_delay}) or the graph's edge_weight",
            )
    events = _join(kept)
    order = torch.argsort(torch.cat(numbers))
    return _Drawn(events.take(*select_segments(events.ptr, order)), torch.cat(cut)[order], total, with_links, alone)


def _join(parts: list[Events]) -> Events:
    """Concatenates the cascades of all parts."""
    user, time, parent = (torch.cat([part[field] for part in parts]) for field in range(3))
    return Events(user, time, parent, segment_ptr(torch.cat([part.ptr.diff() for part in parts])))


def _log(
    drawn: _Drawn,
    name: str,
    num_cascades: int,
    horizon: float,
    max_size: int | None,
    min_size: int,
    typical_delay: str,
) -> None:
    """Logs how many cascades were drawn again, ended with their source, or were cut."""
    if drawn.total > num_cascades:
        logger.info(
            "%s: discarded %s cascades of fewer than %d users and drew others; kept %s.",
            name,
            f"{drawn.total - num_cascades:,}",
            min_size,
            f"{num_cascades:,}",
        )
    if drawn.alone > drawn.with_links / 2 and math.isfinite(horizon):
        logger.warning(
            "%s: of %s cascades whose source has links, %s ended with the source alone at the horizon of %g%s; if this "
            "is not intended, raise the horizon, and check that it has the unit of the weights.",
            name,
            f"{drawn.with_links:,}",
            f"{drawn.alone:,}",
            horizon,
            typical_delay,
        )
    if bool(drawn.cut.any()):
        logger.info("%s: cut %s cascades to their first %s users.", name, f"{int(drawn.cut.sum()):,}", max_size)


def _check(
    num_cascades: int,
    horizon: float,
    max_size: int | None,
    min_size: int,
    seed: int,
    num_users: int,
    num_ids: int,
) -> None:
    if num_cascades < 1:
        raise UsageError(argument="num_cascades", value=num_cascades, reason="it must be 1 or more")
    if not horizon >= 0:
        raise UsageError(argument="horizon", value=horizon, reason="it must be 0 or more, or infinite")
    if max_size is not None and max_size < 1:
        raise UsageError(argument="max_size", value=max_size, reason="it must be 1 or more, or None")
    most = num_users if max_size is None else min(max_size, num_users)
    if not 1 <= min_size <= most:
        raise UsageError(
            argument="min_size",
            value=min_size,
            reason=f"it must be from 1 to {most}, "
            + ("the number of users" if most == num_users else "which is max_size"),
        )
    check_seed(seed)
    if num_ids != num_users:
        reason = f"has {num_ids} ids, and the graph has {num_users} users; give one id for each"
        raise UsageError(argument="user_ids", reason=reason)


def _check_sources(sources: Tensor, num_cascades: int, num_users: int) -> None:
    if sources.dim() not in (1, 2) or sources.size(0) != num_cascades or sources.dtype != torch.long:
        raise UsageError(
            argument="sources",
            reason=f"is {sources.dtype} of the shape {list(sources.shape)}; must be int64 of the shape "
            f"[{num_cascades}], a user for each cascade, or [{num_cascades}, S], several users for each",
        )
    outside = (sources < 0) | (sources >= num_users)
    if bool(outside.any()):
        reason = f"user {int(sources[outside][0])} is not one of 0 to {num_users - 1}"
        raise UsageError(argument="sources", reason=reason)
    if sources.dim() == 2:
        ordered = sources.sort(1).values
        if sources.size(1) == 0 or bool((ordered.diff() == 0).any()):
            raise UsageError(argument="sources", reason="a cascade must start with one user or more, each named once")


def _check_edges(edges: OutEdges, sources: Tensor | None, min_size: int) -> None:
    """Raises an error if no number of tries can give cascades of ``min_size`` users."""
    if edges.num_edges == 0:
        raise UsageError(
            argument="min_size",
            value=min_size,
            reason="the graph has no edge that transmits, so cascades have one user",
        )
    if sources is not None:
        rows = sources.view(sources.size(0), -1)
        stuck = (edges.ptr.diff()[rows] == 0).all(1) & (rows.size(1) < min_size)
        if bool(stuck.any()):
            raise UsageError(
                argument="min_size",
                value=min_size,
                reason=f"user {int(rows[stuck][0, 0])} in sources has no outgoing edge that transmits",
            )
