import pytest

from graphcascade.datasets import FlickrFavourites
from graphcascade.errors import DownloadError

CONTENTS = {
    "flickr.links": "0\t2\t1\n2\t0\t1\n10\t2\t1\n",
    "flickr.train.rating": "0\t5\t1\n2\t5\t1\n0\t7\t1\n",
    "flickr.val.rating": "2\t7\t1\n",
    "flickr.test.rating": "0\t11\t1\n",
}


def test_published_files_are_read(publish, tmp_path):
    publish(FlickrFavourites, CONTENTS)
    dataset = FlickrFavourites(tmp_path)
    assert len(dataset) == 1
    network = dataset[0]
    assert network.user_ids.tolist() == ["0", "2", "10"]
    assert network.tweet_ids.tolist() == ["5", "7", "11"]
    assert network.follows.tolist() == [[0, 1, 2], [1, 0, 1]]
    assert network.posts.shape == (2, 0)
    train, val, test = network.splits()
    assert train.split.method == "files"
    assert train.supervised.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert val.supervised.tolist() == [[1], [1]]
    assert test.supervised.tolist() == [[0], [2]]
    assert FlickrFavourites.availability(tmp_path) == "raw"


def test_an_altered_file_is_an_error(publish, tmp_path):
    publish(FlickrFavourites, CONTENTS)
    folder = tmp_path / "flickr_favourites" / "raw"
    folder.mkdir(parents=True)
    (folder / "flickr.links").write_text("0\t1\t1\n")
    with pytest.raises(DownloadError, match=r"flickr\.links: not the file that was published"):
        FlickrFavourites(tmp_path)


def test_a_transform_is_applied(publish, tmp_path):
    publish(FlickrFavourites, CONTENTS)
    assert FlickrFavourites(tmp_path, transform=lambda network: network.num_users)[0] == 3


@pytest.mark.real_data
def test_figures_match_those_of_the_files(real_files, tmp_path):
    network = FlickrFavourites(tmp_path)[0]
    figures = network.describe()
    assert (figures["users"], figures["tweets"], figures["follow links"]) == (8_358, 82_120, 187_273)
    assert (figures["followees per follower"], figures["most followees"]) == (22.4064, 100)
    assert (figures["users without followees"], figures["users without retweets"]) == (0, 106)
    parts = [figures[f"{name} retweets in the files"] for name in ("train", "validation", "test")]
    assert parts == [282_444, 13_006, 32_365]
    assert not network.repairs
    assert [part.num_supervised for part in network.splits()] == parts
    assert [part.split.method for part in network.splits(method="random")] == ["random"] * 3
