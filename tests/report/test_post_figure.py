from __future__ import annotations

import numpy as np
import torch

from graphcascade.data import PostStream
from graphcascade.report import draw_posts


def stream_of(**changes):
    fields = {
        "time": 1.4e9 + torch.arange(20, dtype=torch.float64) * 86400,
        "user": torch.tensor([0] * 3 + [1] * 17),
        "y": torch.cat([torch.full((10,), 2.0), torch.arange(10.0)]),
        "category": torch.tensor([1] * 4 + [2] + [0] * 14 + [-1]),
        "parent": torch.tensor([-1, 0, -1]),
        "name": "mine",
    }
    return PostStream(**{**fields, **changes})


def test_a_panel_for_labels_for_time_for_each_level_and_for_users() -> None:
    figure = draw_posts(stream_of())
    assert figure.get_suptitle() == "mine: 20 posts (20 with a label), 2 users, 3 categories"
    labels, time, *counts = figure.axes
    assert sum(bar.get_height() for bar in labels.patches) == 20
    assert labels.get_legend().get_texts()[0].get_text() == "mean 3.25"
    assert time.lines[0].get_ydata().tolist() == [2.0, 4.5]
    middle = (1.4e9 + 86400 * np.array([4.5, 14.5])).astype("datetime64[s]")
    assert time.lines[0].get_xdata().tolist() == middle.tolist()
    curves = {ax.get_ylabel(): ax.lines[0].get_xydata().tolist() for ax in counts}
    assert curves == {
        "share of categories of level 1": [[1, 1.0], [18, 0.5]],
        "share of categories of level 2": [[4, 1.0]],
        "share of users": [[3, 1.0], [17, 0.5]],
    }


def test_panels_without_data_are_left_out() -> None:
    figure = draw_posts(stream_of(y=None, category=None, parent=None))
    assert [ax.get_ylabel() for ax in figure.axes] == ["share of users"]


def test_times_that_are_no_dates_have_a_unit() -> None:
    figure = draw_posts(stream_of(time=torch.arange(20, dtype=torch.float64) * 24, time_unit="h"))
    assert figure.axes[1].get_xlabel() == "time of the post (d)"
    figure = draw_posts(stream_of(time=torch.arange(20, dtype=torch.float64), time_unit=None))
    assert figure.axes[1].get_xlabel() == "time of the post"
