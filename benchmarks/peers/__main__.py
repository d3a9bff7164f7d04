"""Compares the speed of this library with that of other libraries that do the same work.

Run, from the root of the repository:

    pip install --no-deps --target peers -r benchmarks/peers/requirements.txt
    PYTHONPATH=peers python -m benchmarks.peers [--only rmtpp hawkes] [--pairs 5]

Each measurement is made in a process of its own with one thread; those of this library and of the other one take turns,
so that both see the machine in the same state. Speeds are medians of them, in units per second of the processor, and
the ratio is the median, smallest and largest of the pairs. Packages that are not installed are skipped. The versions
of the packages are those of requirements.txt, and are printed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys

SUBJECTS = ("cascade_batches", "rmtpp", "hawkes", "preferences", "word_vectors", "independent_cascades")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def comparisons(subject: str):
    return importlib.import_module(f".{subject}", __package__).comparisons()


def measure(subject: str, number: int, side: str) -> dict[str, float]:
    """Measures one side of a comparison in a process of its own.

    Raises:
        RuntimeError: The process failed.
    """
    command = [sys.executable, "-m", "benchmarks.peers", "--measure", subject, str(number), side]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def compare(subject: str, number: int, pairs: int) -> None:
    """Prints the row of a comparison."""
    comparison = comparisons(subject)[number]
    found = version(comparison.package)
    if found is None:
        print(f"skipped {comparison.work}: {comparison.package} is not installed", file=sys.stderr)
        return
    measured = [[measure(subject, number, side)["processor"] for side in ("ours", "theirs")] for _ in range(pairs)]
    ours, theirs = (statistics.median(speeds) for speeds in zip(*measured, strict=True))
    ratio = [own / other for own, other in measured]
    print(
        f"| {comparison.work} | {comparison.package} {found} | {comparison.unit}/s | {ours:,.0f} | {theirs:,.0f} | "
        f"{statistics.median(ratio):.2f} ({min(ratio):.2f} to {max(ratio):.2f}) | {comparison.difference} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS, metavar="SUBJECT", help=str(SUBJECTS))
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each library (default: 5)")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        import torch

        torch.set_num_threads(1)
        subject, number, side = options.measure
        print(json.dumps(getattr(comparisons(subject)[int(number)], side)()._asdict()))
        return
    print("| work | other library | unit | graphcascade | other | ratio | difference |\n|---|---|---|---|---|---|---|")
    for subject in options.only:
        for number in range(len(comparisons(subject))):
            compare(subject, number, options.pairs)


if __name__ == "__main__":
    main()
