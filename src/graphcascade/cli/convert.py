from __future__ import annotations

from pathlib import Path

from graphcascade.cli.source import Source

__all__ = ["convert"]


def convert(data: str, out: Path, source: Source, json: Path | None = None) -> None:
    """Read cascades in one format and write them in another, checked.

    Examples:
        graphcascade convert my.csv my.jsonl
        graphcascade convert Memetracker memetracker.csv

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        out: File to write; its ending gives the format: .csv, .tsv, .parquet, .jsonl, or .txt (lines of 'user,time').
        json: Also write the figures of what was converted to this file.
    """
    from graphcascade.cli.output import note, write_json
    from graphcascade.cli.reading import keep_input, open_data
    from graphcascade.io import write_cascades, writing_format

    writing_format(out)
    keep_input(data, out)
    dataset = open_data(data, source)
    write_cascades(dataset, out)
    note(f"wrote {out}: {len(dataset):,} cascades, {dataset.table.num_events:,} events")
    write_json(json, dataset.describe().to_dict())
