import inspect
import re
from pathlib import Path

import pytest
from torch_geometric.data import InMemoryDataset

from graphcascade.datasets import (
    DATASETS,
    POST_DATASETS,
    RETWEET_DATASETS,
    CYANSynthetic,
    FlickrFavourites,
    Irvine,
    PublishedDataset,
    PublishedFiles,
    RemoteFile,
    SMPVideo,
    SyntheticRetweets,
    list_datasets,
    load_dataset,
    load_posts,
    load_retweets,
)
from graphcascade.errors import UnknownNameError

PUBLISHED = [name for name in DATASETS if isinstance(DATASETS[name], type) and DATASETS[name] is not CYANSynthetic]


def test_the_catalogue_lists_every_dataset(monkeypatch, tmp_path):
    monkeypatch.delenv("GRAPHCASCADE_DATA", raising=False)
    frame = list_datasets(tmp_path).set_index("name")
    assert frame.columns.tolist() == ["users", "cascades", "retweets", "posts", "bytes", "origin", "on disk"]
    assert frame.index.tolist() == [*DATASETS, *RETWEET_DATASETS, *POST_DATASETS]
    assert frame.loc["Irvine"].tolist() == [
        540,
        471,
        None,
        None,
        86_261 + 9_945,
        "https://github.com/albertyang33/NeuralDiffusionModel",
        "no",
    ]
    # Only the sizes of its train and test parts are published, not those of the whole dataset.
    assert frame.loc["HiDANWeibo", ["users", "cascades"]].tolist() == [None, None]
    assert frame.loc["HiDANTwitter", ["users", "cascades", "bytes"]].tolist() == [None, None, None]
    assert frame.loc["cyan-cp-ray"].tolist() == [32, 20_000, None, None, None, "simulated", "yes"]
    assert frame.loc["SyntheticRetweets"].tolist() == [9_900, None, None, None, None, "simulated", "yes"]
    assert frame.loc["SyntheticPosts"].tolist() == [None, None, None, 120_000, None, "simulated", "yes"]
    assert frame.loc["SMPVideo", ["users", "posts", "on disk"]].tolist() == [5_164, 6_000, "no"]
    assert frame.loc["SMPVideo", "bytes"] == sum(file.size or 0 for file in SMPVideo.files)
    assert frame.loc["SMPD", ["posts", "bytes", "on disk"]].tolist() == [305_613, None, "no"]
    flickr = frame.loc["FlickrFavourites"]
    assert flickr[["users", "cascades", "retweets", "on disk"]].tolist() == [8_358, None, 327_815, "no"]
    assert flickr["bytes"] == sum(file.size or 0 for file in FlickrFavourites.files)


def test_a_dataset_of_retweets_states_its_own_sizes(monkeypatch, tmp_path):
    class Forum(PublishedFiles, InMemoryDataset):
        folder, origin = "forum", "https://example.org/forum"
        files = (RemoteFile("posts.txt", "https://example.org/posts.txt", "forum/posts.txt", sha256="0" * 64, size=12),)
        published_users, published_retweets = 7, 30

    monkeypatch.setitem(RETWEET_DATASETS._entries, "Forum", Forum)
    forum = list_datasets(tmp_path).set_index("name").loc["Forum"]
    assert forum.tolist() == [7, None, 30, None, 12, "https://example.org/forum", "no"]


def test_the_sizes_of_simulated_datasets_are_those_that_they_have(tmp_path):
    frame = list_datasets(tmp_path).set_index("name")
    users = frame.loc["cyan-random-ray", "users"]
    assert CYANSynthetic(network="random", delays="rayleigh", num_cascades=20).num_users == users
    signature = inspect.signature(SyntheticRetweets)
    assert signature.parameters["num_users"].default == frame.loc["SyntheticRetweetsNoSocial", "users"]


def test_the_catalogue_says_which_files_are_on_this_machine(publish, tmp_path):
    publish(Irvine, {"cascade.txt": "a,1 b,2\n", "cascadetest.txt": "b,1 a,2\n"})
    Irvine(tmp_path)
    assert list_datasets(tmp_path).set_index("name").loc["Irvine", "on disk"] == "processed"


def test_datasets_are_loaded_by_name_in_any_case(publish, tmp_path):
    publish(Irvine, {"cascade.txt": "a,1 b,2\n", "cascadetest.txt": "b,1 a,2\n"})
    dataset = load_dataset("irvine", tmp_path)
    assert type(dataset) is Irvine
    assert (tmp_path / "irvine" / "processed").is_dir()


def test_the_error_for_an_unknown_name_lists_similar_names():
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'memtracker': did you mean Memetracker"):
        load_dataset("memtracker")
    with pytest.raises(UnknownNameError, match="SyntheticRetweets is a dataset of retweets; load it with load_retw"):
        load_dataset("SyntheticRetweets")
    with pytest.raises(UnknownNameError, match="Memetracker is a dataset of cascades; load it with load_dataset"):
        load_retweets("Memetracker")
    with pytest.raises(UnknownNameError, match="FlickrFavourites is a dataset of retweets; load it with load_retweets"):
        load_posts("FlickrFavourites")
    with pytest.raises(UnknownNameError, match="SMPVideo is a dataset of posts; load it with load_posts"):
        load_dataset("SMPVideo")
    with pytest.raises(UnknownNameError, match=r"unknown dataset of posts 'SMPVideos': did you mean SMPVideo"):
        load_posts("SMPVideos")


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_file_has_an_address_and_a_checksum(name):
    dataset = DATASETS[name]
    assert issubclass(dataset, PublishedDataset)
    assert dataset.__name__ == name
    cascades = [file for file in dataset.files if file.name != dataset.follow_file]
    assert dataset.parts is None or len(dataset.parts) == len(cascades)
    assert dataset.follow_file in {None, *(file.name for file in dataset.files)}
    assert len({file.name for file in dataset.files}) == len(dataset.files)
    for file in dataset.files:
        assert file.url.startswith("https://")
        if "github" in file.url:  # files on a branch change, and their checksums would no longer be right
            assert re.fullmatch(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/.+", file.url)
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|git:[0-9a-f]{40}", file.checksum)


@pytest.mark.parametrize("folder", [DATASETS[name].folder for name in PUBLISHED])
def test_a_dataset_has_a_readme(folder):
    card = (Path(__file__).parents[2] / "datasets" / folder / "README.md").read_text()
    for said in ("- Paper:", "- Files:", "- Licence:", "## Format", "## Caveats"):
        assert said in card


@pytest.mark.real_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_and_checksums_are_those_of_the_files(real_files, name):
    here = [file for file in DATASETS[name].files if (real_files / file.local).exists()]
    if not here:
        pytest.skip(f"no file of {name} in {real_files}")
    for file in here:
        file.verify(real_files / file.local)
        assert file.size == (real_files / file.local).stat().st_size
