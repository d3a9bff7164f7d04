import pytest
import torch

from graphcascade.datasets import TopoLSTMTwitter


def test_cascades_and_the_follow_graph_are_read(publish, tmp_path):
    publish(
        TopoLSTMTwitter,
        {
            "train.txt": "476 72007 92093102 352 92093163\n9 476 5\n",
            "test.txt": "352 9 7 476 8\n",
            "graph.txt": "476 72007\n352 9\n9 352\n",
        },
    )
    dataset = TopoLSTMTwitter(tmp_path)
    assert dataset.user_ids.tolist() == ["476", "72007", "352", "9"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1, 2], [3, 0], [2, 3, 0]]
    assert [cascade.time.tolist() for cascade in dataset] == [[92093102.0, 92093102.0, 92093163.0], [5, 5], [7, 7, 8]]
    assert dataset.table.repairs.untimed_sources == 3
    assert dataset.table.part.tolist() == [0, 0, 2]
    assert dataset.follow_graph.edge_index.tolist() == [[1, 2, 3], [0, 3, 2]]
    assert (dataset.name, dataset.time_unit) == ("topolstm_twitter", None)


@pytest.mark.real_data
def test_figures_match_those_of_the_papers(real_files, tmp_path):
    dataset = TopoLSTMTwitter(tmp_path)
    figures = dataset.describe()
    assert (figures["users"], figures["cascades"], figures["sources"]) == (6_126, 569, 217)
    assert figures["mean length"] == 17.0422
    assert figures["follow links"] == 12_045
    assert dataset.table.follow_edges_outside == 0
    table = dataset.table
    later = torch.ones(table.num_events, dtype=torch.bool)
    later[table.ptr[:-1]] = False
    assert table.user[later].unique().numel() == 5_942  # Table 1 of the DSSF paper
    assert figures["sources without a time, repaired"] == 569
