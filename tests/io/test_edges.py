from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import check_events
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_follow_graph, read_graph, read_mshgat, to_networkx, write_graph

USERS = np.array(["3", "7", "12"], dtype=object)


def test_a_file_is_read_as_a_graph(fixtures: Path) -> None:
    graph, dropped = read_follow_graph(fixtures / "follows.txt", USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [1, 0], [2, 1]]
    assert graph.num_nodes == 3
    assert "edge_weight" not in graph
    assert dropped == 0


@pytest.mark.parametrize("line", ["12,7", "12 7", "12\t7", "12, 7", " 12  7 ", "12 ,\t7"])
def test_ids_are_separated_by_commas_tabs_or_blanks(write: Callable[..., Path], line: str) -> None:
    graph, _ = read_follow_graph(write(f"{line}\r\n"), USERS)
    assert graph.edge_index.t().tolist() == [[2, 1]]


def test_weights_are_read_and_comments_and_blank_lines_ignored(write: Callable[..., Path]) -> None:
    graph, _ = read_follow_graph(write("# who whom how\n\n12,7,0.5\n3,12,2\n"), USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [2, 1]]
    assert graph.edge_weight.tolist() == [2.0, 0.5]


def test_the_other_direction_reverses_the_edges(fixtures: Path) -> None:
    graph, _ = read_follow_graph(fixtures / "follows.txt", USERS, direction="follower-followee")
    assert graph.edge_index.t().tolist() == [[0, 1], [1, 2], [2, 0]]


def test_an_unknown_direction_raises_an_error(fixtures: Path) -> None:
    with pytest.raises(UsageError, match="direction='up': use 'followee-follower' or 'follower-followee'"):
        read_follow_graph(fixtures / "follows.txt", USERS, direction="up")  # type: ignore[arg-type]


def test_unknown_users_raise_an_error_or_are_dropped(write: Callable[..., Path]) -> None:
    path = write("# comment\n12,7\n\n7,99\n98,3\n")
    with pytest.raises(DataError, match=r"cascades.txt, line 4: .*'7', '99'.*names '99'.*in 2 of 3 edges"):
        read_follow_graph(path, USERS)
    graph, dropped = read_follow_graph(path, USERS, unknown="drop")
    assert graph.edge_index.t().tolist() == [[2, 1]]
    assert dropped == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("12,7\n12\n", "line 2: '12' has 1 field"),
        ("12,7\n12 7 1 1\n", "line 2: '12 7 1 1' has 4 fields"),
        ("12,7\n12 7 1\n", "line 2: '12 7 1' has 3 fields"),
        ("12,7,x\n", "line 1: the weight 'x' is not a number"),
        ("12,7,1\n\n3,7,nan\n", "line 3: .*weight nan"),
        ("12,7,1\n\n3,7,-1\n", "line 3: .*weight -1"),
        ("12,\n", "line 1: .*empty"),
    ],
)
def test_a_line_of_another_form_raises_an_error(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"cascades.txt, {message}"):
        read_follow_graph(write(content), USERS)


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_an_empty_file_raises_an_error(write: Callable[..., Path], content: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt: empty; it contains no edge"):
        read_follow_graph(write(content), USERS)


def test_a_file_that_is_not_there_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing.txt: there is no such file"):
        read_follow_graph(tmp_path / "nothing.txt", USERS)


def test_a_networkx_graph_is_read_and_an_undirected_one_in_both_directions() -> None:
    graph, _ = read_follow_graph(nx.DiGraph([(12, 7), ("3", "12")]), USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [2, 1]]
    both, _ = read_follow_graph(nx.Graph([(12, 7)]), USERS)
    assert both.edge_index.t().tolist() == [[1, 2], [2, 1]]


def test_weights_of_networkx_are_read_and_missing_ones_raise_an_error() -> None:
    source: nx.DiGraph[Any] = nx.DiGraph()
    source.add_edge("12", "7", weight=0.5)
    graph, _ = read_follow_graph(source, USERS)
    assert graph.edge_weight.tolist() == [0.5]
    source.add_edge("3", "7")
    with pytest.raises(DataError, match=r"the networkx graph: .*'3', '7'.* weight"):
        read_follow_graph(source, USERS)
    source.add_edge("3", "7", weight="much")
    with pytest.raises(DataError, match=r"the networkx graph: .*'3', '7'.* weight"):
        read_follow_graph(source, USERS)


def test_a_networkx_graph_without_edges_raises_an_error() -> None:
    with pytest.raises(DataError, match="the networkx graph: empty; it contains no edge"):
        read_follow_graph(nx.empty_graph(3), USERS)


def test_a_table_is_read_as_a_graph() -> None:
    frame = pd.DataFrame({"who": [12, 3], "whom": ["7", "12"]})
    graph, _ = read_follow_graph(frame, USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [2, 1]]
    graph, _ = read_follow_graph(frame.assign(weight=["0.5", "2"]), USERS)
    assert graph.edge_weight.tolist() == [2.0, 0.5]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"who": ["3"]}), "found 'who'"),
        (pd.DataFrame([["3", "7", 1, 1]], columns=list("abcd")), "found 'a', 'b', 'c', 'd'"),
        (pd.DataFrame({"a": [], "b": []}), "empty"),
        (pd.DataFrame({"a": ["3", None], "b": ["7", "7"]}), "row 2: the user id is missing"),
        (pd.DataFrame({"a": ["3", "7"], "b": ["7", "3"], "c": [1, "x"]}), "row 2: the weight 'x' is not a number"),
        (pd.DataFrame({"a": ["3", "7"], "b": ["7", "9"]}), "row 2: .*names '9'"),
    ],
)
def test_an_invalid_table_raises_an_error(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=f"the DataFrame of edges(:|,) .*{message}"):
        read_follow_graph(frame, USERS)


def test_a_network_without_a_dataset_has_its_own_users(write: Callable[..., Path]) -> None:
    graph, users = read_graph(write("b,a,0.5\na,c,2\n"))
    assert users.tolist() == ["b", "a", "c"]
    assert graph.edge_index.t().tolist() == [[0, 1], [1, 2]]
    assert graph.edge_weight.tolist() == [0.5, 2.0]
    assert graph.num_nodes == 3


@pytest.mark.real_data
def test_links_of_android_match_a_plain_loop(real_data: Path) -> None:
    folder = real_data / "mshgat" / "android"
    table = check_events(read_mshgat(folder / "cascades.txt"))
    lines = (folder / "edges.txt").read_text().split()
    users = set(table.user_ids)
    pairs = {tuple(line.split(",")) for line in lines}
    inside = {(u, v) for u, v in pairs if u in users and v in users and u != v}
    graph, dropped = read_follow_graph(folder / "edges.txt", table.user_ids, unknown="drop")
    assert len(lines) == 48_573
    assert graph.num_edges == len(inside)
    assert dropped == sum(not {*line.split(",")} <= users for line in lines)


@pytest.mark.real_data
def test_links_of_twitter_are_separated_by_blanks(real_data: Path) -> None:
    graph, _ = read_graph(real_data / "topolstm" / "twitter" / "graph.txt")
    pairs = {tuple(line.split()) for line in (real_data / "topolstm/twitter/graph.txt").read_text().splitlines()}
    assert graph.num_edges == len({(u, v) for u, v in pairs if u != v})


def test_the_error_for_a_header_has_a_hint(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"line 1: .* if it is a header, begin the line with #"):
        read_follow_graph(write("who,whom\n12,7\n"), USERS)
    with pytest.raises(DataError, match="line 1: the weight 'weight' is not a number; if this is a header"):
        read_follow_graph(write("who,whom,weight\n12,7,1\n"), USERS)


@pytest.mark.parametrize("weight", [None, torch.tensor([0.1, 2.0])])
def test_a_graph_is_written_and_read_again(tmp_path: Path, weight: torch.Tensor | None) -> None:
    graph = Data(edge_index=torch.tensor([[0, 2], [1, 0]]), num_nodes=3)
    if weight is not None:
        graph.edge_weight = weight
    again, _ = read_follow_graph(write_graph(graph, USERS, tmp_path / "links.txt"), USERS)
    assert again.edge_index.equal(graph.edge_index)
    assert weight is None or again.edge_weight.equal(weight)
    with pytest.raises(UsageError, match="cannot hold the user id 'a b'"):
        write_graph(graph, np.array(["a b", "c", "d"], dtype=object), tmp_path / "broken.txt")
    assert not (tmp_path / "broken.txt").exists()


@pytest.mark.parametrize("ending", ["csv", "graphml"])
def test_users_with_blanks_and_commas_are_written_as_csv_and_graphml_only(tmp_path: Path, ending: str) -> None:
    users = np.array(["ann lee", "bob, jr", 'the "one"'], dtype=object)
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), edge_weight=torch.tensor([0.5, 2, 1]), num_nodes=3)
    again, _ = read_follow_graph(write_graph(graph, users, tmp_path / f"links.{ending}"), users)
    assert again.edge_index.equal(graph.edge_index)
    assert again.edge_weight.equal(graph.edge_weight)
    with pytest.raises(UsageError, match=r"cannot hold the user id 'ann lee'.* write a \.csv or \.graphml file"):
        write_graph(graph, users, tmp_path / "links.txt")


def test_a_comma_or_a_tab_leaves_blanks_to_the_ids(write: Callable[..., Path]) -> None:
    users = np.array(["ann lee", "bob"], dtype=object)
    for line in ("ann lee,bob", "ann lee\tbob", '"ann lee", bob'):
        graph, _ = read_follow_graph(write(line + "\n"), users)
        assert graph.edge_index.t().tolist() == [[0, 1]]


def test_a_file_that_is_not_graphml_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_text("<graphml><graph")
    with pytest.raises(DataError, match=r"a.graphml: not GraphML"):
        read_graph(tmp_path / "a.graphml")
    with pytest.raises(MissingFileError, match=r"b.graphml: there is no such file"):
        read_graph(tmp_path / "b.graphml")


def test_csv_has_names_of_columns_and_is_read_again(tmp_path: Path) -> None:
    graph = Data(edge_index=torch.tensor([[0, 2], [1, 0]]), edge_weight=torch.tensor([0.5, 2.0]), num_nodes=3)
    path = write_graph(graph, USERS[:3], tmp_path / "links.csv")
    assert path.read_text().splitlines() == [
        "source,target,weight",
        f"{USERS[0]},{USERS[1]},0.5",
        f"{USERS[2]},{USERS[0]},2.0",
    ]
    again, _ = read_follow_graph(path, USERS[:3])
    assert again.edge_index.tolist() == graph.edge_index.tolist()
    assert again.edge_weight.tolist() == [0.5, 2.0]
    path.write_text("source target\n")
    with pytest.raises(DataError, match="empty; it contains no edge"):
        read_graph(path)


FACTS = {"delays": "exponential", "time_unit": "s", "horizon": 86400.5}


def network_of_three() -> Data:
    graph = Data(edge_index=torch.tensor([[0, 2], [1, 0]]), edge_weight=torch.tensor([0.5, 2.0]), num_nodes=3)
    graph.support = torch.tensor([7, 1])
    graph.gain = torch.tensor([-0.25, 3.5])
    for name, value in FACTS.items():
        graph[name] = value
    return graph


@pytest.mark.parametrize("ending", ["txt", "csv", "graphml"])
def test_support_and_facts_are_written_and_read(tmp_path: Path, ending: str) -> None:
    graph = network_of_three()
    path = write_graph(graph, USERS[:3], tmp_path / f"network.{ending}")
    over_users, _ = read_follow_graph(path, USERS[:3])
    alone, user_ids = read_graph(path)
    for again in (over_users, alone):
        assert again.edge_weight.dtype == torch.float64
        assert {name: again[name] for name in FACTS} == FACTS
    assert over_users.edge_index.equal(graph.edge_index)
    assert over_users.support.tolist() == [7, 1]
    assert over_users.gain.tolist() == [-0.25, 3.5]
    found = {
        (user_ids[i], user_ids[k]): count
        for (i, k), count in zip(alone.edge_index.t().tolist(), alone.support.tolist(), strict=True)
    }
    assert found == {(USERS[0], USERS[1]): 7, (USERS[2], USERS[0]): 1}


def test_a_list_has_facts_and_column_names_in_comments(tmp_path: Path) -> None:
    facts = "# graphcascade: delays=exponential time_unit=s horizon=86400.5"
    links = [(USERS[2], USERS[0], "2.0", "1", "3.5"), (USERS[0], USERS[1], "0.5", "7", "-0.25")]  # largest gain first
    plain = write_graph(network_of_three(), USERS[:3], tmp_path / "network.txt").read_text().splitlines()
    assert plain == [facts, "# source target weight support gain", *(" ".join(link) for link in links)]
    table = write_graph(network_of_three(), USERS[:3], tmp_path / "network.csv").read_text().splitlines()
    assert table == [facts, "source,target,weight,support,gain", *(",".join(link) for link in links)]


def test_networkx_holds_support_and_facts() -> None:
    graph = to_networkx(network_of_three())
    assert graph.graph == FACTS
    assert graph.edges[0, 1] == {"weight": 0.5, "support": 7, "gain": -0.25}
    again, _ = read_graph(graph)
    assert again.support.tolist() == [7, 1]
    assert again.horizon == 86400.5


def test_wrong_facts_and_supports_raise_an_error(write: Callable[..., Path]) -> None:
    for fact, words in (
        ("horizon=-1", r"horizon=-1; it must be a number above 0"),
        ("horizon=soon", r"horizon=soon; it must be a number above 0"),
        ("min_delay=inf", r"min_delay=inf; it must be a number above 0"),
        ("time_unit=fortnight", r"time_unit=fortnight; use one of ns, us, ms, s, min, h, d"),
    ):
        with pytest.raises(DataError, match=rf"line 1: {words}"):
            read_graph(write(f"# graphcascade: {fact}\na b 1\n"))
    with pytest.raises(DataError, match=r"line 2: the support '1\.5' is not a whole number of 0 or more"):
        read_graph(write("# source target weight support\na b 1 1.5\n"))
    with pytest.raises(DataError, match=r"line 2: the gain 'much' is not a finite number"):
        read_graph(write("# source target weight gain\na b 1 much\n"))
    with pytest.raises(DataError, match="line 1: 'a b 1 2' has 4 fields"):  # nothing says what the fourth one is
        read_graph(write("a b 1 2\n"))
    graph = nx.DiGraph([("a", "b")], horizon="soon")
    with pytest.raises(DataError, match="the networkx graph: horizon=soon; it must be a number above 0"):
        read_graph(graph)


SNAP = "0,1\n1,2\n2,0\n\n0,1\n1,2\n"  # users 0, 1, 2 are called 1, 2, 0


def test_names_in_a_network_of_snap_are_the_ids(write: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    graph, users = read_graph(write(SNAP))
    assert users.tolist() == ["1", "2", "0"]
    assert [(users[i], users[k]) for i, k in graph.edge_index.t()] == [("1", "2"), ("2", "0")]
    assert "cascades.txt: lines 1 to 3 are read as a table of 3 users, as in SNAP's files" in caplog.text
    follow, _ = read_follow_graph(write(SNAP), np.array(["0", "1", "2"], dtype=object))
    assert follow.edge_index.t().tolist() == [[1, 2], [2, 0]]


def test_a_network_of_snap_has_users_without_links_and_weights(write: Callable[..., Path]) -> None:
    graph, users = read_graph(write("0,a.example\n1,b.example\n2,c.example\n\n2,0,0.5\n"))
    assert users.tolist() == ["a.example", "b.example", "c.example"]
    assert graph.edge_index.tolist() == [[2], [0]]
    assert graph.edge_weight.tolist() == [0.5]


@pytest.mark.parametrize(
    "content",
    [
        "0,1\n1,2\n\n2,0\n",  # 2 is not in the table
        "0,1\n0,2\n\n0,0\n",  # an id would have two names
        "# table\n\n0,1\n0,2\n",
        "0 1\n1 2\n2 0\n\n0 1\n",
    ],
)
def test_a_blank_line_alone_does_not_end_a_table(write: Callable[..., Path], content: str) -> None:
    graph, users = read_graph(write(content))
    links = {tuple(line.replace(",", " ").split()) for line in content.splitlines() if line and line[0] != "#"}
    assert {(users[i], users[k]) for i, k in graph.edge_index.t()} == {(i, k) for i, k in links if i != k}


def test_parallel_edges_keep_the_first_weight_and_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source: Any = nx.MultiDiGraph()
    source.add_edge("3", "7", weight=1.0)
    source.add_edge("3", "7", weight=5.0)
    path = tmp_path / "multi.graphml"
    nx.write_graphml(source, path)
    for given, name in ((source, "the networkx graph"), (path, str(path))):
        graph, _ = read_follow_graph(given, USERS)
        assert graph.edge_index.t().tolist() == [[0, 1]]
        assert graph.edge_weight.tolist() == [1.0]
        assert f"{name}: left out 1 repeated link." in caplog.text


@pytest.mark.parametrize("name", ["isolated.graphml", "isolated.csv", "isolated.txt"])
def test_users_without_a_link_are_kept_or_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    graph = Data(edge_index=torch.tensor([[2], [1]]), edge_weight=torch.tensor([0.5]), num_nodes=4)
    path = write_graph(graph, np.array(["a", "b", "c", "d"], dtype=object), tmp_path / name)
    _, users = read_graph(path)
    if name.endswith("graphml"):
        assert users.tolist() == ["a", "b", "c", "d"]
        assert caplog.text == ""
    else:
        assert users.tolist() == ["c", "b"]
        assert f"{name}: 2 users without links are left out; write a .graphml file to keep all users." in caplog.text


def test_a_networkx_graph_keeps_users_without_a_link() -> None:
    source: Any = nx.DiGraph([("a", "b")])
    source.add_node(7)
    assert read_graph(source)[1].tolist() == ["a", "b", "7"]


def test_weights_are_read_to_the_last_bit(tmp_path: Path) -> None:
    weight = torch.tensor([1e300, 1e-300, 0.1], dtype=torch.float64)
    graph = Data(edge_index=torch.tensor([[0, 0, 1], [1, 2, 2]]), edge_weight=weight, num_nodes=3)
    for name in ("links.txt", "links.csv", "links.graphml"):
        again, _ = read_follow_graph(write_graph(graph, USERS, tmp_path / name), USERS)
        assert again.edge_weight.tolist() == weight.tolist()


@pytest.mark.parametrize("name", ["links.txt", "links.csv", "links.graphml"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edge_weight": torch.tensor([float("inf"), 1.0])}, "edge 1 has the weight inf; weights must be finite"),
        ({"edge_weight": torch.tensor([1.0, -1.0])}, "edge 2 has the weight -1.0; weights must be finite and >= 0"),
        ({"edge_weight": torch.tensor([1.0])}, r"edge_weight has the shape \[1\]; it must be \[2\]"),
        ({"gain": torch.tensor([1.0, math.inf])}, "the gain of an edge is inf; it must be a finite number"),
        ({"support": torch.tensor([1, -1])}, "the support of an edge is -1; it must be a whole number of 0 or more"),
        ({"num_nodes": 4}, "num_nodes=4, but there are 3 users"),
        ({"edge_index": torch.tensor([[0, 3], [1, 1]])}, "users outside of 0 to 2"),
        ({"edge_index": torch.empty(2, 0, dtype=torch.long)}, "empty; it contains no edge"),
        ({"time_unit": "fortnight"}, "time_unit=fortnight; use one of"),
    ],
)
def test_an_invalid_graph_is_not_written(tmp_path: Path, name: str, change: dict[str, Any], message: str) -> None:
    graph = Data(edge_index=torch.tensor([[0, 2], [1, 1]]), edge_weight=torch.tensor([1.0, 2.0]), num_nodes=3)
    for key, value in change.items():
        graph[key] = value
    with pytest.raises(DataError, match=message):
        write_graph(graph, USERS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_repeated_links_are_written_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    graph = Data(
        edge_index=torch.tensor([[2, 0, 2, 1], [1, 1, 1, 1]]),
        edge_weight=torch.tensor([1.0, 2.0, 3.0, 4.0]),
        num_nodes=3,
    )
    for name in ("links.txt", "links.csv", "links.graphml"):
        again, _ = read_follow_graph(write_graph(graph, USERS, tmp_path / name), USERS)
        assert again.edge_index.t().tolist() == [[0, 1], [2, 1]]
        assert again.edge_weight.tolist() == [2.0, 1.0]
        assert f"{name}: left out 1 repeated link and 1 link from a user to itself." in caplog.text


def test_ids_that_a_file_cannot_hold(tmp_path: Path) -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2)
    for name, user, message in [
        ("links.graphml", "a\x01", r"GraphML cannot hold the user id 'a\\x01', which has a control character"),
        ("links.graphml", "a\ud800", "an unpaired surrogate"),
        ("links.graphml", "", "the user id '', which has no characters"),
        ("links.csv", "a\rb", "a line end, or #; write a .graphml file"),
        ("links.txt", "\ufeffa", "write a .csv or .graphml file"),
        ("links.csv", "b", "two users have the same id"),
    ]:
        with pytest.raises(UsageError, match=f"{name}: .*{message}"):
            write_graph(graph, np.array([user, "b"], dtype=object), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_users_may_be_named_like_the_columns(tmp_path: Path) -> None:
    users = np.array(["source", "target"], dtype=object)
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2)
    again, _ = read_follow_graph(write_graph(graph, users, tmp_path / "links.csv"), users)
    assert again.edge_index.tolist() == [[0], [1]]


def test_a_data_object_over_the_same_users_is_read() -> None:
    source = Data(edge_index=torch.tensor([[0, 2], [1, 0]]), edge_weight=torch.tensor([0.5, 2.0]), num_nodes=3)
    graph, dropped = read_follow_graph(source, USERS)
    assert (graph.edge_index.tolist(), graph.edge_weight.tolist(), dropped) == ([[0, 2], [1, 0]], [0.5, 2.0], 0)
    other, _ = read_follow_graph(source, USERS, direction="follower-followee")
    assert other.edge_index.tolist() == [[0, 1], [2, 0]]
    with pytest.raises(DataError, match="the Data of edges: has num_nodes=3, but there are 2 users; user i of the"):
        read_follow_graph(source, USERS[:2])
    for empty in (Data(num_nodes=3), Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=3)):
        with pytest.raises(DataError, match="the Data of edges: empty; it contains no edge"):
            read_follow_graph(empty, USERS)


@pytest.mark.parametrize("source", [[("3", "7")], np.array([["3", "7"]]), None, 7])
def test_a_source_that_is_not_a_graph_raises_an_error(source: Any) -> None:
    with pytest.raises(
        UsageError, match=f"a {type(source).__name__} cannot be read as a graph; give a file.*same users"
    ):
        read_follow_graph(source, USERS)
    with pytest.raises(UsageError, match=f"a {type(source).__name__} cannot be read as a graph; give a file"):
        read_graph(source)
    with pytest.raises(UsageError, match="a Data cannot be read as a graph"):
        read_graph(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2))


def test_a_long_field_in_quotes_is_read(write: Callable[..., Path]) -> None:
    long = 200_000 * "a"  # the module csv stops at 131,072 characters unless it is given another limit
    assert read_graph(write(f'"{long}",b\n'))[1].tolist() == [long, "b"]


def test_carriage_returns_end_lines(write: Callable[..., Path]) -> None:
    graph, users = read_graph(write("# who whom\ra b\r# a comment\rb c\r"))
    assert [(users[i], users[k]) for i, k in graph.edge_index.t()] == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("followee,follower\n12,7\n", "follows.txt"),
        ("Follower;Followee\n7;12\n", "follows.csv"),
        ("user\tfriend\n7\t12\n", "follows.tsv"),
        ("user_id|other|friend_id\n7|x|12\n", "follows.txt"),
        ("source target\n12 7\n", "follows.txt"),
        ("from,to,weight\n12,7,1\n", "follows.csv"),
        ('{"follower": 7, "followee": 12}\n', "follows.jsonl"),
        ("12;7\n", "follows.txt"),
    ],
)
def test_names_of_columns_say_who_follows_whom(write: Callable[..., Path], content: str, name: str) -> None:
    """User 7 follows user 12, so that information flows from 12 to 7."""
    graph, _ = read_follow_graph(write(content, name), USERS)
    assert graph.edge_index.tolist() == [[2], [1]]


def test_links_of_workbooks_and_parquet_files_are_read(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"follower": [7, 3], "followee": ["12", "7"], "weight": [0.5, 2]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    frame.astype({"followee": int}).to_parquet(tmp_path / "a.parquet")
    for path in (tmp_path / "a.xlsx", tmp_path / "a.parquet"):
        graph, _ = read_follow_graph(path, USERS)
        assert graph.edge_index.tolist() == [[1, 2], [0, 1]]
        assert graph.edge_weight.tolist() == [2.0, 0.5]
    assert read_follow_graph(frame, USERS)[0].edge_index.tolist() == [[1, 2], [0, 1]]


def test_columns_of_links_may_be_named(write: Callable[..., Path]) -> None:
    path = write("fan;star\n7;12\n", "follows.csv")
    with pytest.raises(DataError, match=r"if it is a header"):
        read_follow_graph(path, USERS)
    graph, _ = read_follow_graph(path, USERS, "follower-followee", source_column="fan", target_column="star")
    assert graph.edge_index.tolist() == [[2], [1]]
    assert read_graph(path, source_column="star", target_column="fan")[1].tolist() == ["12", "7"]
    with pytest.raises(DataError, match=r"source_column='fans': .* no column of this name; found 'fan', 'star'"):
        read_follow_graph(path, USERS, source_column="fans", target_column="star")
    with pytest.raises(UsageError, match=r"source_column='fan': name the other column, too target_column="):
        read_follow_graph(path, USERS, source_column="fan")
    with pytest.raises(UsageError, match=r"direction='followee-follower': .* say who follows whom; leave it out"):
        read_follow_graph(write("follower,followee\n7,12\n"), USERS, "followee-follower")


def test_invalid_links_are_reported_together_or_left_out(
    write: Callable[..., Path], tmp_path: Path, caplog: Any
) -> None:
    for content in ("follower,followee,weight\n7,12,1\n7\n,12,1\n3,7,x\n", "12 7 1\n7\n12 3\n7 3 x\n"):
        path = write(content, "follows.txt")
        with pytest.raises(DataError, match=r"3 of 4 lines are invalid") as caught:
            read_follow_graph(path, USERS, errors_out=tmp_path / "errors.jsonl")
        assert str(caught.value).count("\n  line ") == 3
        assert len((tmp_path / "errors.jsonl").read_text().splitlines()) == 3
        caplog.clear()
        graph, _ = read_follow_graph(path, USERS, on_error="drop")
        assert graph.edge_index.tolist() == [[2], [1]]
        assert "3 invalid rows left out (" in caplog.text


def test_gml_keeps_users_without_links_and_facts(tmp_path: Path) -> None:
    users = np.array(["12", 'ann "lee" é', "c\nd", "alone"], dtype=object)
    graph = Data(
        edge_index=torch.tensor([[0, 1], [1, 2]]),
        edge_weight=torch.tensor([0.1, 2.0], dtype=torch.float64),
        num_nodes=4,
        time_unit="s",
        horizon=86400.5,
    )
    again, ids = read_graph(write_graph(graph, users, tmp_path / "net.gml"))
    assert ids.tolist() == users.tolist()
    assert again.edge_index.tolist() == graph.edge_index.tolist()
    assert again.edge_weight.tolist() == [0.1, 2.0]
    assert (again.time_unit, again.horizon) == ("s", 86400.5)
    (tmp_path / "bad.gml").write_text("graph [ node [ id 0 ")
    with pytest.raises(DataError, match=r"bad.gml: not GML"):
        read_graph(tmp_path / "bad.gml")
