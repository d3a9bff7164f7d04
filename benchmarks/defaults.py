"""Searches for the defaults of training: tries settings and prints a table of their validation figures.

Run: GRAPHCASCADE_DATA=... OMP_NUM_THREADS=1 python benchmarks/defaults.py --out defaults.jsonl \\
         --data weibo Irvine shop TopoLSTMTwitter@random --model LSTM --seeds 0 1 2 --test \\
         --try before='{"learning_rate": 0.001, "monitor": "mrr", "patience": 5, "max_epochs": 20}' --try after='{}'

Data are names of datasets, files, or "weibo", "shop" and "cyan", see below; "@" and a protocol may follow the name,
otherwise the protocol is that of ``graphcascade fit``. A setting has a name and arguments of the trainer or the model;
what it leaves out is the default. Each run is a line of the output file, with the figures of all its epochs, and is
not repeated when the command is run again. With --test, the best weights are also tested; this is for the last table
only, and never used to choose. The results are in docs/defaults.md.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from graphcascade.data import CascadeDataset
from graphcascade.evaluation import NextUserProtocol, evaluate, find_protocol
from graphcascade.io import from_pandas
from graphcascade.models import MODELS, make_model
from graphcascade.options.read_options import ReadOptions
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks.reading import open_data
from graphcascade.trainers import NextUserTrainer

BASELINES = ("Markov", "RecentUsers")
Parts = tuple[CascadeDataset, CascadeDataset, CascadeDataset]


def shop_log(users: int = 2000, items: int = 300, purchases: int = 12_000, categories: int = 12) -> CascadeDataset:
    """Purchases in a shop: popularity of items and activity of users fall with their rank, users prefer categories."""
    random = np.random.default_rng(0)
    category = random.integers(0, categories, items)
    popularity = 1 / np.arange(1, items + 1) ** 0.9
    random.shuffle(popularity)
    taste = random.dirichlet(np.full(categories, 0.15), users)
    activity = 1 / np.arange(1, users + 1) ** 0.5
    random.shuffle(activity)
    bought = random.choice(items, purchases, p=popularity / popularity.sum())
    offered = random.uniform(0, 60, items)
    rows: dict[tuple[int, int], float] = {}
    for item in bought:
        weight = activity * taste[:, category[item]]
        user = int(random.choice(users, p=weight / weight.sum()))
        if (user, int(item)) not in rows:
            rows[user, int(item)] = offered[item] + random.exponential(10)
    frame = pd.DataFrame([(f"u{user}", f"i{item}", when) for (user, item), when in rows.items()])
    return from_pandas(frame.set_axis(["user", "item", "time"], axis=1))


def weibo() -> CascadeDataset:
    """Weibo's retweets within an hour, of the users who are in three cascades or more.

    The files shortestpath_*.txt and cascade_*.txt are those of github.com/clava2/DeepHawkesInPytorch (data/original),
    in the folder weibo_deephawkes of $GRAPHCASCADE_DATA.
    """
    folder = Path(os.environ["GRAPHCASCADE_DATA"]) / "weibo_deephawkes"
    rows = []
    for part in ("train", "val", "test"):
        posts = (line.split("\t") for line in (folder / f"cascade_{part}.txt").read_text().splitlines())
        published = {post[0]: int(post[2]) for post in posts}
        for line in (folder / f"shortestpath_{part}.txt").read_text().splitlines():
            cascade, *retweets = line.split()
            delays: dict[str, int] = {}
            for retweet in retweets:
                path, _, delay = retweet.rpartition(":")
                delays.setdefault(path.rpartition(",")[2], int(float(delay)))
            rows += [(user, cascade, published[cascade] + delay) for user, delay in delays.items()]
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    return from_pandas(frame[frame.groupby("user")["item"].transform("size") > 2])


def parts_of(name: str) -> tuple[NextUserProtocol, Parts]:
    """The protocol and the three parts of a dataset."""
    name, _, protocol = name.partition("@")
    if name in ("shop", "weibo"):
        dataset = shop_log() if name == "shop" else weibo()
    elif name == "cyan":
        dataset = cyan_cascades("core-periphery", "exponential", num_cascades=2000)
    else:
        dataset = open_data(name, ReadOptions())
    protocol = protocol or ("chronological" if dataset.table.ordered else "random")
    return find_protocol(protocol, dataset.num_users), find_protocol(protocol).prepare(dataset)


def run(
    protocol: NextUserProtocol, parts: Parts, model: str, settings: dict[str, Any], seed: int, test: bool
) -> dict[str, Any]:
    """Trains one model and returns the figures of each epoch."""
    train, val, held_out = parts
    known = inspect.signature(MODELS[model]).parameters
    arguments = {name: value for name, value in settings.items() if name in known}
    others = {name: value for name, value in settings.items() if name not in known}
    torch.manual_seed(seed)
    learner = make_model(model, train.num_users, {"mask_infected": protocol.mask_infected} | arguments)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        trainer = NextUserTrainer(
            protocol=protocol, seed=seed, directory=folder, progress=False, accelerator="cpu", **others
        )
        trainer.fit(learner, train, val)
        epochs = pd.read_csv(Path(folder) / "logs" / "metrics.csv").groupby("epoch").first()
    figures = {name: epochs[name].tolist() for name in ("val_mrr", "val_hit@10", "val_loss", "train_loss")}
    figures |= {"seconds": time.perf_counter() - begin, "mrr": evaluate(learner, val, protocol)["MRR"]}
    return figures | ({"test": evaluate(learner, held_out, protocol)["MRR"]} if test else {})


def baselines(protocol: NextUserProtocol, parts: Parts, test: bool) -> dict[str, dict[str, float]]:
    """MRR of the counting baselines on validation, and on test if asked for."""
    train, val, held_out = parts
    found = {}
    for name in BASELINES:
        model = MODELS[name](train.num_users).fit(train)
        found[name] = {"mrr": evaluate(model, val, protocol)["MRR"]}
        if test:
            found[name]["test"] = evaluate(model, held_out, protocol)["MRR"]
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """The mean over seeds and the standard deviation, in Markdown."""
    lines = [
        "| data | model | setting | validation MRR | Hit@10 | epochs | seconds | seeds | test MRR |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    frame = pd.DataFrame(rows)
    for (data, model, setting), group in frame.groupby(["data", "model", "setting"], sort=False):

        def spread(name: str, group: pd.DataFrame = group) -> str:
            values = group[name].dropna() if name in group else group["mrr"][:0]
            if values.empty:
                return ""
            return f"{values.mean():.4f}" + (f" ± {values.std():.4f}" if len(values) > 1 else "")

        cells = [Path(data).stem if "." in data else data, model, setting, spread("mrr"), spread("hit")]
        cells += ["", "", ""] if setting == "" else [
            f"{group['epochs'].mean():.0f}", f"{group['seconds'].mean():.0f}", f"{len(group)}"
        ]  # fmt: skip
        lines.append("| " + " | ".join([*cells, spread("test")]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--model", nargs="+", default=["LSTM"])
    parser.add_argument("--try", dest="settings", action="append", required=True, metavar="NAME=JSON")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    settings = {name: json.loads(text) for name, _, text in (each.partition("=") for each in chosen.settings)}
    known: dict[str, dict[str, Any]] = {}
    if chosen.out.exists():
        known = {(line := json.loads(text))["run"]: line for text in chosen.out.read_text().splitlines()}
    rows = []
    for data in chosen.data:
        protocol, parts = parts_of(data)
        for name, figures in baselines(protocol, parts, chosen.test).items():
            rows.append({"data": data, "model": name, "setting": "", **figures})
        for seed in chosen.seeds:
            for model in chosen.model:
                for setting, arguments in settings.items():
                    key = json.dumps([data, model, arguments, seed, chosen.test], sort_keys=True)
                    if key not in known:
                        known[key] = {"run": key, **run(protocol, parts, model, arguments, seed, chosen.test)}
                        with chosen.out.open("a") as file:
                            file.write(json.dumps(known[key]) + "\n")
                    found = known[key]
                    best = found["val_mrr"].index(max(found["val_mrr"]))
                    rows.append({
                        "data": data, "model": model, "setting": setting, "mrr": found["mrr"],
                        "hit": found["val_hit@10"][best], "epochs": len(found["val_mrr"]),
                        "seconds": found["seconds"], "test": found.get("test"),
                    })  # fmt: skip
                    print(f"{data} {model} {setting} seed {seed}: {found['mrr']:.4f}", flush=True)
    rows.sort(key=lambda row: chosen.data.index(row["data"]))
    print(table(rows))


if __name__ == "__main__":
    main()
