from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, cast

import networkx as nx

from graphcascade.errors import DataError
from graphcascade.io.lines import LONGEST_LINE, open_bytes, shorten

__all__ = ["read_gml"]


def read_gml(path: str | Path) -> nx.Graph:  # type: ignore[type-arg]
    """Reads a GML file, whose nodes have labels; compressed files are decompressed.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is not GML; two edges are the same and the file does not say that it is a multigraph.
    """
    with open_bytes(path) as file:
        text = io.TextIOWrapper(cast(BinaryIO, file), encoding="ascii", errors="replace")
        content = text.read(LONGEST_LINE + 1)  # networkx reads the file as a whole, too
    if len(content) > LONGEST_LINE:
        raise DataError(f"{path}: longer than {LONGEST_LINE >> 20} MiB; save the links as a .csv or .graphml file.")
    try:
        graph: nx.Graph = nx.parse_gml(content, label="label")  # type: ignore[type-arg]
    except (nx.NetworkXError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: not GML ({shorten(' '.join(str(error).split()))}).") from None
    return graph
