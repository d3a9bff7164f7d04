from __future__ import annotations

from collections.abc import Sequence

__all__ = ["join_repeated"]

REPEATABLE = ("--source",)


def join_repeated(words: Sequence[str]) -> list[str]:
    """Joins the values of an option that is given several times, which would otherwise have its last value only.

    >>> join_repeated(["simulate", "out.csv", "--source", "anna", "--seed", "1", "--source=bob"])
    ['simulate', 'out.csv', '--source=anna,bob', '--seed', '1']
    """
    result: list[str] = []
    places: dict[str, int] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in REPEATABLE and (equals or (rest and not rest[0].startswith("--"))):
            value = value if equals else rest.pop(0)
            if name in places:
                result[places[name]] += f",{value}"
                continue
            places[name] = len(result)
            word = f"{name}={value}"
        result.append(word)
    return result
