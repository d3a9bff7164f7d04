from graphcascade.datasets import ForestMemetracker


def test_the_three_published_files_are_read(publish, tmp_path):
    publish(
        ForestMemetracker,
        {
            "cascade.txt": "26,338767.939722 90,342322.176111\n",
            "cascadevalid.txt": "180,338566.653056 26,338567.513889\n",
            "cascadetest.txt": "0,339582.914444\n",
        },
    )
    dataset = ForestMemetracker(tmp_path)
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2, 0], [3]]
    assert dataset[1].time.tolist() == [338566.653056, 338567.513889]
    assert dataset.table.part.tolist() == [0, 1, 2]
    assert (dataset.name, dataset.time_unit) == ("forest_memetracker", "h")
