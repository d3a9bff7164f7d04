"""Endings of the names of files to write, and the formats that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from graphcascade.errors import UsageError

__all__ = ["CASCADES", "JSON", "MARKDOWN", "NETWORKS", "PAGES", "PICTURES", "TABLES", "file_format"]

TABLES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
CASCADES = TABLES | {".txt": "ndm"}
NETWORKS = {".graphml": "graphml", ".gml": "gml", ".csv": "csv", ".txt": "list", "": "list"}
PICTURES = {".png": "png", ".pdf": "pdf", ".svg": "svg", "": "png"}
PAGES = {".html": "html"}
JSON = {".json": "json", "": "json"}
MARKDOWN = {".md": "markdown"}


def file_format(path: str | Path, endings: Mapping[str, str]) -> str:
    """Returns the format for the ending of a file's name.

    Args:
        path: The file.
        endings: Formats by endings.

    Raises:
        UsageError: The ending is unknown; the message lists the known ones.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in endings:
        *known, last = [ending for ending in endings if ending]
        choice = f"{', '.join(known)} or {last}" if known else last
        without = ", or no ending" if "" in endings else ""
        raise UsageError(value=path, reason=f"no format has this ending; use {choice}{without}")
    return endings[suffix]
