"""The command line: one file a command; nothing heavy is imported before a command runs."""

from graphcascade.cli.program import main

__all__ = ["main"]
