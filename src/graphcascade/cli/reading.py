"""Where a command's data come from, and what must not be written over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphcascade.cli.source import Source
from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from graphcascade.data import CascadeDataset

__all__ = ["keep_inputs", "open_data"]


def open_data(data: str, source: Source) -> CascadeDataset:
    """A file if there is one of that name or it looks like a path, else a published data set.

    Raises:
        GraphCascadeError: What the reader or the data set raises; an option of files that is given for a data set.
    """
    from graphcascade.datasets import DATASETS, load_dataset
    from graphcascade.io import read_cascades

    path = Path(data)
    if path.exists() or (data not in DATASETS and (path.suffix or len(path.parts) > 1)):
        columns = {name: getattr(source, name) for name in ("user", "item", "time", "cascade", "parent")}
        given = {name: column for name, column in columns.items() if column is not None}
        return read_cascades(path, format=source.format, time_unit=source.time_unit, **given)
    for option in ("format", "user", "item", "time", "cascade", "parent", "time_unit"):
        if getattr(source, option) != getattr(Source, option):
            raise UsageError(f"--{option.replace('_', '-')} is for files, and {data} is not one that is here.")
    return load_dataset(data, source.root)


READ = ("data", "model", "graph", "follow_graph", "config", "name", "truth")
PICTURES = (".png", ".pdf", ".svg")
WRITTEN = ("out", "json", "plot", "write_graph", "report")


def keep_inputs(options: Mapping[str, Any]) -> None:
    """Refuses to write over what is read, or one output over another."""
    read = [Path(str(options[name])) for name in READ if options.get(name) is not None]
    read += [path / "model.safetensors" for path in read if path.is_dir()]
    plot = options.get("plot")
    if plot is not None and Path(plot).suffix.lower() not in PICTURES:
        raise UsageError(f"--plot {plot}: no format of pictures has this ending; use {', '.join(PICTURES)}.")
    written = [(name, Path(options[name])) for name in WRITTEN if options.get(name) is not None]
    for place, (name, path) in enumerate(written):
        option = f"--{name.replace('_', '-')}"
        if any(path.exists() and one.exists() and path.samefile(one) for one in read):
            raise UsageError(f"{path}: this is the input; give {option} another file.")
        if any(path.resolve() == other.resolve() for _, other in written[:place]):
            raise UsageError(f"{path}: something else is written to this file; give {option} another one.")
