from __future__ import annotations

import logging
from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, EventList, numbered_lines, parse_number, shorten, split_blanks

__all__ = ["read_deephawkes"]

logger = logging.getLogger(__name__)
FORM = "id<TAB>root<TAB>publish_time<TAB>n<TAB>path:time path:time ..."


def read_deephawkes(path: str | Path) -> RawEvents:
    """Reads DeepHawkes' format, one cascade a line, with who retweeted whom.

    A line is ``id, root, publish time, n, path:time path:time ...``, separated by tabs. The last user of a path
    ``u/v/w`` retweeted the one before; times count from the publication. Where that one is no earlier event of the
    cascade, the nearest ancestor on the path who is takes the place, and is counted (``reattached_parents``). ``n`` is
    the number of paths, with or without that of the root; a warning names the first line where it is neither.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form, with its number; an empty file.
    """
    events = EventList(path)
    reattached = 0
    miscounted: list[str] = []
    for number, line in numbered_lines(path):
        fields = [field.strip(BLANKS) for field in line.split("\t")]
        if len(fields) != 5 or not fields[4]:
            raise events.wrong(number, line, FORM)
        item, root, published, count, paths = fields
        steps: list[tuple[float, list[str]]] = []
        for step in split_blanks(paths):
            chain, colon, delay = step.rpartition(":")
            try:
                steps.append((parse_number(delay), chain.split("/")))
            except ValueError:
                raise events.wrong(number, step, "user/user/...:time") from None
            if not colon or not chain:
                raise events.wrong(number, step, "user/user/...:time")
        origin = _number(events, number, "publish time", published)
        without_root = sum(users != [root] for _, users in steps)
        if _number(events, number, "number of retweets", count) not in (len(steps), without_root):
            miscounted.append(
                f"line {number}: gives {shorten(count)} as the number of retweets and has {len(steps)} paths"
            )
        events.start(number, item)
        if without_root == len(steps):  # the root is an event of its own, also where the paths leave it out
            steps.insert(0, (0.0, [root]))
        steps.sort(key=lambda step: step[0])
        earlier: set[str] = set()
        for seconds, users in steps:
            user, ancestors = users[-1], [one for one in reversed(users[:-1]) if one != users[-1]]
            parent = next((one for one in ancestors if one in earlier), root if earlier and user != root else None)
            if user not in earlier and parent is not None and parent not in ancestors[:1]:
                reattached += 1
            events.add(number, user, origin + seconds, parent)
            earlier.add(user)
    if miscounted:
        logger.warning(
            "%s, %s; %s lines are like this. The paths are read; check that the file is complete.",
            events.path,
            miscounted[0],
            f"{len(miscounted):,}",
        )
    return events.finish(parents=True, reattached_parents=reattached)


def _number(events: EventList, line: int, noun: str, text: str) -> float:
    try:
        return parse_number(text)
    except ValueError:
        raise DataError(f"{events.path}, line {line}: the {noun} {shorten(text)!r} is not a number.") from None
