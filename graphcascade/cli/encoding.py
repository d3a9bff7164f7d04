"""Output to terminals and files whose encoding lacks some characters."""

from __future__ import annotations

import codecs
import sys

__all__ = ["allow_all_characters"]

PLAIN = (
    dict.fromkeys("─━═╌┄", "-")
    | dict.fromkeys("│┃║", "|")
    | dict.fromkeys("┌┐└┘├┤┬┴┼┏┓┗┛┡┩┢┪┠┨┯┷┿╇╈╪┳┻╋┣┫╔╗╚╝╠╣╦╩╬╞╡╤╧", "+")
    | {"±": "+-", "…": "..."}
)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    escaped = [PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii") for sign in text]
    return "".join(escaped), error.end


def allow_all_characters() -> None:
    r"""Makes standard output and standard error accept every character, whatever their encoding.

    Lines of tables become ASCII characters where the encoding lacks them; all other characters are escaped, such as
    ``\u9648``. Files that commands write are UTF-8 and are not affected.
    """
    codecs.register_error("graphcascade", _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="graphcascade")
