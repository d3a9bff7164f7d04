"""What is chosen is what is best on validation, and what is chosen is what is tested."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.experiments import Experiment, Row, training, whole_cascades
from graphcascade.experiments.case import Case
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.training import FIGURES, choose
from graphcascade.experiments.whole_cascades import measure_cascades
from graphcascade.models.embedding import DeepWalk
from graphcascade.nn import UserEmbedding
from tests.models.small_data import dataset_of

USERS = 6
SETTINGS: dict[str, Any] = {"arguments": {"heads": 1}, "epochs": {"mine": [1, 2]}, "temperature": [1.0, 0.5]}


def cascades() -> CascadeDataset:
    generator = torch.Generator().manual_seed(0)
    return dataset_of([torch.randperm(USERS, generator=generator)[:3].tolist() for _ in range(30)], USERS)


def case(tmp_path: Path, row: Row, data: CascadeDataset | None = None, **settings: Any) -> Case:
    experiment = Experiment(
        name="mine",
        title="",
        paper="",
        url="",
        place="",
        task="cascades",
        metrics=["Macro-F1"],
        datasets={"mine": None},
        rows=(row,),
        simulations=20,
        validation_simulations=5,
        **settings,
    )
    return Case(experiment, "mine", data or cascades(), row, 0, FinishedRuns(tmp_path), False)


@pytest.mark.parametrize(("answer", "best"), [("sampled", (2, 0.5)), ("set", (1, 1.0))])
def test_the_best_of_validation_is_chosen(tmp_path: Path, monkeypatch: Any, answer: Any, best: Any) -> None:
    def validated(
        case: Case, arguments: Any, trainer: Any, epochs: Any, temperatures: Any, end: bool, split: int
    ) -> Any:
        figures = {}
        for stage in epochs:
            for temperature in temperatures:
                sampled = 0.1 * stage - 0.05 * temperature + 0.01 * arguments["dim"] + 0.3 * split
                figures[f"{stage}, {temperature:g}"] = {
                    "sampled": dict.fromkeys(FIGURES, sampled),
                    "set": dict.fromkeys(FIGURES, 1 - sampled),
                }
        return figures

    monkeypatch.setattr(training, "_validated", validated)
    row = Row("NDM", "NDM", choose={"dim": [4, 8]}, answer=answer, **SETTINGS)
    choice = choose(case(tmp_path, row, validation={"mine": 2}))
    assert (choice.epochs, choice.temperature) == best
    assert choice.arguments == {"heads": 1, "dim": 8 if answer == "sampled" else 4}
    assert "best of 8 on 2 validation splits" in choice.words


def test_a_single_value_is_used_as_it_is(tmp_path: Path) -> None:
    row = Row("NDM", "NDM", arguments={"heads": 1}, epochs={"mine": [1]})
    row = replace(row, choose={"dim": [4]}, choose_trainer={"learning_rate": [0.5]}, temperature=[0.7])
    choice = choose(case(tmp_path, row))
    assert choice.arguments == {"heads": 1, "dim": 4}
    assert choice.trainer == {"learning_rate": 0.5}
    assert (choice.epochs, choice.temperature, choice.terminate) == (1, 0.7, False)
    assert choice.words == ""
    network = Row("Netrate", "Netrate", choose={"delays": ["rayleigh"]})
    assert choose(case(tmp_path, network)).arguments == {"delays": "rayleigh"}


@pytest.mark.parametrize("answer", ["sampled", "set"])
def test_the_early_end_is_chosen_on_validation(tmp_path: Path, monkeypatch: Any, answer: Any) -> None:
    def validated(
        case: Case, arguments: Any, trainer: Any, epochs: Any, temperatures: Any, end: bool, split: int
    ) -> Any:
        values = {"sampled": 0.2 - 0.1 * end, "set": 0.2 + 0.1 * end}
        return {"1, 1": {kind: dict.fromkeys(FIGURES, value) for kind, value in values.items()}}

    monkeypatch.setattr(training, "_validated", validated)
    row = Row("NDM", "NDM", arguments={"dim": 4, "heads": 1}, epochs={"mine": [1]}, answer=answer)
    both = case(tmp_path, replace(row, terminate=[False, True]))
    choice = choose(both)
    assert choice.terminate == (answer == "set")
    assert choice.words.startswith(f"epochs=1, {'may end early' if answer == 'set' else 'no early end'} (best of 2")
    assert ("may end early" in measure_cascades(both).protocol) == (answer == "set")


def test_what_was_chosen_is_tested(tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[tuple[RolloutProtocol, int, bool]] = []

    def spy(model: Any, data: Any, protocol: RolloutProtocol, *rest: Any, **options: Any) -> Any:
        seen.append((protocol, model.config["dim"], data.split.part == "test"))
        return evaluate_cascades(model, data, protocol, *rest, **options)

    monkeypatch.setattr(training, "evaluate_cascades", spy)
    monkeypatch.setattr(whole_cascades, "evaluate_cascades", spy)
    row = Row("NDM", "NDM", choose={"dim": [4, 8]}, terminate=True, **SETTINGS)
    one = case(tmp_path, row)
    choice = choose(one)
    measure_cascades(one)
    assert all(protocol.terminate for protocol, _, _ in seen)
    ((protocol, dim, _),) = [entry for entry in seen if entry[2]]
    assert protocol == RolloutProtocol(simulations=20, temperature=choice.temperature, terminate=True)
    assert dim == choice.arguments["dim"]
    assert {entry[0].simulations for entry in seen if not entry[2]} == {5}


def test_the_weight_of_the_counter_is_chosen_last(tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[tuple[RolloutProtocol, Any, bool]] = []
    best = {0.0: 0.3, 0.4: 0.5, 0.9: 0.4}

    def spy(model: Any, data: Any, protocol: RolloutProtocol, *rest: Any, counter: Any = None, **options: Any) -> Any:
        seen.append((protocol, counter, data.split.part == "test"))
        result = evaluate_cascades(model, data, protocol, *rest, counter=counter, **options)
        if data.split.part == "val":
            value = best[protocol.counter_weight] - 0.01 * abs(protocol.temperature - 0.5)
            return replace(result, metrics=result.metrics.assign(value=value))
        return result

    monkeypatch.setattr(training, "evaluate_cascades", spy)
    monkeypatch.setattr(whole_cascades, "evaluate_cascades", spy)
    trainings = []
    stages = training._stages
    monkeypatch.setattr(training, "_stages", lambda *given: trainings.append(given) or stages(*given))
    one = case(tmp_path, Row("NDM", "NDM", answer="set", counter_weight=[0.0, 0.4, 0.9], **SETTINGS))
    choice = choose(one)
    assert (choice.temperature, choice.counter_weight) == (0.5, 0.4)
    tries = len(trainings)
    choose(case(tmp_path / "without", Row("NDM", "NDM", answer="set", **SETTINGS)))
    assert tries == len(trainings) - tries + 1  # one training tells all weights
    assert "counter_weight=0.4 (best of 7 on 1 validation split, 0.500)" in choice.words
    weighed = [entry for entry in seen if entry[0].counter_weight > 0]
    assert {(protocol.temperature, protocol.counter_weight) for protocol, _, _ in weighed} == {(0.5, 0.4), (0.5, 0.9)}
    assert "counting baseline of weight 0.4" in measure_cascades(one).protocol
    (tested,) = [entry for entry in seen if entry[2]]
    assert tested[0].counter_weight == 0.4
    assert all(counter.split.part == "train" for protocol, counter, _ in seen if protocol.counter_weight > 0)


def test_each_number_of_epochs_is_a_run_of_its_own(tmp_path: Path) -> None:
    found = [
        measure_cascades(case(tmp_path, Row("NDM", "NDM", arguments={"dim": 4, "heads": 1}, epochs={"mine": [epochs]})))
        for epochs in (1, 30)
    ]
    assert found[0].figures != found[1].figures


def test_deepwalk_goes_into_the_model(tmp_path: Path, monkeypatch: Any) -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 3]]), num_nodes=USERS)
    models = []

    def spy(model: Any, *rest: Any, **options: Any) -> Any:
        models.append(model)
        return evaluate_cascades(model, *rest, **options)

    monkeypatch.setattr(whole_cascades, "evaluate_cascades", spy)
    row = Row("NDM+SN", "NDM", arguments={"dim": 4, "heads": 1}, epochs={"mine": [1]}, social_dim=2)
    measure_cascades(case(tmp_path, row, cascades().with_follow_graph(graph)))
    assert torch.equal(models[0].embedding.features[:-1], DeepWalk(2, seed=0).fit(graph))
    with pytest.raises(UsageError, match="has no follow graph"):
        measure_cascades(case(tmp_path / "other", row))


def test_a_model_with_sources_is_another_one(tmp_path: Path, monkeypatch: Any) -> None:
    models = []

    def spy(model: Any, *rest: Any, **options: Any) -> Any:
        models.append(model)
        return evaluate_cascades(model, *rest, **options)

    monkeypatch.setattr(whole_cascades, "evaluate_cascades", spy)
    row = Row("LSTM", "LSTM", arguments={"dim": 4}, epochs={"mine": [1]})
    for fusion in (None, {"fusion": "sum"}, {"fusion": "attention"}):
        measure_cascades(case(tmp_path, replace(row, fusion=fusion)))
    plain, added, attended = [model.embedding for model in models]  # none is taken for another one
    assert type(plain) is UserEmbedding
    assert (added.fusion, attended.fusion) == ("sum", "attention")
    train, _, _ = cascades().splits(fractions=(0.9, 0.0, 0.1))
    assert added.is_source.nonzero().view(-1).tolist() == sorted({int(one.user[0]) for one in train})


def test_a_random_split_has_one_validation_part(tmp_path: Path) -> None:
    data = cascades()
    data.table.time[data.table.ptr[:-1]] = 0.0  # all begin at the same time
    row = Row("NDM", "NDM", **SETTINGS)
    with pytest.raises(UsageError, match="one validation split only"):
        choose(case(tmp_path, row, data, validation={"mine": 2}))
