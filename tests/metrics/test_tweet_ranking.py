from __future__ import annotations

import torch

from graphcascade.metrics import CappedPrecisionAtK, MAPAtK, NDCGAtK, PrecisionAtK, RecallAtK, UserAUC, UserMRR
from graphcascade.metrics.tweet_ranking import rank_candidates, rank_rows

METRICS = [PrecisionAtK(3), CappedPrecisionAtK(3), RecallAtK(3), NDCGAtK(3), MAPAtK(3), UserMRR(), UserAUC()]


def test_a_table_of_scores_is_ranked_as_its_candidates_are() -> None:
    """With ties, several positives in a tie, and entries that are no candidates."""
    generator = torch.Generator().manual_seed(0)
    score = torch.randint(6, (200, 25), generator=generator).float()
    candidate = torch.rand(score.shape, generator=generator) < 0.8
    label = candidate & (torch.rand(score.shape, generator=generator) < 0.2)
    label[:, 0] = candidate[:, 0] = True
    ours = rank_rows(score, candidate, label)
    user = torch.arange(200).unsqueeze(1).expand_as(score)
    expected = rank_candidates(score[candidate], label[candidate], user[candidate])
    assert ours.user.numel() < expected.user.numel()
    for metric in METRICS:
        torch.testing.assert_close(metric.measure(ours), metric.measure(expected), equal_nan=True)


def test_the_ranks_of_a_small_table() -> None:
    score = torch.tensor([[3.0, 1.0, 1.0, 2.0, 9.0], [0.0, 5.0, 5.0, 5.0, 7.0]])
    candidate = torch.tensor([[True, True, True, True, False], [True, True, True, True, True]])
    label = torch.tensor([[True, True, False, False, False], [False, True, True, False, False]])
    ranked = rank_rows(score, candidate, label)
    assert ranked.user.tolist() == [0, 0, 0, 1, 1, 1]
    assert ranked.position.tolist() == [1, 3, 4, 2, 3, 4]
    assert ranked.hits.tolist() == [1, 1, 1, 2, 2, 2]
    assert ranked.hits_before.tolist() == [0, 1, 1, 0, 0, 0]
    assert ranked.size.tolist() == [1, 2, 2, 3, 3, 3]
    assert (ranked.positives.tolist(), ranked.candidates.tolist()) == ([2, 2], [4, 5])
