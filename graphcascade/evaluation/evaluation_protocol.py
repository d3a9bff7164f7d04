from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from graphcascade.value_types import check_arguments

__all__ = ["EvaluationProtocol"]


@dataclass(frozen=True)
class EvaluationProtocol:
    """Base class of protocols: the choices that decide what the figures of a :class:`Result` mean.

    The fields of a subclass are plain values, and ``str()`` gives them in words.
    """

    examples: ClassVar[str] = "cascades"
    """What the tested data consist of, in the plural."""
    averaged_over: ClassVar[str] = "cascades"
    """What standard errors are over, in the plural."""

    def __post_init__(self) -> None:
        """Checks the types of the fields.

        Raises:
            UsageError: A field is of another type.
        """
        check_arguments(type(self), vars(self))
