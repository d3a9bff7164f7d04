import gzip
import json
import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.data import PostRepairs, PostStream
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_posts

TABLE = (
    "post,user,time,label,category,subcategory,text,title,image,likes,wind\n"
    'p1,ann,2024-05-01T14:00Z,3.5,animal,"dogs, wild","a dog, happy",Rex,images/dog.jpg,12,\n'
    "p2,7,2024-05-01T13:00Z,,plant,,,,,,2.5\n"
    "p3,ann,2024-05-02T13:00Z,1,,,tree,,,0,1\n"
)


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes a table beside an image."""

    def make(text=TABLE, name="mine.csv"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images" / "dog.jpg").write_bytes(b"picture")
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return make


def test_a_table_is_read_as_a_stream(write, tmp_path):
    stream = read_posts(write(), numbers=["likes", "wind"], crawl_time=["likes"])
    assert stream.post_ids.tolist() == ["p2", "p1", "p3"]
    assert stream.user_ids.tolist() == ["ann", "7"]
    assert stream.user.tolist() == [1, 0, 0]
    assert stream.time.tolist() == [pd.Timestamp(f"2024-05-0{day}").timestamp() for day in ("1T13", "1T14", "2T13")]
    assert stream.y.nan_to_num(-1).tolist() == [-1.0, 3.5, 1.0]
    assert stream.category_ids.tolist() == ["animal", "plant", "dogs, wild"]
    assert stream.category.tolist() == [1, 2, -1]
    assert stream.parent.tolist() == [-1, -1, 0]
    assert stream["post"].text.tolist() == ["", "a dog, happy", "tree"]
    assert stream["post"].title.tolist() == ["", "Rex", ""]
    assert stream["post"].image.tolist() == ["", str(tmp_path / "images" / "dog.jpg"), ""]
    assert stream["post"].has_image.tolist() == [False, True, False]
    assert stream.numbers.nan_to_num(-1).tolist() == [[-1.0, 2.5], [12.0, -1.0], [0.0, 1.0]]
    assert (stream.number_names, stream.crawl_time_names) == (("likes", "wind"), ("likes",))
    assert stream.repairs == PostRepairs(posts_out_of_order=1)
    assert (stream.name, stream.time_unit) == ("mine", "s")
    assert stream.validate()


def test_other_columns_are_not_read_as_numbers(write):
    assert read_posts(write()).number_names == ()


def test_columns_may_have_other_names(tmp_path):
    path = tmp_path / "t.tsv.gz"
    with gzip.open(path, "wt") as file:
        file.write("id\tuid\tt\tseen\tkind\n1\ta\t5\t7\tx\n2\tb\t4\t\ty\n3\tb\t6\t0\tx\n")
    stream = read_posts(path, post="id", user="uid", time="t", views="seen", categories="kind", time_unit="h")
    assert stream.post_ids.tolist() == ["2", "1", "3"]
    assert stream.y.nan_to_num(-1).tolist() == [-1.0, 3.0, 0.0]
    assert PostStream.to_views(stream.y[1:]).tolist() == [7.0, 0.0]
    assert stream.category_ids.tolist() == ["x", "y"]
    assert stream.time_unit == "h"


def test_jsonl_and_parquet_are_read_alike(tmp_path):
    rows = [
        {"post": 1, "user": "a", "time": 5, "label": 2.5, "category": "x", "text": None, "likes": True},
        {"post": 2, "user": "b", "time": 4.5, "label": None, "category": None, "text": "b", "likes": False},
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    for name in ("t.jsonl", "t.parquet"):
        stream = read_posts(tmp_path / name, numbers=["likes"])
        assert stream.post_ids.tolist() == ["2", "1"]
        assert stream.y.nan_to_num(-1).tolist() == [-1.0, 2.5]
        assert stream["post"].text.tolist() == ["b", ""]
        assert stream.category.tolist() == [-1, 0]
        assert stream.numbers.tolist() == [[0.0], [1.0]]
        assert stream.time_unit is None


def test_missing_images_are_an_error_or_are_counted(write):
    path = write(TABLE.replace("dog.jpg", "cat.jpg"))
    with pytest.raises(
        MissingFileError,
        match=r"line 2: there is no image .*cat\.jpg \(1 such post\); .* missing_images='placeh",
    ):
        read_posts(path)
    stream = read_posts(path, missing_images="placeholder")
    assert stream["post"].image.tolist() == ["", "", ""]
    assert stream.repairs.missing_images == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ("post,user", "post,author"),
            r"mine\.csv: there is no column 'user'; found 'post', 'author'.*user='author'\.",
        ),
        (
            ("post,user", "key,user"),
            r"mine\.csv: there is no column 'post'; .*name the one with the posts, as in post=",
        ),
        (("p3,ann", "p1,ann"), r"mine\.csv, line 4: the post id 'p1' occurs before, at .*mine\.csv, line 2"),
        (("3.5,animal", "much,animal"), r"line 2: 'much' in the column 'label' is not a number; leave it empty"),
        (("3.5,animal", '"3,5",animal'), r"line 2: '3,5' in the column 'label' is not a number; write decimal points"),
        (("1,,,tree", "inf,,,tree"), r"line 4: the label is not finite"),
        (("2024-05-01T13:00Z", ""), r"line 3: the time is missing"),
        (("2024-05-01T13:00Z", "12"), r"line 3: the time '12' is a number, and others in its column are not"),
        ((",animal,", ",,"), r"line 2: the category 'dogs, wild' stands without a coarser category"),
        (("images/dog.jpg", "../dog.jpg"), r"line 2: the column 'image' has the path '\.\./dog\.jpg', which leaves"),
        (("label,", "text,"), r"there are 2 columns 'text'; keep only one"),
        ((",wind\n", "\n"), r"line 2: has 11 fields, and the first line names 10 columns"),
    ],
)
def test_bad_tables_are_errors(write, change, problem):
    with pytest.raises(DataError, match=problem):
        read_posts(write(TABLE.replace(*change, 1)))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"numbers": ["like"]}, r"numbers='like': .*mine\.csv has no such column; did you mean likes\?"),
        ({"numbers": ["wind"], "crawl_time": ["likes"]}, "crawl_time='likes': is not one of the numbers"),
        ({"numbers": ["likes", "label"]}, "numbers='label': this column has the popularity, which models predict"),
        ({"views": "likes", "numbers": ["likes"]}, "numbers='likes': this column has the popularity"),
        ({"label": "wind", "views": "likes"}, "label='wind': the column of views is named, too"),
        ({"label": "y"}, r"label='y': .* has no such column"),
        ({"categories": ["kind"]}, r"categories='kind': .* has no such column"),
        ({"missing_images": "skip"}, "missing_images='skip': use 'error' or 'placeholder'"),
        ({"time_unit": "h"}, "time_unit='h': the times are dates"),
        ({"category_ids": "x"}, "category_ids='x'"),
    ],
)
def test_bad_arguments_are_errors(write, arguments, problem):
    with pytest.raises(UsageError, match=problem):
        read_posts(write(), **arguments)


def test_negative_views_and_unknown_endings_are_errors(write):
    with pytest.raises(DataError, match=r"line 3: the number of views -2 is negative"):
        read_posts(write("post,user,time,n\n1,a,1,2\n2,a,2,-2\n"), views="n")
    with pytest.raises(UsageError, match=r"mine\.ods: the ending of a table of posts is \.csv"):
        read_posts(write(name="mine.ods"))
    with pytest.raises(MissingFileError, match=r"there is no such file"):
        read_posts("nothing.csv")


def test_a_misspelt_column_is_reported(write, caplog):
    read_posts(write(TABLE.replace(",text,", ",content,")))
    advice = "did you mean text? If so, name it with --text content (in Python text='content'). Without it, the posts"
    assert any(advice in message for message in caplog.messages)


def test_columns_of_numbers_that_are_not_read_have_a_remedy(write, caplog):
    with caplog.at_level(logging.INFO):
        read_posts(write())
    text = "columns that are not read: likes, wind. Models use those with numbers if --numbers (in Python numbers=)"
    assert any(text in message for message in caplog.messages)


def test_labels_that_are_numbers_of_views_are_reported(write, caplog):
    table = "post,user,time,label\n1,a,1,40\n2,a,2,\n3,a,3,2764\n4,a,4,41\n"
    read_posts(write(table))
    (message,) = caplog.messages
    assert "mine.csv, line 4: the label 2764 would mean 2^2764 views (2 such posts)" in message
    assert "if the column 'label' has numbers of views, name it with --views (in Python views=) instead" in message
    caplog.clear()
    read_posts(write(table.replace("label", "views")), views="views")
    assert caplog.messages == []


def test_the_example_of_the_documentation_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    example = re.search(r"### A table of your own.*?```python\n(.*?)```", text, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert re.search(r"posts with a label +1\n", capsys.readouterr().out)
    assert read_posts("posts.csv").y[0] == pytest.approx(3.2)


@pytest.mark.slow
def test_a_large_table_is_read_in_seconds(tmp_path):
    count = 50_000
    frame = pd.DataFrame({"post": range(count), "user": np.arange(count) % 999, "time": range(count), "label": 1.0})
    frame.to_csv(tmp_path / "t.csv", index=False)
    stream = read_posts(tmp_path / "t.csv")
    assert stream.num_posts == count
    assert stream.targets.equal(torch.arange(count))


def test_invalid_posts_are_reported_together_or_left_out(write):
    path = write("post;user;time;n\n1;a;1;2\n2;a;2;-2\n3;b;x;1\n4;b;4;many\n")
    with pytest.raises(DataError, match=r"3 of 4 lines are invalid:\n  line 3: the number of views -2 .*\n  line 4: "):
        read_posts(path, views="n")
    stream = read_posts(path, views="n", on_error="drop")
    assert stream.post_ids.tolist() == ["1"]
    assert sum(stream.repairs.invalid_rows.values()) == 3
    assert "3 invalid rows left out" in str(stream.repairs)


def test_a_frame_is_read_like_its_file(write, tmp_path):
    path = write()
    frame = pd.read_csv(path, dtype={"user": object})
    arguments = {"numbers": ["likes", "wind"], "crawl_time": ["likes"]}
    expected = read_posts(path, **arguments)
    stream = read_posts(frame, **arguments, image_folder=tmp_path)
    assert (stream.name, read_posts(frame, name="mine", image_folder=tmp_path).name) == ("posts", "mine")
    assert stream.time_unit == expected.time_unit == "s"
    for name in ("post_ids", "user_ids", "category_ids"):
        assert getattr(stream, name).tolist() == getattr(expected, name).tolist()
    for name in ("text", "title", "image"):
        assert stream["post"][name].tolist() == expected["post"][name].tolist()
    for name in ("user", "time", "y", "category", "parent", "numbers"):
        torch.testing.assert_close(getattr(stream, name), getattr(expected, name), rtol=0, atol=0, equal_nan=True)
    assert frame.index.tolist() == [0, 1, 2]  # the frame itself is not changed


def test_a_frame_with_types_of_pandas_is_read():
    frame = pd.DataFrame(
        {
            "post": pd.array([1, 2, 3], dtype="Int64"),
            "user": pd.Categorical(["ann", "bob", "ann"]),
            "time": pd.date_range("2024-05-01", periods=3, tz="UTC"),
            "label": pd.array([1.5, None, 3], dtype="Float64"),
            "category": pd.Categorical(["dog", None, "cat"]),
            "text": pd.array(["a", None, "c"], dtype="string"),
            7: [1, 2, 3],
        },
        index=[9, 9, 9],
    )
    stream = read_posts(frame, numbers=["7"])
    assert stream.post_ids.tolist() == ["1", "2", "3"]
    assert stream.y.nan_to_num(-1).tolist() == [1.5, -1, 3]
    assert stream.category.tolist() == [0, -1, 1]
    assert stream["post"].text.tolist() == ["a", "", "c"]
    assert stream.numbers.tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("change", "arguments", "problem"),
    [
        ({"label": [1, "x", 2]}, {}, "the DataFrame, row 2: 'x' in the column 'label' is not a number"),
        (
            {"post": ["p1", "p2", "p1"]},
            {},
            "the DataFrame, row 3: the post id 'p1' occurs before, at the DataFrame, row 1",
        ),
        ({}, {"user": "who"}, r"the DataFrame: there is no column 'who'; .* as in user='user'"),
        ({}, {"numbers": ["like"]}, "numbers='like': the DataFrame has no such column"),
        ({}, {"sep": ";"}, "sep=';': has no effect on a DataFrame; leave it out"),
        ({"image": ["no.jpg"] * 3}, {}, "the DataFrame, row 1: there is no image no.jpg"),
    ],
)
def test_errors_about_frames_name_the_row(change, arguments, problem):
    columns = {"post": ["p1", "p2", "p3"], "user": ["a", "b", "a"], "time": [1, 2, 3], "label": [1, 2, 3]}
    with pytest.raises((UsageError, DataError, MissingFileError), match=problem):
        read_posts(pd.DataFrame(columns | change), **arguments)


def test_invalid_rows_of_a_frame_can_be_left_out():
    frame = pd.DataFrame({"post": [1, 2, 3], "user": [1, 1, 1], "time": [1, "soon", 3], "label": [1, 2, 3]})
    stream = read_posts(frame, on_error="drop")
    assert stream.post_ids.tolist() == ["1", "3"]
    assert stream.repairs.invalid_rows


def test_other_objects_are_no_tables():
    with pytest.raises(UsageError, match="path: must be a path or a DataFrame, not dict"):
        read_posts({"post": [1]})
