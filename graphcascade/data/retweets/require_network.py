from __future__ import annotations

from typing import Any

from graphcascade.data.retweets.retweet_network import RetweetNetwork
from graphcascade.errors import UsageError

__all__ = ["require_network"]


def require_network(network: Any, name: str) -> RetweetNetwork:
    """Returns a network of retweets.

    Args:
        network: The network.
        name: Name of the argument in messages.

    Raises:
        UsageError: It has another type, such as a dataset of cascades.
    """
    if isinstance(network, RetweetNetwork):
        return network
    reason = f"must be a RetweetNetwork, not {type(network).__name__}, because the model ranks tweets"
    raise UsageError(argument=name, reason=f"{reason}; read_retweets reads one, and simulate_retweets makes one")
