from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import edge_report, link_evidence, select_links
from graphcascade.datasets import KroneckerSynthetic
from graphcascade.errors import DataError, UsageError
from graphcascade.experiments import find_experiment, reproduce
from graphcascade.experiments.kinds.network_recovery import rate_error
from graphcascade.models import Netrate

YAML = """
title: recovery
paper: theirs
url: https://example.org
place: Fig. 3
kind: network recovery
metrics: ["precision, 40", "precision, 300", "AUC, 300", "AUC by weight, 300", "rate error, 300"]
datasets: {kronecker-core-32: }
seeds: 2
rows:
  - {name: Netrate, model: Netrate, numbers: [40, 300]}
  - {name: before, numbers: [300]}
"""


def test_figures_are_means_over_networks_of_what_the_first_cascades_give(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    measured = result.figures.set_index(["row", "metric"])["measured"]
    expected: dict[str, list[float]] = {"precision, 40": [], "AUC, 300": [], "rate error, 300": []}
    for seed in range(2):
        data = KroneckerSynthetic(network_seed=seed, seed=seed)
        true = data.true_graph
        assert true is not None
        expected["precision, 40"].append(edge_report(Netrate().fit(data[:40]).graph, true).precision)
        part = data[:300]
        model = Netrate().fit(part)
        expected["AUC, 300"].append(edge_report(select_links(link_evidence(model.graph, part, model)), true).auc)
        found = dict(
            zip(map(tuple, model.graph.edge_index.t().tolist()), model.graph.edge_weight.tolist(), strict=True)
        )
        errors = [
            abs(found.get(tuple(pair), 0.0) - rate) / rate
            for pair, rate in zip(true.edge_index.t().tolist(), true.edge_weight.tolist(), strict=True)
        ]
        expected["rate error, 300"].append(float(torch.tensor(errors, dtype=torch.float64).quantile(0.5)))
    for metric, values in expected.items():
        assert measured["Netrate", metric] == pytest.approx(sum(values) / 2), metric
    assert ("before", "precision, 40") not in measured  # a row has the numbers that it lists
    assert ("before", "rate error, 300") not in measured  # counts are no rates
    assert measured["Netrate", "AUC, 300"] > 0.9
    assert result.files[1].read_bytes().startswith(b"\x89PNG")


def test_a_missing_link_has_the_rate_zero() -> None:
    true = Data(edge_index=torch.tensor([[0, 0, 1], [1, 2, 2]]), edge_weight=torch.tensor([1.0, 2.0, 4.0]), num_nodes=3)
    found = Data(
        edge_index=torch.tensor([[0, 1, 2], [2, 2, 0]]), edge_weight=torch.tensor([3.0, 3.0, 9.0]), num_nodes=3
    )
    assert rate_error(found, true) == pytest.approx(0.5)  # of the errors 1, 0.5 and 0.25


def test_other_data_and_too_many_cascades_raise_an_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(YAML.replace("kronecker-core-32", "Irvine"))
    with pytest.raises(UsageError, match="Irvine is not simulated on networks of a seed; use one of cyan-cp-exp"):
        reproduce(file, directory=tmp_path / "out")
    file.write_text(YAML.replace("300", "6000"))
    with pytest.raises(UsageError, match="has 5,000 cascades, not 6,000"):
        reproduce(file, directory=tmp_path / "out")
    file.write_text(YAML.replace("model: Netrate", "model: Markov"))
    with pytest.raises(DataError, match="Markov is not a model for the kind 'network recovery'"):
        reproduce(file, directory=tmp_path / "out")


def test_the_shipped_experiment_has_each_metric_for_each_number() -> None:
    experiment = find_experiment("network-recovery")
    assert len(experiment.datasets) == 9
    assert {metric.rpartition(", ")[2] for metric in experiment.metrics} == {"50", "200", "1000", "5000"}
