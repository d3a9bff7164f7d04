"""Classes of models, from the package and from outside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.models import LSTM, MODELS, find_model

SOURCE = """
from graphcascade.models.next_user import CountingModel

class Constant(CountingModel):
    def scores(self, batch, rows=None):
        return self.frequency.new_zeros(batch.user.numel() if rows is None else rows.numel(), self.num_users)

class LSTM(CountingModel):
    scores = Constant.scores

class NoModel:
    pass
"""


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_models.py").write_text(SOURCE)
    (tmp_path / "broken_models.py").write_text("import a_module_that_is_not_here\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))


def test_a_model_is_found_by_its_name() -> None:
    assert find_model("lstm") is LSTM
    with pytest.raises(UnknownNameError, match="did you mean LSTM"):
        find_model("LSTN")


@pytest.mark.parametrize("name", ["HawkesProcess", "poissonprocess"])
def test_a_baseline_of_times_is_no_model_of_a_task(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"{name} predicts times only .* such as RMTPP"):
        find_model(name)


@pytest.mark.usefixtures("own_models")
def test_a_class_in_the_working_directory_is_registered() -> None:
    kind = find_model("own_models:Constant")
    assert kind.__name__ == "Constant"
    assert MODELS["Constant"] is kind
    assert find_model("own_models:Constant") is kind


@pytest.mark.usefixtures("own_models")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_models:Constants", r"the module own_models has no model 'Constants'; did you mean Constant\?"),
        ("own_models:constant", r"did you mean Constant\?"),
        ("own_models:Other", "the module own_models has no model 'Other'; a model is a subclass of"),
        ("own_models:NoModel", "the module own_models has no model 'NoModel'; a model is a subclass of"),
        ("own_models:LSTM", "there is another model called LSTM; rename the class"),
        ("broken_models:A", r"the module cannot be imported \(ModuleNotFoundError: No module named 'a_module_that"),
        (":A", "the module cannot be imported"),
    ],
)
def test_names_that_are_not_models_raise_an_error(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_model(name)
