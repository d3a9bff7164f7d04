import itertools
import math

import pytest
import torch
from torch_geometric.metrics import LinkPredMAP, LinkPredNDCG, LinkPredPrecision, LinkPredRecall

from graphcascade.errors import UsageError
from graphcascade.metrics import CappedPrecisionAtK, MAPAtK, NDCGAtK, PrecisionAtK, RecallAtK, UserAUC, UserMRR


def measured(metric, score, label, user):
    metric.update(torch.as_tensor(score, dtype=torch.float64), torch.as_tensor(label), torch.as_tensor(user))
    return float(metric.compute())


def by_loop(name, order, k=3):
    """The metric of one order of labels."""
    top, positives = order[:k], sum(order)
    precision = [sum(order[: i + 1]) / (i + 1) for i in range(len(order))]
    discount = [1 / math.log2(i + 2) for i in range(len(order))]
    pairs = [(i, j) for i, a in enumerate(order) if a for j, b in enumerate(order) if not b]
    return {
        "PrecisionAtK": lambda: sum(top) / k,
        "CappedPrecisionAtK": lambda: sum(top) / min(k, positives),
        "RecallAtK": lambda: sum(top) / positives,
        "NDCGAtK": lambda: (
            sum(d for d, hit in zip(discount, top, strict=False) if hit) / sum(discount[: min(k, positives)])
        ),
        "MAPAtK": lambda: sum(p for p, hit in zip(precision, top, strict=False) if hit) / min(k, positives),
        "UserMRR": lambda: 1 / (order.index(1) + 1),
        "UserAUC": lambda: sum(i < j for i, j in pairs) / len(pairs),
    }[name]()


METRICS = [
    PrecisionAtK(3),
    CappedPrecisionAtK(3),
    RecallAtK(3),
    NDCGAtK(3),
    MAPAtK(3),
    UserMRR(),
    UserAUC(),
]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: type(metric).__name__)
def test_tied_candidates_get_the_mean_over_all_their_orders(metric):
    """Two users, with ties of up to three candidates, against a plain loop over all orders."""
    metric.reset()
    users = [([5, 2, 2, 2, 1, 1], [0, 1, 0, 1, 1, 0]), ([1, 1, 0, 3], [1, 0, 0, 0])]
    expected = []
    for score, label in users:
        orders = [
            [label[row] for row in order]
            for order in itertools.permutations(range(len(score)))
            if all(score[a] >= score[b] for a, b in itertools.pairwise(order))
        ]
        expected.append(sum(by_loop(type(metric).__name__, order) for order in orders) / len(orders))
    rows = [
        (s, bool(y), 7 * u) for u, (scores, labels) in enumerate(users) for s, y in zip(scores, labels, strict=True)
    ]
    rows = [rows[i] for i in torch.randperm(len(rows), generator=torch.Generator().manual_seed(0)).tolist()]
    assert measured(metric, *zip(*rows, strict=True)) == pytest.approx(sum(expected) / 2, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (PrecisionAtK(3), 1 / 3),
        (CappedPrecisionAtK(3), 1 / 2),
        (RecallAtK(3), 1 / 2),
        (NDCGAtK(3), (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
        (MAPAtK(3), 1 / 4),
        (UserMRR(), 1 / 2),
        (UserAUC(), 1 / 4),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_values_match_those_by_hand(metric, value):
    """Positives are second and fourth of four; one of four pairs is in the right order."""
    assert measured(metric, [4, 3, 2, 1], [False, True, False, True], [0, 0, 0, 0]) == pytest.approx(value)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (PrecisionAtK(4), LinkPredPrecision(4)),
        (RecallAtK(4), LinkPredRecall(4)),
        (NDCGAtK(4), LinkPredNDCG(4)),
        (MAPAtK(4), LinkPredMAP(4)),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_values_without_ties_match_those_of_pytorch_geometric(metric, reference):
    generator = torch.Generator().manual_seed(0)
    score = torch.rand(20, 9, generator=generator)
    label = torch.rand(20, 9, generator=generator) < 0.3
    label[:, 0] = True
    reference.update(score.topk(4).indices, label.nonzero().t().contiguous())
    user = torch.arange(20).repeat_interleave(9)
    assert measured(metric, score.view(-1), label.view(-1), user) == pytest.approx(float(reference.compute()), rel=1e-5)


def test_lists_shorter_than_k_do_not_reach_a_precision_of_1():
    score, label, user = [2, 1], [True, True], [0, 0]
    assert measured(PrecisionAtK(3), score, label, user) == pytest.approx(2 / 3)
    assert measured(CappedPrecisionAtK(3), score, label, user) == pytest.approx(1)
    assert measured(NDCGAtK(3), score, label, user) == pytest.approx(1)


def test_states_are_sums_over_users_with_a_positive():
    metric = UserAUC()
    metric.update(torch.tensor([2.0, 1.0, 1.0]), torch.tensor([True, False, False]), torch.tensor([0, 0, 1]))
    metric.update(torch.tensor([1.0, 2.0, 1.0]), torch.tensor([True, False, True]), torch.tensor([2, 2, 3]))
    assert (float(metric.total), float(metric.count)) == (1.0, 2.0)  # 1 has no positive, 3 no negative
    assert metric._reductions["total"] is metric._reductions["count"]


def test_invalid_arguments_raise_an_error():
    with pytest.raises(UsageError, match=r"NDCGAtK\(k=0\): must be at least 1"):
        NDCGAtK(0)
    with pytest.raises(UsageError, match=r"UserAUC: score, label and user must have one shape \[E\], got \[2\], \[1\]"):
        UserAUC().update(torch.zeros(2), torch.zeros(1), torch.zeros(2))
    with pytest.raises(UsageError, match="UserMRR: a score is not finite"):
        UserMRR().update(torch.tensor([torch.nan]), torch.ones(1), torch.zeros(1))
