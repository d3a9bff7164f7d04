"""Measures the events per second when training RMTPP and LSTM (without times), and tests predictions of times.

Run: taskset -c 1 python benchmarks/rmtpp.py [--figures]

The data are 2,000 cascades of 15 events over 32 users; the hidden size is 32 and batches have 256 cascades. One thread
runs the loader, the loss, the backward pass and Adam, without Lightning. Both clock time and processor time are given,
because they differ on a busy machine. ``--figures`` also tests RMTPP, Hawkes and Poisson processes on the four
synthetic sets of CYAN-RNN, without tuning and on one network each.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.evaluation import compare_results, evaluate_times, find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import LSTM, RMTPP, HawkesProcess, PoissonProcess
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer, Optimization
from graphcascade.trainers.next_user_module import NextUserModule

USERS = 32
CASCADES = 2000
SIZE = 15
EPOCHS = 12


def cascades() -> CascadeDataset:
    generator = torch.Generator().manual_seed(0)
    user = torch.rand(CASCADES, USERS, generator=generator).argsort(1)[:, :SIZE]
    time = torch.empty(CASCADES, SIZE, dtype=torch.float64).exponential_(generator=generator).cumsum(1)
    names = [str(number) for number in range(CASCADES)]
    return CascadeDataset(
        CascadeTable(
            user=user.reshape(-1),
            time=time.view(-1),
            ptr=torch.arange(CASCADES + 1) * SIZE,
            item=torch.arange(CASCADES),
            user_ids=names[:USERS],
            item_ids=names,
        )
    )


def speed(model, data: CascadeDataset) -> tuple[float, float]:
    """Events per second of the clock and of the processor: medians over epochs, the first one left out."""
    model.prepare(data)
    task = NextUserModule(model, Optimization(), find_protocol("chronological"))
    optimizer = task.configure_optimizers()
    loader = CascadeLoader(data, 256, shuffle=True)
    clock, processor = [], []
    for _ in range(EPOCHS):
        start = time.perf_counter(), time.process_time()
        for batch in loader:
            total, count = task.loss(batch, training=True)
            optimizer.zero_grad()
            (total / count).backward()
            optimizer.step()
        clock.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    events = CASCADES * SIZE
    return events / statistics.median(clock[1:]), events / statistics.median(processor[1:])


def figures() -> None:
    for network in ("core-periphery", "random"):
        for delays in ("exponential", "rayleigh"):
            train, val, test = cyan_cascades(network, delays).splits("random")
            trainer = NextUserTrainer(
                max_epochs=20, batch_size=128, learning_rate=3e-3, monitor="loss", accelerator="cpu", progress=False
            )
            models = [PoissonProcess().fit(train), HawkesProcess().fit(train)]
            models.append(trainer.fit(RMTPP(train.num_users, 32, 32), train, val))
            print(f"\n{train.name}")
            print(compare_results([evaluate_times(model, test) for model in models]).to_string(index=False), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = cascades()
    models = {
        "RMTPP, GRU": RMTPP(USERS, 32, 32),
        "RMTPP, Elman": RMTPP(USERS, 32, 32, cell="elman"),
        "LSTM, no times": LSTM(USERS, 32, 32),
    }
    print(f"{'':16} {'events/s, clock':>16} {'processor':>10}")
    for name, model in models.items():
        clock, processor = speed(model, data)
        print(f"{name:16} {clock:16,.0f} {processor:10,.0f}")
    if arguments.figures:
        figures()


if __name__ == "__main__":
    main()
