from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import torch

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.split import SplitMethod
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import expand_ranges, segment_ptr
from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol
from graphcascade.metrics.ranking import Ties

__all__ = ["PROTOCOLS", "NextUserProtocol", "find_protocol"]

logger = logging.getLogger(__name__)

UNSEEN = {
    "miss": "next users not seen in training count as misses",
    "leave_out": "next users not seen in training excluded",
    "in_vocabulary": "next users not seen in training ranked like any other",
}
TIED_RANKS = {"mean": "mean", "optimistic": "best", "pessimistic": "worst"}


@dataclass(frozen=True)
class NextUserProtocol(EvaluationProtocol):
    """The choices that decide what a figure of next-user prediction means; every result prints them.

    The preset "ndm" has the split of the NDM paper. That paper measures the F1 of simulated cascades instead of ranks,
    see :class:`RolloutProtocol`.

    Args:
        name: Name in results.
        split: How cascades are divided: "files", "random" or "chronological".
        ks: The ``k`` of Hit@k.
        ties: Rank of the true user among users of the same score.
        mask_infected: Whether users already in the cascade are left out of the ranking.
        count_end: Whether the end of a cascade is ranked like a user.
        max_length: Longer cascades are cut to this length, or dropped; both are counted.
        keep: Which events a cut keeps: the "first" or the "last".
        longer: What happens to longer cascades: "cut" or "drop".
        unseen: A true user who is not in the training cascades is a "miss", is left out ("leave_out"), or is
            ranked like any other user ("in_vocabulary").
        average: Unit of the mean of the headline metrics: "event", or "cascade" for the mean of the cascades' means.

    Raises:
        UsageError: A value is not one of these.
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
                raise UsageError(
                    owner="NextUserProtocol",
                    argument=name,
                    value=value,
                    reason=f"use one of {', '.join(map(repr, known))}",
                )
        super().__post_init__()
        if any(k < 1 for k in self.ks):
            raise UsageError(owner="NextUserProtocol", argument="ks", value=self.ks, reason="each k must be at least 1")
        if self.max_length is not None and self.max_length < 2:
            raise UsageError(
                owner="NextUserProtocol",
                argument="max_length",
                value=self.max_length,
                reason="must be at least 2, or None",
            )

    def __str__(self) -> str:
        """The choices in words, for reports; without the split, which a result reports on its own."""
        choices = [
            "infected users excluded" if self.mask_infected else "infected users ranked too",
            f"ties get their {TIED_RANKS[self.ties]} rank",
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
        """Cuts a dataset and divides it into training, validation and test cascades.

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
            DataError: No cascade is left.
        """
        if self.max_length is None:
            return dataset
        too_long = dataset.sizes > self.max_length
        if not bool(too_long.any()):
            return dataset
        table = dataset.table
        action = "dropped" if self.longer == "drop" else f"cut to their {self.keep} {self.max_length} events"
        logger.warning("%s: %s cascades %s (protocol %s).", dataset.name, f"{int(too_long.sum()):,}", action, self.name)
        if self.longer == "drop":
            if bool(too_long.all()):
                raise DataError(
                    f"{dataset.name}: no cascade has {self.max_length} events or fewer, so all are dropped."
                )
            dropped = table.dropped + int(too_long.sum())
            table = replace(table.select(torch.nonzero(~too_long).view(-1)), dropped=dropped)
        else:
            before = torch.zeros_like(too_long) if table.cut is None else table.cut
            table = replace(cut_table(table, self.max_length, self.keep), cut=before | too_long)
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
        NextUserProtocol("chronological"),
        NextUserProtocol("random", split="random"),
        NextUserProtocol("new-users", unseen="in_vocabulary"),
        NextUserProtocol("ndm", split="files"),
        NextUserProtocol("dssf", split="random", max_length=100),
        NextUserProtocol("cyan", split="random", ks=(1, 5), mask_infected=False),
        NextUserProtocol("topolstm", split="files", max_length=30, unseen="in_vocabulary"),
        NextUserProtocol(
            "hidan",
            split="files",
            mask_infected=False,
            ties="pessimistic",
            unseen="leave_out",
            average="cascade",
        ),
        NextUserProtocol(
            "forest", split="files", max_length=500, longer="drop", count_end=True, unseen="in_vocabulary"
        ),
    )
}
"""Presets by name: those of the papers, "chronological" in general, "random" where cascades have no order in time, and
"new-users", in which users without training cascades are ranked like any other."""


def find_protocol(
    protocol: str | NextUserProtocol | Mapping[str, Any], num_users: int | None = None
) -> NextUserProtocol:
    """Returns a preset by its name; a :class:`NextUserProtocol` is returned unchanged.

    Args:
        protocol: Name of a preset, a protocol, or the fields of one as a saved model notes them.
        num_users: Number of users; a ``k`` of a preset above it is left out with a warning.

    Raises:
        UnknownNameError: There is no such preset.
        UsageError: ``protocol`` is neither a name, nor a protocol, nor the fields of one.
    """
    if isinstance(protocol, NextUserProtocol):
        return protocol
    if isinstance(protocol, Mapping):
        try:
            return NextUserProtocol(**{**protocol, "ks": tuple(protocol["ks"])})
        except (KeyError, TypeError) as error:
            reason = f"these are not the fields of a NextUserProtocol ({error})"
            raise UsageError(argument="protocol", reason=reason) from error
    if not isinstance(protocol, str):
        raise UsageError(argument="protocol", value=protocol, reason="give a name or a NextUserProtocol")
    if protocol not in PROTOCOLS:
        raise UnknownNameError(f"unknown protocol {protocol!r}; use one of {', '.join(PROTOCOLS)}.")
    preset = PROTOCOLS[protocol]
    ks = tuple(k for k in preset.ks if num_users is None or k <= num_users)
    if ks == preset.ks:
        return preset
    *others, last = [f"Hit@{k}" for k in preset.ks if k not in ks]
    left_out = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    logger.warning("protocol %s: %s left out, because there are only %d users.", preset.name, left_out, num_users)
    return replace(preset, ks=ks)
