from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["report_index", "section_anchor", "table_rows"]

INTRODUCTION = """
The tables list the sections of this page: what an experiment measures, how many of its claims are supported, not
supported and inconclusive, the number of seeds, and roughly the minutes that it takes. The minutes are the sum of the
measured seconds of its runs, on processors that other programs also used. If an experiment simulates several networks
(`cyan-...`), they are those of one network. The search for settings that some experiments do first takes longer than
that.
"""
VERDICTS = ("Supported", "Not supported", "Inconclusive")
COLUMNS = ("experiment", "dataset", "measures", "supported / not / inconclusive", "seeds", "minutes")


def report_index(sections: Mapping[str, str]) -> str:
    """Returns the index of a report: a table for each paper, with a line and a link for each section.

    Args:
        sections: The sections of the report by their titles, as :func:`read_report` returns them.

    Returns:
        The index in Markdown. It is made from the text of the sections, so that it also lists sections of earlier runs.
    """
    papers: dict[str, list[str]] = {}
    for title, section in sections.items():
        paper, line = _line(title, section)
        papers.setdefault(paper, []).append(line)
    lines = [INTRODUCTION] if papers else []
    for paper in sorted(papers):
        lines += [f"**{paper}**", "", f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}", *papers[paper], ""]
    return "\n".join(lines)


def _line(title: str, section: str) -> tuple[str, str]:
    """Returns the paper of a section, and its line of the index."""
    experiment, _, dataset = title.partition(": ")
    (heading, *_) = re.findall(r"^- (.*)\.$", section, re.MULTILINE) or [""]
    measures, _, source = heading.partition(" (")
    paper, _, place = source.removesuffix(")").partition(", ")
    counts = [len(re.findall(f"^- {verdict}: ", section, re.MULTILINE)) for verdict in VERDICTS]
    verdicts = " / ".join(map(str, counts)) if any(counts) else ""
    seeds, minutes = _effort(section)
    where = f"{measures} ({place})" if place else measures
    cells = [f"[{experiment}](#{section_anchor(title)})", dataset, where, verdicts, seeds, minutes]
    return paper or "Other experiments", f"| {' | '.join(cells)} |"


def _effort(section: str) -> tuple[str, str]:
    """Returns the largest number of seeds of a row, and the minutes of all runs, as text."""
    rows = {row["row"]: row for row in table_rows(section)}  # the metrics of a row repeat them
    if not rows or not all(row.keys() >= {"seeds", "seconds"} for row in rows.values()):
        return "", ""
    numbers = [(int(row["seeds"]), float(row["seconds"].replace(",", ""))) for row in rows.values()]
    minutes = sum(seeds * seconds for seeds, seconds in numbers) / 60
    return str(max(seeds for seeds, _ in numbers)), f"{minutes:,.0f}" if minutes >= 1 else "< 1"


def table_rows(section: str) -> Iterator[dict[str, str]]:
    """Yields the rows of the table of a section, as text by the names of the columns."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    for cells in table[2:]:
        yield dict(zip(table[0], cells, strict=False))


def section_anchor(title: str) -> str:
    """Returns the link target that GitHub and MyST make of the heading of a section."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
