from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from graphcascade.errors import UsageError

__all__ = ["SELECTION", "Row"]

SELECTION: Mapping[str, bool] = {"is_selection": True}
"""Metadata of fields that select from what a run measures, so that rows that differ in them share their runs."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of an experiment's table.

    Each kind of experiment has a subclass with the settings that its rows know. The fields of this class only concern
    the table and the picture, so they are not part of the key of a run.

    Args:
        name: Name in the table.
        published: The published row that it is compared with; none if not given.
        parameter: Name of the parameter that the experiment varies, if it varies one.
        value: Value of that parameter in this row.
    """

    name: str
    published: str | None = None
    parameter: str = ""
    value: Any = None

    @property
    def is_trained(self) -> bool:
        """Whether the figures depend on the training seed."""
        return False

    def settings(self) -> dict[str, Any]:
        """Returns every setting that a run of this row depends on: all fields of the subclass but selections."""
        display = {entry.name for entry in fields(Row)}
        return {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if entry.name not in display and not entry.metadata.get("is_selection", False)
        }

    def missing(self, data: Any) -> str | None:
        """Returns what a dataset lacks, so that this row is left out, or ``None`` if the row can be measured."""
        return None

    def check(self) -> None:
        """Checks that the settings agree with each other.

        Raises:
            UsageError: A setting has no effect together with the others.
        """

    def check_datasets(self, names: Iterable[str]) -> None:
        """Checks that the row has the settings that it needs for each dataset of the experiment.

        Raises:
            UsageError: It lacks one.
        """

    def require_unset(self, names: Iterable[str], reason: str) -> None:
        """Checks that settings have their defaults, because they would have no effect.

        Args:
            names: Names of the settings; names that the row does not have are ignored.
            reason: Why they have no effect.

        Raises:
            UsageError: One of them is set.
        """
        wanted = set(names)
        for entry in fields(self):
            default = entry.default if entry.default_factory is MISSING else entry.default_factory()
            if entry.name in wanted and getattr(self, entry.name) != default:
                raise UsageError(f"{entry.name} has no effect, because {reason}; leave it out.")
