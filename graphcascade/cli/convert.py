from __future__ import annotations

from pathlib import Path

from graphcascade.cli.source import Source

__all__ = ["convert"]


def convert(
    data: str,
    out: Path,
    source: Source,
    write_graph: Path | None = None,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Read cascades in one format and write them in another, checked.

    Examples:
        graphcascade convert my.csv my.jsonl
        graphcascade convert Memetracker memetracker.csv

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        out: File to write; its ending gives the format: .csv, .tsv, .parquet, .jsonl, or .txt (lines of 'user,time').
        write_graph: Also write the follow graph, or the true network, to this file: a link 'from to' a line.
        overwrite: Replace output files that exist already.
        json: Also write the figures of what was converted to this file, but for the links, which 'describe' counts.
    """
    from graphcascade.cli.output import counted, note, save_graph, write_json
    from graphcascade.cli.reading import open_data
    from graphcascade.io import write_cascades

    dataset = open_data(data, source)
    write_cascades(dataset, out, overwrite=overwrite)
    note(f"wrote {out}: {counted(len(dataset), 'cascade')}, {counted(dataset.table.num_events, 'event')}")
    save_graph(dataset, write_graph, overwrite)
    if json is not None:
        write_json(json, dataset.describe(links=False).to_dict(), overwrite=overwrite)
