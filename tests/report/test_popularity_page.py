from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphcascade.errors import StorageError, UnknownNameError
from graphcascade.report import write_popularity
from tests.models.popularity.small_stream import random_stream

TEXT = np.array([f"<text {number}>" for number in range(60)], dtype=object)
STREAM = random_stream(text=TEXT, post_ids=np.array([f"post {number}" for number in range(60)], dtype=object))
PREDICTED = pd.DataFrame(
    {
        "post": ["post 40", "post 41"],
        "user": ["ann", "bob"],
        "time": ["2024-05-01", "2024-05-02"],
        "label": [3.0, 4.0],
        "views": [7, 15],
        "lower": [2.0, 3.25],
        "upper": [4.0, 5.75],
        "earlier posts": ["post 39 (0.61), post 38 (0.20), elsewhere (0.11)", "post 40 (0.90)"],
    }
)


def test_a_page_shows_posts_with_their_predictions_and_earlier_posts(tmp_path: Path) -> None:
    importances = pd.Series({"mean label, user": 80.0, "hour": 20.0})
    page = write_popularity(PREDICTED, STREAM, tmp_path / "p.html", ["post 41"], importances=importances).read_text()
    assert "Post post 41" in page
    assert "Post post 40" not in page
    assert "By user bob, 2024-05-02." in page
    assert "predicted 4.00, 15 views" in page
    assert "interval 3.25 to 5.75" in page
    assert "post post 40, weight 0.90" in page
    assert "&lt;text 40&gt;" in page
    assert f"label {float(STREAM.y[41]):.2f}" in page
    assert "What the predictions depend on" in page
    category = int(STREAM.category[41])
    names = [f"category {each}" for each in STREAM.ancestors[category].tolist() if each >= 0] if category >= 0 else []
    assert ", ".join(names) in page


def test_without_names_the_last_posts_are_shown_and_unknown_ones_are_no_cards(tmp_path: Path) -> None:
    page = write_popularity(PREDICTED, STREAM, tmp_path / "p.html").read_text()
    assert page.index("Post post 40") < page.index("Post post 41")
    assert "post post 38, weight 0.20" in page
    assert "elsewhere" not in page
    assert "What the predictions depend on" not in page


def test_without_earlier_posts_all_posts_are_in_one_section(tmp_path: Path) -> None:
    predicted = PREDICTED.drop(columns="earlier posts")
    page = write_popularity(predicted, STREAM, tmp_path / "p.html").read_text()
    assert page.count("<h2>") == 1
    assert (
        page.index("post post 40") < page.index("by user ann") < page.index("post post 41") < page.index("by user bob")
    )


def test_a_post_without_a_prediction_and_an_existing_file_raise_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="there is no prediction for a post 'post 3'"):
        write_popularity(PREDICTED, STREAM, tmp_path / "p.html", ["post 3"])
    write_popularity(PREDICTED, STREAM, tmp_path / "p.html")
    with pytest.raises(StorageError, match="exists already"):
        write_popularity(PREDICTED, STREAM, tmp_path / "p.html")
