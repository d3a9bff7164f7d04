import re
from pathlib import Path

import numpy as np
import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import RETWEETS
from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.io import read_retweets, write_retweets


def strings(*values):
    return np.array(values, dtype=object)


def small(**changes):
    fields = {
        "follows": torch.tensor([[0, 0], [1, 2]]),
        "posts": torch.tensor([[1, 1], [0, 1]]),
        "retweets": torch.tensor([[2, 0, 0], [1, 1, 0]]),
        "post_time": torch.tensor([0.1, 2.0], dtype=torch.float64),
        "retweet_time": torch.tensor([3.0, 5.0, 1 / 3], dtype=torch.float64),
        "part": torch.tensor([0, 1, 2], dtype=torch.int8),
        "user_ids": strings("ann", 'bob "b", jr', "ü"),
        "tweet_ids": strings("1", "2"),
        "text": strings('first line\nsecond, "line"\r', ""),
        "num_tweets": 2,
    }
    return RetweetNetwork(**{**fields, **changes})


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "parquet"])
def test_reading_returns_the_same_network(tmp_path, format):
    picture = tmp_path / "elsewhere" / "dog.JPG"
    picture.parent.mkdir()
    picture.write_bytes(b"picture")
    network = small(image=strings(str(picture), ""))
    folder = write_retweets(network, tmp_path / "photos", format)
    again = read_retweets(folder)
    for name in ("user_ids", "tweet_ids"):
        assert getattr(again, name).tolist() == getattr(network, name).tolist()
    assert again["tweet"].text.tolist() == network["tweet"].text.tolist()
    for name in ("follows", "posts", "retweets", "post_time"):
        assert getattr(again, name).equal(getattr(network, name))
    assert again[RETWEETS].time.equal(network[RETWEETS].time)
    assert again[RETWEETS].part.equal(network[RETWEETS].part)
    image = Path(again["tweet"].image[0])
    assert image == folder / "images" / "0000000.jpg"
    assert image.read_bytes() == b"picture"
    assert again["tweet"].image[1] == ""
    assert again.splits()[0].split.digest == network.splits()[0].split.digest


def test_times_texts_and_authors_are_optional(tmp_path):
    network = RetweetNetwork(retweets=torch.tensor([[0, 1], [1, 0]]))
    again = read_retweets(write_retweets(network, tmp_path))
    assert again.retweets.equal(network.retweets)
    assert again.posts.shape == again.follows.shape == (2, 0)
    assert again.post_time is None
    assert "text" not in again["tweet"]


def test_tables_are_replaced_only_on_request(tmp_path):
    write_retweets(small(), tmp_path)
    before = (tmp_path / "users.csv").read_text()
    other = small(user_ids=strings("x", "y", "z"))
    problem = r"follows\.csv: this file exists already .* or replace it with overwrite=True\.$"
    with pytest.raises(StorageError, match=problem) as error:
        write_retweets(other, tmp_path, "parquet")
    assert error.value.remedy == ("overwrite", True)
    assert (tmp_path / "users.csv").read_text() == before
    (tmp_path / "notes.txt").write_text("mine")
    write_retweets(other, tmp_path, "parquet", overwrite=True)
    assert read_retweets(tmp_path).user_ids.tolist() == ["x", "y", "z"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "follows.parquet",
        "notes.txt",
        "retweets.parquet",
        "tweets.parquet",
        "users.parquet",
    ]


def test_an_interrupted_folder_is_not_read(tmp_path, monkeypatch):
    write_retweets(small(), tmp_path)
    written = []

    def interrupt(frame, path, *arguments, **options):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)

    monkeypatch.setattr("graphcascade.io.retweet_writer.write_table", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_retweets(small(), tmp_path, overwrite=True)
    with pytest.raises(MissingFileError, match="no table 'retweets'"):
        read_retweets(tmp_path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"user_ids": strings("ann", " bob", "cid")}, "cannot hold the user id ' bob', which has blanks around it"),
        ({"tweet_ids": strings("1.0", "2.0")}, "all tweet ids look like '1.0'"),
        ({"text": strings("a\ud83d", "")}, "the text of the tweet '1' has a zero byte or half of a surrogate pair"),
    ],
)
def test_ids_and_texts_that_a_table_cannot_hold_are_an_error(tmp_path, changes, problem):
    with pytest.raises(UsageError, match=re.escape(problem)):
        write_retweets(small(**changes), tmp_path / "photos")
    assert not (tmp_path / "photos").exists()


def test_invalid_arguments_raise_an_error(tmp_path):
    with pytest.raises(UsageError, match="format='ods': use one of csv, tsv, jsonl, parquet, xlsx"):
        write_retweets(small(), tmp_path, "ods")
    with pytest.raises(UsageError, match=r"the train part of a split; write network\.whole"):
        write_retweets(small().splits()[0], tmp_path)
    with pytest.raises(MissingFileError, match=r"gone\.jpg: there is no such image \(of the tweet '1'\)"):
        write_retweets(small(image=strings(str(tmp_path / "gone.jpg"), "")), tmp_path / "photos")


def test_what_is_not_written_is_logged(tmp_path, caplog):
    network = small(time_unit="h")
    network["tweet"].x_text = torch.ones(2, 3)
    write_retweets(network, tmp_path / "tw")
    features, unit = "the features of the tweets' texts", "the unit of the times (h: state it when you read the folder)"
    assert caplog.messages == [f"{tmp_path / 'tw'}: not written: {features}, {unit}."]
    caplog.clear()
    write_retweets(small(), tmp_path / "other")
    assert not caplog.messages


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_dates_are_written_as_dates(tmp_path, caplog, format):
    folder = write_retweets(small(), tmp_path / "first")
    (folder / "tweets.csv").write_text("tweet,user,time\n1,ann,2024-05-01 12:00Z\n2,ann,2024-05-02 00:00Z\n")
    (folder / "retweets.csv").write_text("user,tweet,time\nann,1,2024-05-01 13:00:00.25Z\nü,2,2024-05-03 00:00Z\n")
    network = read_retweets(folder)
    assert network.times_are_dates
    caplog.clear()
    again = read_retweets(write_retweets(network, tmp_path / "second", format))
    assert "unit of the times" not in caplog.text
    assert again.times_are_dates
    assert again.time_unit == "s"
    assert again.post_time.equal(network.post_time)
    assert again[RETWEETS].time.equal(network[RETWEETS].time)
    if format == "csv":
        assert "2024-05-01T13:00:00.250000Z" in (tmp_path / "second" / "retweets.csv").read_text()
