import gzip
import logging
import re
from pathlib import Path

import pandas as pd
import pytest

from graphcascade.data.retweets.schema import RETWEETS
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_retweets

TABLES = {
    "users.csv": "user\nann\nbob\n12\n",
    "follows.csv": "follower,followee\nann,bob\nann,12\n",
    "tweets.csv": 'tweet,user,time,text,image\n1,bob,10,"a dog, happy",images/dog.jpg\n2,,11,,\n3,12,12.5,tree,\n',
    "retweets.csv": "user,tweet,time\nann,1,14\n12,3,13\nann,2,12\n",
}


@pytest.fixture
def folder(tmp_path):
    """Returns a function that writes a folder of tables; a table of ``None`` is left out."""

    def make(**changes):
        target = tmp_path / "photos"
        (target / "images").mkdir(parents=True)
        (target / "images" / "dog.jpg").write_bytes(b"picture")
        tables = {**TABLES, **{name.replace("_", "."): text for name, text in changes.items()}}
        for name, text in tables.items():
            if text is not None:
                (target / name).write_text(text)
        return target

    return make


def test_a_folder_is_read_as_a_network(folder):
    path = folder()
    network = read_retweets(path, time_unit="h")
    assert network.user_ids.tolist() == ["ann", "bob", "12"]
    assert network.tweet_ids.tolist() == ["1", "2", "3"]
    assert network.follows.tolist() == [[0, 0], [1, 2]]
    assert network.posts.tolist() == [[1, 2], [0, 2]]
    assert network.post_time.tolist() == [10.0, float("-inf"), 12.5]
    assert network.retweets.tolist() == [[0, 0, 2], [1, 0, 2]]
    assert network[RETWEETS].time.tolist() == [12.0, 14.0, 13.0]
    assert network["tweet"].text.tolist() == ["a dog, happy", "", "tree"]
    assert network["tweet"].image.tolist() == [str(path / "images" / "dog.jpg"), "", ""]
    assert (network.name, network.time_unit) == ("photos", "h")


def test_formats_may_differ(folder):
    path = folder(users_csv=None, follows_csv=None, tweets_csv=None)
    pd.DataFrame({"user": ["ann", "bob", "12"]}).to_parquet(path / "users.parquet")
    (path / "follows.jsonl").write_text('{"follower": "ann", "followee": "bob"}\n{"follower": "ann", "followee": 12}\n')
    with gzip.open(path / "tweets.tsv.gz", "wt") as file:
        file.write("tweet\tuser\n1\tbob\n2\t\n3\t12\n")
    network = read_retweets(path)
    assert network.follows.tolist() == [[0, 0], [1, 2]]
    assert network.posts.tolist() == [[1, 2], [0, 2]]
    assert network.post_time is None
    assert "text" not in network["tweet"]


def test_dates_and_parts_are_read(folder):
    tweets = "tweet,user,time\n1,bob,1970-01-01 00:00:10Z\n2,bob,1970-01-01 00:00:10Z\n3,12,1970-01-01 00:00:10Z\n"
    rows = ["ann,1,1970-01-01 00:01Z,train", "ann,3,1970-01-02 00:00Z,validation", "12,1,1970-01-03 00:00Z,test"]
    retweets = "\n".join(["user,tweet,time,part", *rows])
    network = read_retweets(folder(tweets_csv=tweets, retweets_csv=retweets))
    assert network.time_unit == "s"
    assert network[RETWEETS].time.tolist() == [60.0, 86400.0, 172800.0]
    assert network[RETWEETS].part.tolist() == [0, 1, 2]
    assert network.splits()[0].split.method == "files"


def test_a_table_of_follows_may_be_empty(folder):
    assert read_retweets(folder(follows_csv="follower,followee\n")).follows.shape == (2, 0)


def test_columns_that_are_not_read_are_logged(folder, caplog):
    caplog.set_level(logging.INFO)
    read_retweets(folder(users_csv="user,age\nann,3\nbob,4\n12,5\n"))
    assert "users.csv: columns that are not read: age." in caplog.text


@pytest.mark.parametrize(
    ("table", "header", "column", "loss"),
    [
        ("retweets_csv", "user,tweet,tiem", "time", "the retweets have no times and are split at random"),
        ("retweets_csv", "user,tweet,date", "time", "the retweets have no times and are split at random"),
        ("retweets_csv", "user,tweet,prt", "part", "the retweets have no published split"),
        ("tweets_csv", "tweet,user,time,txt", "text", "the tweets have no texts"),
        ("tweets_csv", "tweet,user,time,imge", "image", "the tweets have no images"),
        ("tweets_csv", "tweet,author", "user", "the tweets have no authors"),
        ("tweets_csv", "tweet,Time", "time", "the tweets have no times"),
    ],
)
def test_a_misspelt_optional_column_is_a_warning(folder, caplog, table, header, column, loss):
    rows = {"retweets_csv": ["ann,1,14", "bob,3,15"], "tweets_csv": ["1,ann,4,5", "2,bob,5,5", "3,bob,6,5"]}[table]
    width = len(header.split(","))
    lines = [header, *(",".join(row.split(",")[:width]) for row in rows)]
    path = folder(**{table: "\n".join(lines) + "\n"})
    read_retweets(path)
    name = header.split(",")[-1]
    file = path / table.replace("_", ".")
    warning = f"{file}: the column {name!r} is not read; did you mean {column}? Without it, {loss}."
    assert [record.getMessage() for record in caplog.records if "column" in record.getMessage()] == [warning]


def test_a_column_beside_the_optional_one_is_no_warning(folder, caplog):
    read_retweets(folder(retweets_csv="user,tweet,time,date\nann,1,14,x\n"))
    assert "did you mean" not in caplog.text


@pytest.mark.parametrize("name", ["../secret.jpg", "images/../../secret.jpg", "{parent}/secret.jpg"])
def test_the_path_of_an_image_may_not_leave_the_folder(folder, name):
    path = folder()
    (path.parent / "secret.jpg").write_bytes(b"secret")
    (path / "tweets.csv").write_text(f"tweet,image\n1,images/dog.jpg\n2,{name.format(parent=path.parent)}\n3,\n")
    for missing_images in ("error", "placeholder"):
        with pytest.raises(
            DataError, match=r"tweets\.csv, line 3: the column 'image' has the path .*leaves the folder"
        ):
            read_retweets(path, missing_images=missing_images)


def test_paths_of_images_inside_the_folder_are_read(folder, monkeypatch):
    path = folder()
    elsewhere = path.parent / "disk"
    elsewhere.mkdir()
    (elsewhere / "cat.jpg").write_bytes(b"cat")
    (path / "linked").symlink_to(elsewhere)
    (path / "tweets.csv").write_text(
        f"tweet,image\n1,{path}/images/dog.jpg\n2,images/../images/dog.jpg\n3,linked/cat.jpg\n"
    )
    monkeypatch.chdir(path / "images")
    for root in (path, Path("..")):
        images = read_retweets(root)["tweet"].image
        assert [Path(image).read_bytes() for image in images] == [b"picture", b"picture", b"cat"]


def test_a_missing_image_is_an_error_or_a_counted_placeholder(folder):
    path = folder()
    (path / "images" / "dog.jpg").unlink()
    with pytest.raises(
        MissingFileError,
        match=r"tweets\.csv, line 2: there is no image .*images/dog\.jpg \(1 such tweet\); .* missing_images=",
    ):
        read_retweets(path)
    network = read_retweets(path, missing_images="placeholder")
    assert network["tweet"].image.tolist() == ["", "", ""]
    assert network.describe()["missing images, replaced"] == 1
    assert network.describe()["tweets without an image"] == 3


def test_a_missing_table_raises_an_error(folder):
    with pytest.raises(
        MissingFileError,
        match=r"photos: this folder has no table 'follows'; expected users, .* retweets, each as \.csv, .* found "
        r"images/, retweets\.csv, tweets\.csv, users\.csv\.",
    ):
        read_retweets(folder(follows_csv=None))


def test_missing_tables_are_listed(folder):
    with pytest.raises(MissingFileError, match="this folder has no table 'users', 'follows'; expected users"):
        read_retweets(folder(users_csv=None, follows_csv=None))


def test_a_missing_folder_raises_an_error(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere: there is no such folder"):
        read_retweets(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingFileError, match="this is a file; give the folder of the four tables"):
        read_retweets(tmp_path / "file")


def test_a_table_in_two_formats_raises_an_error(folder):
    path = folder()
    (path / "users.tsv").write_text("user\nann\n")
    with pytest.raises(DataError, match=r"the table 'users' exists twice, as users\.csv and users\.tsv"):
        read_retweets(path)


@pytest.mark.parametrize(
    ("table", "text", "problem"),
    [
        ("retweets_csv", "user,tweet,time\nann,1,9\n", r"retweets\.csv, line 2: 'ann' retweets '1' at 9\.0, before it"),
        ("retweets_csv", "user,tweet\nann,1\nann,7\n", r"retweets\.csv, line 3: the tweet '7' is not in the table"),
        ("retweets_csv", "user,tweet\ndan,1\n", r"retweets\.csv, line 2: the user 'dan' is not in the table 'users'"),
        (
            "follows_csv",
            "follower,followee\nann,dan\n",
            r"follows\.csv, line 2: the followee 'dan' is not in the table",
        ),
        ("tweets_csv", "tweet\n1\n2\n1\n3\n", r"tweets\.csv, line 4: the tweet id '1' occurs before, at .*line 2"),
        ("users_csv", "user\nann\n\nbob\nann\n", r"users\.csv, line 5: the user id 'ann' occurs before, at .*line 2"),
        ("users_csv", "name\nann\n", r"users\.csv: there is no column 'user'; found 'name'; name the columns user\."),
        ("users_csv", "user\n", r"users\.csv: empty; it contains no user under the names of its columns, 'user'\."),
        ("follows_csv", "follower;user\nann;bob\n", "there is no column 'followee'; found 'follower', 'user'"),
        ("retweets_csv", "user,tweet,part\nann,1,dev\n", r"line 2: the part 'dev' is unknown; use train, val or test"),
        ("retweets_csv", "user,tweet,time\nann,1,2024-05-01\n", r"times are dates in one and numbers in the other"),
        ("retweets_csv", "user,user,tweet\nann,bob,1\n", r"retweets\.csv: there are 2 columns 'user'"),
        ("retweets_csv", "user,tweet\nann,\n", r"retweets\.csv, line 2: the tweet id is missing"),
    ],
)
def test_errors_name_the_file_and_the_line(folder, table, text, problem):
    with pytest.raises(DataError, match=problem):
        read_retweets(folder(**{table: text}))


def test_a_text_that_is_a_number_raises_an_error(folder):
    path = folder(tweets_csv=None)
    (path / "tweets.jsonl").write_text('{"tweet": 1, "text": "a"}\n{"tweet": 2, "text": 5}\n{"tweet": 3}\n')
    with pytest.raises(DataError, match=r"tweets\.jsonl, line 2: the text 5 is not a text"):
        read_retweets(path)


def test_unknown_arguments_raise_an_error(folder):
    with pytest.raises(UsageError, match="missing_images='skip': use 'error' or 'placeholder'"):
        read_retweets(folder(), missing_images="skip")
    with pytest.raises(UsageError, match="time_unit='fortnight'"):
        read_retweets("photos", time_unit="fortnight")


def test_the_example_of_the_documentation_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    example = re.search(r"### A folder of your own.*?```python\n(.*?)```", text, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert re.search(r"follow links +1\n", capsys.readouterr().out)
    assert read_retweets("photos").post_time.tolist() == [1714566600.0]


def test_invalid_rows_of_all_tables_are_reported_or_left_out(tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "users.csv").write_text("user\nann\nbob\n")
    (folder / "follows.csv").write_text("follower;followee\nann;bob\nbob\n")
    (folder / "tweets.csv").write_bytes("tweet\ttime\ttext\n1\t31/12/2024\tété\n2\t32/12/2024\t\n".encode("latin-1"))
    (folder / "retweets.csv").write_text("user,tweet,time\nann,1,01/01/2025\nbob,1,soon\n,1,13/01/2025\n")
    with pytest.raises(DataError, match=r"tweets.csv, line 2: not UTF-8 text"):
        read_retweets(folder)
    with pytest.raises(DataError) as caught:
        read_retweets(folder, encoding="latin-1", time_format="day-first")
    message = str(caught.value)
    for text in (
        "follows.csv, line 3: has 1 field",
        "tweets.csv, line 3: the time '32/12",
        "retweets.csv: 2 of 3 lines",
    ):
        assert text in message
    network = read_retweets(folder, encoding="latin-1", time_format="day-first", on_error="drop")
    assert network.repairs.invalid_rows == {"time not a date": 2, "user id missing": 1, "wrong number of fields": 1}
    assert network["tweet"].text.tolist() == ["été"]
    assert network.describe()["invalid rows (time not a date), left out"] == 2
