from graphcascade.datasets import Lastfm


def test_both_published_files_are_read(publish, tmp_path):
    publish(
        Lastfm,
        {
            "cascade.txt": "user_000681,1221274013 user_000484,1230737201 \n",
            "cascadetest.txt": "user_000484,1125231397 user_000067,1141856977 \n",
        },
    )
    dataset = Lastfm(tmp_path)
    assert dataset.user_ids.tolist() == ["user_000681", "user_000484", "user_000067"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [1, 2]]
    assert dataset[1].time.tolist() == [1125231397.0, 1141856977.0]
    assert dataset.table.part.tolist() == [0, 2]
    assert (dataset.name, dataset.time_unit) == ("lastfm", "s")
