"""Measures the search for seed users, on one core.

Run: python benchmarks/influence_maximization.py [--users N] [--links M] [--seeds K] [--peer-python PYTHON]

Every row runs in a separate process; its time is that of the processor, and its peak memory includes the interpreter,
torch and the network. The greedy algorithm is measured on a network of a fiftieth of the size.

CyNetDiff simulates independent cascades and linear thresholds in C++, and its documentation shows how to find seeds
with it by lazy greedy (CELF). With --peer-python, the Python of an environment that has cynetdiff and numpy, this
search runs on the small network, and cascades from the seeds that were found here are simulated with CyNetDiff.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from graphcascade.analysis import influence_maximization, rank_users

SMALL = 50  # how many times smaller the network of the greedy algorithm is
SIMULATIONS = 1000

CASES: dict[str, dict[str, Any]] = {
    "independent cascade, p = 1 / in-degree": {"weights": "in-degree"},
    "independent cascade, p = 0.02": {"weights": "constant"},
    "linear threshold, 1 / in-degree": {"weights": "in-degree", "model": "linear_threshold"},
    "continuous time, rates to 0.1, horizon 1": {"weights": "rates", "model": "continuous_time", "horizon": 1.0},
}

PEER = """
import heapq, json, sys, time
from array import array
import numpy as np
from cynetdiff.models import IndependentCascadeModel
task = json.load(open(sys.argv[1]))
data = np.load(task["file"])
model = IndependentCascadeModel(
    array("I", data["starts"].tolist()), array("I", data["ends"].tolist()),
    activation_probs=array("f", data["probabilities"].tolist()), rng=np.random.default_rng(0),
)
def size(seeds, runs):
    model.set_seeds(seeds)
    total = 0
    for _ in range(runs):
        model.reset_model()
        model.advance_until_completion()
        total += model.get_num_activated_nodes()
    return total / runs
begin = time.process_time()
seeds = task["seeds"]
if seeds is None:
    users = len(data["starts"])
    heap = [(-model.compute_marginal_gains([], [user], task["runs"])[1], user, 0) for user in range(users)]
    heapq.heapify(heap)
    seeds = []
    while len(seeds) < task["k"]:
        gain, user, stamp = heapq.heappop(heap)
        if stamp == len(seeds):
            seeds.append(user)
        else:
            gain = model.compute_marginal_gains(seeds, [user], task["runs"])[1]
            heapq.heappush(heap, (-gain, user, len(seeds)))
seconds = time.process_time() - begin
print(json.dumps({"seconds": seconds, "spread": size(set(seeds), task["runs"])}))
"""


def follow_graph(users: int, links: int, weights: str) -> Data:
    """A random directed graph in which few users have many followers, and few follow many."""
    random = np.random.default_rng(0)
    share = 1 / np.arange(1, users + 1) ** 0.6
    source = random.permutation(users)[random.choice(users, links, p=share / share.sum())]
    share = 1 / np.arange(1, users + 1) ** 0.4
    target = random.choice(users, links, p=share / share.sum())
    edge_index = torch.from_numpy(np.stack([source, target])[:, source != target])
    if weights == "in-degree":
        weight = 1 / torch.bincount(edge_index[1], minlength=users)[edge_index[1]].double()
    elif weights == "constant":
        weight = torch.full((edge_index.size(1),), 0.02, dtype=torch.float64)
    else:
        weight = 0.1 * torch.from_numpy(random.random(edge_index.size(1)))
    return Data(edge_index=edge_index, edge_weight=weight, num_nodes=users)


def search(case: str, users: int, links: int, k: int, algorithm: str) -> dict[str, Any]:
    """Finds seeds, in this process."""
    torch.set_num_threads(1)
    options = dict(CASES[case])
    graph = follow_graph(users, links, options.pop("weights"))
    begin = time.process_time()
    found = influence_maximization(graph, k, algorithm=algorithm, simulations=SIMULATIONS, **options)  # type: ignore[arg-type]
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kB on Linux
    return {"seconds": seconds, "memory": memory, "found": found}


def rank(case: str, users: int, links: int) -> dict[str, Any]:
    """Ranks all users, in this process."""
    torch.set_num_threads(1)
    options = dict(CASES[case])
    graph = follow_graph(users, links, options.pop("weights"))
    begin = time.process_time()
    frame = rank_users(graph, **options)
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "memory": memory, "frame": frame.head(1)}


def ask_peer(python: str, graph: Data, k: int, seeds: list[int] | None) -> dict[str, float]:
    """Lets CyNetDiff find ``k`` seeds, or only simulate cascades from given ones."""
    assert graph.edge_index is not None
    order = torch.argsort(graph.edge_index[0], stable=True)
    degree = torch.bincount(graph.edge_index[0], minlength=graph.num_nodes or 0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.npz"
        np.savez(
            file,
            starts=(degree.cumsum(0) - degree).numpy(),
            ends=graph.edge_index[1, order].numpy(),
            probabilities=graph["edge_weight"][order].numpy(),
        )
        task = Path(folder) / "task.json"
        task.write_text(json.dumps({"file": str(file), "seeds": seeds, "k": k, "runs": SIMULATIONS}))
        run = subprocess.run([python, "-c", PEER, str(task)], capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(run.stdout)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--peer-python", help="Python of an environment with cynetdiff and numpy")
    options = parser.parse_args()
    k, size = options.seeds, (options.users, options.links)
    small = (options.users // SMALL, options.links // SMALL)
    print(f"{'':62} {'s':>7} {'GB':>5} {'spread':>10} {'±':>7} {'guarantee':>9} {'simulated':>10}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for (users, links), algorithm in ((size, "reverse_reachable"), (small, "reverse_reachable"), (small, "greedy")):
            print(f"{users:,} users, {links:,} links, {k} seeds, {algorithm.replace('_', ' ')}")
            for case in CASES:
                row = pool.apply(search, (case, users, links, k, algorithm))
                found = row["found"]
                simulated = ""
                if options.peer_python and found.model == "independent_cascade":
                    graph = follow_graph(users, links, CASES[case]["weights"])
                    peer = ask_peer(options.peer_python, graph, k, list(found.seeds))
                    simulated = f"{peer['spread']:10,.1f}"
                print(
                    f"  {case:60} {row['seconds']:7.1f} {row['memory']:5.2f} {found.spread:10,.1f} "
                    f"{found.standard_error:7.2g} {found.guarantee:9.2f} {simulated}",
                    flush=True,
                )
        print(f"{size[0]:,} users, {size[1]:,} links, reach of all users")
        for case in CASES:
            row = pool.apply(rank, (case, *size))
            top = row["frame"].iloc[0]
            print(
                f"  {case:60} {row['seconds']:7.1f} {row['memory']:5.2f} {top['reach']:10,.1f} "
                f"{top['standard_error']:7.2g}",
                flush=True,
            )
    if options.peer_python:
        print(f"{small[0]:,} users, {small[1]:,} links, {k} seeds, lazy greedy with CyNetDiff, {SIMULATIONS:,} runs")
        for case in [case for case in CASES if case.startswith("independent")]:
            peer = ask_peer(options.peer_python, follow_graph(*small, CASES[case]["weights"]), k, None)
            print(f"  {case:60} {peer['seconds']:7.1f} {'':34} {peer['spread']:10,.1f}", flush=True)


if __name__ == "__main__":
    main()
