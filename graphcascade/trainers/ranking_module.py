from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graphcascade.data.segments import portions, segment_ids, segment_positions, segment_ptr
from graphcascade.errors import UsageError
from graphcascade.loader import PreferenceBatch, RankingCandidates
from graphcascade.metrics import PrecisionAtK, UserAUC, UserMRR
from graphcascade.models.ranking import FactorModel
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.training_module import TrainingModule

__all__ = ["CandidateBatch", "CandidateBatches", "RankingModule"]


class CandidateBatch(NamedTuple):
    """Candidates of some users.

    Args:
        user: Users, ``[E]`` int64, sorted.
        tweet: Tweets, ``[E]`` int64.
        label: Whether the user retweeted the tweet, ``[E]`` bool.
    """

    user: Tensor
    tweet: Tensor
    label: Tensor

    def triples(self) -> PreferenceBatch:
        """Pairs each negative with a retweet of its user, in turn."""
        _, count = torch.unique_consecutive(self.user, return_counts=True)
        number = segment_ids(segment_ptr(count))
        positives = torch.zeros_like(count).index_add_(0, number, self.label.long())
        first = segment_ptr(positives)[:-1]
        negative_user = number[~self.label]
        turn = segment_positions(segment_ptr(torch.bincount(negative_user, minlength=count.numel())))
        row = first[negative_user] + turn % positives[negative_user]
        return PreferenceBatch(self.user[~self.label], self.tweet[self.label][row], self.tweet[~self.label])


class CandidateBatches:
    """Batches of candidates, with all of a user in one batch.

    Args:
        candidates: Candidates of all users.
        batch_size: Candidates in a batch; a user with more is a batch alone.
    """

    def __init__(self, candidates: RankingCandidates, batch_size: int) -> None:
        self.candidates = candidates
        self._rows = self._cut(batch_size)

    def divide(self, process: int, num_processes: int) -> None:
        """Keeps the batches of one process; all processes together have all users, and each has a batch.

        Raises:
            UsageError: There are more processes than users.
        """
        if len(self._rows) < num_processes:
            self._rows = self._cut(1)
        if len(self._rows) < num_processes:
            raise UsageError(
                f"the validation has candidates of {len(self._rows)} users, which cannot be divided among "
                f"{num_processes} processes; start fewer."
            )
        self._rows = self._rows[process::num_processes]

    def _cut(self, batch_size: int) -> list[slice]:
        _, count = torch.unique_consecutive(self.candidates.user, return_counts=True)
        ptr = segment_ptr(count)
        return [slice(int(ptr[part.start]), int(ptr[part.stop])) for part in portions(count, batch_size)]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[CandidateBatch]:
        for rows in self._rows:
            yield CandidateBatch(self.candidates.user[rows], self.candidates.tweet[rows], self.candidates.label[rows])


class RankingModule(TrainingModule):
    """Loss and validation of a model that ranks tweets.

    The loss of a batch is the mean over its preference triples. The metrics of the validation are means over users.

    Args:
        model: The model, attached to the training network.
        optimization: How its weights are optimised.
        run: What decides the numbers of the run, as plain values; checkpoints keep it.
        encoder_learning_rate: Learning rate of the encoders of images and texts that are trained with the model.
    """

    no_targets = "the {part} retweets give no preference triple."
    model: FactorModel

    def __init__(
        self,
        model: FactorModel,
        optimization: Optimization,
        run: Mapping[str, Any] | None = None,
        encoder_learning_rate: float = 1e-4,
    ) -> None:
        metrics = {"val_auc": UserAUC(), "val_mrr": UserMRR(), "val_precision@1": PrecisionAtK(1)}
        super().__init__(model, optimization, metrics, run)
        self.encoder_learning_rate = encoder_learning_rate

    def parameter_groups(self) -> Iterable[nn.Parameter] | list[dict[str, Any]]:
        encoders = self.model.encoder_parameters()
        if not encoders:
            return super().parameter_groups()
        numbers = set(map(id, encoders))
        others = [parameter for parameter in self.parameters() if id(parameter) not in numbers]
        groups: list[dict[str, Any]] = [{"params": others}, {"params": encoders, "lr": self.encoder_learning_rate}]
        return groups

    def loss(self, batch: PreferenceBatch | CandidateBatch, training: bool) -> tuple[Tensor, int]:
        triples = batch.triples() if isinstance(batch, CandidateBatch) else batch
        if triples.negative.dim() == 2:
            triples = triples._replace(negative=self.model.choose_negatives(triples.user, triples.negative))
        return self.model.loss(*triples), triples.user.numel()

    def measure(self, batch: CandidateBatch) -> None:
        score = self.model.score(batch.user, batch.tweet)
        for metric in self.validation_metrics.values():
            metric.update(score.cpu(), batch.label.cpu(), batch.user.cpu())

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        if device.type == "cpu":
            return batch
        return type(batch)(*(tensor.to(device, non_blocking=True) for tensor in batch))
