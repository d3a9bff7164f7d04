import pytest

from graphcascade.datasets import Android


def test_reads_the_layout(publish, tmp_path):
    publish(Android, {"cascades.txt": "158 244 48358445,2287 53292083,\n29 856 7580048,", "edges.txt": "244,2287\n"})
    dataset = Android(tmp_path)
    assert dataset.user_ids.tolist() == ["244", "2287", "856"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2]]
    assert dataset[0].time.tolist() == [48358445.0, 53292083.0]
    assert dataset.item_ids.tolist() == ["158", "29"]
    assert dataset.follow_graph.edge_index.tolist() == [[0], [1]]
    assert (dataset.name, dataset.time_unit, dataset.table.part) == ("android", None, None)


@pytest.mark.real_data
def test_figures_of_the_files(real_files, tmp_path):
    dataset = Android(tmp_path)
    figures = dataset.describe()
    assert (figures["users"], figures["cascades"], figures["longest cascade"]) == (2_925, 679, 509)
    assert dataset.follow_graph.num_edges == 29_126
    assert dataset.follow_graph.num_edges + dataset.table.follow_edges_outside == 48_573
    assert not dataset.table.repairs
    everybody = Android(tmp_path, graph_users="all")
    assert everybody.num_users == 2_925 + 7_028
    assert everybody.user_ids[:2_925].tolist() == dataset.user_ids.tolist()
    assert everybody.follow_graph.num_edges == 48_573
