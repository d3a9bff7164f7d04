import logging

import numpy as np
import pytest

from graphcascade.data import PostRepairs, RawPosts, check_posts
from graphcascade.errors import DataError, UsageError


def strings(*values):
    return np.array(values, dtype=object)


def make_raw(**changes):
    fields = {
        "post": strings("p0", "p1", "p2"),
        "user": strings("bob", "ann", "bob"),
        "time": np.array([20.0, 10.0, 20.0]),
        "y": np.array([1.0, np.nan, 3.0]),
        "categories": [strings("animal", "animal", ""), strings("pet", "", "")],
        "numbers": {"likes": np.array([1.0, 2.0, np.nan])},
        "crawl_time_names": ("likes",),
    }
    return RawPosts(**{**fields, **changes})


def test_posts_are_sorted_and_users_numbered_in_the_order_of_the_rows(caplog):
    stream = check_posts(make_raw(missing_images=2, name="mine"))
    assert stream.post_ids.tolist() == ["p1", "p0", "p2"]
    assert stream.user_ids.tolist() == ["bob", "ann"]
    assert stream.user.tolist() == [1, 0, 0]
    assert stream.category_ids.tolist() == ["animal", "pet"]
    assert stream.category.tolist() == [0, 1, -1]
    assert stream.numbers.nan_to_num(-1).tolist() == [[2.0], [1.0], [-1.0]]
    assert stream.crawl_time_names == ("likes",)
    assert stream.repairs == PostRepairs(posts_out_of_order=1, missing_images=2)
    assert caplog.record_tuples[0][1:] == (
        logging.WARNING,
        "mine: repaired: 1 post out of time order, 2 missing images.",
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"post": strings("p0", "p1", "p0")},
            r"posts, row 3: the post id 'p0' occurs before, at posts, row 1 \(1 such row\); keep one row",
        ),
        ({"time": np.array([1.0, np.nan, 2.0])}, r"posts, row 2: the time is missing \(1 such post\)"),
        ({"time": np.array([1.0, 2.0, np.inf])}, r"posts, row 3: the time is inf \(1 such post\)"),
        ({"y": np.array([1.0, -np.inf, 2.0])}, r"posts, row 2: the label is not finite"),
        ({"numbers": {"likes": np.array([np.inf, 1.0, 2.0])}}, r"posts, row 1: the number 'likes' is not finite"),
        (
            {"numbers": {"likes": np.array([np.nan, 1e300, 2.0])}},
            r"posts, row 2: the number 'likes' is 1e\+300, too large for a 32-bit number \(1 such post\)",
        ),
        ({"y": np.array([1.0, np.nan, -1e39])}, r"posts, row 3: the label is -1e\+39, too large for a 32-bit number"),
        (
            {"categories": [strings("a", "b", "a"), strings("x", "x", "")]},
            r"row 2: the category 'x' is below 'b', but below 'a' in row 1; .* apart with category_ids='path'",
        ),
        (
            {"categories": [strings("a", "b", "a"), strings("b", "a", "")]},
            "row 1: the category 'b' is below 'a', but at the top in row 2",
        ),
        ({"categories": [strings("a", "", ""), strings("a", "", "")]}, "'a' is below itself, but at the top in row 1"),
        (
            {"categories": [strings("a", "", ""), strings("x", "y", "y")]},
            r"posts, row 2: the category 'y' stands without a coarser category above it \(2 such posts\)",
        ),
        ({"post": strings(), "user": strings(), "time": np.empty(0)}, "posts: there is no post"),
    ],
)
def test_bad_rows_are_named(changes, problem):
    with pytest.raises(DataError, match=problem):
        check_posts(make_raw(**changes))


def test_arguments_are_checked():
    with pytest.raises(
        UsageError, match="crawl_time='faves': is not one of the numbers; add it to them with numbers='faves'"
    ):
        check_posts(make_raw(crawl_time_names=("faves",)))
    with pytest.raises(UsageError, match="category_ids='id': use 'name' or 'path'"):
        check_posts(make_raw(), "id")
