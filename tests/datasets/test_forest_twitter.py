from graphcascade.datasets import ForestTwitter


def test_the_three_published_files_are_read(publish, tmp_path):
    publish(
        ForestTwitter,
        {
            "cascade.txt": "145303467,1.285531679e+12 58669366,1.2855357e+12 \n",
            "cascadevalid.txt": "58669366,1.285298712e+12 39931528,1.285335845e+12 \n",
            "cascadetest.txt": "39931528,1.285483338e+12 \n",
        },
    )
    dataset = ForestTwitter(tmp_path)
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [1, 2], [2]]
    assert dataset[0].time.tolist() == [1285531679000.0, 1285535700000.0]
    assert dataset.table.part.tolist() == [0, 1, 2]
    assert (dataset.name, dataset.time_unit) == ("forest_twitter", "ms")
