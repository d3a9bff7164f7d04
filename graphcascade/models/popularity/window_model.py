from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch, PostLoader
from graphcascade.models.popularity.check_inputs import check_inputs
from graphcascade.models.popularity.popularity_model import PopularityModel
from graphcascade.nn import FeatureScaler, UserFeatures

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["WindowModel"]

RUN_LENGTHS = (1, 8, 64)


class WindowModel(PopularityModel):
    """Base class of networks that predict the popularity of a post from a window of posts that ends with it.

    A subclass implements :meth:`forward`. It has its inputs from :attr:`image` and :attr:`text`, which standardise
    features, and :attr:`users`, which encodes users; each is ``None`` if the model does not use it.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        length: Posts in a window; 1 leaves out earlier posts.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.

    Raises:
        UsageError: A number is out of range.
    """

    y_mean: Tensor
    """Mean label of the training posts. Subclasses add it to what their network says."""
    parent: Tensor
    """Parent of each category, ``[num_categories]`` int64; -1 for a root."""
    level: Tensor
    """Level of each category, ``[num_categories]`` int64; 0 is the coarsest."""

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
        uid_dim: int = 32,
        crawl_time: bool = True,
    ) -> None:
        uses_category = category and num_categories > 0
        super().__init__(num_users, num_categories if uses_category else 0)
        for name, value, least in (
            ("depth", depth, 0),
            ("image_dim", image_dim, 0),
            ("text_dim", text_dim, 0),
            ("length", length, 1),
            ("uid_dim", uid_dim, 0),
        ):
            if value < least:
                raise UsageError(argument=name, value=value, reason=f"must be at least {least}")
        if uses_category and not 1 <= depth <= num_categories:
            raise UsageError(argument="depth", value=depth, reason=f"must be between 1 and {num_categories}")
        self.length = length
        self.uses_category = uses_category
        self.depth = depth
        left_out = () if crawl_time else tuple(crawl_time_names)
        self.numbers = [name for name in number_names if user and name not in left_out]
        self.image = FeatureScaler(image_dim) if image and image_dim else None
        self.text = FeatureScaler(text_dim) if text and text_dim else None
        self.users = UserFeatures(num_users, len(self.numbers), uid_dim) if user else None
        if not (self.image or self.text or self.users or uses_category):
            raise UsageError(f"{type(self).__name__} has no input: use images, texts, categories or users.")
        self.register_buffer("y_mean", torch.tensor(0.0))
        self.register_buffer("parent", torch.full((self.num_categories,), -1))
        self.register_buffer("level", torch.zeros(self.num_categories, dtype=torch.long))

    @classmethod
    def of(cls, stream: PostStream, **arguments: Any) -> Self:
        model = super().of(stream, **arguments)
        model._take_categories(stream)
        return model

    @abstractmethod
    def forward(self, batch: PostBatch) -> Tensor:
        """Predicts the labels of the T posts of each run, ``[R, T]``, from their windows."""

    def loss(self, batch: PostBatch) -> Tensor:
        """Returns the summed squared error of the targets of a batch; subclasses may add to it."""
        error: Tensor = (self(batch) - batch.y)[batch.is_target]
        return error.square().sum()

    def prepare(self, train: PostStream, *, continued: bool = False) -> None:
        """Sets what the model keeps of its training posts: users, categories, means and standard deviations.

        Args:
            train: The training part of a split, or a whole stream.
            continued: Whether the training continues an earlier one.

        Raises:
            UsageError: This is the validation or test part of a split, or does not fit the model.
        """
        require_stream(train, "train")
        if train.split is not None and train.split.part != "train":
            raise UsageError(f"{train.name}: this is the {train.split.part} part of a split; train on the train part.")
        self.check_features(train)
        self._check_rows(train)
        self._take_categories(train)
        first = self.user_ids is None
        self.forget_residuals()
        self.remember(train, continued=continued)
        if first:
            self.y_mean = train.target_y.double().mean().to(self.y_mean)
            targets = train.targets
            end = int(targets[-1]) + 1
            store = train["post"]
            if self.image is not None:
                self.image.prepare(store.x_image[:end], store.has_image[:end])
            if self.text is not None:
                self.text.prepare(store.x_text[:end], store.has_text[:end])
            if self.users is not None and self.numbers:
                columns = [train.number_names.index(name) for name in self.numbers]
                self.users.prepare(train.numbers[:end][:, columns])

    def complete(self, train: PostStream) -> None:
        """Does what is left to do after the last epoch, with the weights of the best one; nothing by default.

        Args:
            train: The training posts.
        """

    def _check_rows(self, train: PostStream) -> None:
        if self.user_ids is None:
            self._require_size("users", self.num_users, train.num_users)
            if self.uses_category:
                self._require_size("categories", self.num_categories, train.num_categories)
        elif self.user_ids.tolist() != train.user_ids.tolist() or (
            self.uses_category and not self.has_categories_of(train)
        ):
            raise UsageError(f"{train.name} has other users or categories than the trained model; make a new model.")

    def _take_categories(self, stream: PostStream) -> None:
        if self.uses_category and stream.num_categories == self.num_categories:
            self.parent, self.level = stream.parent.to(self.parent.device), stream.level.to(self.level.device)

    def check_features(self, stream: PostStream) -> None:
        """Raises an error if a stream lacks what the model uses.

        Raises:
            UsageError: There are no features of images or texts, or of another size; there are no categories, or not
                all numbers.
        """
        layers = {"image": self.image, "text": self.text}
        dims = {noun: layer.dim for noun, layer in layers.items() if layer is not None}
        check_inputs(stream, type(self).__name__, dims, self.numbers, self.uses_category)

    def batches(
        self,
        stream: PostStream,
        posts: Tensor | None = None,
        batch_size: int = 512,
        shuffle: bool = False,
        seed: int = 0,
        run_length: int = RUN_LENGTHS[-1],
    ) -> PostLoader:
        """Returns the loader of windows of a stream, with the users, categories and numbers of the model.

        Args:
            stream: The posts.
            posts: Posts to predict, ``[M]`` int64, ascending; by default the targets of the stream.
            batch_size: Posts in a batch.
            shuffle: Whether to draw a new order in every epoch.
            seed: Seed of these orders.
            run_length: Consecutive posts in a run.

        Raises:
            UsageError: The stream lacks features that the model uses.
        """
        self.check_features(stream)
        targets = stream.targets if posts is None else posts
        categories = None
        if self.uses_category:
            categories = self.match_categories(stream, targets)
        return PostLoader(
            stream,
            self.length,
            batch_size,
            shuffle,
            seed,
            posts=targets,
            image=self.image is not None,
            text=self.text is not None,
            users=self.match_users(stream),
            categories=categories,
            numbers=self.numbers,
            run_length=run_length,
        )

    def predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        found = self._run(stream, posts, self.forward)
        return torch.empty(0) if found is None else found

    def attention_weights(self, batch: PostBatch) -> Tensor | None:
        """Returns how much each post of a window weighs in its prediction, ``[R, T, length]``.

        The weights of the posts before the target add up to 1; the target, and steps without a post, have 0. ``None``
        if the model does not weigh earlier posts.
        """
        return None

    def earlier_weights(self, stream: PostStream, posts: Tensor) -> Tensor | None:
        """Returns how much the posts before each of some posts weigh in their predictions.

        Args:
            stream: The posts.
            posts: Numbers of the predicted posts, ``[M]`` int64, in any order.

        Returns:
            ``[M, length - 1]``, in the order of time, with 0 before the first post of the stream; ``None`` if the model
            does not weigh earlier posts.

        Raises:
            UsageError: As :meth:`predict`.
            UnknownNameError: As :meth:`predict`.
        """
        found = self._run(stream, posts, self.attention_weights)
        return None if found is None else found[:, :-1]

    def _run(self, stream: PostStream, posts: Tensor, function: Callable[[PostBatch], Tensor | None]) -> Tensor | None:
        """Applies a function to batches, and returns its rows for some posts; ``None`` without posts or results."""
        require_stream(stream, "stream")
        self.require_trained()
        if posts.numel() == 0:
            return None
        wrong = (posts < 0) | (posts >= stream.num_posts)
        if bool(wrong.any()):
            raise UsageError(
                argument="posts", value=int(posts[wrong][0]), reason=f"{stream.name} has {stream.num_posts:,} posts"
            )
        targets, inverse = posts.cpu().unique(return_inverse=True)
        training = self.training
        self.eval()
        found = []
        with torch.no_grad():
            for batch in self.batches(stream, targets, run_length=_choose_run_length(targets, self.length)):
                result = function(batch.to(self.y_mean.device))
                if result is None:
                    break
                found.append(result[batch.is_target.to(result.device)].float().cpu())
        self.train(training)
        return torch.cat(found)[inverse] if found else None


def _choose_run_length(posts: Tensor, length: int) -> int:
    """Returns the length of runs with which the fewest posts are read; long runs suit posts in a row."""
    cost = {}
    for size in RUN_LENGTHS:
        runs = torch.unique_consecutive((posts - posts[0]) // size).numel()
        cost[size] = runs * (size + length - 1)
    return min(RUN_LENGTHS[::-1], key=cost.__getitem__)
