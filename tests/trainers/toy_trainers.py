"""Two small tasks on the shared trainer: ranking on a heterogeneous graph, and regression."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torchmetrics import MeanSquaredError
from torchmetrics.classification import BinaryAUROC

from graphcascade.errors import UsageError
from graphcascade.trainers import Trainer, TrainingModule

Table = tuple[Tensor, Tensor]  # inputs [N, 3] and targets [N] of the regression


class Rows:
    """Batches of row numbers in an order that depends on the seed and the number of the epoch only."""

    def __init__(self, count: int, batch_size: int, seed: int, collate: Any, shuffle: bool = True) -> None:
        self.count, self.batch_size, self.seed, self.collate, self.shuffle = count, batch_size, seed, collate, shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        generator = torch.Generator().manual_seed(self.seed * 1_000 + self.epoch)
        order = torch.randperm(self.count, generator=generator) if self.shuffle else torch.arange(self.count)
        batches = order.split(self.batch_size)
        for number, rows in enumerate(batches, 1):
            self.epoch += self.shuffle and number == len(batches)
            yield self.collate(rows)


class ToyRanker(nn.Module):
    """Scores a user and a tweet by the product of their vectors."""

    def __init__(self, num_users: int, num_tweets: int, dim: int = 4) -> None:
        super().__init__()
        self.user, self.tweet = nn.Embedding(num_users, dim), nn.Embedding(num_tweets, dim)
        self.dropout = nn.Dropout(0.2)

    def forward(self, user: Tensor, tweet: Tensor) -> Tensor:
        return (self.dropout(self.user(user)) * self.tweet(tweet)).sum(1)


class HingeModule(TrainingModule):
    def loss(self, batch: Tensor, training: bool) -> tuple[Tensor, int]:
        user, liked, other = batch
        margin = 1 - self.model(user, liked) + self.model(user, other)
        return margin.clamp(min=0).sum(), user.numel()

    def measure(self, batch: Tensor) -> None:
        user, liked, other = batch
        score = torch.cat([self.model(user, liked), self.model(user, other)])
        label = torch.cat([torch.ones_like(liked), torch.zeros_like(other)])
        for metric in self.validation_metrics.values():
            metric.update(score, label)


class HingeTrainer(Trainer[HeteroData, ToyRanker]):
    monitors = {"auc": "max", "loss": "min"}  # noqa: RUF012

    def _prepare(
        self, model: ToyRanker, train: HeteroData, val: HeteroData | None
    ) -> tuple[HeteroData, HeteroData | None]:
        if train["user"].num_nodes != model.user.num_embeddings:
            raise UsageError("the network has other users")
        return train, val

    def _loaders(
        self, model: ToyRanker, train: HeteroData, val: HeteroData | None
    ) -> tuple[Rows, Iterable[Any] | None]:
        return self._rows(train, True), None if val is None else self._rows(val, False)

    def _rows(self, network: HeteroData, shuffle: bool) -> Rows:
        user, tweet = network["user", "retweets", "tweet"].edge_index

        def triples(rows: Tensor) -> Tensor:
            return torch.stack([user[rows], tweet[rows], (tweet[rows] + 1) % network["tweet"].num_nodes])

        return Rows(user.numel(), self.batch_size, self.seed, triples, shuffle)

    def _module(self, model: ToyRanker, train: HeteroData, run: dict[str, Any]) -> TrainingModule:
        return HingeModule(model, self.optimization, {"val_auc": BinaryAUROC()}, run)

    def _fingerprint(self, data: HeteroData) -> str:
        return hashlib.sha256(data["user", "retweets", "tweet"].edge_index.numpy().tobytes()).hexdigest()


class SquaresModule(TrainingModule):
    def loss(self, batch: Table, training: bool) -> tuple[Tensor, int]:
        x, y = batch
        return (self.model(x).squeeze(1) - y).square().sum(), y.numel()

    def measure(self, batch: Table) -> None:
        for metric in self.validation_metrics.values():
            metric.update(self.model(batch[0]).squeeze(1), batch[1])


class SquaresTrainer(Trainer[Table, nn.Module]):
    def _prepare(self, model: nn.Module, train: Table, val: Table | None) -> tuple[Table, Table | None]:
        return train, val

    def _loaders(self, model: nn.Module, train: Table, val: Table | None) -> tuple[Rows, Iterable[Any] | None]:
        return self._rows(train, True), None if val is None else self._rows(val, False)

    def _rows(self, table: Table, shuffle: bool) -> Rows:
        x, y = table
        return Rows(y.numel(), self.batch_size, self.seed, lambda rows: (x[rows], y[rows]), shuffle)

    def _module(self, model: nn.Module, train: Table, run: dict[str, Any]) -> TrainingModule:
        return SquaresModule(model, self.optimization, {"val_mse": MeanSquaredError()}, run)

    def _fingerprint(self, data: Table) -> str:
        return hashlib.sha256(data[0].numpy().tobytes()).hexdigest()
