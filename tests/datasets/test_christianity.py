from graphcascade.datasets import Christianity


def test_published_files_are_read(publish, tmp_path):
    publish(
        Christianity,
        {"cascades.txt": "0 566 23498972,2515 120971777,\n0 1054 25742604,566 45886141,\n", "edges.txt": "566,1054\n"},
    )
    dataset = Christianity(tmp_path)
    assert dataset.user_ids.tolist() == ["0", "566", "2515", "1054"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1, 2], [0, 3, 1]]
    assert dataset[1].time.tolist() == [25742604.0, 25742604.0, 45886141.0]
    assert dataset.follow_graph.edge_index.tolist() == [[1], [3]]
    assert (dataset.name, dataset.time_unit, dataset.table.times_absolute) == ("christianity", None, False)
    assert Christianity.published_cascades == 589  # Table 1 of MS-HGAT
