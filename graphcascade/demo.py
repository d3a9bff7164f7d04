"""The demonstration: a complete example on simulated data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

import graphcascade
from graphcascade.analysis import count_links, edge_report, infer_parents, keep_links, parent_accuracy
from graphcascade.data import CascadeDataset
from graphcascade.errors import StorageError
from graphcascade.evaluation import PROTOCOLS, Result, compare_results, evaluate
from graphcascade.io import write_csv, write_graph
from graphcascade.loader import CascadeLoader
from graphcascade.models import (
    CYANRNN,
    Netrate,
    TrueHazards,
    save_model,
)
from graphcascade.models.next_user import AttributionKind, NextUserModel
from graphcascade.options import NextUserOptions
from graphcascade.report import (
    PageTable,
    Picture,
    Section,
    draw_dataset,
    example_cascade,
    plot_alignment,
    plot_cascade,
    plot_inferred_network,
    plot_network,
    plot_training,
    save_figure,
    write_page,
)
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks import TASKS, Parts, fit_and_test
from graphcascade.trainers import NextUserTrainer
from graphcascade.trainers.run_folder import RunFolder

__all__ = ["Demo", "run_demo"]

HORIZON = 100.0
COMMAND = "graphcascade demo"  # the footer of the page names it
FILES = ("report.html", "cascades.csv", "cascades.png", "inferred-network.txt", "true-network.txt", "model.safetensors")
PROTOCOL = replace(PROTOCOLS["cyan"], name="cyan, infected users excluded", mask_infected=True)


@dataclass(frozen=True, eq=False)
class Demo:
    """The output of the demonstration.

    Args:
        dataset: The simulated cascades.
        results: Results of the counting baselines, the trained model, and the true hazards.
        networks: Accuracy of each way of inferring the network, one row each.
        files: Paths of the page, the cascades, their picture, the inferred and the true network, and the model.
    """

    dataset: CascadeDataset
    results: list[Result]
    networks: pd.DataFrame
    files: list[Path]

    metrics = ("Hit@1", "Hit@5", "MRR")
    explanation = (
        "Hit@k: share of events whose next user is among the first k of the ranking; MRR: mean of 1 / rank. "
        "TrueHazards uses the network that the cascades were simulated on; no model can do better on average."
    )


def run_demo(
    out: Path, num_cascades: int, max_epochs: int, seed: int, progress: bool = True, *, overwrite: bool = False
) -> Demo:
    """Simulates cascades on a network, trains a model, infers the network, and writes a page about it.

    Args:
        out: Folder for the files.
        num_cascades: Number of cascades to simulate.
        max_epochs: Maximum number of training epochs.
        seed: Random seed of the whole example.
        progress: Show a progress bar, on terminals.
        overwrite: Whether to replace the files of an earlier demo in the folder. Files that no demo wrote are never
            replaced.

    Raises:
        StorageError: The folder has files of these names already.
    """
    check_demo_folder(out, overwrite)
    dataset = cyan_cascades(
        "core-periphery",
        "exponential",
        num_cascades=num_cascades,
        horizon=HORIZON,
        network_seed=seed,
        seed=seed,
    )
    train, val, test = dataset.splits("random", seed=seed)
    torch.manual_seed(seed)
    model = CYANRNN(dataset.num_users, dim=32, hidden=32, state=32, keys="input", readout="context", mask_infected=True)
    trainer = NextUserTrainer(
        max_epochs=max_epochs,
        batch_size=64,
        learning_rate=5e-3,
        protocol=PROTOCOL,
        seed=seed,
        progress=progress,
    )
    parts = Parts(train, val, test)
    outcome = fit_and_test(TASKS["next-user"], model, parts, trainer, NextUserOptions(), folder=RunFolder(out / "run"))
    ceiling = TrueHazards.from_dataset(dataset)
    results = [*outcome.comparison.test, outcome.result, evaluate(ceiling, test, PROTOCOL, seed)]
    found, networks = _networks(model, ceiling, train)
    files = [out / name for name in FILES]
    _, table, picture, inferred, true, saved = files
    # The network is written to another file, and all cascades begin at time 0.
    write_csv(CascadeDataset(replace(dataset.table, true_graph=None, times_absolute=True)), table, overwrite=True)
    save_figure(draw_dataset(dataset), picture, overwrite=True)
    write_graph(found["Netrate"], dataset.user_ids, inferred, overwrite=True)
    assert dataset.true_graph is not None
    write_graph(dataset.true_graph, dataset.user_ids, true, overwrite=True)
    save_model(model, saved, overwrite=True, protocol=asdict(PROTOCOL), seed=seed)
    log = pd.read_csv(out / "run" / "logs" / "metrics.csv")
    demo = Demo(dataset, results, networks, files)
    _write_page(demo, model, test, found, log)
    return demo


def check_demo_folder(out: Path, overwrite: bool) -> None:
    """Checks that a demo may write its files into a folder.

    Raises:
        StorageError: The folder has an earlier demo and ``overwrite`` is false, or files that no demo wrote.
    """
    page = out / FILES[0]
    ours = page.is_file() and COMMAND in page.read_text(encoding="utf-8", errors="replace")
    found = [name for name in (*FILES, "run/config.json") if (out / name).exists()]
    if found and not ours:
        raise StorageError(
            argument="out",
            value=out,
            reason=f"this folder has a {found[0]} that is not from the demo; choose another folder",
        )
    if found and not overwrite:
        raise StorageError(
            argument="out",
            value=out,
            reason="this folder has a demo already; choose another folder, or replace it with",
            remedy=("overwrite", True),
        )


def _networks(model: CYANRNN, ceiling: TrueHazards, train: CascadeDataset) -> tuple[dict[str, Data], pd.DataFrame]:
    """Infers networks from the training cascades and measures their accuracy."""
    true = train.true_graph
    assert true is not None
    ways: dict[str, tuple[NextUserModel | TrueHazards | None, AttributionKind]] = {
        "the event before": (None, "alignment"),
        "CYANRNN, alignment": (model, "alignment"),
        "CYANRNN, posterior": (model, "posterior"),
        "TrueHazards, before the next user is known": (ceiling, "alignment"),
        "TrueHazards, after": (ceiling, "posterior"),
    }
    found: dict[str, Data] = {}
    rows: list[dict[str, object]] = []
    for name, (source_model, attribution) in ways.items():
        parent = infer_parents(source_model, train, attribution)
        counts = count_links(parent, train)
        found[name] = keep_links(counts, train)
        row = {"read from": name, "who infected whom": parent_accuracy(parent, train)}
        rows.append(row | _figures(found[name], counts, true))
    found["Netrate"] = Netrate(horizon=HORIZON, prune=True).fit(train).graph
    rows.insert(3, {"read from": "Netrate"} | _figures(found["Netrate"], found["Netrate"], true))
    return found, pd.DataFrame(rows)


def _figures(kept: Data, weighted: Data, true: Data) -> dict[str, object]:
    report = edge_report(kept, true)
    auc = edge_report(weighted, true).auc
    return {"precision": report.precision, "recall": report.recall, "F1": report.f1, "AUC": auc}


def _write_page(demo: Demo, model: CYANRNN, test: CascadeDataset, found: dict[str, Data], log: pd.DataFrame) -> None:
    dataset = demo.dataset
    assert dataset.true_graph is not None
    example = test.copy([example_cascade(test)])
    cascade = example.get(0)
    (batch,) = CascadeLoader(example, batch_size=1)
    single = Figure(figsize=(11, 5), layout="constrained")
    axes = single.subplots(1, 2)
    plot_alignment(
        model.align(batch, "posterior"), cascade, axes[0], dataset.user_ids, "Posterior of who infected whom"
    )
    plot_cascade(cascade, axes[1], dataset.user_ids, dataset.time_unit)
    networks = Figure(figsize=(15, 5.5), layout="constrained")
    axes = networks.subplots(1, 3)
    plot_network(dataset.true_graph, axes[0], dataset.user_ids, title="True network")
    plot_inferred_network(found["CYANRNN, posterior"], dataset.true_graph, axes[1], dataset.user_ids, "CYANRNN")
    plot_inferred_network(found["Netrate"], dataset.true_graph, axes[2], dataset.user_ids, "Netrate")
    curve = Figure(figsize=(6, 3.2), layout="constrained")
    plot_training(log, curve.subplots())
    overview = draw_dataset(dataset)
    sections = [
        Section(
            "Who comes next?",
            f"After each event of {len(test):,} test cascades each model ranks all users who are not infected yet. "
            + demo.explanation,
            content=[PageTable(compare_results(demo.results, demo.metrics))],
        ),
        Section(
            "Who infects whom?",
            "The models never saw the network. Grey links were found, dashed red links were missed, and solid red "
            "links are false.",
            content=[Picture(networks, "", "True and inferred networks")],
        ),
        Section(
            "How accurate are the networks?",
            "Precision, recall and F1 of the inferred links, the AUC of the weights of all pairs, and the share of "
            "infections that are attributed to the right user. TrueHazards shows how much the true network itself can "
            "tell before and after the next user is known.",
            content=[PageTable(demo.networks)],
        ),
        Section(
            "One cascade",
            "Left: for each user, the probability that each earlier user infected them (white is 1); a ring marks the "
            "user who did. Right: the same cascade over time, with lines from each user to the one they infected.",
            content=[Picture(single, "", "One cascade")],
        ),
        Section(
            "The data",
            "The network, one cascade, and the sizes of all cascades.",
            content=[Picture(overview, "", "Data")],
        ),
        Section(
            "Training",
            "Losses on the training and validation cascades after each epoch.",
            content=[Picture(curve, "", "Losses")],
        ),
    ]
    write_page(
        demo.files[0],
        "graphcascade: a first look",
        f"{len(dataset):,} cascades were simulated on a network of {dataset.num_users} users. The models "
        "below learn from the infection times who comes next and who infects whom.",
        sections,
        f"graphcascade {graphcascade.__version__}, '{COMMAND}'",
        overwrite=True,
    )
