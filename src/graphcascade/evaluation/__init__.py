"""Protocol + model + data -> result."""

from graphcascade.evaluation.compare import compare_results
from graphcascade.evaluation.evaluate import evaluate, rank_batch, rank_next_users
from graphcascade.evaluation.predict import predict_next_users
from graphcascade.evaluation.protocol import PROTOCOLS, Protocol, find_protocol
from graphcascade.evaluation.result import Result

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "Result",
    "compare_results",
    "evaluate",
    "find_protocol",
    "predict_next_users",
    "rank_batch",
    "rank_next_users",
]
