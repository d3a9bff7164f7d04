from graphcascade.datasets import Christianity


def test_reads_the_layout(publish, tmp_path):
    publish(
        Christianity,
        {"cascades.txt": "0 566 23498972,2515 120971777,\n0 1054 25742604,566 45886141,\n", "edges.txt": "566,1054\n"},
    )
    dataset = Christianity(tmp_path)
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2, 0]]
    assert dataset[1].time.tolist() == [25742604.0, 45886141.0]
    assert dataset.item_ids.tolist() == ["0"]
    assert dataset.table.item.tolist() == [0, 0]
    assert dataset.follow_graph.edge_index.tolist() == [[0], [2]]
    assert (dataset.name, dataset.time_unit) == ("christianity", None)
