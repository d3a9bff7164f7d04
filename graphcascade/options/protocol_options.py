from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProtocolOptions"]


@dataclass(frozen=True)
class ProtocolOptions:
    """Options of the protocol of cascades: how to split and test.

    Args:
        protocol: How to split and cut cascades and rank users: chronological, random, new-users, ndm, dssf, cyan,
            topolstm, hidan or forest. If not given, chronological, or random if cascades have no order in time: all
            begin at the same time, or times are relative to each cascade's source. With new-users, topolstm and forest,
            users without training cascades are ranked like any other; otherwise they count as misses.
        counters: Also test the counting baselines; 'false' leaves them out. Whether SourceCooccurrence counts only the
            cascades that the source started is chosen on the validation cascades.
    """

    heading = "splitting and testing"  # in the help

    protocol: str | None = None
    counters: bool = True
