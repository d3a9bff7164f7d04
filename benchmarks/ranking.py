"""Measures models that rank tweets: triples per second, full rankings, and growth with the number of users.

Run: taskset -c 1 python benchmarks/ranking.py [training] [full] [growth] [--plot growth.png]

Without names, all parts run. Each row is measured in a separate process with one thread. Times are those of the
processor, the best of several epochs: on a machine with other work, the clock on the wall also counts the others. The
wall time of the same epoch is beside it. An epoch has the loader, the loss, its gradient and AdaGrad.

- training: epochs on a simulated network of the size of the AMNL paper, in batches of 8,192 and 65,536 triples. The
  rows "trainer" are those of RankingTrainer, with all that Lightning does. benchmarks/peers compares with other
  libraries.
- full: the best ten tweets of all 9,900 users among all 7,193 tweets.
- growth: seconds per epoch and memory for 1,000 to 1,000,000 users with 10 followees and 3 retweets each;
  the last row has 10,000,000 follow links. --plot draws them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import torch
from growth_plot import plot_growth

from graphcascade.data import RetweetNetwork
from graphcascade.loader import PreferenceLoader
from graphcascade.models import AMNL, BPRMF, VBPR
from graphcascade.prediction import recommend_tweets
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer
from graphcascade.trainers.ranking_module import RankingModule

EPOCHS = 5
FEATURES = 512
SOFTPLUS = {"score": "softplus", "loss": "logistic"}
MODELS = {
    "BPRMF": (BPRMF, {}),
    "VBPR": (VBPR, {}),
    "AMNL, f alone": (AMNL, {"followees": "none", **SOFTPLUS}),
    "AMNL, mean": (AMNL, {"followees": "mean", **SOFTPLUS}),
    "AMNL": (AMNL, SOFTPLUS),
}


def paper_network() -> RetweetNetwork:
    """Returns a network of the paper's size; images have 512 features, and texts 128."""
    network = simulate_retweets()
    generator = torch.Generator().manual_seed(0)
    network["tweet"].x_image = torch.randn(network.num_tweets, FEATURES, generator=generator)
    network["tweet"].x_text = torch.randn(network.num_tweets, 128, generator=generator)
    return network


def random_network(num_users: int, followees: int = 10, retweets: int = 3) -> RetweetNetwork:
    """Returns a network without any structure, for times and memory only."""
    generator = torch.Generator().manual_seed(0)
    num_tweets = max(10, num_users * 7 // 10)

    def pairs(count: int, others: int) -> torch.Tensor:
        user = torch.arange(num_users).repeat_interleave(count)
        return torch.stack([user, torch.randint(others, user.shape, generator=generator)])

    follows, chosen = pairs(followees, num_users), pairs(retweets, num_tweets)
    authors = torch.randint(num_users, (num_tweets,), generator=generator)
    return RetweetNetwork(
        follows=torch.unique(follows[:, follows[0] != follows[1]], dim=1),
        posts=torch.stack([authors, torch.arange(num_tweets)]),
        retweets=torch.unique(chosen[:, authors[chosen[1]] != chosen[0]], dim=1),
        num_users=num_users,
        num_tweets=num_tweets,
    )


def make(work: dict, network: RetweetNetwork) -> RankingModule:
    """Returns a model and what trains it."""
    kind, arguments = MODELS[work["model"]]
    sizes = {"visual_dim": work["dim"]} if kind is VBPR else {}
    torch.manual_seed(0)
    model = kind.of(network, dim=work["dim"], **arguments, **sizes)
    model.prepare(network)
    return RankingTrainer()._module(model, network, {})


def epochs(work: dict, network: RetweetNetwork, number: int = EPOCHS) -> dict[str, float]:
    """Trains without Lightning; the first epoch warms up, and counts only if it is the only one."""
    task = make(work, network)
    optimizer = task.optimization.make_optimizer(task.parameters())
    loader = PreferenceLoader(network, work["batch"])
    times = []
    for _ in range(number + 1):
        start, wall = time.process_time(), time.perf_counter()
        for batch in loader:
            optimizer.zero_grad()
            total, count = task.loss(batch, training=True)
            (total / count).backward()
            optimizer.step()
        times.append((time.process_time() - start, time.perf_counter() - wall))
    seconds, wall = min(times[1:] or times)
    return {"triples": loader.num_triples, "seconds": seconds, "wall": wall, "memory": peak_memory()}


def trained(work: dict, network: RetweetNetwork) -> dict[str, float]:
    """Trains with the trainer, without validation."""
    times = []
    for number in (1, 1, 1 + EPOCHS):  # the first one warms up
        task = make(work, network)
        trainer = RankingTrainer(max_epochs=number, batch_size=work["batch"], accelerator="cpu", progress=False)
        start, wall = time.process_time(), time.perf_counter()
        trainer.fit(task.model, network)
        times.append((time.process_time() - start, time.perf_counter() - wall))
    triples = PreferenceLoader(network).num_triples
    seconds, wall = ((last - first) / EPOCHS for first, last in zip(*times[1:], strict=True))
    return {"triples": triples, "seconds": seconds, "wall": wall, "memory": peak_memory()}


def full(work: dict, network: RetweetNetwork) -> dict[str, float]:
    """Ranks all tweets for all users, without those that they know."""
    model = make(work, network).model
    times = []
    for _ in range(3):
        start, wall = time.process_time(), time.perf_counter()
        recommend_tweets(model, k=10)
        times.append((time.process_time() - start, time.perf_counter() - wall))
    seconds, wall = min(times)
    return {"seconds": seconds, "wall": wall, "memory": peak_memory()}


def peak_memory() -> float:
    """Most resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(work: dict) -> dict[str, float]:
    """Does one piece of work in this process."""
    torch.set_num_threads(1)
    if "users" in work:
        return epochs(work, random_network(work["users"]), number=0 if work["users"] > 100_000 else 1)
    train, _, _ = paper_network().splits(0.8, validation=0.0)
    return {"epochs": epochs, "trainer": trained, "full": full}[work["task"]](work, train)


def run(**work: object) -> dict[str, float] | None:
    """Does one piece of work in a process of its own; returns nothing if it fails."""
    done = subprocess.run([sys.executable, __file__, "--work", json.dumps(work)], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"skipped {work}: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def print_training() -> None:
    print("| model | d | batch | triples/s | seconds an epoch | wall seconds | triples | peak, MB |")
    print("|---|---|---|---|---|---|---|---|")
    for dim in (64, 400):
        works = [("epochs", model, batch) for model in MODELS for batch in (8_192, 65_536)]
        works += [("trainer", "BPRMF", 8_192), ("trainer", "AMNL", 8_192)]
        for task, model, batch in works:
            found = run(task=task, model=model, dim=dim, batch=batch)
            if found:
                name = f"{model}, trainer" if task == "trainer" else model
                rate = found["triples"] / found["seconds"]
                print(
                    f"| {name} | {dim} | {batch:,} | {rate:,.0f} | {found['seconds']:.3f} | {found['wall']:.3f} | "
                    f"{found['triples']:,} | {found['memory']:,.0f} |",
                    flush=True,
                )


def print_full() -> None:
    print("| model | d | seconds | wall seconds | peak, MB |\n|---|---|---|---|---|")
    for model in ("BPRMF", "AMNL"):
        found = run(task="full", model=model, dim=400)
        if found:
            print(
                f"| {model} | 400 | {found['seconds']:.2f} | {found['wall']:.2f} | {found['memory']:,.0f} |", flush=True
            )


def print_growth(sizes: tuple[int, ...], plot: str | None) -> None:
    rows: dict[str, list[dict[str, float]]] = {}
    print("| model | users | triples | seconds an epoch | triples/s | wall seconds | peak, MB |")
    print("|---|---|---|---|---|---|---|")
    for model in ("BPRMF", "AMNL"):
        for users in sizes:
            found = run(model=model, users=users, dim=64, batch=65_536)
            if found:
                rate = found["triples"] / found["seconds"]
                row = {"users": users, "seconds an epoch": found["seconds"], "peak, MB": found["memory"]}
                rows.setdefault(model, []).append(row)
                print(
                    f"| {model} | {users:,} | {found['triples']:,} | {found['seconds']:.2f} | {rate:,.0f} | "
                    f"{found['wall']:.2f} | {found['memory']:,.0f} |",
                    flush=True,
                )
    if plot:
        plot_growth(rows, "users", ("seconds an epoch", "peak, MB"), plot)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="training, full, growth; all if not given")
    parser.add_argument("--plot", help="picture of the growth to write, such as growth.png")
    parser.add_argument("--work", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(measure(arguments.work)))
        return
    parts = arguments.parts or ["training", "full", "growth"]
    if "training" in parts:
        print_training()
    if "full" in parts:
        print_full()
    if "growth" in parts:
        print_growth((1_000, 10_000, 100_000, 1_000_000), arguments.plot)


if __name__ == "__main__":
    main()
