from __future__ import annotations

import pytest

from graphcascade.options import TrainingOptions
from graphcascade.tasks.advice import advise
from graphcascade.trainers import RankingTrainer


@pytest.mark.parametrize(
    ("diverged", "stopped_early", "steps", "text"),
    [
        (False, False, ["--x 1"], "Try a larger --learning-rate (0.2), more epochs (--max-epochs 50) or --x 1; or use"),
        (False, False, [], "Try a larger --learning-rate (0.2) or more epochs (--max-epochs 50); or use"),
        (False, True, [], "(0.2) or more epochs without an improvement (--patience 8); or use"),
        (True, False, [], "Try a smaller --learning-rate (0.05); or use the baseline itself (--model Markov)."),
    ],
)
def test_advice_names_options_that_were_not_used(
    diverged: bool, stopped_early: bool, steps: list[str], text: str
) -> None:
    trainer = RankingTrainer(learning_rate=0.1, progress=False)
    trainer.diverged, trainer.stopped_early = diverged, stopped_early
    assert text in advise(TrainingOptions(max_epochs=3, patience=4), trainer, steps, "Markov")


@pytest.mark.parametrize(("epochs", "more"), [(1, 50), (30, 60), (50, 100)])
def test_more_epochs_are_twice_as_many_and_at_least_the_default(epochs: int, more: int) -> None:
    trainer = RankingTrainer(progress=False)
    assert f"(--max-epochs {more})" in advise(TrainingOptions(max_epochs=epochs), trainer, [], "Markov")
