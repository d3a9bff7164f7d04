from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.io import from_pandas
from graphcascade.report import (
    draw_dataset,
    plot_cascade,
    plot_cooccurrence,
    plot_network,
    plot_position_norms,
    plot_sizes,
    plot_source_map,
    plot_sources,
    save_figure,
)
from graphcascade.report.style import to_readable_unit
from graphcascade.simulate import cyan_cascades


def dataset(names: str = "ab", unit: str | None = "s"):
    frame = pd.DataFrame({"user": list(names), "item": "x", "time": [0.0, 7200.0]})
    return from_pandas(frame, time_unit=unit)


def test_times_are_shown_in_the_largest_unit_with_a_range_of_two() -> None:
    time, unit = to_readable_unit(np.array([0.0, 7200.0]), "s")
    assert (time.tolist(), unit) == ([0.0, 2.0], "h")
    assert to_readable_unit(np.array([0.0, 7199.0]), "s")[1] == "min"
    assert to_readable_unit(np.array([0.0, 3.0]), "d")[1] == "d"
    assert to_readable_unit(np.array([5.0]), "s")[1] == "s"
    assert to_readable_unit(np.array([0.0, 1e9]), None)[1] is None


def test_a_cascade_over_time() -> None:
    ax = Figure().subplots()
    plot_cascade(dataset()[0], ax, dataset().user_ids, "s")
    assert ax.get_xlabel() == "time since the source [h]"
    assert [text.get_text() for text in ax.texts] == ["a (source)", "b"]
    assert ax.collections[-2].get_offsets().tolist() == [[2.0, 1.0]]


def test_the_share_of_cascades_by_minimum_size() -> None:
    frame = pd.DataFrame({"user": list("ababcabcd"), "item": list("xxyyyzzzz"), "time": range(9)})
    ax = Figure().subplots()
    plot_sizes(from_pandas(frame), ax)
    (line,) = ax.lines
    assert line.get_xydata().tolist() == pytest.approx(np.array([[2, 1], [3, 2 / 3], [4, 1 / 3]]))
    assert line.get_drawstyle() == "steps-pre"  # three or more: the cascades of four count for 3.5 too


def test_head_and_tail_of_the_sources() -> None:
    ax = Figure().subplots()
    plot_sources(torch.tensor([1, 9, 1, 4, 1]), ax)
    assert [bar.get_height() for bar in ax.patches] == [9, 4, 1, 1, 1]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["head: 56% of the cascades", "tail: 44%"]
    plot_sources(torch.tensor([3, 1]), ax, head=0.5, title="Sources")
    assert ax.get_title() == "Sources"


def test_a_map_of_the_sources() -> None:
    frame = pd.DataFrame({"cascades": [9, 4, 1], "head": [True, False, False], "x": [0.0, 1, 2], "y": [3.0, 4, 5]})
    frame.attrs["explained"] = [0.5, 0.25]
    ax = Figure().subplots()
    plot_source_map(frame, ax)
    tail, head = ax.collections
    assert tail.get_offsets().tolist() == [[1, 4], [2, 5]]
    assert head.get_offsets().tolist() == [[0, 3]]
    assert head.get_sizes()[0] > tail.get_sizes()[0] > tail.get_sizes()[1]
    assert ax.get_xlabel() == "first component (50% of the variance)"
    assert ax.get_ylabel() == "second component (25%)"


def test_of_a_large_network_the_users_with_most_links_are_drawn() -> None:
    star = torch.stack([torch.zeros(99, dtype=torch.long), torch.arange(1, 100)])
    ax = Figure().subplots()
    plot_network(Data(edge_index=star, num_nodes=101), ax, max_users=10, title="Star")
    first, second, third = ax.get_title().split("\n")
    assert (first, second) == ("Star", "99 links among 100 users, 1 without links")
    assert third == "only the 10 with the most links are drawn"


def test_a_picture_of_a_simulation(tmp_path: Path) -> None:
    figure = draw_dataset(cyan_cascades("core-periphery", "exponential", num_cascades=20))
    assert len(figure.axes) == 3
    for name, start in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml"), ("none", b"\x89PNG")):
        assert save_figure(figure, tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(UsageError, match="this ending is not that of a picture format"):
        save_figure(figure, tmp_path / "a.docx")


def test_characters_that_the_font_lacks_are_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_figure(draw_dataset(dataset("a陈")), tmp_path / "a.png")
    assert [message.partition(": ")[2] for message in caplog.messages] == [
        "some characters of the labels are not in the font and are drawn as boxes."
    ]


def test_bars_of_analyses() -> None:
    ax = Figure().subplots()
    plot_cooccurrence(pd.DataFrame({"between": ["0", ">= 10"], "mean": [2.5, 1.25], "top": [9.0, 4.0]}), ax, "top")
    assert [bar.get_height() for bar in ax.patches] == [9.0, 4.0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", ">= 10"]
    ax = Figure().subplots()
    plot_position_norms(pd.DataFrame({"matrix": ["init", "0", "2"], "norm": [1.0, 2.0, 3.0]}), ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["source", "last", "2 before"]
