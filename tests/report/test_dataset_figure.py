from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graphcascade.errors import UsageError
from graphcascade.io import from_pandas
from graphcascade.report import (
    draw_dataset,
    save_figure,
)
from graphcascade.simulate import cyan_cascades


def dataset(names: str = "ab", unit: str | None = "s"):
    frame = pd.DataFrame({"user": list(names), "item": "x", "time": [0.0, 7200.0]})
    return from_pandas(frame, time_unit=unit)


def test_a_figure_is_saved_in_the_format_of_its_ending(tmp_path: Path) -> None:
    figure = draw_dataset(cyan_cascades("core-periphery", "exponential", num_cascades=20))
    assert len(figure.axes) == 3
    for name, start in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml"), ("none", b"\x89PNG")):
        assert save_figure(figure, tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(UsageError, match=r"no format has this ending; use \.png, \.pdf or \.svg, or no ending"):
        save_figure(figure, tmp_path / "a.docx")


def test_characters_that_the_font_lacks_are_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_figure(draw_dataset(dataset("a陈")), tmp_path / "a.png")
    assert [message.partition(": ")[2] for message in caplog.messages] == [
        "some characters of the labels are not in the font and are drawn as boxes."
    ]
