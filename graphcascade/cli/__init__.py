"""The command line, with one file for each command; heavy imports wait until a command runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; see :func:`graphcascade.cli.program.main`.

    Without ``arguments``, it is the last call of the process: a Ctrl-C after the command has ended is ignored, so that
    the exit code stays that of the command.
    """
    try:
        from graphcascade.cli import program
    except KeyboardInterrupt:  # Ctrl-C may be pressed during the imports, which take up to a second
        sys.stderr.write("graphcascade: stopped\n")
        return 130
    code = program.main(arguments)
    if arguments is None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code
