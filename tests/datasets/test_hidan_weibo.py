import pytest

from graphcascade.datasets import HiDANWeibo
from graphcascade.errors import UsageError


def test_the_three_published_files_are_read(publish, tmp_path):
    publish(
        HiDANWeibo,
        {
            "weibo-cascades-time-train": "238798,69281,929938:0.0000,0.0569,0.0644\n69281,5:0.0000,2.5000\n",
            "weibo-cascades-time-val": "929938,5:0.0000,0.4150\n",
            "weibo-cascades-time-test": "7,238798:0.0000,0.6069\n",
        },
    )
    dataset = HiDANWeibo(tmp_path)
    assert dataset.user_ids.tolist() == ["238798", "69281", "929938", "5", "7"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1, 2], [1, 3], [2, 3], [4, 0]]
    assert dataset[0].time.tolist() == [0.0, 0.0569, 0.0644]
    assert dataset.table.part.tolist() == [0, 0, 1, 2]
    assert (dataset.name, dataset.time_unit) == ("hidan_weibo", "h")
    with pytest.raises(UsageError, match="cascades have no order"):
        dataset.splits("chronological")
