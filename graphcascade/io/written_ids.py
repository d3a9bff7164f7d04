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
    """Raises an error if an id could not be read again from the file to write.

    Args:
        path: The file.
        ids: The ids.
        noun: Noun for the ids in messages: "user" or "item".
        format: Name of the file's format in messages.
        forbidden: Pattern of text that an id must not contain in this format, in addition to what no file can hold.
        reason: Description of the forbidden text in messages ("a comma or a blank").
        hint: Advice at the end of the message.

    Raises:
        UsageError: An id contains forbidden text, is empty, or has a zero byte or an unpaired surrogate.
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
