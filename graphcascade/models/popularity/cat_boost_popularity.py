from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel
from graphcascade.models.popularity.post_table import History, PostTable
from graphcascade.models.registry import MODELS
from graphcascade.nn.boosted_trees import BoostedTrees

__all__ = ["CatBoostPopularity"]


@MODELS.register("CatBoostPopularity")
class CatBoostPopularity(FittablePopularityModel):
    """Gradient-boosted trees of CatBoost on features of the post and, if asked, of earlier posts.

    The row "Catboost" of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Section 4.4), after "Catboost-based Framework
    with Additional User Information for Social Media Popularity Prediction" (Kang et al., ACM Multimedia 2019). The
    inputs are leading principal components of the features of image and text, the numbers, month, day, weekday and
    hour, and, as categorical inputs, the user and the category of each level. ``history`` adds what earlier posts tell:

    - ``"sliding"``: averages of the components and the numbers over the last ``window`` posts of the user, with the
      post itself, as the DSN paper describes this baseline. It cites Kang et al. for the average in Section 4.4, and
      Wang et al. (2020) in Section 2.
    - ``"counts"``: the mean and the number of the known labels of earlier posts, of the user and of the category of
      each level; and for each level how many of the ``window`` posts before, of all users, are in the same category.
      The DSN paper has no such row. A stream knows labels up to the end of training, unless they are "online"; in
      training, ``label_blocks`` gives the labels a similar delay.

    It needs catboost: ``pip install 'graphcascade[boost]'``. Saved models hold CatBoost's own format, no pickle.

    Deviations from the paper: Kang et al. use features of ResNet, BERT, FastText, TF-IDF and LDA; this model uses the
    features of the stream, and their principal components only. Their additional user information, crawled from the
    users' pages, is the numbers of the stream, if it has them. The description in the DSN paper does not say which
    features are averaged, or over how many posts.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user, the numbers and the date of the post.
        uid: Whether to use the identity of the user, for the categorical input and for the history.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        history: What to use of earlier posts: "none", "sliding" or "counts".
        label_blocks: With the history "counts", into how many blocks of equal size training posts are divided in the
            order of time: a training post is told the labels of earlier blocks only. Posts after training are told
            labels up to the end of training, which is some time before them; blocks train the trees for that. With 0,
            a training post is told the labels of all posts before it.
        window: Number of posts for averages and counts of recent posts.
        components: Principal components of each kind of features.
        iterations: Number of trees.
        tree_depth: Depth of the trees.
        learning_rate: Step size; CatBoost chooses it from the number of posts and trees if ``None``.
        seed: Seed of CatBoost.
        thread_count: Number of threads; all cores if -1. Models are saved without it.

    Raises:
        UsageError: A number is out of range; there is no input.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("thread_count",)

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        uid: bool = True,
        crawl_time: bool = True,
        history: History = "counts",
        label_blocks: int = 8,
        window: int = 7,
        components: int = 32,
        iterations: int = 1000,
        tree_depth: int = 6,
        learning_rate: float | None = None,
        seed: int = 0,
        thread_count: int = -1,
    ) -> None:
        super().__init__(num_users, num_categories if category else 0)
        if iterations < 1:
            raise UsageError(argument="iterations", value=iterations, reason="must be at least 1")
        if not 1 <= tree_depth <= 16:
            raise UsageError(argument="tree_depth", value=tree_depth, reason="must be between 1 and 16")
        if learning_rate is not None and not 0 < learning_rate <= 1:
            raise UsageError(argument="learning_rate", value=learning_rate, reason="must be above 0 and at most 1")
        self.iterations, self.tree_depth, self.learning_rate = iterations, tree_depth, learning_rate
        self.seed, self.thread_count = seed, thread_count
        left_out = () if crawl_time else tuple(crawl_time_names)
        self.inputs = PostTable(
            num_users,
            self.num_categories,
            image_dim if image else 0,
            text_dim if text else 0,
            [name for name in number_names if user and name not in left_out],
            user,
            uid,
            history,
            label_blocks,
            window,
            components,
        )
        self.trees = BoostedTrees()

    def _fit(self, train: PostStream) -> None:
        self.inputs.prepare(self, train)
        table = self.table(train, train.targets)
        self.trees.fit(
            table,
            train.target_y,
            iterations=self.iterations,
            depth=self.tree_depth,
            learning_rate=self.learning_rate,
            random_seed=self.seed,
            thread_count=self.thread_count,
            has_time=True,  # posts are in the order of time: means of a category come from earlier posts
            cat_features=self.inputs.categorical_names(table),
        )

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        self.inputs.check(self, stream)
        if posts.numel() == 0:
            return torch.empty(0)
        return self.trees.predict(self.table(stream, posts), self.thread_count).float()

    def table(self, stream: PostStream, posts: Tensor) -> pd.DataFrame:
        """Returns the inputs of posts ``[M]``, a row for each; integers are categorical inputs."""
        table: pd.DataFrame = self.inputs(self, stream, posts, self.is_trained_on(stream))
        return table

    def importances(self) -> pd.Series[Any]:
        """Returns how much each input changes the predictions on average, in percent, the largest first.

        Raises:
            UsageError: The model was not trained.
            MissingFileError: catboost is not installed.
        """
        self.require_trained()
        return self.trees.importances()
