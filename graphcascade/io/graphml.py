from __future__ import annotations

import warnings
from io import BufferedIOBase
from pathlib import Path

import networkx as nx

from graphcascade.errors import DataError
from graphcascade.io import lines

__all__ = ["read_graphml"]

PARSE_ERRORS = (nx.NetworkXError, SyntaxError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""Exceptions of networkx and the XML parser for invalid files."""


def read_graphml(path: str | Path) -> nx.Graph:  # type: ignore[type-arg]
    """Reads a GraphML file with all of its parallel edges; ``.gz`` files are decompressed.

    Ports are ignored: they do not change who is linked to whom.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is not complete GraphML; it has several graphs, nested graphs or hyperedges, or a node or an
            edge without an id, so that only a part could be read.
    """
    reader = nx.GraphMLReader(force_multigraph=True)
    with lines.open_bytes(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about ports, and about attributes without a type
        try:
            graphs = list(reader(path=_BoundedMarkup(file, path)))
            if not graphs:  # the file may not name the namespace, which read_graphml adds
                file.seek(0)
                graphs = [nx.read_graphml(file, force_multigraph=True)]
            edges = reader.xml.findall(".//{*}edge")
            nodes = reader.xml.findall(".//{*}node")
        except DataError:
            raise
        except PARSE_ERRORS as error:
            raise DataError(f"{path}: not GraphML ({lines.shorten(' '.join(str(error).split()))}).") from error
    graph: nx.Graph = graphs[0]  # type: ignore[type-arg]
    if any(edge.get(end) is None for edge in edges for end in ("source", "target")):
        raise DataError(f"{path}: an edge has no source or no target.")
    if any(node.get("id") is None for node in nodes):
        raise DataError(f"{path}: a node has no id.")
    if graph.number_of_edges() != len(edges):
        raise DataError(
            f"{path}: only {graph.number_of_edges():,} of its {len(edges):,} edges can be read, because it has "
            "several graphs, nested graphs, or edges with the same id; keep one plain graph."
        )
    return graph


class _BoundedMarkup:
    """Reads an XML file, and raises an error if more than ``LONGEST_LINE`` bytes without markup would fill the memory.

    Args:
        file: The file.
        path: Its name in messages.
    """

    def __init__(self, file: BufferedIOBase, path: str | Path) -> None:
        self.file = file
        self.path = path
        self.run = 0

    def read(self, size: int = -1) -> bytes:
        content = self.file.read(size)
        end = content.rfind(b">")
        self.run = self.run + len(content) if end < 0 else len(content) - end
        if self.run > lines.LONGEST_LINE:
            raise DataError(f"{self.path}: not GraphML ({lines.LONGEST_LINE >> 20} MiB without markup).")
        return content
