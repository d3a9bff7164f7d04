"""Measures how long models take to reach a validation score, with batches and learning rates of several kinds.

Run: GRAPHCASCADE_DATA=folder taskset -c 1 python benchmarks/time_to_score.py [--models LSTM NDM] [--datasets Irvine]

The score to reach is 95 % of the highest mean reciprocal rank (MRR) on validation cascades that the defaults of the
trainer reach in all epochs with the same seed. A row has the targets per second of training, the seconds and the
epochs of training until the score is reached for the first time, and the highest MRR, as means over the seeds; or how
many seeds reached the score, if not all did. Seconds are those of the processor in one thread, without the validation;
epochs do not depend on the machine. Only validation cascades are used.
"""

from __future__ import annotations

import argparse
import time
from statistics import mean
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback

from graphcascade.data import CascadeDataset
from graphcascade.datasets import load_dataset
from graphcascade.models import MODELS
from graphcascade.trainers import NextUserTrainer

SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "batch 64": {"batch_size": 64},
    "rate 0.003": {"learning_rate": 0.003},
    "rate 0.01": {"learning_rate": 0.01},
    "rate 0.01, cosine": {"learning_rate": 0.01, "schedule": "cosine"},
    "batch 64, rate 0.01": {"batch_size": 64, "learning_rate": 0.01},
    "batch 64, rate 0.01, cosine": {"batch_size": 64, "learning_rate": 0.01, "schedule": "cosine"},
    "batch 128, rate 0.02, clipped at 1": {"batch_size": 128, "learning_rate": 0.02, "gradient_clip": 1.0},
}
SHARE = 0.95  # of the highest MRR of the defaults


class Course(Callback):
    """Notes the seconds of training so far and the MRR of the validation after each epoch."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.points: list[tuple[float, float]] = []
        self._start = 0.0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._start = time.process_time()

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        self.seconds += time.process_time() - self._start

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self.points.append((self.seconds, float(trainer.callback_metrics["val_mrr"])))


def run(
    name: str, train: CascadeDataset, val: CascadeDataset, epochs: int, seed: int, settings: dict[str, Any]
) -> Course:
    torch.manual_seed(seed)
    course = Course()
    model = MODELS[name](train.num_users)
    NextUserTrainer(max_epochs=epochs, patience=None, seed=seed, callbacks=[course], **settings).fit(model, train, val)
    return course


def first_reached(course: Course, score: float) -> tuple[float, int] | None:
    """Returns the seconds and the epochs until the score."""
    return next(((seconds, epoch) for epoch, (seconds, mrr) in enumerate(course.points, start=1) if mrr >= score), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=["LSTM", "NDM"])
    parser.add_argument("--datasets", nargs="*", default=["Irvine", "Memetracker"])
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS), choices=SETTINGS, help="beside the defaults")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for dataset in arguments.datasets:
        train, val, _ = load_dataset(dataset).splits("chronological")
        targets = int((train.table.size - 1).sum())
        for name in arguments.models:
            print(f"\n{name} on {dataset}: {targets:,} targets an epoch, {arguments.epochs} epochs\n")
            print(
                "| setting | targets/s | seconds to the score | epochs | highest MRR |\n| --- | --- | --- | --- | --- |"
            )
            goals: list[float] = []
            for setting in ["defaults", *(setting for setting in arguments.settings if setting != "defaults")]:
                seeds = range(arguments.seeds)
                courses = [run(name, train, val, arguments.epochs, seed, SETTINGS[setting]) for seed in seeds]
                best = [max(mrr for _, mrr in course.points) for course in courses]
                goals = goals or [SHARE * value for value in best]
                reached = [first_reached(course, goal) for course, goal in zip(courses, goals, strict=True)]
                found = [pair for pair in reached if pair is not None]
                shown = f"reached by {len(found)} of {len(reached)} |"
                if len(found) == len(reached):
                    seconds, epochs = (mean(values) for values in zip(*found, strict=True))
                    shown = f"{seconds:.1f} | {epochs:.1f}"
                speed = mean(len(course.points) * targets / course.seconds for course in courses)
                print(f"| {setting} | {speed:,.0f} | {shown} | {mean(best):.4f} |", flush=True)


if __name__ == "__main__":
    main()
