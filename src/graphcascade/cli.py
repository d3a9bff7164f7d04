"""The command line."""

from __future__ import annotations

import inspect
import json as jsonlib
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd
import torch
from jsonargparse import ArgumentParser, auto_cli
from rich.console import Console
from rich.table import Table

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.datasets import DATASETS, list_datasets, load_dataset
from graphcascade.demo import run_demo
from graphcascade.errors import GraphCascadeError, UsageError
from graphcascade.evaluation import evaluate, find_protocol, predict_next_users
from graphcascade.io import atomic_path, read_cascades, read_graph, write_cascades, writing_format
from graphcascade.models import MODELS, load_model, save_model
from graphcascade.models.next_user import CountingModel, NextUserModel, ScoringModel
from graphcascade.report import draw_dataset, save_figure
from graphcascade.simulate import cyan_cascades, simulate_cascades
from graphcascade.trainers import NextUserTrainer

__all__ = ["main"]

TimeUnit = Literal["ns", "us", "ms", "s", "min", "h", "d"]


class Parser(ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        command = self.prog.replace(" [options]", "")
        message = " ".join(message.split()).replace('expected "subcommand" to be one of', "expected a command, one of")
        message = re.sub(
            r'Parser key "([^"]+)": Expected an? <class \'(\w+)\'>. Got value:', r"--\1 wants \2, not", message
        )
        for name in COMMANDS:
            message = message.replace(f"{name}.", "")
        self.exit(2, f"graphcascade: error: {message} (see {command} --help)\n")


def datasets(root: Path = Path("datasets"), json: Path | None = None) -> None:
    """List the published data sets: size, origin, and whether they are here.

    Args:
        root: Folder that data sets are kept in.
        json: Also write the list to this file.
    """
    frame = list_datasets(root)
    table = Table(title="Data sets", caption="'graphcascade describe NAME' fetches one and describes it.")
    for column in frame.columns:
        table.add_column(str(column), overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*["" if pd.isna(value) else shown(value) for value in row])
    Console().print(table)
    write_json(json, frame.to_dict(orient="records"))


def describe(
    data: str,
    format: str | None = None,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    time_unit: TimeUnit | None = None,
    follow_graph: Path | None = None,
    root: Path = Path("datasets"),
    plot: Path | None = None,
    json: Path | None = None,
) -> None:
    """Describe a file of cascades or a published data set.

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        format: Format of the file; guessed where it is not given.
        user: Column of the users in a table.
        item: Column of what spreads in a table.
        time: Column of the times in a table.
        time_unit: Unit of times that are numbers.
        follow_graph: File of links 'followee follower' between the users.
        root: Folder that data sets are kept in.
        plot: Also draw the cascades into this picture.
        json: Also write the figures to this file.
    """
    dataset = open_data(data, format, user, item, time, time_unit, follow_graph, root)
    print_description(dataset)
    if plot is not None:
        note(f"wrote {save_figure(draw_dataset(dataset), plot)}")
    write_json(json, dataset.describe().to_dict())


def convert(
    source: str,
    out: Path,
    format: str | None = None,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    time_unit: TimeUnit | None = None,
    root: Path = Path("datasets"),
    json: Path | None = None,
) -> None:
    """Read cascades in one format and write them in another, checked.

    Args:
        source: A file, or the name of a data set (see 'graphcascade datasets').
        out: File to write; its ending gives the format: .csv, .parquet, .jsonl, or .txt (lines of 'user,time').
        format: Format of the source; guessed where it is not given.
        user: Column of the users in a table.
        item: Column of what spreads in a table.
        time: Column of the times in a table.
        time_unit: Unit of times that are numbers.
        root: Folder that data sets are kept in.
        json: Also write the figures of what was converted to this file.
    """
    writing_format(out)
    keep_input(source, out)
    dataset = open_data(source, format, user, item, time, time_unit, None, root)
    write_cascades(dataset, out)
    note(f"wrote {out}: {len(dataset):,} cascades, {dataset.table.num_events:,} events")
    write_json(json, dataset.describe().to_dict())


def simulate(
    out: Path,
    network: Literal["core-periphery", "random"] = "core-periphery",
    graph: Path | None = None,
    delays: Literal["exponential", "rayleigh", "power_law", "discrete"] = "exponential",
    cascades: int = 1000,
    horizon: float = 100.0,
    min_size: int = 2,
    max_size: int | None = None,
    seed: int = 0,
    plot: Path | None = None,
    json: Path | None = None,
) -> None:
    """Simulate cascades on a network, and write them.

    Args:
        out: File to write; its ending gives the format: .csv, .parquet, .jsonl, or .txt.
        network: A stochastic Kronecker network of 32 users, as in the CYAN-RNN paper.
        graph: Your own network instead: a file with a link 'from to weight' a line. The weight is the rate of
            transmission, or its probability with discrete delays.
        delays: How long it takes from one user to the next.
        cascades: How many cascades to keep.
        horizon: Infections after this time do not happen.
        min_size: Cascades of fewer users are dropped, counted, and drawn anew.
        max_size: Cut cascades to this many users.
        seed: Seed of the network and of the cascades.
        plot: Also draw the cascades into this picture.
        json: Also write the figures to this file.
    """
    writing_format(out)
    if graph is not None:
        links, user_ids = read_graph(graph)
        dataset = simulate_cascades(
            links, cascades, delays, horizon, min_size=min_size, max_size=max_size, seed=seed, user_ids=user_ids
        )
    elif delays in ("exponential", "rayleigh"):
        dataset = cyan_cascades(
            network,
            delays,
            num_cascades=cascades,
            horizon=horizon,
            min_size=min_size,
            max_size=max_size,
            network_seed=seed,
            seed=seed,
        )
    else:
        raise UsageError(f"--delays {delays} needs a network with weights: give one with --graph.")
    write_cascades(dataset, out)
    print_description(dataset)
    note(f"wrote {out}")
    if plot is not None:
        note(f"wrote {save_figure(draw_dataset(dataset), plot)}")
    write_json(json, dataset.describe().to_dict())


def demo(
    out: Path = Path("demo"),
    cascades: int = 2000,
    max_epochs: int = 15,
    seed: int = 0,
    quiet: bool = False,
    json: Path | None = None,
) -> None:
    """See it work: simulate cascades, describe and draw them, learn who comes next. Needs no data.

    Args:
        out: Folder for the files.
        cascades: How many cascades to simulate.
        max_epochs: Most epochs of training.
        seed: Seed of everything.
        quiet: Print nothing.
        json: Also write the figures to this file.
    """
    if not quiet:
        note("Simulating cascades on a network of 32 users, and learning from 80 % of them who comes next ...")
    outcome = run_demo(out, cascades, max_epochs, seed, progress=not quiet)
    if not quiet:
        print_description(outcome.dataset)
        table = Table(title="Who comes next? Test cascades")
        for column in ("model", *outcome.metrics):
            table.add_column(column, justify="left" if column == "model" else "right")
        for result in outcome.results:
            table.add_row(result.model, *[f"{result[metric]:.3f}" for metric in outcome.metrics])
        Console().print(table)
        note(outcome.explanation)
        for file in outcome.files:
            note(f"wrote {file}")
        note(f"look at {outcome.files[1]}; next: 'graphcascade describe {outcome.files[0]}', or your own CSV")
    figures = {"data": outcome.dataset.describe().to_dict(), "results": [one.to_dict() for one in outcome.results]}
    write_json(json, figures)


def fit(
    data: str,
    model: str = "LSTM",
    model_args: dict[str, Any] | None = None,
    out: Path | None = None,
    protocol: str = "chronological",
    max_epochs: int = 20,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.0,
    schedule: Literal["constant", "linear", "cosine", "noam"] = "constant",
    warmup_steps: int = 0,
    gradient_clip: float | None = None,
    patience: int | None = 5,
    monitor: Literal["mrr", "loss"] = "mrr",
    seed: int = 0,
    resume: bool = False,
    format: str | None = None,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    time_unit: TimeUnit | None = None,
    root: Path = Path("datasets"),
    quiet: bool = False,
    json: Path | None = None,
) -> None:
    """Train a model of who is infected next, and test it once.

    The run folder then holds the configuration (config.json: give it to --config to run the same again), the logs, the
    model (model.safetensors) and the result (result.json).

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        model: LSTM or RNN; or a counter: Popularity, SourceCooccurrence, Markov.
        model_args: Arguments of the model, such as --model_args.dim 32 --model_args.dropout 0.3.
        out: Run folder; runs/DATA-MODEL if not given.
        protocol: How to split, cut, and rank: chronological, ndm, dssf, cyan, topolstm, hidan, forest.
        max_epochs: Most epochs.
        batch_size: Cascades in a batch.
        learning_rate: Of Adam.
        weight_decay: Of Adam.
        schedule: Course of the learning rate.
        warmup_steps: Steps in which the learning rate rises.
        gradient_clip: Longest gradient.
        patience: Epochs without a better validation before training stops; null goes on.
        monitor: What a better validation is: higher mean reciprocal rank, or lower loss.
        seed: Seed of weights, dropout, order, and of a random split.
        resume: Go on from the last epoch in the run folder.
        format: Format of a file; guessed where it is not given.
        user: Column of the users in a table.
        item: Column of what spreads in a table.
        time: Column of the times in a table.
        time_unit: Unit of times that are numbers.
        root: Folder that data sets are kept in.
        quiet: No progress bar, and no table.
        json: Also write the result to this file.
    """
    configuration = {name: value for name, value in locals().items() if name not in ("resume", "quiet", "json")}
    dataset = open_data(data, format, user, item, time, time_unit, None, root)
    folder = Path("runs") / f"{dataset.name}-{model}" if out is None else out
    trainer = NextUserTrainer(
        max_epochs=max_epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        schedule=schedule,
        warmup_steps=warmup_steps,
        gradient_clip=gradient_clip,
        patience=patience,
        monitor=monitor,
        protocol=protocol,
        seed=seed,
        directory=folder,
        progress=not quiet,
    )
    torch.manual_seed(seed)
    arguments = model_args or {}
    if "mask_infected" in inspect.signature(MODELS[model]).parameters:  # a model and its protocol agree, if not told
        arguments = {"mask_infected": find_protocol(protocol).mask_infected} | arguments
    learner = make_model(model, dataset.num_users, arguments)
    train, val, test_part = find_protocol(protocol).prepare(dataset, seed=seed)
    if not resume:
        write_json(folder / "config.json", configuration)
    if isinstance(learner, NextUserModel):
        trainer.fit(learner, train, val, resume=resume)
    elif isinstance(learner, CountingModel):
        learner.fit(train)
    result = trainer.test(learner, test_part)
    save_model(learner, folder / "model.safetensors", protocol=protocol, seed=seed, data=data)
    result.save(folder / "result.json")
    if not quiet:
        Console().print(str(result), markup=False, highlight=False)
        note(f"wrote {folder}: model.safetensors, result.json, config.json")
    write_json(json, result.to_dict())


def run_test(
    model: Path,
    data: str,
    part: Literal["test", "val", "train", "all"] = "test",
    protocol: str | None = None,
    format: str | None = None,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    time_unit: TimeUnit | None = None,
    root: Path = Path("datasets"),
    json: Path | None = None,
) -> None:
    """Test a saved model on cascades.

    Args:
        model: Model file, as 'graphcascade fit' writes it into its run folder.
        data: A file, or the name of a data set.
        part: Which part of the split, as it was made for the training; "all" for cascades that it never saw.
        protocol: How to rank; as in the training if not given. The split stays that of the training.
        format: Format of a file; guessed where it is not given.
        user: Column of the users in a table.
        item: Column of what spreads in a table.
        time: Column of the times in a table.
        time_unit: Unit of times that are numbers.
        root: Folder that data sets are kept in.
        json: Also write the result to this file.
    """
    learner = load_model(model)
    notes = learner.notes or {}
    trained = str(notes.get("protocol", "chronological"))
    seed = int(notes.get("seed", 0))
    dataset = open_data(data, format, user, item, time, time_unit, None, root)
    if part != "all":
        parts = dict(zip(("train", "val", "test"), find_protocol(trained).prepare(dataset, seed=seed), strict=True))
        dataset = parts[part]
        if learner.split is not None and dataset.split is not None and learner.split.digest != dataset.split.digest:
            raise UsageError(
                f"{data}: not the cascades that the model was trained on a part of, so there is no {part} part; "
                "--part all tests on all of them."
            )
    result = evaluate(learner, dataset, protocol or trained, seed)
    Console().print(str(result), markup=False, highlight=False)
    write_json(json, result.to_dict())


def predict(
    model: Path,
    data: str,
    k: int = 10,
    out: Path | None = None,
    format: str | None = None,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    time_unit: TimeUnit | None = None,
    root: Path = Path("datasets"),
    json: Path | None = None,
) -> None:
    """Name the users who join each cascade next.

    Args:
        model: Model file, as 'graphcascade fit' writes it into its run folder.
        data: Cascades so far: a file, or the name of a data set. Users that the model does not know are fine.
        k: Users to name for each cascade.
        out: CSV file for all predictions; without one the first cascades are shown.
        format: Format of a file; guessed where it is not given.
        user: Column of the users in a table.
        item: Column of what spreads in a table.
        time: Column of the times in a table.
        time_unit: Unit of times that are numbers.
        root: Folder that data sets are kept in.
        json: Also write the predictions to this file.
    """
    for written in (out, json):
        keep_input(data, written)
        keep_input(str(model), written)
    dataset = open_data(data, format, user, item, time, time_unit, None, root)
    frame = predict_next_users(load_model(model), dataset, k)
    table = Table(title=f"Who comes next? {dataset.name}, first of {len(dataset):,} cascades")
    for column in frame.columns:
        table.add_column(str(column))
    for row in frame.head(3 * k).itertuples(index=False):
        table.add_row(*[shown(value) for value in row])
    Console().print(table)
    if out is not None:
        with atomic_path(out) as temporary:
            frame.to_csv(temporary, index=False)
        note(f"wrote {out}: {len(frame):,} predictions")
    write_json(json, frame.to_dict(orient="records"))


COMMANDS: dict[str, Any] = {
    "demo": demo,
    "datasets": datasets,
    "describe": describe,
    "convert": convert,
    "simulate": simulate,
    "fit": fit,
    "test": run_test,
    "predict": predict,
}


def keep_input(source: str, out: Path | None) -> None:
    """Refuses to write over what is read."""
    if out is not None and Path(source).exists() and out.exists() and out.samefile(source):
        raise UsageError(f"{out}: this is the input; write to another file.")


def open_data(
    data: str,
    format: str | None,
    user: str,
    item: str,
    time: str,
    time_unit: str | None,
    follow_graph: Path | None,
    root: Path,
) -> CascadeDataset:
    """A file if there is one of that name or it looks like a path, else a published data set."""
    path = Path(data)
    if not path.exists() and (data in DATASETS or not (path.suffix or len(path.parts) > 1)):
        return load_dataset(data, root)
    return read_cascades(
        path, format=format, follow_graph=follow_graph, user=user, item=item, time=time, time_unit=time_unit
    )


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)


def print_description(dataset: CascadeDataset) -> None:
    table = Table(title=dataset.name, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, value in dataset.describe().items():
        if not (str(name).endswith(("mended", "on request")) and value == 0):
            table.add_row(str(name), "too many pairs to count" if value is None else shown(value))
    Console().print(table)


def note(text: str) -> None:
    sys.stderr.write(text + "\n")


def write_json(path: Path | None, figures: Mapping[Any, Any] | list[Any]) -> None:
    if path is None:
        return
    with atomic_path(path) as temporary:
        temporary.write_text(jsonlib.dumps(figures, indent=2, default=plain, allow_nan=False) + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """What JSON does not know: numpy's scalars, and missing values of a table."""
    return value.item() if isinstance(value, np.generic) else str(value)


def normal(words: Sequence[str]) -> list[str]:
    """Lets --time-unit stand for --time_unit, and --quiet for --quiet=true."""
    result = []
    for place, word in enumerate(words):
        if word.startswith("--") and word != "--":
            name, equals, value = word.partition("=")
            word = "--" + name[2:].replace("-", "_") + equals + value
            following = words[place + 1] if place + 1 < len(words) else ""
            if word in ("--quiet", "--resume") and following not in ("true", "false"):
                word += "=true"
        result.append(word)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0, or 2 after one line on what the user should mend."""
    logging.getLogger("graphcascade").handlers = [logging.StreamHandler(sys.stderr)]
    given = normal(sys.argv[1:] if arguments is None else arguments)
    logging.getLogger("graphcascade").setLevel(logging.WARNING if "--quiet=true" in given else logging.INFO)
    try:
        auto_cli(
            COMMANDS,
            args=given or ["--help"],
            parser_class=Parser,
            prog="graphcascade",
            description=graphcascade.__doc__,
            version=graphcascade.__version__,
        )
    except GraphCascadeError as error:
        note(f"graphcascade: error: {error}")
        return 2
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except BrokenPipeError:
        return 0
    return 0


def make_model(name: str, num_users: int, arguments: dict[str, Any]) -> NextUserModel | ScoringModel:
    """A model of the registry; wrong arguments are a user's mistake."""
    kind = MODELS[name]
    known = [argument for argument in inspect.signature(kind).parameters if argument not in ("num_users", "embedding")]
    for argument in arguments:
        if argument not in known:
            raise UsageError(f"{name} has no argument {argument!r}: it takes {', '.join(known) or 'none'}.")
    model: NextUserModel | ScoringModel = kind(num_users, **arguments)
    return model
