import logging

import numpy as np
import pytest

from graphcascade.data import RetweetRepairs, check_retweets
from graphcascade.data.retweets.schema import RETWEETS
from graphcascade.errors import DataError


def strings(*values):
    return np.array(values, dtype=object)


def test_a_network_has_the_fields_of_its_events(make_raw):
    network = check_retweets(make_raw(time_unit="h", name="photos"))
    assert network.user_ids.tolist() == ["ann", "bob", "cid"]
    assert network.tweet_ids.tolist() == ["dog", "cat", "tree"]
    assert network.follows.tolist() == [[0, 0], [1, 2]]
    assert network.posts.tolist() == [[1, 1, 0], [0, 1, 2]]
    assert network.post_time.tolist() == [1.0, 2.0, 3.0]
    assert network.retweets.tolist() == [[0, 0, 2, 2], [1, 0, 1, 2]]
    assert network[RETWEETS].time.tolist() == [5.0, 9.0, 3.0, 4.0]
    assert (network.name, network.time_unit) == ("photos", "h")


def test_repairs_are_counted_and_logged(make_raw, caplog):
    raw = make_raw(
        follower=strings("ann", "ann", "ann", "bob"),
        followee=strings("bob", "cid", "bob", "bob"),
        retweeter=strings("ann", "ann", "cid"),
        retweeted=strings("dog", "dog", "cat"),
        retweet_time=np.array([9.0, 4.0, 4.0]),
        missing_images=2,
    )
    network = check_retweets(raw)
    assert network.repairs == RetweetRepairs(1, 1, 1, 2)
    assert network[RETWEETS].time.tolist() == [4.0, 4.0]  # the earlier of the two was kept
    assert network.follows.tolist() == [[0, 0], [1, 2]]
    text = "retweets: repaired: 1 repeated follow, 1 self follow, 1 repeated retweet, 2 missing images."
    assert text in caplog.text
    assert network.describe()["repeated retweets, repaired"] == 1


def test_missing_fields_are_kept_and_counted(make_raw, caplog):
    caplog.set_level(logging.INFO)
    raw = make_raw(author=strings("bob", "", "ann"), text=strings("a dog", "", " "), image=strings("", "cat.png", ""))
    network = check_retweets(raw)
    assert network.posts.tolist() == [[1, 0], [0, 2]]
    figures = network.describe()
    assert figures["tweets without an author"] == 1
    assert figures["tweets without text"] == 2
    assert figures["tweets without an image"] == 2
    assert "2 users without followees, 1 users without retweets, 1 tweets without an author" in caplog.text


def test_authors_and_times_are_optional(make_raw):
    network = check_retweets(make_raw(author=None, post_time=None, retweet_time=None))
    assert network.posts.shape == (2, 0)
    assert network.post_time is None
    assert network.retweets.tolist() == [[0, 0, 2, 2], [0, 1, 2, 1]]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"tweet": strings("dog", "cat", "dog")},
            r"tweets, row 3: the tweet id 'dog' occurs before, at tweets, row 1 \(1 such row\)",
        ),
        ({"user": strings("ann", "ann", "cid")}, "users, row 2: the user id 'ann' occurs before, at users, row 1"),
        ({"followee": strings("bob", "dan")}, "follows, row 2: the followee 'dan' is not in the table 'users'"),
        ({"follower": strings("dan", "ann")}, "follows, row 1: the follower 'dan' is not in the table 'users'"),
        ({"author": strings("bob", "dan", "ann")}, "tweets, row 2: the author 'dan' is not in the table 'users'"),
        (
            {"retweeter": strings("ann", "dan", "dan", "ann")},
            r"retweets, row 2: the user 'dan' is not in the table 'users' \(2 such rows\); add it there, or remove",
        ),
        (
            {"retweeted": strings("dog", "tree", "cat", "cow")},
            "retweets, row 4: the tweet 'cow' is not in the table 'tweets'",
        ),
        (
            {"retweet_time": np.array([9.0, 4.0, 1.5, 5.0])},
            r"retweets, row 3: 'cid' retweets 'cat' at 1\.5, before it is posted at 2\.0 \(tweets, row 2; 1 such",
        ),
        ({"retweet_time": np.array([9.0, np.nan, 3.0, 5.0])}, "retweets, row 2: the time is missing"),
        ({"post_time": np.array([1.0, np.inf, 3.0])}, "tweets, row 2: the time is inf"),
        ({"user": strings()}, "retweets: there is no user"),
        ({"retweeter": strings(), "retweeted": strings()}, "retweets: there is no retweet"),
    ],
)
def test_errors_name_the_row(make_raw, changes, problem):
    with pytest.raises(DataError, match=problem):
        check_retweets(make_raw(**changes))
