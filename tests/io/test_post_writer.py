import json
from pathlib import Path

import numpy as np
import pytest
import torch

from graphcascade.data import PostStream
from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.io import read_posts, write_posts


def strings(*values):
    return np.array(values, dtype=object)


@pytest.fixture
def make(tmp_path):
    """Returns a function that makes three posts; one has an image."""

    def build(**changes):
        (tmp_path / "a.JPG").write_bytes(b"picture")
        fields = {
            "time": torch.tensor([1457068000.0, 1457068000.0, 1457068001.5], dtype=torch.float64),
            "user": torch.tensor([1, 0, 1]),
            "y": torch.tensor([7.46, torch.nan, 0.1]),
            "category": torch.tensor([2, -1, 1]),
            "parent": torch.tensor([-1, 0, 1]),
            "post_ids": strings("9", "8", "7"),
            "user_ids": strings("ann", "bob/b"),
            "category_ids": strings("Animal", "Pets, all", "cat"),
            "text": strings("", "x y", ""),
            "title": strings("T", "", ""),
            "image": strings("", str(tmp_path / "a.JPG"), ""),
            "numbers": torch.tensor([[1.0, 41.25, 5.0, 2.0], [0.0, torch.nan, 6.0, 2.0], [1.0, -0.5, torch.nan, 2.0]]),
            "number_names": ("is_public", "latitude", "followers", "wind"),
            "crawl_time_names": ("followers",),
        }
        return PostStream(**{**fields, **changes})

    return build


@pytest.mark.parametrize("generation", ["current", "2019"])
def test_written_posts_are_read_again(make, tmp_path, generation, caplog):
    stream = make()
    folder = write_posts(stream, tmp_path / "out", generation)
    assert (folder / f"train_{'tags' if generation == '2019' else 'text'}.json").is_file()
    again = read_posts(folder)
    assert again.post_ids.tolist() == ["9", "8", "7"]
    assert again.time.equal(stream.time)
    assert again.y.nan_to_num(-1).equal(stream.y.nan_to_num(-1))
    assert [again.user_ids[user] for user in again.user] == ["bob/b", "ann", "bob/b"]
    names = [None if number < 0 else again.category_ids[number] for number in again.category.tolist()]
    assert names == ["cat", None, "Pets, all"]
    for key in ("text", "title"):
        assert again["post"][key].tolist() == stream["post"][key].tolist()
    assert again["post"].image.tolist() == ["", str(folder / "train/ann/8.jpg"), ""]
    assert again.number_names == ("is_public", "latitude", "followers")
    assert again.numbers.nan_to_num(-9).equal(stream.numbers[:, :3].nan_to_num(-9))
    assert again.crawl_time_names == ("followers",)
    assert "not written: the number 'wind'." in caplog.text


def test_values_have_the_form_of_the_official_files(make, tmp_path):
    folder = write_posts(make(), tmp_path / "out")
    first = json.loads((folder / "train_temporalspatial_information.json").read_text())[0]
    assert first == {"Uid": "bob/b", "Pid": "9", "Postdate": "1457068000", "Latitude": "41.25"}
    assert (folder / "train_label.txt").read_text() == "7.46\nnan\n0.1\n"


def test_a_stream_without_labels_categories_and_images_is_written(make, tmp_path):
    folder = write_posts(make(y=None, category=None, parent=None, category_ids=None, image=None), tmp_path / "out")
    assert not (folder / "train_label.txt").exists()
    again = read_posts(folder)
    assert (again.num_posts, again.num_categories, again.targets.numel()) == (3, 0, 0)


def test_images_whose_names_become_equal_are_kept_apart(make, tmp_path):
    (tmp_path / "b.jpg").write_bytes(b"other")
    image = strings(str(tmp_path / "a.JPG"), str(tmp_path / "b.jpg"), "")
    stream = make(user=torch.tensor([0, 0, 0]), post_ids=strings("x/1", "x:1", "y"), image=image)
    paths = read_posts(write_posts(stream, tmp_path / "out"))["post"].image
    assert [Path(path).read_bytes() for path in paths[:2]] == [b"picture", b"other"]


def test_files_are_replaced_only_on_request(make, tmp_path):
    write_posts(make(), tmp_path / "out")
    with pytest.raises(StorageError, match=r"exists already and was not replaced; .*overwrite=True"):
        write_posts(make(), tmp_path / "out")
    write_posts(make(y=None), tmp_path / "out", overwrite=True)
    assert read_posts(tmp_path / "out").targets.numel() == 0  # no label of the old stream stays


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"time_unit": None}, "the unit of these times is not stated"),
        ({"post_ids": strings(" 1", "2", "3")}, "cannot hold the post id ' 1', which has blanks around it"),
        (
            {"parent": torch.tensor([-1, 0, 1, 2]), "category_ids": strings("a", "b", "c", "d")},
            "the categories have 4 levels, and SMPD's files have three",
        ),
    ],
)
def test_streams_that_do_not_fit_are_errors(make, tmp_path, changes, problem):
    with pytest.raises(UsageError, match=problem):
        write_posts(make(**changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_parts_and_missing_images_are_errors(make, tmp_path):
    part = make(y=torch.ones(3)).splits(0.34, 0.33)[0]
    with pytest.raises(UsageError, match=r"is the train part of a split; write stream\.whole"):
        write_posts(part, tmp_path / "out")
    with pytest.raises(MissingFileError, match=r"there is no such image \(of the post '8'\)"):
        write_posts(make(image=strings("", str(tmp_path / "none.jpg"), "")), tmp_path / "out")
    with pytest.raises(UsageError, match="generation='old': use 'current' or '2019'"):
        write_posts(make(), tmp_path / "out", "old")
