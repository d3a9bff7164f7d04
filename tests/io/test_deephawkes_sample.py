from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_deephawkes_sample

CASCADES = "4\tann\t1000\t4\tann:bob:1 ann:cy:1\t15\n9\teve\t2000\t2\teve:ann:1\t0\n"
PATHS = "4\tann:0\tann,bob,cy:9\tann,bob:5\tann,bob:7\n9\teve:0\teve,ann:60\n"


def write(folder: Path, cascades: str = CASCADES, paths: str = PATHS) -> tuple[Path, Path]:
    (folder / "cascade_train.txt").write_text(cascades, "utf-8")
    (folder / "shortestpath_train.txt").write_text(paths, "utf-8")
    return folder / "cascade_train.txt", folder / "shortestpath_train.txt"


def test_times_parents_and_growth_are_read(tmp_path: Path) -> None:
    raw = read_deephawkes_sample(*write(tmp_path))
    assert raw.user.tolist() == ["ann", "bob", "bob", "cy", "eve", "ann"]
    assert raw.time.tolist() == [1000.0, 1005.0, 1007.0, 1009.0, 2000.0, 2060.0]
    assert raw.item.tolist() == ["4", "9"]
    assert raw.growth is not None
    assert raw.growth.tolist() == [15, 0]
    table = check_events(raw)
    assert table.repairs.repeated_users == 1
    assert table.size.tolist() == [3, 2]
    assert table.parent is not None
    assert table.parent.tolist() == [0, 0, 1, 0, 0]
    assert table.growth is not None
    assert table.growth.tolist() == [15, 0]


@pytest.mark.parametrize(
    ("cascades", "paths", "message"),
    [
        (CASCADES.replace("\t15", ""), PATHS, "cascade_train.txt, line 1: .* is not of the form"),
        (CASCADES.replace("\t15", "\t-15"), PATHS, "cascade_train.txt, line 1: .* is not of the form"),
        (CASCADES, PATHS.replace("\n9\t", "\n8\t"), "line 2: this is the cascade '8', and .*txt has '9' there"),
        (CASCADES, PATHS.partition("\n")[0], "line 2: this is the cascade '', and"),
        (CASCADES, PATHS + "10\teve:0\n", r"line 3: there is no such line in .*cascade_train\.txt"),
        (CASCADES, PATHS.replace("ann,bob:5", "ann,bob"), "line 1: 'ann,bob' is not of the form"),
        (CASCADES, PATHS.replace("eve:0\teve,ann:60", ""), "line 2: '9' is not of the form"),
        (CASCADES.replace("1000", "noon"), PATHS, "line 1: the publish time 'noon' is not a number"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, cascades: str, paths: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_deephawkes_sample(*write(tmp_path, cascades, paths))
