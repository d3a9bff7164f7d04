from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, EventList, numbered_lines, parse_number, shorten, split_blanks

__all__ = ["add_steps", "read_deephawkes", "read_number", "read_steps"]

logger = logging.getLogger(__name__)
UNKNOWN_USER = "-1"  # stands for an unknown user in CasFlow's files
LINE_FORM = "id<TAB>root<TAB>publish_time<TAB>n<TAB>path:time path:time ..."


def read_deephawkes(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads the format of DeepHawkes and CasFlow: one cascade a line, with parents.

    A line is ``id, root, publish time, n, path:time path:time ...``, separated by tabs. The root is the source and is
    infected at the publish time, even if no path or only a later one contains it; the other times count from the
    publish time. The last user of a path ``u/v/w`` retweeted the one before. If that user has no earlier event in the
    cascade, the nearest ancestor on the path with one becomes the parent, and this is counted
    (``reattached_parents``). ``n`` is the number of paths, with or without the root's own; a warning names the first
    line where it differs from both.

    A user ``-1`` is unknown, such as the source of a hashtag in CasFlow's files. Events of unknown users are left out
    and counted (``unknown_users``): the cascade then begins with its first known user. A cascade without a known user
    is left out, too. If a root is unknown, no parents are read from the file.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form or a time before the publication (the message has its number); the file is
            empty.
    """
    events = EventList(path)
    reattached = unknown_users = unknown_roots = 0
    miscounted: list[str] = []
    for number, line in numbered_lines(path, encoding=encoding):
        fields = [field.strip(BLANKS) for field in line.split("\t")]
        if len(fields) != 5 or not fields[4]:
            raise events.format_error(number, line, LINE_FORM)
        item, root, published, count, paths = fields
        steps = read_steps(events, number, paths, "/")
        origin = read_number(events, number, "publish time", published)
        without_root = sum(users != [root] for _, users in steps)
        if read_number(events, number, "number of retweets", count) not in (len(steps), without_root):
            miscounted.append(
                f"line {number}: gives {shorten(count)} as the number of retweets and has {len(steps)} paths"
            )
        source = (0.0, [root])  # the root is an event even if no path contains it
        if source in steps:
            steps.remove(source)
        steps = [source, *sorted(steps, key=lambda step: step[0])]
        known = [step for step in steps if step[1][-1] != UNKNOWN_USER]
        unknown_users += len(steps) - len(known)
        unknown_roots += root == UNKNOWN_USER
        if not known:
            continue
        events.start(number, item)
        reattached += add_steps(events, number, root, origin, known)
    if miscounted:
        logger.warning(
            "%s, %s; %s lines have a wrong number. All paths were read; check that the file is complete.",
            events.path,
            miscounted[0],
            f"{len(miscounted):,}",
        )
    if unknown_roots:
        logger.warning(
            "%s: the source of %s cascades is %s, an unknown user: they begin with their first known user, and no "
            "parents are read from this file.",
            events.path,
            f"{unknown_roots:,}",
            UNKNOWN_USER,
        )
        return events.finish(unknown_users=unknown_users)
    return events.finish(parents=True, reattached_parents=reattached, unknown_users=unknown_users)


def add_steps(
    events: EventList, number: int, root: str, origin: float, steps: Sequence[tuple[float, list[str]]]
) -> int:
    """Adds the events of a cascade, with the nearest ancestors that have an earlier event as parents.

    Args:
        events: The events of the file.
        number: Number of the line.
        root: The source.
        origin: Time of the publication.
        steps: Time since the publication, and path from the root, of each event, in order of time.

    Returns:
        The number of events whose parent is not the last one of their path.
    """
    reattached = 0
    earlier: set[str] = set()
    for seconds, users in steps:
        user, ancestors = users[-1], [other for other in reversed(users[:-1]) if other != users[-1]]
        parent = next((other for other in ancestors if other in earlier), None)
        if parent is None and earlier and user != root:
            parent = root
        if user not in earlier and parent is not None and parent not in ancestors[:1]:
            reattached += 1
        events.add(number, user, origin + seconds, parent)
        earlier.add(user)
    return reattached


def read_steps(events: EventList, number: int, paths: str, separator: str) -> list[tuple[float, list[str]]]:
    """Returns the time and the users of each path of a line.

    Raises:
        DataError: A path has another form, or its time is negative.
    """
    steps = []
    form = f"user{separator}user{separator}...:time"
    for step in split_blanks(paths):
        chain, colon, delay = step.rpartition(":")
        try:
            seconds = parse_number(delay)
        except ValueError:
            raise events.format_error(number, step, form) from None
        if not colon or not chain:
            raise events.format_error(number, step, form)
        if seconds < 0:
            raise DataError(
                f"{events.path}, line {number}: the time of {shorten(step)!r} is before the publication of the "
                "cascade; correct it, or leave it out."
            )
        steps.append((seconds, chain.split(separator)))
    return steps


def read_number(events: EventList, line: int, noun: str, text: str) -> float:
    try:
        return parse_number(text)
    except ValueError:
        raise DataError(f"{events.path}, line {line}: the {noun} {shorten(text)!r} is not a number.") from None
