import pytest

from graphcascade.datasets import Irvine


def test_both_published_files_are_read(publish, tmp_path):
    publish(
        Irvine,
        {"cascade.txt": "128,1085106416 100,1085156286 \r\n7,1084631430 \r\n", "cascadetest.txt": "100,5 9,6 \r\n"},
    )
    dataset = Irvine(tmp_path)
    assert dataset.user_ids.tolist() == ["128", "100", "7", "9"]
    assert [cascade.user.tolist() for cascade in dataset] == [[0, 1], [2], [1, 3]]
    assert dataset[0].time.tolist() == [1085106416.0, 1085156286.0]
    assert dataset.table.part.tolist() == [0, 0, 2]
    assert (dataset.name, dataset.time_unit, dataset.table.times_absolute) == ("irvine", "s", True)
    assert dataset.follow_graph is None


@pytest.mark.real_data
def test_figures_match_those_of_the_paper(real_files, tmp_path):
    dataset = Irvine(tmp_path)
    figures = dataset.describe()
    assert (figures["users"], figures["cascades"], figures["co-occurring pairs"]) == (540, 471, 62_605)
    assert round(figures["mean length"], 2) == 13.63
    assert figures["longest cascade"] == 111
    assert not dataset.table.repairs
    train, val, test = dataset.splits(fractions=(1.0, 0.0, 0.0))
    assert (len(train), len(val), len(test)) == (424, 0, 47)
    assert int((test.seen & ~train.seen).sum()) == 1
