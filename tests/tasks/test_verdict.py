from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graphcascade.evaluation import PairedDifference
from graphcascade.tasks import verdict


@pytest.mark.parametrize(
    ("best", "value", "conclusion"),
    [
        ("LSTM", 0.1, "learning beats counting on these data."),
        ("Markov", -0.1, "counting beats learning on these data."),
        ("LSTM", -0.00001, "the test does not show that learning beats counting on these data."),
        ("LSTM", 0.01, "the test does not show that learning beats counting on these data."),
        ("LSTM", -0.1, "Markov was better on the test, which does not confirm the choice on validation."),
        ("Markov", 0.1, "LSTM was better on the test, which does not confirm the choice on validation."),
    ],
)
def test_the_conclusion_does_not_contradict_the_choice(
    monkeypatch: pytest.MonkeyPatch, best: str, value: float, conclusion: str
) -> None:
    monkeypatch.setattr(verdict, "mean_figure", lambda *_: SimpleNamespace(value=0.2))
    task: Any = SimpleNamespace(metric="MRR", examples="cascades", lower_is_better=False)
    models: Any = {name: SimpleNamespace(name=name, score=0.3, results=[]) for name in ("LSTM", "Markov")}
    difference = PairedDifference(value, 0.02, value - 0.04, value + 0.04, 50)
    text = verdict.write_verdict(task, models[best], models["LSTM"], models["Markov"], difference)
    assert text.startswith(f"Use {best}, which has the best MRR on the validation cascades (0.3000).")
    assert text.endswith(conclusion)
    assert "-0.0000" not in text
