from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from graphcascade.errors import UsageError
from graphcascade.io.lines import shorten

__all__ = ["check_written_ids"]


def check_written_ids(
    path: str | Path, ids: Iterable[str], noun: str, format: str, forbidden: str, reason: str, hint: str = ""
) -> None:
    """Raises an error if an id could not be read again from a file that is to be written.

    Args:
        path: The file.
        ids: The ids.
        noun: Whose ids they are: "user" or "item".
        format: What messages call the kind of file.
        forbidden: Pattern of what an id must not have in this kind of file, beside what no file can hold.
        reason: What this is, for messages ("a comma or a blank").
        hint: What messages advise.

    Raises:
        UsageError: An id has it, is empty, or has a zero byte or an unpaired surrogate.
    """
    wrong = re.compile(rf"\A\Z|[\0\ud800-\udfff]|{forbidden}")
    broken = next((name for name in ids if wrong.search(name)), None)
    if broken is None:
        return
    if not broken:
        reason = "no characters"
    elif re.search(r"[\0\ud800-\udfff]", broken):
        reason, hint = "a zero byte or an unpaired surrogate", ""
    raise UsageError(f"{path}: {format} cannot hold the {noun} id {shorten(repr(broken))}, which has {reason}{hint}.")
