"""Where a command's data come from, and what must not be written over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.cli.source import Source
from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from graphcascade.data import CascadeDataset

__all__ = ["keep_input", "open_data"]


def open_data(data: str, source: Source) -> CascadeDataset:
    """A file if there is one of that name or it looks like a path, else a published data set.

    Raises:
        GraphCascadeError: What the reader or the data set raises; an option of files that is given for a data set.
    """
    from graphcascade.datasets import DATASETS, load_dataset
    from graphcascade.io import read_cascades

    path = Path(data)
    if path.exists() or (data not in DATASETS and (path.suffix or len(path.parts) > 1)):
        return read_cascades(
            path, format=source.format, user=source.user, item=source.item, time=source.time, time_unit=source.time_unit
        )
    for option in ("format", "user", "item", "time", "time_unit"):
        if getattr(source, option) != getattr(Source, option):
            raise UsageError(f"--{option.replace('_', '-')} is for files, and {data} is not one that is here.")
    return load_dataset(data, source.root)


def keep_input(source: str | Path, out: Path | None) -> None:
    """Refuses to write over what is read."""
    if out is not None and Path(source).exists() and out.exists() and os.path.samefile(source, out):
        raise UsageError(f"{out}: this is the input; write to another file.")
