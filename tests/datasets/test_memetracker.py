import pytest

from graphcascade.datasets import Memetracker


def test_both_published_files_are_read(publish, tmp_path):
    publish(
        Memetracker,
        {"cascade.txt": "74,340664.837222 243,340665.364167\r\n", "cascadetest.txt": "80,341616.18 74,341616.18\r\n"},
    )
    dataset = Memetracker(tmp_path)
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2, 0]]
    assert dataset[0].time.tolist() == [340664.837222, 340665.364167]
    assert dataset.table.part.tolist() == [0, 2]
    assert (dataset.name, dataset.time_unit) == ("memetracker", "h")


@pytest.mark.real_data
def test_figures_match_those_of_the_paper(real_files, tmp_path):
    dataset = Memetracker(tmp_path)
    figures = dataset.describe()
    assert (figures["users"], figures["cascades"], figures["co-occurring pairs"]) == (498, 8_304, 158_194)
    assert round(figures["mean length"], 2) == 8.43
    assert figures["longest cascade"] == 312
    assert not dataset.table.repairs
    train, val, test = dataset.splits(fractions=(1.0, 0.0, 0.0))
    assert (len(train), len(val), len(test)) == (7_474, 0, 830)
    assert train.describe()["cascades with tied times"] == 97
    assert int((test.seen & ~train.seen).sum()) == 0
