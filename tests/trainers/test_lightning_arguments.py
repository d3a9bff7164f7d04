from __future__ import annotations

import inspect

from lightning.pytorch import Trainer

from graphcascade.trainers.lightning_arguments import (
    PASSED_ON,
    SET_BY_OPTION,
    SET_OTHERWISE,
    check_lightning_arguments,
    make_lightning_trainer,
)


def test_all_names_are_arguments_of_lightning() -> None:
    known = set(inspect.signature(Trainer.__init__).parameters)
    assert {*PASSED_ON, *SET_BY_OPTION, *SET_OTHERWISE} <= known
    assert not set(PASSED_ON) & {*SET_BY_OPTION, *SET_OTHERWISE}


def test_arguments_reach_lightning() -> None:
    arguments = check_lightning_arguments({"log_every_n_steps": 7, "accelerator": "cpu", "devices": 1})
    trainer = make_lightning_trainer(**arguments, logger=False, enable_checkpointing=False)
    assert trainer.log_every_n_steps == 7
