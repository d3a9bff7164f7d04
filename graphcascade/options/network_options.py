from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.options.follow_graph_options import FollowGraphOptions
from graphcascade.options.protocol_options import ProtocolOptions

__all__ = ["NetworkOptions"]


@dataclass(frozen=True)
class NetworkOptions:
    """Options of the task "network": who infects whom.

    Args:
        testing: How to split and test.
        graph: The follow graph, for models that learn the weights of its links.
    """

    testing: ProtocolOptions = field(default_factory=ProtocolOptions)
    graph: FollowGraphOptions = field(default_factory=FollowGraphOptions)
