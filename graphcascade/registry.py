"""Names of classes: the allow-list for the command line and for saved files."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from graphcascade.errors import UnknownNameError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Finds a class by its name, whatever the case, and suggests similar names.

    Args:
        kind: What the names stand for, in the singular ("dataset").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters a class under ``name``."""

        def enter(entry: T) -> T:
            if self._key(name) in {self._key(known) for known in self._entries}:
                raise RuntimeError(f"{self.kind} {name!r} is registered twice")
            self._entries[name] = entry
            return entry

        return enter

    def remove(self, name: str) -> None:
        """Removes an entry, so that another one can have its name, as when a class is defined again in a notebook.

        Raises:
            UnknownNameError: There is none of this name.
        """
        self[name]
        self._entries = {known: entry for known, entry in self._entries.items() if self._key(known) != self._key(name)}

    def __getitem__(self, name: str) -> T:
        """The entry called ``name``.

        Raises:
            UnknownNameError: If there is none; the message has the nearest names.
        """
        for known, entry in self._entries.items():
            if self._key(known) == self._key(name):
                return entry
        keys = {self._key(known): known for known in self._entries}
        near = difflib.get_close_matches(self._key(name), keys, n=3, cutoff=0.5)
        if near:
            hint = "did you mean " + " or ".join(keys[key] for key in near) + "?"
        else:
            hint = "use one of " + ", ".join(sorted(self._entries)) + "."
        raise UnknownNameError(f"unknown {self.kind} {name!r}: {hint}")

    def __contains__(self, name: str) -> bool:
        return self._key(name) in {self._key(known) for known in self._entries}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @staticmethod
    def _key(name: str) -> str:
        return name.lower().replace("_", "").replace("-", "")

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}, {len(self)} entries)"
