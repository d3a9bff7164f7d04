from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, cast

import pandas as pd
import torch
from torch import Tensor, nn

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models.popularity.dsn import DSN
from graphcascade.models.popularity.popularity_model import fill_from_parents
from graphcascade.models.popularity.post_table import History, PostTable
from graphcascade.models.popularity.window_model import WindowModel
from graphcascade.models.registry import MODELS
from graphcascade.nn.boosted_trees import BoostedTrees

__all__ = ["DSNCatBoost"]

SCORE = "prediction of DSN"
MAX_FOLDS = 10


@MODELS.register("DSNCatBoost")
class DSNCatBoost(WindowModel):
    """Trees of CatBoost that have the prediction of DSN as one of their inputs.

    :class:`~graphcascade.models.DSN`, of the "`Improving Social Media Popularity Prediction with Multiple Post
    Dependencies <https://arxiv.org/abs/2307.15413>`_" paper (Zhang et al., 2023), learns from images, texts and
    categories of the posts before; :class:`~graphcascade.models.CatBoostPopularity` from past labels of the same user
    and categories. This model, which is not in the paper, combines both. The inputs of its trees are those of
    :class:`~graphcascade.models.CatBoostPopularity` and the prediction of DSN.

    The prediction of DSN for a post that it was trained on is too close to the label, so it is made by another DSN. The
    training posts are divided into ``folds`` parts of equal size in the order of time. There is a DSN for each k from 1
    to ``folds``, which is trained on the first k parts. It predicts the posts of part k + 1, as input of the trees. The
    posts of the first part have no prediction. That of the last DSN, which is trained on all parts, is the input for
    posts to predict. All of them are trained together, and the best epoch is that of the last one.

    It needs catboost: ``pip install 'graphcascade[boost]'``.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        length: Posts in a window, l.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user, the numbers and the date of the post.
        folds: Number of parts of the training posts.
        hidden_dim: Size of all hidden layers of DSN.
        dropout: Dropout of DSN.
        uid_dim: Size of the vectors of users in DSN; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        history: What the trees use of earlier posts; see :class:`~graphcascade.models.CatBoostPopularity`.
        label_blocks: In how many blocks training posts are told labels; see there.
        window: Number of posts for averages and counts of recent posts.
        components: Principal components of each kind of features, for the trees.
        iterations: Number of trees.
        tree_depth: Depth of the trees.
        seed: Seed of CatBoost.
        thread_count: Number of threads of CatBoost; all cores if -1. Models are saved without it.

    Raises:
        UsageError: A number is out of range; no input is left.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("thread_count",)

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        depth: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        length: int = 8,
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        folds: int = 2,
        hidden_dim: int = 256,
        dropout: float = 0.25,
        uid_dim: int = 32,
        crawl_time: bool = True,
        history: History = "counts",
        label_blocks: int = 8,
        window: int = 7,
        components: int = 32,
        iterations: int = 1000,
        tree_depth: int = 6,
        seed: int = 0,
        thread_count: int = -1,
    ) -> None:
        sizes = (num_users, num_categories, depth, image_dim, text_dim, number_names, crawl_time_names)
        uses = (length, image, text, category, user)
        super().__init__(*sizes, *uses, uid_dim=0, crawl_time=crawl_time)
        if not 2 <= folds <= MAX_FOLDS:
            raise UsageError(argument="folds", value=folds, reason=f"must be between 2 and {MAX_FOLDS}")
        if iterations < 1:
            raise UsageError(argument="iterations", value=iterations, reason="must be at least 1")
        if not 1 <= tree_depth <= 16:
            raise UsageError(argument="tree_depth", value=tree_depth, reason="must be between 1 and 16")
        self.iterations, self.tree_depth, self.seed, self.thread_count = iterations, tree_depth, seed, thread_count
        self.networks = nn.ModuleList(
            DSN(*sizes, *uses, hidden_dim=hidden_dim, dropout=dropout, uid_dim=uid_dim, crawl_time=crawl_time)
            for _ in range(folds)
        )
        self.table = PostTable(
            num_users,
            self.num_categories,
            image_dim if image else 0,
            text_dim if text else 0,
            self.numbers,
            user,
            user,
            history,
            label_blocks,
            window,
            components,
        )
        self.trees = BoostedTrees()
        self._ends: list[int] = []

    def prepare(self, train: PostStream, *, continued: bool = False) -> None:
        super().prepare(train, continued=continued)
        parts = self._parts(train)
        self._ends = [int(part[-1]) + 1 for part in parts]
        for number, network in enumerate(self._networks()):
            network.prepare(train.with_targets(torch.cat(parts[: number + 1])), continued=continued)

    def forward(self, batch: PostBatch) -> Tensor:
        """Predicts the labels of the T posts of each run by the last DSN alone, ``[R, T]``."""
        prediction: Tensor = self.networks[-1](batch)
        return prediction

    def loss(self, batch: PostBatch) -> Tensor:
        """Returns the summed squared error of the targets of a batch, of each DSN those that it is trained on."""
        total = self._networks()[-1].loss(batch)
        for network, end in zip(self._networks()[:-1], self._ends[:-1], strict=True):
            own = batch.is_target & (batch.of_targets(batch.post) < end)
            runs = own.any(1).nonzero().view(-1)
            if runs.numel():
                total = total + network.loss(_known_to(network, replace(batch, is_target=own).select(runs)))
        return total

    def complete(self, train: PostStream) -> None:
        score = torch.full((train.num_posts,), torch.nan)
        parts = self._parts(train)
        for network, posts in zip(self._networks()[:-1], parts[1:], strict=True):
            found = self._run(train, posts, partial(_predict_alone, network))
            score[posts] = cast(Tensor, found)
        self.table.prepare(self, train)
        table = self._inputs(train, train.targets, score[train.targets])
        self.trees.fit(
            table,
            train.target_y,
            iterations=self.iterations,
            depth=self.tree_depth,
            random_seed=self.seed,
            thread_count=self.thread_count,
            has_time=True,  # posts are in the order of time: means of a category come from earlier posts
            cat_features=self.table.categorical_names(table),
        )

    def predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        score = super().predict(stream, posts)
        if posts.numel() == 0:
            return score
        return self.trees.predict(self._inputs(stream, posts, score), self.thread_count).float()

    def attention_weights(self, batch: PostBatch) -> Tensor | None:
        return self._networks()[-1].attention_weights(batch)

    def require_trained(self) -> None:
        if self.user_ids is None:
            raise UsageError("DSNCatBoost was not trained yet; train it with PopularityTrainer.")

    def importances(self) -> pd.Series[Any]:
        """Returns how much each input changes the predictions on average, in percent, the largest first.

        Raises:
            UsageError: The model was not trained.
            MissingFileError: catboost is not installed.
        """
        self.require_trained()
        return self.trees.importances()

    def _inputs(self, stream: PostStream, posts: Tensor, score: Tensor) -> pd.DataFrame:
        table: pd.DataFrame = self.table(self, stream, posts, self.is_trained_on(stream))
        return table.assign(**{SCORE: score.numpy()})

    def _networks(self) -> list[DSN]:
        return [cast(DSN, network) for network in self.networks]

    def _parts(self, train: PostStream) -> list[Tensor]:
        """Returns the training posts of each part."""
        parts = list(train.targets.tensor_split(len(self.networks)))
        if parts[-1].numel() == 0:
            reason = f"there are only {train.targets.numel()} training posts"
            raise UsageError(argument="folds", value=len(self.networks), reason=reason)
        return parts


def _predict_alone(network: DSN, batch: PostBatch) -> Tensor:
    prediction: Tensor = network(_known_to(network, batch))
    return prediction


def _known_to(network: DSN, batch: PostBatch) -> PostBatch:
    """Returns a batch in which users and categories that a network was not trained on are unknown to it."""
    seen = torch.cat([network.seen, network.seen.new_zeros(1)])
    batch = replace(batch, user=torch.where(seen[batch.user], batch.user, network.num_users))
    if not network.uses_category:
        return batch
    row = torch.arange(network.num_categories, device=seen.device).masked_fill(~network.category_seen, -1)
    row = torch.cat([fill_from_parents(row, network.parent, network.depth), row.new_full((1,), -1)])
    return replace(batch, category=row[batch.category])
