from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["GraphEncoderOptions"]


@dataclass(frozen=True)
class GraphEncoderOptions:
    """Options of vectors of users from those of their neighbours in graphs.

    Args:
        graph_encoder: Layer that adds to the vector of each user what the vectors of the user's neighbours tell: SAGE,
            GCN, GAT, GATv2, GIN or Transformer. Users without training cascades get vectors in this way, too.
        graph: Who the neighbours are: the links of the follow graph, the users just before and after in the training
            "cascades", or "both".
        graph_layers: Number of layers of --graph-encoder: how many steps away neighbours can be.
        graph_window: How many events apart two users can be who are neighbours for --graph cascades or both.
        graph_fan_out: Number of neighbours that are drawn in a step of the training; for large graphs. All if not
            given; then the next users are scored by these vectors, too, so that users without training cascades can
            rank high.
        own_dropout: Share of the users, below 1, whose own vectors are left out in a step of the training, so that it
            learns to do without them.
    """

    heading = "vectors from graphs"  # in the help
    of_training = True  # not an option of commands that choose how to train

    graph_encoder: str | None = None
    graph: Literal["follow", "cascades", "both"] = "follow"
    graph_layers: int = 2
    graph_window: int = 1
    graph_fan_out: int | None = None
    own_dropout: float = 0.3
