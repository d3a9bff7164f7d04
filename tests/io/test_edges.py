from __future__ import annotations

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


def test_a_file(fixtures: Path) -> None:
    graph, dropped = read_follow_graph(fixtures / "follows.txt", USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [1, 0], [2, 1]]
    assert graph.num_nodes == 3
    assert "edge_weight" not in graph
    assert dropped == 0


@pytest.mark.parametrize("line", ["12,7", "12 7", "12\t7", "12, 7", " 12  7 ", "12 ,\t7"])
def test_what_may_stand_between_two_ids(write: Callable[..., Path], line: str) -> None:
    graph, _ = read_follow_graph(write(f"{line}\r\n"), USERS)
    assert graph.edge_index.t().tolist() == [[2, 1]]


def test_weights_comments_and_blank_lines(write: Callable[..., Path]) -> None:
    graph, _ = read_follow_graph(write("# who whom how\n\n12,7,0.5\n3,12,2\n"), USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [2, 1]]
    assert graph.edge_weight.tolist() == [2.0, 0.5]


def test_the_other_direction(fixtures: Path) -> None:
    graph, _ = read_follow_graph(fixtures / "follows.txt", USERS, direction="follower-followee")
    assert graph.edge_index.t().tolist() == [[0, 1], [1, 2], [2, 0]]


def test_an_unknown_direction(fixtures: Path) -> None:
    with pytest.raises(UsageError, match="direction='up': use 'followee-follower' or 'follower-followee'"):
        read_follow_graph(fixtures / "follows.txt", USERS, direction="up")  # type: ignore[arg-type]


def test_unknown_users(write: Callable[..., Path]) -> None:
    path = write("# comment\n12,7\n\n7,99\n98,3\n")
    with pytest.raises(DataError, match=r"cascades.txt, line 4: .*'7', '99'.*unknown user '99'.*2 of 3 edges"):
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
def test_a_line_of_another_form(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"cascades.txt, {message}"):
        read_follow_graph(write(content), USERS)


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_an_empty_file(write: Callable[..., Path], content: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt: empty, there is no edge in it"):
        read_follow_graph(write(content), USERS)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing.txt: there is no such file"):
        read_follow_graph(tmp_path / "nothing.txt", USERS)


def test_networkx() -> None:
    graph, _ = read_follow_graph(nx.DiGraph([(12, 7), ("3", "12")]), USERS)
    assert graph.edge_index.t().tolist() == [[0, 2], [2, 1]]
    both, _ = read_follow_graph(nx.Graph([(12, 7)]), USERS)
    assert both.edge_index.t().tolist() == [[1, 2], [2, 1]]


def test_networkx_weights() -> None:
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


def test_networkx_without_edges() -> None:
    with pytest.raises(DataError, match="the networkx graph: empty, there is no edge in it"):
        read_follow_graph(nx.empty_graph(3), USERS)


def test_a_table() -> None:
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
        (pd.DataFrame({"a": ["3", "7"], "b": ["7", "9"]}), "row 2: .*unknown user '9'"),
    ],
)
def test_a_table_that_cannot_be_right(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=f"the DataFrame of edges(:|,) .*{message}"):
        read_follow_graph(frame, USERS)


def test_a_network_of_its_own(write: Callable[..., Path]) -> None:
    graph, users = read_graph(write("b,a,0.5\na,c,2\n"))
    assert users.tolist() == ["b", "a", "c"]
    assert graph.edge_index.t().tolist() == [[0, 1], [1, 2]]
    assert graph.edge_weight.tolist() == [0.5, 2.0]
    assert graph.num_nodes == 3


@pytest.mark.real_data
def test_links_of_android(real_data: Path) -> None:
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


def test_a_header_is_hinted_at(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"line 1: .* if it is a header, begin the line with #"):
        read_follow_graph(write("followee,follower\n12,7\n"), USERS)
    with pytest.raises(DataError, match="line 1: the weight 'weight' is not a number; if this is a header"):
        read_follow_graph(write("followee,follower,weight\n12,7,1\n"), USERS)


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
def test_users_with_blanks_and_commas(tmp_path: Path, ending: str) -> None:
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


def test_graphml_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_text("<graphml><graph")
    with pytest.raises(DataError, match=r"a.graphml: not GraphML"):
        read_graph(tmp_path / "a.graphml")
    with pytest.raises(MissingFileError, match=r"b.graphml: there is no such file"):
        read_graph(tmp_path / "b.graphml")


def test_csv_has_names_of_columns_and_comes_back(tmp_path: Path) -> None:
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
    with pytest.raises(DataError, match="empty, there is no edge"):
        read_graph(path)


FACTS = {"delays": "exponential", "time_unit": "s", "horizon": 86400.5}


def network_of_three() -> Data:
    graph = Data(edge_index=torch.tensor([[0, 2], [1, 0]]), edge_weight=torch.tensor([0.5, 2.0]), num_nodes=3)
    graph.support = torch.tensor([7, 1])
    for name, value in FACTS.items():
        graph[name] = value
    return graph


@pytest.mark.parametrize("ending", ["txt", "csv", "graphml"])
def test_support_and_facts_travel_with_the_network(tmp_path: Path, ending: str) -> None:
    graph = network_of_three()
    path = write_graph(graph, USERS[:3], tmp_path / f"network.{ending}")
    over_users, _ = read_follow_graph(path, USERS[:3])
    alone, user_ids = read_graph(path)
    for again in (over_users, alone):
        assert again.edge_weight.dtype == torch.float32
        assert {name: again[name] for name in FACTS} == FACTS
    assert over_users.edge_index.equal(graph.edge_index)
    assert over_users.support.tolist() == [7, 1]
    found = {
        (user_ids[i], user_ids[k]): count
        for (i, k), count in zip(alone.edge_index.t().tolist(), alone.support.tolist(), strict=True)
    }
    assert found == {(USERS[0], USERS[1]): 7, (USERS[2], USERS[0]): 1}


def test_a_list_says_what_it_holds_in_comments(tmp_path: Path) -> None:
    facts = "# graphcascade: delays=exponential time_unit=s horizon=86400.5"
    links = [(USERS[0], USERS[1], "0.5", "7"), (USERS[2], USERS[0], "2.0", "1")]
    plain = write_graph(network_of_three(), USERS[:3], tmp_path / "network.txt").read_text().splitlines()
    assert plain == [facts, "# source target weight support", *(" ".join(link) for link in links)]
    table = write_graph(network_of_three(), USERS[:3], tmp_path / "network.csv").read_text().splitlines()
    assert table == [facts, "source,target,weight,support", *(",".join(link) for link in links)]


def test_networkx_holds_support_and_facts() -> None:
    graph = to_networkx(network_of_three())
    assert graph.graph == FACTS
    assert graph.edges[0, 1] == {"weight": 0.5, "support": 7}
    again, _ = read_graph(graph)
    assert again.support.tolist() == [7, 1]
    assert again.horizon == 86400.5


def test_wrong_facts_and_supports(write: Callable[..., Path]) -> None:
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
    with pytest.raises(DataError, match="line 1: 'a b 1 2' has 4 fields"):  # nothing says what the fourth one is
        read_graph(write("a b 1 2\n"))
    graph = nx.DiGraph([("a", "b")], horizon="soon")
    with pytest.raises(DataError, match="the networkx graph: horizon=soon; it must be a number above 0"):
        read_graph(graph)
