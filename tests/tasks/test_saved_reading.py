from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import DataError
from graphcascade.models import Popularity
from graphcascade.options import ReadOptions
from graphcascade.tasks.saved_reading import describe_reading, restore_reading


def model_with(**notes: Any) -> Popularity:
    model = Popularity(3)
    model.notes = notes
    return model


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("my.csv", "my.csv.gz", "new.csv", "new.jsonl"):
        Path(name).touch()
    Path("folder").mkdir()


@pytest.mark.usefixtures("files")
def test_what_is_saved_are_plain_options_other_than_the_defaults() -> None:
    options = ReadOptions(user="who", sep=";", errors_out=Path("invalid.csv"), root=Path("elsewhere"))
    expected = {"form": "file", "ending": ".csv", "options": {"user": "who", "sep": ";"}}
    assert describe_reading("my.csv.gz", vars(options) | {"max_epochs": 3}) == expected
    assert describe_reading("folder", {}) == {"form": "folder", "ending": "", "options": {}}
    assert describe_reading("Memetracker", {}) == {"form": "dataset", "ending": "", "options": {}}


@pytest.mark.usefixtures("files")
def test_options_have_an_effect_on_data_of_the_same_form() -> None:
    model = model_with(reading=describe_reading("my.csv", {"user": "who", "sep": ";"}))
    assert restore_reading(model, "new.csv", {}) == ReadOptions(user="who", sep=";")
    assert restore_reading(model, "new.csv", {"user": "user"}) == ReadOptions(sep=";")
    assert restore_reading(model, "new.jsonl", {}) == ReadOptions(user="who")
    assert restore_reading(model, "folder", {}) == ReadOptions()
    assert restore_reading(model, "Memetracker", {"root": Path("elsewhere")}) == ReadOptions(root=Path("elsewhere"))


@pytest.mark.usefixtures("files")
def test_labels_replace_views_and_views_replace_labels() -> None:
    views = model_with(reading=describe_reading("my.csv", {"user": "who", "views": "seen"}))
    assert restore_reading(views, "new.csv", {"label": "score"}) == ReadOptions(user="who", label="score")
    labels = model_with(reading=describe_reading("my.csv", {"label": "score"}))
    assert restore_reading(labels, "new.csv", {"views": "seen"}) == ReadOptions(views="seen")


@pytest.mark.usefixtures("files")
def test_models_of_earlier_versions_lack_the_entry() -> None:
    for model in (Popularity(3), model_with(data="my.csv")):
        assert restore_reading(model, "new.csv", {"user": "who"}) == ReadOptions(user="who")


@pytest.mark.parametrize(
    "reading",
    [
        3,
        {"form": "file", "ending": ".csv", "options": ["user"]},
        {"form": "file", "ending": ".csv", "options": {"user": 3}},
        {"form": "file", "ending": ".csv", "options": {"colour": "red"}},
        {"form": "file", "ending": ".csv", "options": {"root": "/"}},
    ],
)
def test_damaged_entries_raise_an_error(reading: Any) -> None:
    with pytest.raises(DataError, match="saved with options of reading that cannot be read"):
        restore_reading(model_with(reading=reading), "new.csv", {})
