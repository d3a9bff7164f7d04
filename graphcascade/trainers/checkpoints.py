from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import atomic_path

__all__ = ["Checkpoints", "check_layout", "describe_arguments", "unusable"]

FORMAT = 1  # of the two files
ADVICE = "resume with the same, or leave out resume and train in another folder, such as"
REMEDY = ("directory", "runs/another")


class Checkpoints:
    """The two checkpoints of a run: ``last.ckpt`` after its last finished epoch, and ``best.ckpt`` of its best one.

    Each file is written completely or not at all. They are read with ``weights_only=True``, which runs no code, and no
    path is ever taken from them.

    Args:
        folder: Folder of the two files; it is created when the first one is written.
        run: What decides the numbers of the run, as plain values. Only checkpoints of the same run are read.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.last = folder / "last.ckpt"
        self.best = folder / "best.ckpt"
        self.run = dict(run)

    def write(self, path: Path, content: Mapping[str, Any]) -> None:
        """Writes one of the two files.

        Raises:
            StorageError: The folder cannot be written to, or the disk is full.
        """
        with atomic_path(path, overwrite=True) as temporary:
            try:
                with temporary.open("wb") as file:
                    torch.save({"format": FORMAT, "run": self.run, **content}, file)
            except RuntimeError as error:
                raise _system_error(error) or error from None

    def read(self, path: Path, layout: Mapping[str, Any]) -> dict[str, Any]:
        """Reads one of the two files.

        Args:
            path: The file.
            layout: Example of its content, with values of the right types and tensors of the right shapes.

        Raises:
            MissingFileError: The file does not exist.
            DataError: The file is damaged, or was not written by this version of graphcascade.
            UsageError: The file is of another run.
        """
        if not path.exists():
            raise MissingFileError(f"nothing to resume: {path} does not exist; train without resume first.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                content = torch.load(path, weights_only=True, map_location="cpu")
        except MemoryError:
            raise
        except Exception as error:  # what torch raises for a damaged file is not documented
            raise unusable(path, "it cannot be read") from error
        if not isinstance(content, dict) or not isinstance(content.get("run"), dict) or "format" not in content:
            raise unusable(path, "it is not a checkpoint of graphcascade")
        if type(content["format"]) is not int or content["format"] != FORMAT:
            raise unusable(
                path, f"format {content['format']!r:.20}; this version of graphcascade reads format {FORMAT}"
            )
        self._check_run(path, content.pop("run"))
        content.pop("format")
        try:
            check_layout(content, layout)
        except ValueError as error:
            raise unusable(path, str(error)) from error
        return content

    def _check_run(self, path: Path, before: dict[Any, Any]) -> None:
        if not all(value is None or isinstance(value, bool | int | float | str) for value in before.values()):
            raise unusable(path, "the description of its run has other types")
        own, other = _model_and_data(self.run), _model_and_data(before)
        if own != other:  # settings may differ only because the task does
            raise UsageError(f"the run in {path} is of {other}, not of {own}; {ADVICE}", remedy=REMEDY)
        for name, value in self.run.items():
            if name not in before or before[name] != value:
                raise _another_run(path, name, value, before.get(name))


def describe_arguments(name: str, owner: object, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Describes an object for :class:`Checkpoints`: its class as ``name``, each argument as ``name.argument``."""
    return {name: type(owner).__name__, **{f"{name}.{argument}": repr(value) for argument, value in arguments.items()}}


def _model_and_data(run: Mapping[Any, Any]) -> str:
    """Returns the class of the model of a run, and the name of its data, such as "LSTM on my"."""
    data = str(run.get("train")).rpartition(" ")[0]
    return f"{run.get('model')} on {data}" if data else str(run.get("model"))


def _another_run(path: Path, name: str, value: Any, before: Any) -> UsageError:
    """Returns the error for a checkpoint of a run with another value of a setting."""
    if name in ("train", "val"):
        noun = "training" if name == "train" else "validation"
        return UsageError(f"the run in {path} has other {noun} data; {ADVICE}", remedy=REMEDY)
    kind, dot, argument = name.partition(".")
    if dot and argument:
        reason = f"the {kind} of the run in {path} has {argument}={before}, not {value}; {ADVICE}"
        return UsageError(argument=argument, reason=reason, remedy=REMEDY)
    if dot:
        return UsageError(argument=kind, reason=f"differs from that of the run in {path}; {ADVICE}", remedy=REMEDY)
    reason = f"the run in {path} has {name}={before}; {ADVICE}"
    return UsageError(argument=name, value=value, reason=reason, remedy=REMEDY)


def unusable(path: Path, reason: str) -> DataError:
    """Returns the error for a checkpoint that cannot be used."""
    return DataError(
        value=path,
        reason=f"damaged, or not of a run like this one ({reason}); train again with",
        remedy=("overwrite", True),
    )


def check_layout(found: Any, layout: Any, name: str = "the checkpoint") -> None:
    """Compares what was read from a file with an example of what belongs there.

    Args:
        found: What was read.
        layout: Example with equal keys, lengths, types, and shapes and types of tensors. A class in it stands for any
            instance of this class.
        name: Name of the value in messages.

    Raises:
        ValueError: They differ; the message names the part.
    """
    if isinstance(layout, Tensor):
        same = isinstance(found, Tensor) and found.shape == layout.shape and found.dtype == layout.dtype
        same = same and found.layout == torch.strided and found.device.type == "cpu"
    elif isinstance(layout, Mapping):
        same = isinstance(found, dict) and found.keys() == layout.keys()
        if same:
            for key, value in layout.items():
                check_layout(found[key], value, str(key))
    elif isinstance(layout, list | tuple):
        same = type(found) is type(layout) and len(found) == len(layout)
        if same:
            for value, example in zip(found, layout, strict=True):
                check_layout(value, example, name)
    else:
        same = type(found) is (layout if isinstance(layout, type) else type(layout))
    if not same:
        raise ValueError(f"{name} is not as this run writes it")


def _system_error(error: BaseException | None) -> OSError | None:
    """Returns the operating system's error that torch's writer replaced by one of its own."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error
