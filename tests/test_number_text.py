from __future__ import annotations

import math

import pandas as pd
import pytest

from graphcascade.cli.output import print_table, shown
from graphcascade.html_table import html_table
from graphcascade.number_text import format_number


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.00004, ".4f", "0.0000"),
        (-0.0, ".4f", "0.0000"),
        (-0.00006, ".4f", "-0.0001"),
        (-0.00004, "+.4f", "+0.0000"),
        (-1234.5, ",.1f", "-1,234.5"),
        (-0.4, ",.0f", "0"),
        (-0.0, ".3g", "0"),
        (-1e-7, ".3g", "-1e-07"),
        (-0.004, ".0%", "0%"),
        (math.nan, ".4f", "nan"),
        (-math.inf, ".1f", "-inf"),
    ],
)
def test_what_rounds_to_zero_has_no_minus_sign(value: float, form: str, text: str) -> None:
    assert format_number(value, form) == text


def test_tables_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"figure": [-0.0, -0.5]})
    print_table(frame, "Figures")
    printed = capsys.readouterr().out
    html = html_table(pd.DataFrame({"figure": [-0.00001, -0.5]}), "Figures")
    for text in (printed, html):
        assert "-0.0000" not in text
        assert "0.0000" in text
        assert "-0.5000" in text
    assert shown(-0.00001) == "0"
