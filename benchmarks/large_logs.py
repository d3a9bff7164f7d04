"""Measures time and memory of preparing a log, of describing it, of one epoch of its loader, and of training.

Run: python benchmarks/large_logs.py 100000 1000000 10000000 --folder /tmp/large-logs

For each number of events, a Parquet file in order of time is written, with ten events and one user for each cascade.
"train" is the beginning of the training of an LSTM with vectors of 8 numbers and 2,048 sampled users, on the first 80 %
of the cascades: all that the trainer does before the first step, and 20 batches of 128 cascades. "prepare" must be
among the steps for those after it. Each step runs in a process of its own. Its peak has the pages of mapped files that
were in memory; the system can take these back, so the largest sample of the memory that is not in files is given as
well (on Linux). All files are deleted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import sys
import threading
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback

STEPS = ("prepare", "describe", "epoch", "train", "in memory")
NUM_BATCHES = 20  # of the training


def write_log(path: Path, events: int) -> None:
    """Writes a log in order of time, in which some users are far more active than others."""
    import pyarrow
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    num = max(events // 10, 1000)
    item = rng.integers(0, num, events)
    times = np.round(rng.uniform(0, 1e7, num)[item] + rng.exponential(3600, events), 3)
    user = (num * rng.random(events) ** 2).astype(np.int64)
    order = np.argsort(times)
    schema = pyarrow.schema([("user", pyarrow.string()), ("item", pyarrow.string()), ("time", pyarrow.float64())])
    with parquet.ParquetWriter(path, schema) as writer:
        for begin in range(0, events, 10**6):
            rows = order[begin : begin + 10**6]
            columns = {
                "user": np.char.add("u", user[rows].astype(str)),
                "item": np.char.add("post", item[rows].astype(str)),
                "time": times[rows],
            }
            writer.write_table(pyarrow.table({name: pyarrow.array(column) for name, column in columns.items()}))


def run_step(step: str, log: Path, folder: Path, results: Queue[tuple[float, float, float, float]]) -> None:
    """Runs one step, and reports seconds of the clock and of the processor, and its two peaks in MB."""
    import torch

    from graphcascade.io import prepare_cascades, read_cascades
    from graphcascade.loader import CascadeLoader
    from graphcascade.models import LSTM
    from graphcascade.trainers import NextUserTrainer

    torch.set_num_threads(1)
    sampled = [0.0]
    thread = threading.Thread(target=_sample_memory, args=(sampled,), daemon=True)
    thread.start()
    start, start_cpu = time.perf_counter(), time.process_time()
    if step == "prepare":
        prepare_cascades(log, folder)
    elif step == "describe":
        read_cascades(folder).describe()
    elif step == "in memory":
        read_cascades(log).describe()
    elif step == "train":
        train, _, _ = read_cascades(folder).splits()
        model = LSTM(train.num_users, dim=8, hidden=8)
        NextUserTrainer(max_epochs=1, batch_size=128, num_samples=2048, callbacks=[_StopEarly()], progress=False).fit(
            model, train
        )
    else:
        train, _, _ = read_cascades(folder).splits()
        for _ in CascadeLoader(train, batch_size=1024, shuffle=True):
            pass
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
    results.put((seconds, cpu, peak, sampled[0]))


class _StopEarly(Callback):
    """Ends the training after some batches."""

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        trainer.should_stop = batch_idx + 1 >= NUM_BATCHES


def _sample_memory(largest: list[float]) -> None:
    status = Path("/proc/self/status")
    while status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        largest[0] = max(largest[0], int(lines["RssAnon"].split()[0]) / 1024)
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True, help="folder for the files, which are deleted")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS[:3])
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print("| events | step | seconds | seconds of the processor | peak, MB | of these not in files, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for events in given.events:
        folder = given.folder / str(events)
        folder.mkdir(parents=True)
        try:
            write_log(folder / "log.parquet", events)
            for step in given.steps:
                results: Queue[tuple[float, float, float, float]] = context.Queue()
                arguments = (step, folder / "log.parquet", folder / "prepared", results)
                process = context.Process(target=run_step, args=arguments)
                process.start()
                process.join()
                seconds, cpu, peak, anonymous = results.get(timeout=5)
                print(
                    f"| {events:,} | {step} | {seconds:.1f} | {cpu:.1f} | {peak:,.0f} | {anonymous:,.0f} |", flush=True
                )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
