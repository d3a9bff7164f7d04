"""Data that are written and read again are equal, or an error is raised before anything is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.io import (
    from_pandas,
    load_table,
    read_cascades,
    read_follow_graph,
    read_graph,
    save_table,
    to_pandas,
    write_cascades,
    write_graph,
)
from graphcascade.io.plain_values import check_plain

AWKWARD = [*"\0\t\n\v\f\r\x1b\x1c\x1f \"'#,;:/\\|<>&=", *"\x85\xa0\u2028\ufeff\ufffe\ud800\udfff", "12.0", "\r\n"]
ID = st.lists(st.sampled_from(AWKWARD) | st.characters(), max_size=3).map("".join) | st.sampled_from(
    ["source", "target", "user", "nan", "None", "null", "true", "-1", "1e5", "12.0", "7.0", "012", "=1+1"]
)
TIME = st.sampled_from([0.0, 5e-324, 1e-300, 1e-20, 0.1, 1 / 3, 1464710400.123456, 2.0**53]) | st.floats(0, 2.0**53)
WEIGHT = st.floats() | st.sampled_from([1e300, 1e-300, 3.5e38, 0.1, 0.0, -0.0])


@st.composite
def datasets(draw: st.DrawFn) -> CascadeDataset:
    """Draws cascades of users and items with any names, with and without parents."""
    num_users, num_items = 3, draw(st.integers(1, 2))
    rows = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, num_users - 1), TIME), min_size=1, max_size=6))
    frame = pd.DataFrame(rows, columns=["cascade", "user", "time"]).drop_duplicates(["cascade", "user"])
    frame["item"] = frame["cascade"].map(lambda cascade: cascade % num_items)
    if draw(st.booleans()):
        frame = frame.sort_values(["cascade", "time"], kind="stable")
        frame["parent"] = (
            frame.groupby("cascade")["user"].shift().map(lambda user: None if pd.isna(user) else int(user))
        )
    table = from_pandas(frame).table
    names: dict[str, Any] = {}
    for field in ("user_ids", "item_ids"):
        count = len(getattr(table, field))
        ids = draw(st.lists(ID, min_size=count, max_size=count, unique=True))
        names[field] = np.array(ids, dtype=object)
    return CascadeDataset(replace(table, **names))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Data, Any]:
    """Draws a graph of three users with any names, optionally with repeated links, weights, supports and facts."""
    users = np.array(draw(st.lists(ID, min_size=3, max_size=3)), dtype=object)
    links = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4))
    graph = Data(edge_index=torch.tensor(links, dtype=torch.long).view(-1, 2).t(), num_nodes=3)
    if draw(st.booleans()):
        finite = draw(st.booleans())
        weights = st.floats(0, allow_infinity=False) if finite else WEIGHT
        weight = draw(st.lists(weights, min_size=len(links), max_size=len(links)))
        graph.edge_weight = torch.tensor(weight, dtype=torch.float64)
        if draw(st.booleans()):
            support = draw(
                st.lists(st.integers(0 if finite else -1, 2**53 - 1), min_size=len(links), max_size=len(links))
            )
            graph.support = torch.tensor(support, dtype=torch.long)
            gain = st.floats(allow_nan=False, allow_infinity=False) if finite else st.floats()
            gains = draw(st.lists(gain, min_size=len(links), max_size=len(links)))
            graph.gain = torch.tensor(gains, dtype=torch.float64)
    if draw(st.booleans()):
        graph.delays = draw(st.sampled_from(["exponential", "rayleigh", ""]) | ID)
        graph.horizon = draw(st.sampled_from([86400.5, 1e-300, float("inf")]) | st.floats())
    return graph, users


@settings(max_examples=80)
@given(dataset=datasets(), format=st.sampled_from(["csv", "tsv", "jsonl", "parquet", "ndm"]))
def test_cascades_that_were_written_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, dataset: CascadeDataset, format: str
) -> None:
    folder = tmp_path_factory.mktemp("cascades")
    try:
        path = write_cascades(dataset, folder / "log", format)
    except UsageError:
        assert list(folder.iterdir()) == []
        return
    expected, found = to_pandas(dataset), to_pandas(read_cascades(path, format))
    if format == "ndm":
        expected, found = (frame[["cascade", "user", "time"]] for frame in (expected, found))
    pd.testing.assert_frame_equal(expected, found, check_exact=True)


@settings(max_examples=80)
@given(network=graphs(), ending=st.sampled_from(["txt", "csv", "graphml"]))
def test_graphs_that_were_written_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, network: tuple[Data, Any], ending: str
) -> None:
    graph, users = network
    folder = tmp_path_factory.mktemp("graphs")
    try:
        path = write_graph(graph, users, folder / f"graph.{ending}")
    except (DataError, UsageError):
        assert list(folder.iterdir()) == []
        return
    expected, _ = read_follow_graph(graph, users)  # repeated links and links to oneself are left out here, too
    found, _ = read_follow_graph(path, users)
    assert found.to_dict().keys() == expected.to_dict().keys()
    for name, value in expected.to_dict().items():
        assert value.equal(found[name]) if isinstance(value, torch.Tensor) else value == found[name], name
    alone, names = read_graph(path)
    linked = set(users[expected.edge_index.unique().numpy()])
    assert names.tolist() == users.tolist() if ending == "graphml" else set(names) == linked
    assert alone.num_edges == expected.num_edges


@settings(max_examples=30)
@given(dataset=datasets())
def test_tables_that_were_saved_are_loaded_again(
    tmp_path_factory: pytest.TempPathFactory, dataset: CascadeDataset
) -> None:
    path = tmp_path_factory.mktemp("tables") / "file"
    save_table(dataset.table, path, {"name": dataset.user_ids.tolist()})
    table = load_table(path)
    assert table.user_ids.tolist() == dataset.user_ids.tolist()
    pd.testing.assert_frame_equal(to_pandas(CascadeDataset(table)), to_pandas(dataset), check_exact=True)


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "parquet", "ndm"])
@settings(max_examples=20)
@given(
    ids=st.lists(
        st.from_regex(r"[!-+\--~\xa1-\xff\u4e00-\u4eff]{1,4}", fullmatch=True), min_size=2, max_size=4, unique=True
    )
)
def test_usual_ids_are_always_accepted(tmp_path_factory: pytest.TempPathFactory, ids: list[str], format: str) -> None:
    dataset = from_pandas(pd.DataFrame({"user": [*ids, "ann"], "item": "x", "time": range(len(ids) + 1)}))
    path = write_cascades(dataset, tmp_path_factory.mktemp("usual") / "log", format)
    assert read_cascades(path, format).user_ids.tolist() == dataset.user_ids.tolist()


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "parquet"])
def test_ids_that_look_like_whole_floats_raise_an_error(tmp_path: Path, format: str) -> None:
    """Such a column of strings is read as whole numbers, so the ids would change."""
    (tmp_path / "in.txt").write_text("12.0,1 7.0,2\n")
    dataset = read_cascades(tmp_path / "in.txt", "ndm")
    with pytest.raises(UsageError, match=r"all user ids look like '12\.0', .* would be read again as '12'; rename"):
        write_cascades(dataset, tmp_path / "out", format)
    assert read_cascades(write_cascades(dataset, tmp_path / "out", "ndm"), "ndm").user_ids.tolist() == ["12.0", "7.0"]


def test_a_cascade_that_is_too_long_for_a_line_raises_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphcascade.io.write.LONGEST_LINE", 100)
    dataset = from_pandas(pd.DataFrame({"user": range(20), "item": 0, "time": range(20)}))
    with pytest.raises(UsageError, match=r"a cascade is too long for a line of NDM's format; write a \.csv"):
        write_cascades(dataset, tmp_path / "log.txt")


@settings(max_examples=30)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | ID,
        lambda inner: st.lists(inner) | st.dictionaries(ID, inner),
    )
)
def test_plain_values_are_accepted(value: Any) -> None:
    check_plain(value)
