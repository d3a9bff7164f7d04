from __future__ import annotations

import pytest

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.evaluation import NextUserProtocol, compare_results, evaluate
from tests.evaluation.fixed_scores import counter, three_cascades

PROTOCOL = NextUserProtocol("plain", ks=(1, 3))


def test_headline_figures_stand_side_by_side() -> None:
    result = evaluate(counter(), three_cascades(), PROTOCOL)
    frame = compare_results([result, result])
    assert list(frame.columns) == ["model", "Hit@1", "Hit@3", "MRR"]
    assert frame.iloc[1].tolist() == ["Popularity", result["Hit@1"], result["Hit@3"], result["MRR"]]
    assert list(compare_results([result], ["MRR"]).columns) == ["model", "MRR"]
    with pytest.raises(UnknownNameError, match="Hit@7"):
        compare_results([result], ["Hit@7"])


def test_results_that_cannot_be_compared_raise_an_error() -> None:
    result = evaluate(counter(), three_cascades(), PROTOCOL)
    other = evaluate(counter(), three_cascades(), NextUserProtocol("plain", ks=(1,)))
    with pytest.raises(UsageError, match="under 'plain' was not tested on the same data under the same protocol as "):
        compare_results([result, other])
    _, val, test = three_cascades().splits("random", (0.4, 0.3, 0.3))
    parts = [evaluate(counter(), part, PROTOCOL) for part in (test, val)]
    words = r"\(val, random split\) under '.*' was not tested on the same data .* \(test, random split\) under"
    with pytest.raises(UsageError, match=words):
        compare_results(parts)
    with pytest.raises(UsageError, match="no result"):
        compare_results([])
