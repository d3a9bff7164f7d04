from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import torch

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import expand_ranges, segment_ptr
from graphcascade.data.split import SplitMethod
from graphcascade.data.table import CascadeTable
from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.metrics.ranking import Ties

__all__ = ["PROTOCOLS", "Protocol", "find_protocol"]

logger = logging.getLogger(__name__)

UNSEEN = {
    "miss": "true users unseen in training are misses",
    "leave_out": "true users unseen in training left out",
    "in_vocabulary": "true users unseen in training ranked like any other",
}


@dataclass(frozen=True)
class Protocol:
    """The choices that decide what a figure of next-user prediction means; every result prints them.

    The preset "ndm" has the split of that paper; its own measure, F1 of simulated cascades, is not one of ranks.

    Args:
        name: What results call it.
        split: How cascades are divided: "files", "random" or "chronological".
        ks: The ``k`` of Hit@k.
        ties: Where the true user stands among users of the same score.
        mask_infected: Users already in the cascade do not count in the ranking.
        count_end: The end of a cascade is ranked like a user.
        max_length: Longer cascades are cut to this length, or dropped; both are counted.
        keep: Which events a cut keeps: the "first" or the "last".
        longer: What happens to longer cascades: "cut" or "drop".
        unseen: A true user who is not in the training cascades is a "miss", is left out ("leave_out"), or stands
            in the ranking like any other ("in_vocabulary").
        average: What the headline figures average over: each "event", or each "cascade" first.

    Raises:
        UsageError: A value that is none of these.
    """

    name: str
    split: SplitMethod = "chronological"
    ks: tuple[int, ...] = (10, 50, 100)
    ties: Ties = "mean"
    mask_infected: bool = True
    count_end: bool = False
    max_length: int | None = None
    keep: Literal["first", "last"] = "first"
    longer: Literal["cut", "drop"] = "cut"
    unseen: Literal["miss", "leave_out", "in_vocabulary"] = "miss"
    average: Literal["event", "cascade"] = "event"

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            value, known = getattr(self, name), get_args(kind)
            if get_origin(kind) is Literal and value not in known:
                raise UsageError(f"Protocol: {name}={value!r}, use one of {', '.join(map(repr, known))}.")
        if any(k < 1 for k in self.ks):
            raise UsageError(f"Protocol: ks={self.ks}, each k must be at least 1.")
        if self.max_length is not None and self.max_length < 2:
            raise UsageError(f"Protocol: max_length={self.max_length}, must be at least 2, or None.")

    def __str__(self) -> str:
        """The choices in words, for reports; but for the split, which a result names itself."""
        choices = [
            "infected users left out" if self.mask_infected else "infected users ranked too",
            f"{self.ties} ties",
            UNSEEN[self.unseen],
        ]
        if self.max_length is not None and self.longer == "drop":
            choices.append(f"cascades of more than {self.max_length} events dropped")
        elif self.max_length is not None:
            choices.append(f"cascades cut to their {self.keep} {self.max_length} events")
        if self.count_end:
            choices.append("ends of cascades ranked")
        return f"{self.name}: " + ", ".join([*choices, f"mean over {self.average}s"])

    def prepare(
        self,
        dataset: CascadeDataset,
        fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
        seed: int = 0,
    ) -> tuple[CascadeDataset, CascadeDataset, CascadeDataset]:
        """Train, validation and test of a data set, as this protocol divides and cuts it.

        Args:
            dataset: All cascades.
            fractions: Shares of the three parts.
            seed: Seed of a random split.
        """
        train, val, test = self.limit(dataset).splits(self.split, fractions, seed)
        return train, val, test

    def limit(self, dataset: CascadeDataset) -> CascadeDataset:
        """The cascades, cut to ``max_length`` or without the longer ones.

        Raises:
            DataError: If none is left.
        """
        table = dataset.table
        long = table.size > (table.num_events if self.max_length is None else self.max_length)
        if self.max_length is None or not bool(long.any()):
            return dataset
        done = "dropped" if self.longer == "drop" else f"cut to their {self.keep} {self.max_length} events"
        logger.warning("%s: %s cascades %s (protocol %s).", dataset.name, f"{int(long.sum()):,}", done, self.name)
        if self.longer == "drop":
            if bool(long.all()):
                raise DataError(f"{dataset.name}: no cascade has {self.max_length} events or fewer, all are dropped.")
            dropped = table.dropped + int(long.sum())
            table = replace(table.select(torch.nonzero(~long).view(-1)), dropped=dropped)
        else:
            before = torch.zeros_like(long) if table.cut is None else table.cut
            table = replace(cut_table(table, self.max_length, self.keep), cut=before | long)
        limited = CascadeDataset(table, dataset.transform)
        limited._split = dataset.split
        return limited


def cut_table(table: CascadeTable, length: int, keep: str) -> CascadeTable:
    """The cascades, each cut to its "first" or "last" ``length`` events."""
    start, stop = table.ptr[:-1], table.ptr[1:]
    if keep == "first":
        stop = torch.minimum(stop, start + length)
    else:
        start = torch.maximum(start, stop - length)
    row, _ = expand_ranges(start, stop)
    return replace(
        table,
        user=table.user[row],
        time=table.time[row],
        ptr=segment_ptr(stop - start),
        # A parent may be cut away with the beginning of a cascade.
        parent=table.parent[row] if table.parent is not None and keep == "first" else None,
    )


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("chronological"),
        Protocol("random", split="random"),
        Protocol("ndm", split="files"),
        Protocol("dssf", split="random", max_length=100),
        Protocol("cyan", split="random", ks=(1, 5), mask_infected=False),
        Protocol("topolstm", split="files", max_length=30, unseen="in_vocabulary"),
        Protocol(
            "hidan",
            split="files",
            mask_infected=False,
            ties="pessimistic",
            unseen="leave_out",
            average="cascade",
        ),
        Protocol("forest", split="files", max_length=500, longer="drop", count_end=True, unseen="in_vocabulary"),
    )
}
"""Presets by name: those of the papers; "chronological" for everything else, "random" where time is no order."""


def find_protocol(protocol: str | Protocol | Mapping[str, Any], num_users: int | None = None) -> Protocol:
    """A preset by its name; a :class:`Protocol` is returned as it is.

    Args:
        protocol: Name of a preset, a protocol, or the fields of one as a saved model notes them.
        num_users: A preset leaves out each ``k`` above this number, and says so.

    Raises:
        UnknownNameError: There is no such preset.
        UsageError: Neither a name nor a protocol, nor the fields of one.
    """
    if isinstance(protocol, Protocol):
        return protocol
    if isinstance(protocol, Mapping):
        try:
            return Protocol(**{**protocol, "ks": tuple(protocol["ks"])})
        except (KeyError, TypeError) as error:
            raise UsageError(f"protocol: these are not the fields of a Protocol ({error}).") from error
    if not isinstance(protocol, str):
        raise UsageError(f"protocol={protocol!r}: give a name or a Protocol.")
    if protocol not in PROTOCOLS:
        raise UnknownNameError(f"unknown protocol {protocol!r}: known are {', '.join(PROTOCOLS)}.")
    preset = PROTOCOLS[protocol]
    ks = tuple(k for k in preset.ks if num_users is None or k <= num_users)
    if ks == preset.ks:
        return preset
    left_out = ", ".join(f"Hit@{k}" for k in preset.ks if k not in ks)
    logger.warning("protocol %s: %s left out, there are %d users only.", preset.name, left_out, num_users)
    return replace(preset, ks=ks)
