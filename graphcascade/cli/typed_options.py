"""Names in error messages the options that set arguments of functions and classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphcascade.errors import GraphCascadeError, shorten

__all__ = ["TypedOptions"]


@dataclass(frozen=True)
class TypedOptions:
    """The options of a command, by the arguments that they set.

    Args:
        names: How the option of each parameter of the command is written, such as ``{"max_epochs": "--max-epochs"}``.
        renamed: Parameters of the command by the arguments that they set under another name. The class may precede
            the argument, as in ``{"SourceFusion.dropout": "source_dropout"}``.
        model_args: Names of the model arguments that were given.
        files: Configuration files by the parameters that they set; those of the model are written ``model_args.dim``.
    """

    names: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    model_args: Collection[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def describe(self, error: GraphCascadeError) -> str:
        """Returns the text of an error, with options in place of the arguments that they set."""
        subject, remedy = None, None
        if error.argument is not None and (parameter := self._parameter(error.owner, error.argument)):
            subject = self._option(parameter)
            if error.has_value:
                subject += f" {_as_typed(error.value)}"
            if parameter in self.files:
                subject += f" in {self.files[parameter]}"
        if error.remedy is not None:
            argument, value = error.remedy
            if parameter := self._parameter(error.owner, argument):
                remedy = self._option(parameter) + ("" if value is True else f" {_as_typed(value)}")
        return error.describe(subject, remedy)

    def _parameter(self, owner: str | None, argument: str) -> str | None:
        """The parameter of the command that sets an argument, or None if no option of the command does."""
        if f"{owner}.{argument}" in self.renamed:
            return self.renamed[f"{owner}.{argument}"]
        if argument in self.model_args:
            return f"model_args.{argument}"
        parameter = self.renamed.get(argument, argument)
        return parameter if parameter in self.names else None

    def _option(self, parameter: str) -> str:
        return self.names.get(parameter) or f"--model-args.{parameter.partition('.')[2]}"


def _as_typed(value: Any) -> str:
    """A value as it is written on the command line: 2 for 2.0, and false for False; paths are not shortened."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    return shorten(str(value).removesuffix(".0") if isinstance(value, float) else str(value))
