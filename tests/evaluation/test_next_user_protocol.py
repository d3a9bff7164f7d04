from __future__ import annotations

from typing import Any

import pytest
import torch

from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.evaluation import PROTOCOLS, NextUserProtocol, find_protocol
from tests.models.small_data import dataset_of, random_dataset

DATA = dataset_of([[0, 1, 2, 3], [4, 5], [6]], 7, parent=torch.tensor([0, 0, 1, 2, 0, 0, 0]))


@pytest.mark.parametrize(
    ("keep", "expected"), [("first", [[0, 1, 2], [4, 5], [6]]), ("last", [[1, 2, 3], [4, 5], [6]])]
)
def test_longer_cascades_are_cut(keep: Any, expected: list[list[int]]) -> None:
    protocol = NextUserProtocol("cut", max_length=3, keep=keep)
    limited = protocol.limit(DATA)
    assert [cascade.user.tolist() for cascade in limited] == expected
    assert limited[0].time.tolist() == [float(user) for user in expected[0]]
    assert limited.table.cut.tolist() == [True, False, False]
    if keep == "first":
        assert limited[0].parent.tolist() == [0, 0, 1]
    else:
        assert "parent" not in limited[0]  # the parent of user 1 is gone
    assert limited[0].validate()


def test_longer_cascades_are_dropped() -> None:
    limited = NextUserProtocol("drop", max_length=2, longer="drop").limit(DATA)
    assert [cascade.user.tolist() for cascade in limited] == [[4, 5], [6]]
    assert limited.table.dropped == 1
    assert limited.num_users == 7
    with pytest.raises(DataError, match="no cascade has 2 events or fewer, so all are dropped"):
        NextUserProtocol("drop", max_length=2, longer="drop").limit(DATA[:1])


def test_data_within_the_limit_are_returned_unchanged() -> None:
    assert NextUserProtocol("plain").limit(DATA) is DATA
    assert NextUserProtocol("long", max_length=4).limit(DATA) is DATA


def test_prepare_cuts_and_splits() -> None:
    data = random_dataset([5] * 10, 8)
    train, val, test = NextUserProtocol("p", split="random", max_length=3).prepare(data, (0.6, 0.2, 0.2), seed=3)
    assert [len(part) for part in (train, val, test)] == [6, 2, 2]
    assert train.table.size.tolist() == [3] * 6
    assert test.split is not None
    assert (test.split.part, test.split.method, test.split.seed) == ("test", "random", 3)
    assert NextUserProtocol("p", max_length=2).limit(test).split == test.split


def test_presets_have_the_settings_of_this_table() -> None:
    """Row by row, in the order of ``names``."""
    table = {
        "chronological": ("chronological", (10, 50, 100), True, "mean", False, None, "first", "cut", "miss", "event"),
        "random": ("random", (10, 50, 100), True, "mean", False, None, "first", "cut", "miss", "event"),
        "new-users": (
            *("chronological", (10, 50, 100), True, "mean", False),
            *(None, "first", "cut", "in_vocabulary", "event"),
        ),
        "ndm": ("files", (10, 50, 100), True, "mean", False, None, "first", "cut", "miss", "event"),
        "dssf": ("random", (10, 50, 100), True, "mean", False, 100, "first", "cut", "miss", "event"),
        "cyan": ("random", (1, 5), False, "mean", False, None, "first", "cut", "miss", "event"),
        "topolstm": ("files", (10, 50, 100), True, "mean", False, 30, "first", "cut", "in_vocabulary", "event"),
        "hidan": ("files", (10, 50, 100), False, "pessimistic", False, None, "first", "cut", "leave_out", "cascade"),
        "forest": ("files", (10, 50, 100), True, "mean", True, 500, "first", "drop", "in_vocabulary", "event"),
    }
    names = ("split", "ks", "mask_infected", "ties", "count_end", "max_length", "keep", "longer", "unseen", "average")
    found = {name: tuple(getattr(one, field) for field in names) for name, one in PROTOCOLS.items()}
    assert found == table
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_a_protocol_is_found_by_its_name() -> None:
    assert find_protocol("dssf") is PROTOCOLS["dssf"]
    own = NextUserProtocol("own")
    assert find_protocol(own) is own
    assert find_protocol("chronological", 50).ks == (10, 50)
    assert find_protocol("chronological", 5).ks == ()
    with pytest.raises(UnknownNameError, match="'dsf'; use one of chronological, random, new-users, ndm"):
        find_protocol("dsf")
    with pytest.raises(UsageError, match="protocol=3: give a name or a NextUserProtocol"):
        find_protocol(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "time"}, r"NextUserProtocol\(split='time'\): use one of 'files', 'random', 'chronological'"),
        ({"ties": "first"}, "ties='first'"),
        ({"keep": "middle"}, r"keep='middle'\): use one of 'first', 'last'"),
        ({"longer": "keep"}, "longer='keep'"),
        ({"unseen": "drop"}, "unseen='drop'"),
        ({"average": "user"}, "average='user'"),
        ({"ks": (10, 0)}, "each k must be at least 1"),
        ({"max_length": 1}, r"max_length=1\): must be at least 2"),
    ],
)
def test_bad_arguments_raise_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        NextUserProtocol("wrong", **changes)
