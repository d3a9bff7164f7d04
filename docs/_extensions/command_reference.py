"""The directive ``commands``: every command of the command line with its options, from the parser itself."""

from __future__ import annotations

import re
import textwrap
from argparse import SUPPRESS, Action
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from graphcascade.cli.parser import Parser
from graphcascade.cli.program import make_parsers


def describe_commands() -> str:
    """Returns the reference of the command line as reStructuredText."""
    _, parsers = make_parsers()
    return "\n".join(line for name, parser in parsers.items() for line in _describe(name, parser))


def _describe(name: str, parser: Parser) -> Iterator[str]:
    yield from ("", name, "-" * len(name), "")
    yield from (".. code-block:: text", "", f"   {parser.usage}", "")
    for paragraph in (parser.description or "").split("\n\n"):
        if re.search(r"^ ", paragraph, re.MULTILINE):
            yield from ("::", "", textwrap.indent(textwrap.dedent(paragraph), "   "), "")
        else:
            yield from (_escape(" ".join(paragraph.split())), "")
    _, _, examples = (parser.epilog or "").partition("examples:\n")
    if examples.strip():
        yield from ("Examples:", "", ".. code-block:: bash", "", textwrap.indent(textwrap.dedent(examples), "   "), "")
    yield from (f".. program:: graphcascade {name}", "")
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != SUPPRESS]
        if actions:
            title = (group.title or "").capitalize() if (group.title or "").islower() else group.title or ""
            yield from (f".. rubric:: {title}", "")
            for action in actions:
                yield from _option(action)


def _option(action: Action) -> Iterator[str]:
    if action.option_strings:
        value = "" if action.nargs == 0 else str(action.metavar or "")
        blank = " " if value and not value.startswith(".") else ""
        signature = ", ".join(f"{word.replace('_', '-')}{blank}{value}" for word in action.option_strings)
    else:
        signature = str(action.metavar or action.dest.upper())
    yield from (f".. option:: {signature}", "")
    text = " ".join((action.help or "").split())
    hidden = action.default in (None, False, SUPPRESS) or not action.option_strings
    yield from (f"   {_escape(text)}" + ("" if hidden else f" (default: ``{action.default}``)"), "")


def _escape(text: str) -> str:
    escaped = re.sub(r"([*`|\\]|_(?=\W|$))", r"\\\1", text)
    return re.sub(r"(?<![\w-])--[a-z][\w.-]*\w", r"``\g<0>``", escaped)


class Commands(SphinxDirective):
    """Shows all commands."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(describe_commands(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
