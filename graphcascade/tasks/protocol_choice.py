"""Chooses the protocol of data whose user named none."""

from __future__ import annotations

import logging

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, find_protocol
from graphcascade.options import ProtocolOptions
from graphcascade.tasks.parts import Parts

__all__ = ["choose_protocol", "split_cascades"]

logger = logging.getLogger(__name__)


def choose_protocol(dataset: CascadeDataset, options: ProtocolOptions) -> str:
    """Returns the protocol that the options name, or one that suits the data.

    Raises:
        UsageError: The protocol uses the split of the files, and the data have none.
    """
    protocol = options.protocol
    if protocol is None:
        protocol = "chronological" if dataset.table.ordered else "random"
        if protocol == "random":
            logger.info("%s: %s, so the split is random.", dataset.name, dataset.table.order_problem)
    rules = find_protocol(protocol)
    if rules.split == "files" and dataset.table.part is None:
        raise UsageError(
            argument="protocol",
            value=protocol,
            reason=f"uses the split that comes with the files, and {dataset.name} has none; use another one, such as",
            remedy=("protocol", "chronological"),
        )
    if rules.split != "files" and dataset.table.part is not None:
        logger.info(
            "%s comes with its own split, but protocol %s makes a %s split (protocol ndm uses that of the files).",
            dataset.name,
            protocol,
            rules.split,
        )
    return protocol


def split_cascades(dataset: CascadeDataset, protocol: str | NextUserProtocol, seed: int) -> Parts[CascadeDataset]:
    """Divides cascades as a protocol says."""
    return Parts(*find_protocol(protocol).prepare(dataset, seed=seed))
