from graphcascade.datasets import Douban


def test_published_files_are_read_and_a_cut_off_event_is_counted(publish, tmp_path):
    publish(
        Douban,
        {
            "cascades.txt": "1787849 1312767734,4628982 1318068741\n30968337 1312800869,4628982 1313294338,17892",
            "edges.txt": "4628982,1787849\n4628982,5\n",
        },
    )
    dataset = Douban(tmp_path)
    assert dataset.user_ids.tolist() == ["1787849", "4628982", "30968337"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2, 1]]
    assert dataset[0].time.tolist() == [1312767734.0, 1318068741.0]
    assert dataset.follow_graph.edge_index.tolist() == [[1], [0]]
    assert dataset.table.follow_edges_outside == 1
    assert dataset.table.repairs.cut_off_events == 1
    assert (dataset.name, dataset.time_unit, dataset.table.times_absolute) == ("douban", "s", True)
