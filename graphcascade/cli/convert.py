from __future__ import annotations

from pathlib import Path

from graphcascade.options.cascade_read_options import CascadeReadOptions

__all__ = ["convert"]


def convert(
    data: str,
    out: Path,
    cascade_options: CascadeReadOptions,
    write_graph: Path | None = None,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Read cascades in one format, check them, and write them in another format.

    Examples:
        graphcascade convert my.csv my.jsonl
        graphcascade convert Memetracker memetracker.csv

    Args:
        data: A file, or the name of a dataset (see 'graphcascade datasets').
        out: File to write; its ending gives the format: .csv, .tsv, .parquet, .jsonl, .xlsx, or .txt (lines of
            'user,time').
        write_graph: Also write the follow graph, or the true network, to this file, with one link 'from to' per line.
        overwrite: Replace output files that exist already.
        json: Also write the figures of the converted cascades to this file (.json), without the links that
            'describe' counts.
    """
    from graphcascade.cli.output import note, save_cascades, save_graph, write_json
    from graphcascade.plurals import counted
    from graphcascade.tasks.reading import open_data

    dataset = open_data(data, cascade_options)
    save_cascades(dataset, out, write_graph, overwrite)
    note(f"wrote {out}: {counted(len(dataset), 'cascade')}, {counted(dataset.table.num_events, 'event')}")
    save_graph(dataset, write_graph, overwrite)
    if json is not None:
        write_json(json, dataset.describe(pairs=False).to_dict(), overwrite=overwrite)
