"""Measures DSN: posts per second, against windows that are copied, time in matrix products, and memory.

Run: taskset -c 1 python benchmarks/popularity.py [windows] [length] [growth] [users] [--plot growth.png]

Without names, all parts run. Each row is measured in a separate process, with one thread unless the row says two; a row
of "windows" measures both ways in turn, in one process. Seconds are those of the processor with one thread, because the
clock also counts other work on the machine, and those of the clock with two. A step has the loader, the loss, its
gradient and Adam, with 512 posts, 512-d features of images and texts in half precision from memory-mapped files, and
hidden layers of 256.

- windows: each post encoded once, against windows in which each post is encoded as often as it occurs; the share of the
  time of the first that is not in matrix products; predictions per second.
- length: posts per second and peak memory for l = 1, 8 and 32, with one thread and two.
- growth: posts per second, seconds of an epoch at this speed, and peak memory for 10,000 to 1,000,000 posts, of which
  a few batches are trained on; --plot draws them.
- users: posts per second and peak memory with 20,000 posts and 10,000 to 1,000,000 users, whose table has dense
  gradients or, without weight decay, sparse ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from growth_plot import plot_growth
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from graphcascade.data import PostStream
from graphcascade.loader import PostBatch
from graphcascade.models import DSN
from graphcascade.trainers.optimization import Optimization

FEATURES, BATCH_SIZE = 512, 512
PRODUCTS = ("aten::mm", "aten::addmm", "aten::addmm_", "aten::bmm", "aten::baddbmm")
LEVELS = (11, 77, 668)


def random_stream(count: int, folder: str, users: int | None = None) -> PostStream:
    """Returns a stream without any structure, for times and memory only; features are in files."""
    generator = torch.Generator().manual_seed(0)
    features = {}
    for name in ("image", "text"):
        path = Path(folder) / name
        table = np.memmap(path, np.float16, "w+", shape=(count, FEATURES))
        rows = np.random.default_rng(0).standard_normal((1_000, FEATURES)).astype(np.float16)
        for begin in range(0, count, 1_000):
            table[begin : begin + 1_000] = rows[: count - begin]
        table.flush()
        features[f"x_{name}"] = torch.from_numpy(np.memmap(path, np.float16, "c", shape=(count, FEATURES)))
        features[f"has_{name}"] = torch.ones(count, dtype=torch.bool)
    users = max(1, count // 16) if users is None else users
    parent = [torch.full((LEVELS[0],), -1)]
    for number, size in enumerate(LEVELS[1:]):
        above = sum(LEVELS[:number])
        parent.append(above + torch.randint(LEVELS[number], (size,), generator=generator))
    return PostStream(
        time=torch.arange(count).double() * 60,
        user=torch.randint(users, (count,), generator=generator),
        y=torch.randn(count, generator=generator) + 6,
        category=sum(LEVELS[:2]) + torch.randint(LEVELS[2], (count,), generator=generator),
        parent=torch.cat(parent),
        num_users=users,
        **features,
    )


class CopiedWindows(DSN):
    """DSN that encodes each post of each window: what the class does without its fast path."""

    def _encode(self, batch: PostBatch) -> Tensor:
        parts = []
        for features, adapter, x, is_there in (
            (self.image, self.image_adapter, batch.x_image, batch.has_image),
            (self.text, self.text_adapter, batch.x_text, batch.has_text),
        ):
            scaled = features(batch.windows(x), batch.windows(is_there)) * batch.windows(batch.valid).unsqueeze(-1)
            parts.append(adapter(scaled.flatten(0, 1)).unflatten(0, scaled.shape[:2]))
        table = self.categories(self.parent, self.level)
        parts.append(torch.nn.functional.embedding(batch.windows(batch.category).remainder(table.size(0)), table))
        f = self.dropout(torch.cat(parts, -1))
        output = super(type(self.lstm), self.lstm).forward(f.flatten(0, 1))[0].unflatten(0, f.shape[:2])
        phi = self.grn(self.norm(self.gate(self.dropout(output)) + self.residual(f)))
        return phi.movedim(2, 0)


def make(
    kind: type[DSN], stream: PostStream, length: int, weight_decay: float = 1e-4
) -> tuple[DSN, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = DSN.of(stream, length=length)
    model.prepare(stream)
    model.__class__ = kind
    return model.train(), Optimization(weight_decay=weight_decay).make_optimizer(model.parameters())


def train(model: DSN, optimizer: torch.optim.Optimizer, batches: Iterable[PostBatch]) -> int:
    count = 0
    for batch in batches:
        optimizer.zero_grad()
        (model.loss(batch) / batch.num_targets).backward()
        optimizer.step()
        count += batch.num_targets
    return count


def rate(function: Callable[..., int], *arguments: object) -> float:
    """Returns what a function counts, per second of the processor with one thread, and of the clock with more."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    count = function(*arguments)
    return count / (clock() - start)


def measure_windows(folder: str, length: int, **_: object) -> dict[str, object]:
    stream = random_stream(4 * BATCH_SIZE, folder)
    fast, copied = (make(kind, stream, length) for kind in (DSN, CopiedWindows))
    batches = list(fast[0].batches(stream))[1:]
    rates = {"once": [], "copied": []}
    for _ in range(4):
        for name, (model, optimizer) in (("once", fast), ("copied", copied)):
            rates[name].append(rate(train, model, optimizer, batches))
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        train(*fast, batches)
    times = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    other = 1 - sum(times.get(name, 0) for name in PRODUCTS) / sum(times.values())
    predictions = []
    for _ in range(3):
        predictions.append(rate(lambda: fast[0].predict(stream, stream.targets).numel()))
    once, copies = max(rates["once"]), max(rates["copied"])
    with torch.no_grad():
        difference = float((fast[0].eval().double()(batches[0]) - double_copies(fast[0], batches[0])).abs().max())
    return {
        "l": length,
        "posts/s": round(once),
        "copied posts/s": round(copies),
        "ratio": round(once / copies, 2),
        "not in products": round(other, 3),
        "predictions/s": round(max(predictions)),
        "difference": difference,
    }


def double_copies(model: DSN, batch: PostBatch) -> Tensor:
    model.__class__ = CopiedWindows
    result = model(batch)
    model.__class__ = DSN
    return result


def measure_training(folder: str, length: int, count: int, threads: int, **_: object) -> dict[str, object]:
    torch.set_num_threads(threads)
    stream = random_stream(count, folder)
    model, optimizer = make(DSN, stream, length)
    loader = model.batches(stream, shuffle=True)
    steps = (batch for number, batch in enumerate(loader) if number < 6)
    train(model, optimizer, [next(iter(steps))])
    speed = rate(train, model, optimizer, steps)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    anonymous = next(line for line in Path("/proc/self/status").read_text().splitlines() if "RssAnon" in line)
    return {
        "l": length,
        "posts": count,
        "threads": threads,
        "posts/s": round(speed),
        "s an epoch": round(count / speed),
        "peak MB": memory,
        "of these not in files, at the end": int(anonymous.split()[1]) // 1024,
    }


def measure_users(folder: str, users: int, sparse: bool, **_: object) -> dict[str, object]:
    stream = random_stream(20_000, folder, users)
    model, optimizer = make(DSN, stream, 8, weight_decay=0.0)
    model.users.sparse_gradients = sparse
    loader = model.batches(stream, shuffle=True)
    train(model, optimizer, [next(iter(loader))])
    speed = rate(train, model, optimizer, (batch for number, batch in enumerate(loader) if number < 6))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "users": users,
        "gradients": "sparse" if sparse else "dense",
        "posts/s": round(speed),
        "peak MB": memory,
    }


PARTS = {
    "windows": [(measure_windows, {"length": 8})],
    "length": [
        (measure_training, {"length": length, "count": 20_000, "threads": threads})
        for threads in (1, 2)
        for length in (1, 8, 32)
    ],
    "growth": [(measure_training, {"length": 8, "count": 10**power, "threads": 1}) for power in (4, 5, 6)],
    "users": [
        (measure_users, {"users": 10**power, "sparse": sparse}) for power in (4, 5, 6) for sparse in (False, True)
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="{windows,length,growth,users}")
    parser.add_argument("--plot", help="picture of the growth to write, such as growth.png")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row:
        part, number = arguments.row.split(":")
        function, settings = PARTS[part][int(number)]
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(function(folder, **settings)))
        return
    for part in arguments.parts or PARTS:
        print(part)
        rows = []
        for number in range(len(PARTS[part])):
            command = [sys.executable, __file__, "--row", f"{part}:{number}"]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(run.stdout))
            print("  ", ", ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
        if part == "growth" and arguments.plot:
            plot_growth({"DSN": rows}, "posts", ("s an epoch", "peak MB"), arguments.plot)


if __name__ == "__main__":
    main()
