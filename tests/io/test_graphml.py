from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from graphcascade.errors import DataError, MissingFileError
from graphcascade.io import read_graph

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="w" for="edge" attr.name="weight" {kind}>'
NODES = '<node id="a"/><node id="b"/>'
EDGE = '<edge source="a" target="b"/>'


def graphml(body: str, key: str = 'attr.type="double"', default: str = "") -> str:
    return f'{HEAD.format(kind=key)}{default}</key><graph edgedefault="directed">{body}</graph></graphml>'


def test_a_compressed_file_is_read(write: Callable[..., Path]) -> None:
    graph, users = read_graph(write(gzip.compress(graphml(NODES + EDGE).encode()), "a.graphml.gz"))
    assert users.tolist() == ["a", "b"]
    assert graph.edge_index.tolist() == [[0], [1]]


def test_a_damaged_gzip_raises_an_error(write: Callable[..., Path]) -> None:
    whole = gzip.compress(graphml(NODES + EDGE).encode())
    for content in (whole[:40], b"no gzip", whole[:30] + b"\0\0\0\0" + whole[34:]):
        with pytest.raises(DataError, match=r"a.graphml.gz: .*(not a complete gzip file|not GraphML)"):
            read_graph(write(content, "a.graphml.gz"))


def test_a_file_without_a_namespace_is_read(write: Callable[..., Path]) -> None:
    content = f'<graphml><graph edgedefault="directed">{NODES}{EDGE}</graph></graphml>'
    assert read_graph(write(content, "a.graphml"))[1].tolist() == ["a", "b"]


def test_ports_are_ignored(write: Callable[..., Path]) -> None:
    body = '<node id="a"><port name="n"/></node><node id="b"/><edge source="a" target="b" sourceport="n"/>'
    graph, users = read_graph(write(graphml(body), "a.graphml"))
    assert (users.tolist(), graph.edge_index.tolist()) == (["a", "b"], [[0], [1]])


def test_a_missing_weight_is_the_default_of_the_file(write: Callable[..., Path]) -> None:
    body = NODES + '<edge source="a" target="b"><data key="w">3</data></edge><edge source="b" target="a"/>'
    graph, _ = read_graph(write(graphml(body, default="<default>0.5</default>"), "a.graphml"))
    assert graph.edge_weight.tolist() == [3.0, 0.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('<?xml version="1.0" encoding="klingon"?>' + graphml(NODES + EDGE), "not GraphML"),
        ('<?xml version="1.0" encoding="big5"?>' + graphml(NODES + EDGE), "not GraphML"),
        ("", "not GraphML"),
        ("<html></html>", "not GraphML"),
        (graphml(NODES), "empty; it contains no edge"),
        (graphml(NODES + '<edge source="a"/>'), "an edge has no source or no target"),
        (graphml("<node/>" + EDGE), "a node has no id"),
        (graphml('<node id=""/>' + EDGE), "a user has an empty id"),
        (graphml(NODES + EDGE + '<hyperedge><endpoint node="a"/></hyperedge>'), "not GraphML .*hyperedges"),
        (
            graphml(NODES + EDGE + f'<node id="c"><graph edgedefault="directed">{EDGE}</graph></node>'),
            "only 1 of its 2",
        ),
        (
            graphml(NODES + EDGE).replace("</graph>", f'</graph><graph edgedefault="directed">{EDGE}</graph>'),
            "only 1 of",
        ),
        (graphml(NODES + 2 * '<edge id="e" source="a" target="b"/>'), "only 1 of its 2 edges can be read"),
        (graphml(NODES + EDGE, 'attr.type="quaternion"'), "not GraphML"),
        (graphml(NODES + EDGE, 'attr.type="boolean"', "<default/>"), "not GraphML"),
        (graphml('<node id="a" yfiles.foldertype="group"/>' + EDGE), "not GraphML"),
        (graphml(NODES + '<edge source="a" target="b"><data key="z">1</data></edge>'), "not GraphML .*no key z"),
        (graphml(NODES + '<edge source="a" target="b"><data key="w">x</data></edge>'), "not GraphML .*'x'"),
    ],
)
def test_files_of_another_form(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"a.graphml: {message}") as caught:
        read_graph(write(content, "a.graphml"))
    assert "\n" not in str(caught.value)


def test_markup_that_does_not_end_raises_an_error(write: Callable[..., Path]) -> None:
    content = gzip.compress(graphml(NODES + EDGE).encode()[:-10] + b"a" * (65 * 2**20), 1)
    with pytest.raises(DataError, match=r"a.graphml.gz: not GraphML \(64 MiB without markup\)"):
        read_graph(write(content, "a.graphml.gz"))


def test_a_device_called_graphml_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "zero.graphml").symlink_to("/dev/zero")
    with pytest.raises(MissingFileError, match=r"zero.graphml: this is a device"):
        read_graph(tmp_path / "zero.graphml")
