from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_deephawkes


def test_a_file_is_read_with_its_parents(fixtures: Path, plain: Callable[..., Any]) -> None:
    raw = read_deephawkes(fixtures / "deephawkes.txt")
    assert plain(raw) == [
        ("4", [("ann", 1000.0, 1), ("bob", 1005.0, 1), ("dee", 1007.0, 1), ("cy", 1009.0, 1)]),
        ("9", [("eve", 2000.0, 2), ("ann", 2060.0, 2)]),
    ]
    assert raw.parent is not None
    # dee's parent cy comes after her, so bob, the nearest earlier ancestor, becomes her parent.
    assert raw.parent.tolist() == [None, "ann", "bob", "bob", None, "eve"]
    assert raw.reattached_parents == 1
    table = check_events(raw)
    assert table.parent is not None
    assert table.parent.tolist() == [0, 0, 1, 1, 0, 0]
    assert table.repairs.reattached_parents == 1


@pytest.mark.parametrize(
    ("paths", "users", "parents", "reattached"),
    [
        # The parent has no event: the nearest ancestor with one.
        ("r:0 r/a:1 r/a/x/b:2", "r a b", [None, "r", "a"], 1),
        # Only the root has an event.
        ("r:0 r/x/y/b:2", "r b", [None, "r"], 1),
        # A path with only the user has lost its ancestors.
        ("r:0 b:2", "r b", [None, "r"], 1),
        # Tied times: the order of the file decides.
        ("r:0 r/a:1 r/a/b:1", "r a b", [None, "r", "a"], 0),
        ("r:0 r/a/b:1 r/a:1", "r b a", [None, "r", "r"], 1),
        # The root without an event of its own, and not at the front.
        ("r/a:1 r/a/b:2", "r a b", [None, "r", "a"], 0),
        ("r/a:1 r:0 r/a/b:2", "r a b", [None, "r", "a"], 0),
        # Tied with the root's own event: the root stays the source.
        ("r/a:0 r:0 r/a/b:0", "r a b", [None, "r", "a"], 0),
    ],
)
def test_the_parent_is_the_nearest_ancestor_with_an_earlier_event(
    write: Callable[..., Path], paths: str, users: str, parents: list[str | None], reattached: int
) -> None:
    raw = read_deephawkes(write(f"1\tr\t100\t{paths.count(':')}\t{paths}\n"))
    assert raw.user.tolist() == users.split()
    assert raw.parent is not None
    assert raw.parent.tolist() == parents
    assert raw.reattached_parents == reattached
    assert check_events(raw).repairs.reattached_parents == reattached


def test_a_user_who_retweets_twice_is_counted_once(write: Callable[..., Path]) -> None:
    table = check_events(read_deephawkes(write("1\tr\t100\t3\tr:0 r/a:1 r/a/b:2 r/a/b/a:3 r/x/b:4 r/a/r:5\n")))
    assert table.user_ids[table.user].tolist() == ["r", "a", "b"]
    assert table.parent is not None
    assert table.parent.tolist() == [0, 0, 1]
    assert (table.repairs.repeated_users, table.repairs.reattached_parents) == (3, 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1", "is not of the form 'id<TAB>root"),
        ("1\tr\t100\t3", "is not of the form 'id<TAB>root"),
        ("1\tr\t100\t3\t ", "is not of the form 'id<TAB>root"),
        ("1\tr\t100\t3\tr:0 r/b:1 r/a:-5", "the time of 'r/a:-5' is before the publication of the cascade"),
        ("1\tr\t100\t3\tr:-1 r/a:5", "the time of 'r:-1' is before the publication of the cascade"),
        ("1\tr\t100\t3\tr:0 r/a", "'r/a' is not of the form 'user/user/...:time'"),
        ("1\tr\t100\t3\tr:0 :5", "':5' is not of the form 'user/user/...:time'"),
        ("1\tr\t100\t3\tr:0 r/a:x", "'r/a:x' is not of the form 'user/user/...:time'"),
        ("1\tr\tnoon\t3\tr:0", "the publish time 'noon' is not a number"),
        ("1\tr\t1_0\t1\tr:0", "the publish time '1_0' is not a number"),
        ("1\tr\t100\tmany\tr:0", "the number of retweets 'many' is not a number"),
        ("1\tr\t100\t1_0\tr:0", "the number of retweets '1_0' is not a number"),
        ("1\tr\t100\t2\tr:0 r/a:1_0", "'r/a:1_0' is not of the form 'user/user/...:time'"),
    ],
)
def test_a_line_of_another_form_raises_an_error(write: Callable[..., Path], line: str, message: str) -> None:
    with pytest.raises(DataError, match=f"cascades.txt, line 2: .*{message}"):
        read_deephawkes(write(f"0\tr\t1\t0\tr:0\n{line}\n"))


def test_check_events_finds_a_time_that_is_not_finite(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="line 1: the time of user 'a' is missing"):
        check_events(read_deephawkes(write("1\tr\t100\t2\tr:0 r/a:nan r/a/b:3\n")))


def test_the_number_of_retweets_is_compared_with_the_paths(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    # The published files count the root's own path; others count the retweets only, or leave the root's path out.
    for line in ("1\tr\t100\t2\tr:0 r/a:1\n", "1\tr\t100\t1\tr:0 r/a:1\n", "1\tr\t100\t1\tr/a:1\n"):
        read_deephawkes(write(line))
    assert caplog.messages == []
    path = write("1\tr\t100\t2\tr:0 r/a:1\n2\tr\t100\t5\tr:0 r/a:1\n3\tr\t100\t0\tr:0 r/a:1\n")
    assert read_deephawkes(path).user.tolist() == ["r", "a"] * 3
    assert len(caplog.messages) == 1
    assert (
        f"{path}, line 2: gives 5 as the number of retweets and has 2 paths; 2 lines have a wrong number" in caplog.text
    )


def test_blanks_around_the_fields_are_removed(write: Callable[..., Path]) -> None:
    assert read_deephawkes(write("1\t r \t100\t2\tr:0 r/a:1\n")).user.tolist() == ["r", "a"]


def test_the_root_is_the_source_at_the_publish_time(write: Callable[..., Path]) -> None:
    """This also holds if only a later path contains the root, which then counts as a repeated user."""
    table = check_events(read_deephawkes(write("1\tr\t100\t2\tr/a:2 r:5\n")))
    assert table.user_ids[table.user].tolist() == ["r", "a"]
    assert table.time.tolist() == [100.0, 102.0]
    assert table.parent is not None
    assert table.parent.tolist() == [0, 0]
    assert table.repairs.repeated_users == 1


def test_an_unknown_root_is_not_a_user(write: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    """CasFlow's hashtags have no author: the root is -1, and whoever used it first is the first known user."""
    path = write("7\t-1\t1000\t3\t-1:0 -1/ann:30 -1/bob:20\n8\tcy\t2000\t2\tcy:0 cy/ann:5\n9\t-1\t3000\t1\t-1:0\n")
    table = check_events(read_deephawkes(path))
    assert table.user_ids[table.user].tolist() == ["bob", "ann", "cy", "ann"]
    assert table.time.tolist() == [1020.0, 1030.0, 2000.0, 2005.0]
    assert table.ptr.tolist() == [0, 2, 4]
    assert table.item_ids.tolist() == ["7", "8"]
    assert table.parent is None
    assert table.repairs.unknown_users == 2
    assert "cascades.txt: the source of 2 cascades is -1, an unknown user: they begin with their first" in caplog.text


def test_an_unknown_user_on_a_path_is_left_out(write: Callable[..., Path]) -> None:
    raw = read_deephawkes(write("1\tr\t100\t3\tr:0 r/-1:1 r/-1/b:2 r/b/c:3\n"))
    assert raw.user.tolist() == ["r", "b", "c"]
    assert raw.parent is not None
    assert raw.parent.tolist() == [None, "r", "b"]
    assert (raw.unknown_users, raw.reattached_parents) == (1, 1)
