import pytest

from graphcascade.datasets import Android
from graphcascade.errors import UsageError

CONTENTS = {
    "cascades.txt": "158 b 10,a 20,\n29 a 5,c 6,\n",
    "edges.txt": "a,b\nx,a\nc,y\nb,c\ny,x\n",
}


def test_links_of_users_without_a_cascade_are_counted(publish, tmp_path):
    publish(Android, CONTENTS)
    dataset = Android(tmp_path)
    assert dataset.user_ids.tolist() == ["158", "b", "a", "29", "c"]
    assert dataset.follow_graph.num_nodes == 5
    assert dataset.follow_graph.edge_index.tolist() == [[1, 2], [4, 1]]  # b -> c, a -> b
    assert dataset.table.follow_edges_outside == 3


def test_all_users_of_the_graph_can_be_kept(publish, tmp_path):
    publish(Android, CONTENTS)
    dataset = Android(tmp_path, graph_users="all")
    assert dataset.user_ids.tolist() == ["158", "b", "a", "29", "c", "x", "y"]
    assert dataset.num_users == 7
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1, 2], [3, 2, 4]]
    assert dataset.follow_graph.num_nodes == 7
    assert dataset.follow_graph.edge_index.tolist() == [[1, 2, 4, 5, 6], [4, 1, 6, 2, 5]]
    assert dataset.table.follow_edges_outside == 0


def test_both_configurations_are_stored_separately(publish, server, tmp_path, caplog):
    publish(Android, CONTENTS)
    assert Android(tmp_path).num_users == 5
    assert Android(tmp_path, graph_users="all").num_users == 7
    caplog.clear()
    assert Android(tmp_path).num_users == 5
    assert Android(tmp_path, graph_users="all").num_users == 7
    assert not caplog.records  # nothing was made again


def test_an_unknown_choice_of_users_raises_an_error(tmp_path):
    with pytest.raises(UsageError, match="graph_users='some': use 'cascades' or 'all'"):
        Android(tmp_path, graph_users="some")
