"""The settings with the best validation score are chosen, and the chosen settings are tested."""

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
from graphcascade.experiments import Experiment, choice
from graphcascade.experiments.case import Case
from graphcascade.experiments.choice import FIGURES, choose, choose_counter_weight
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.kinds import cascades as cascades_kind
from graphcascade.experiments.kinds.cascades import CascadesRow, measure_cascades
from graphcascade.models.embedding import DeepWalk
from graphcascade.nn import UserEmbedding
from tests.models.small_data import dataset_of

USERS = 6
SETTINGS: dict[str, Any] = {"arguments": {"heads": 1}, "epochs": {"mine": [1, 2]}, "temperature": [1.0, 0.5]}


def cascades() -> CascadeDataset:
    generator = torch.Generator().manual_seed(0)
    return dataset_of([torch.randperm(USERS, generator=generator)[:3].tolist() for _ in range(30)], USERS)


def case(tmp_path: Path, row: CascadesRow, data: CascadeDataset | None = None, **settings: Any) -> Case[CascadesRow]:
    experiment = Experiment(
        name="mine",
        title="",
        paper="",
        url="",
        place="",
        kind="cascades",
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
    def validate(case: Case[CascadesRow], terminate: bool, weights: Any) -> Any:
        row, figures = case.row, {}
        for epochs in row.epochs["mine"]:
            for temperature in row.temperature:
                sampled = 0.1 * epochs - 0.05 * temperature + 0.01 * row.arguments["dim"] + 0.3 * case.seed
                figures[f"{epochs}, {temperature:g}"] = {
                    "sampled": dict.fromkeys(FIGURES, sampled),
                    "set": dict.fromkeys(FIGURES, 1 - sampled),
                }
        return figures

    monkeypatch.setattr(choice, "_validate_on_split", validate)
    row = CascadesRow(name="NDM", model="NDM", choose={"dim": [4, 8]}, answer=answer, **SETTINGS)
    chosen = choose(case(tmp_path, row, validation={"mine": 2}))
    assert (chosen.epochs, chosen.temperature) == best
    assert chosen.row.arguments == {"heads": 1, "dim": 8 if answer == "sampled" else 4}
    assert "best of 8 on 2 validation splits" in chosen.words


def test_a_model_that_does_not_predict_whole_cascades_is_an_error(tmp_path: Path) -> None:
    row = CascadesRow(name="rate", model="Poisson")
    with pytest.raises(UsageError, match="row 'rate': Poisson does not predict whole cascades"):
        measure_cascades(case(tmp_path, row))


def test_a_single_value_is_used_as_it_is(tmp_path: Path) -> None:
    row = CascadesRow(name="NDM", model="NDM", arguments={"heads": 1}, epochs={"mine": [1]})
    row = replace(row, choose={"dim": [4]}, choose_trainer={"learning_rate": [0.5]}, temperature=[0.7])
    chosen = choose(case(tmp_path, row))
    assert chosen.row.arguments == {"heads": 1, "dim": 4}
    assert chosen.row.trainer == {"learning_rate": 0.5}
    assert (chosen.epochs, chosen.temperature, chosen.terminate) == (1, 0.7, False)
    assert chosen.words == ""
    network = CascadesRow(name="Netrate", model="Netrate", choose={"delays": ["rayleigh"]})
    assert choose(case(tmp_path, network)).row.arguments == {"delays": "rayleigh"}


@pytest.mark.parametrize("answer", ["sampled", "set"])
def test_whether_simulations_end_early_is_chosen_on_validation(tmp_path: Path, monkeypatch: Any, answer: Any) -> None:
    def validate(case: Case[CascadesRow], terminate: bool, weights: Any) -> Any:
        values = {"sampled": 0.2 - 0.1 * terminate, "set": 0.2 + 0.1 * terminate}
        return {"1, 1": {kind: dict.fromkeys(FIGURES, value) for kind, value in values.items()}}

    monkeypatch.setattr(choice, "_validate_on_split", validate)
    row = CascadesRow(name="NDM", model="NDM", arguments={"dim": 4, "heads": 1}, epochs={"mine": [1]}, answer=answer)
    both = case(tmp_path, replace(row, terminate=[False, True]))
    chosen = choose(both)
    assert chosen.terminate == (answer == "set")
    assert chosen.words.startswith(f"epochs=1, {'may end early' if answer == 'set' else 'no early end'} (best of 2")
    assert ("may end early" in measure_cascades(both).protocol) == (answer == "set")


def test_the_chosen_setting_is_tested(tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[tuple[RolloutProtocol, int, bool]] = []

    def spy(model: Any, data: Any, protocol: RolloutProtocol, *rest: Any, **options: Any) -> Any:
        seen.append((protocol, model.config["dim"], data.split.part == "test"))
        return evaluate_cascades(model, data, protocol, *rest, **options)

    monkeypatch.setattr(choice, "evaluate_cascades", spy)
    monkeypatch.setattr(cascades_kind, "evaluate_cascades", spy)
    row = CascadesRow(name="NDM", model="NDM", choose={"dim": [4, 8]}, terminate=True, **SETTINGS)
    one = case(tmp_path, row)
    chosen = choose(one)
    measure_cascades(one)
    assert all(protocol.terminate for protocol, _, _ in seen)
    ((protocol, dim, _),) = [entry for entry in seen if entry[2]]
    assert protocol == RolloutProtocol(simulations=20, temperature=chosen.temperature, terminate=True)
    assert dim == chosen.row.arguments["dim"]
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

    monkeypatch.setattr(choice, "evaluate_cascades", spy)
    monkeypatch.setattr(cascades_kind, "evaluate_cascades", spy)
    trainings = []
    stages = choice.fit_in_stages
    monkeypatch.setattr(choice, "fit_in_stages", lambda *given: trainings.append(given) or stages(*given))
    one = case(tmp_path, CascadesRow(name="NDM", model="NDM", answer="set", counter_weight=[0.0, 0.4, 0.9], **SETTINGS))
    alone = choose(one)
    assert (alone.temperature, alone.counter_weight) == (0.5, 0.0)
    chosen = choose_counter_weight(one, alone, one.row.counter_weight)
    assert (chosen.temperature, chosen.counter_weight) == (0.5, 0.4)
    tries = len(trainings)
    choose(case(tmp_path / "without", CascadesRow(name="NDM", model="NDM", answer="set", **SETTINGS)))
    assert tries == len(trainings) - tries + 1  # all weights are measured in one training
    assert "counter_weight=0.4 (best of 7 on 1 validation split, 0.500)" in chosen.words
    weighed = [entry for entry in seen if entry[0].counter_weight > 0]
    assert {(protocol.temperature, protocol.counter_weight) for protocol, _, _ in weighed} == {(0.5, 0.4), (0.5, 0.9)}
    assert "counting baseline of weight 0.4" in measure_cascades(one).protocol
    (tested,) = [entry for entry in seen if entry[2]]
    assert tested[0].counter_weight == 0.4
    assert all(counter.split.part == "train" for protocol, counter, _ in seen if protocol.counter_weight > 0)


def test_each_number_of_epochs_is_a_run_of_its_own(tmp_path: Path) -> None:
    row = CascadesRow(name="NDM", model="NDM", arguments={"dim": 4, "heads": 1})
    few, many = (measure_cascades(case(tmp_path, replace(row, epochs={"mine": [epochs]}))) for epochs in (1, 30))
    assert few.figures != many.figures


def test_rows_that_only_differ_in_answer_or_weight_share_their_validation(tmp_path: Path, monkeypatch: Any) -> None:
    trainings = []
    stages = choice.fit_in_stages
    monkeypatch.setattr(choice, "fit_in_stages", lambda *given: trainings.append(given) or stages(*given))
    row = CascadesRow(name="NDM", model="NDM", answer="set", **SETTINGS)
    measure_cascades(case(tmp_path, row))
    assert len(trainings) == 2  # one to choose, one on all training cascades
    measure_cascades(case(tmp_path, replace(row, name="other", answer="sampled", published="theirs")))
    measure_cascades(case(tmp_path, replace(row, counter_weight=[0.5])))
    # Both may have to train a final model, with what they chose; neither validates again.
    assert [given[0].row.epochs["mine"] for given in trainings].count([1, 2]) == 1


def test_vectors_of_deepwalk_are_used_by_the_model(tmp_path: Path, monkeypatch: Any) -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 3]]), num_nodes=USERS)
    models = []

    def spy(model: Any, *rest: Any, **options: Any) -> Any:
        models.append(model)
        return evaluate_cascades(model, *rest, **options)

    monkeypatch.setattr(cascades_kind, "evaluate_cascades", spy)
    row = CascadesRow(name="NDM+SN", model="NDM", arguments={"dim": 4, "heads": 1}, epochs={"mine": [1]}, social_dim=2)
    measure_cascades(case(tmp_path, row, cascades().with_follow_graph(graph)))
    assert torch.equal(models[0].embedding.features[:-1], DeepWalk(2, seed=0).fit(graph))
    with pytest.raises(UsageError, match="has no follow graph"):
        measure_cascades(case(tmp_path / "other", row))


def test_a_model_with_sources_is_a_separate_run(tmp_path: Path, monkeypatch: Any) -> None:
    models = []

    def spy(model: Any, *rest: Any, **options: Any) -> Any:
        models.append(model)
        return evaluate_cascades(model, *rest, **options)

    monkeypatch.setattr(cascades_kind, "evaluate_cascades", spy)
    row = CascadesRow(name="LSTM", model="LSTM", arguments={"dim": 4}, epochs={"mine": [1]})
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
    row = CascadesRow(name="NDM", model="NDM", **SETTINGS)
    with pytest.raises(UsageError, match="one validation split only"):
        choose(case(tmp_path, row, data, validation={"mine": 2}))
