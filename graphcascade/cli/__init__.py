"""The command line: one file a command; nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; see :func:`graphcascade.cli.program.main`."""
    try:
        from graphcascade.cli import program
    except KeyboardInterrupt:  # the imports take up to a second, in which Ctrl-C may be pressed, too
        sys.stderr.write("graphcascade: stopped\n")
        return 130
    return program.main(arguments)
