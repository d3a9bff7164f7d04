from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["PopularityProtocolOptions"]


@dataclass(frozen=True)
class PopularityProtocolOptions:
    """Options of the protocol of popularity.

    Args:
        labels: Which labels of earlier posts the test tells a model that uses them: those up to the end of training
            (frozen), or those of all posts before the predicted one (online).
        known_users: Whether the test tells the model who published a post; "false" tests without the identity of users.
    """

    heading = "testing predictions of popularity (DSN)"  # in the help

    labels: Literal["frozen", "online"] = "frozen"
    known_users: bool = True
