from __future__ import annotations

from graphcascade.datasets.published_dataset import PublishedDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.datasets.repositories import TOPO_LSTM
from graphcascade.io import read_topolstm

__all__ = ["TopoLSTMTwitter"]


@DATASETS.register("TopoLSTMTwitter")
class TopoLSTMTwitter(PublishedDataset):
    """Tweets with their follow graph.

    From the "`Topological Recurrent Neural Network for Diffusion Prediction <https://arxiv.org/abs/1711.10162>`_"
    paper.

    The source of a cascade has no time and takes that of the first event after it. The unit of the times is not
    stated. The published split has train and test. The publisher does not state the direction of a link ``u v``; it
    is read as "u follows v", which fits the cascades (see datasets/topolstm_twitter/README.md).
    """

    folder = "topolstm_twitter"
    origin = TOPO_LSTM.address
    files = (
        TOPO_LSTM.file(
            "datasets/twitter/train.txt",
            "topolstm/twitter/train.txt",
            sha256="774b74abab886ea853a31dbba392518b6a8554c6fd838d0e3b36ed6b16631555",
            size=112_450,
        ),
        TOPO_LSTM.file(
            "datasets/twitter/test.txt",
            "topolstm/twitter/test.txt",
            sha256="a16fed82c34aa61e570f484750744df99061aeb5262b13f1bd1f6ec8bad75fa5",
            size=29_412,
        ),
        TOPO_LSTM.file(
            "datasets/twitter/graph.txt",
            "topolstm/twitter/graph.txt",
            sha256="378df419712c79f6b759e10c809b64d9658de0b3314018b9f5b340153f47234a",
            size=131_306,
        ),
    )
    reader = read_topolstm
    parts = (0, 2)
    follow_file = "graph.txt"
    follow_direction = "follower-followee"
    published_users = 6_126
    published_cascades = 569
