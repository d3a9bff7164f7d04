"""The order of the tutorials on their page."""

from __future__ import annotations

# The order of the tutorials; scripts that are not listed follow in the order of their names.
TUTORIALS = [
    "at_a_glance.py",
    "load_data.py",
    "own_data.py",
    "next_user.py",
    "follow_graph.py",
    "whole_cascades.py",
    "cascade_size.py",
    "network_inference.py",
    "seeds.py",
    "ranking.py",
    "popularity.py",
    "own_model.py",
]


def tutorial_order(name: str) -> tuple[int, str]:
    """Returns the key that scripts are sorted by."""
    return (TUTORIALS.index(name) if name in TUTORIALS else len(TUTORIALS), name)
