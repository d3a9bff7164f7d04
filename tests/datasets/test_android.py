import pytest

from graphcascade.datasets import Android


def test_published_files_are_read(publish, tmp_path):
    publish(Android, {"cascades.txt": "158 244 48358445,2287 53292083,\n29 856 7580048,", "edges.txt": "244,2287\n"})
    dataset = Android(tmp_path)
    assert dataset.user_ids.tolist() == ["158", "244", "2287", "29", "856"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1, 2], [3, 4]]
    assert dataset[0].time.tolist() == [48358445.0, 48358445.0, 53292083.0]
    assert dataset.follow_graph.edge_index.tolist() == [[1], [2]]
    assert (dataset.name, dataset.time_unit, dataset.table.part) == ("android", None, None)


@pytest.mark.real_data
def test_figures_match_those_of_the_files(real_files, tmp_path):
    dataset = Android(tmp_path)
    figures = dataset.describe()
    assert (figures["users"], figures["cascades"], figures["longest cascade"]) == (2_927, 679, 510)
    assert figures["mean length"] == 42.7423
    assert (figures["sources"], dataset.table.repairs.untimed_sources) == (374, 679)
    assert dataset.follow_graph.num_edges == 29_152
    assert dataset.follow_graph.num_edges + dataset.table.follow_edges_outside == 48_573  # Table 1 of MS-HGAT
    everybody = Android(tmp_path, graph_users="all")
    assert everybody.num_users == 9_953  # Table 1 of MS-HGAT counts 9,958
    assert everybody.user_ids[:2_927].tolist() == dataset.user_ids.tolist()
    assert everybody.follow_graph.num_edges == 48_573


@pytest.mark.real_data
def test_the_default_split_is_random(real_files, tmp_path):
    dataset = Android(tmp_path)
    parts = dataset.splits(seed=0)
    assert {part.split.method for part in parts} == {"random"}
    # An order by the first delays would give mean lengths of 47, 22 and 18.
    assert all(30 < part.table.num_events / len(part) < 60 for part in parts)
