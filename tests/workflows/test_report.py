from __future__ import annotations

import json

import pandas as pd
import pytest

from graphcascade.data import CascadeDataset
from graphcascade.errors import StorageError
from graphcascade.io import from_pandas
from graphcascade.workflows import write_report
from tests.workflows.shop_log import shop_log


@pytest.fixture(scope="module")
def shop() -> CascadeDataset:
    return from_pandas(shop_log(), user="customer", item="product", time="date")


def test_a_page_is_written_with_the_files_behind_it(shop, tmp_path) -> None:
    report = write_report(shop, tmp_path / "shop", max_epochs=1)
    assert all(path.exists() for path in report.files)
    text = report.files[0].read_text(encoding="utf-8")
    assert text.index("<h1>") < text.index("<h2>The data</h2>") < text.index("<h2>Who drives whom?</h2>")
    links = pd.read_csv(tmp_path / "shop" / "links.csv")
    assert len(links) == report.figures["network"]["links"]
    # customers drive those with the next two numbers
    who, infects = (links[name].str.removeprefix("customer-").astype(int) for name in ("who", "infects"))
    step = (infects - who) % 40
    assert step[:20].isin([1, 2]).sum() >= 18
    assert json.loads((tmp_path / "shop" / "report.json").read_text())["data"]["cascades"] == 60


def test_files_that_are_not_from_a_report_are_never_replaced(shop, tmp_path) -> None:
    mine = tmp_path / "links.csv"
    mine.write_text("mine")
    with pytest.raises(StorageError, match=r"links\.csv that is not from"):
        write_report(shop, tmp_path, overwrite=True)
    assert mine.read_text() == "mine"


def test_a_section_that_cannot_be_made_says_why(tmp_path) -> None:
    frame = pd.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "time": [1.0, 2.0]})
    text = write_report(from_pandas(frame), tmp_path / "lone").files[0].read_text(encoding="utf-8")
    assert "This section could not be made" in text
    assert "in no cascade is a user infected later than another" in text
