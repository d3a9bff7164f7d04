from __future__ import annotations

from pathlib import Path

from graphcascade.options.cascade_read_options import CascadeReadOptions

__all__ = ["prepare"]


def prepare(
    data: Path,
    out: Path,
    cascade_options: CascadeReadOptions,
    overwrite: bool = False,
    quiet: bool = False,
) -> None:
    """Read and check a log once, and keep it as a folder that all commands open at once.

    Logs in CSV, TSV, JSONL or Parquet may be larger than the memory. The folder stands for the log in every command,
    without options for reading: graphcascade describe FOLDER.

    Examples:
        graphcascade prepare log.parquet log-prepared
        graphcascade prepare log.csv.gz log-prepared --user user_id --item url --time created_at --on-error drop

    Args:
        data: A file of cascades.
        out: Folder to write. It appears when it is complete.
        overwrite: Replace a folder of prepared cascades that exists already.
        quiet: Print warnings and errors only.
    """
    from dataclasses import fields

    from graphcascade.cli.output import note
    from graphcascade.io import prepare_cascades
    from graphcascade.plurals import counted

    reading = {option.name: getattr(cascade_options, option.name) for option in fields(cascade_options)}
    reading.pop("root")
    dataset = prepare_cascades(data, out, overwrite=overwrite, progress=not quiet, **reading)
    if not quiet:
        events = counted(dataset.table.num_events, "event")
        note(f"wrote {out}: {counted(len(dataset), 'cascade')}, {events}, {counted(dataset.num_users, 'user')}")
