from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.require_network import require_network
from graphcascade.data.retweets.schema import TWEET
from graphcascade.data.segments import segment_ptr
from graphcascade.errors import UsageError
from graphcascade.models.model import Model

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["RankingModel", "feature_sizes"]

MAX_SCORES = 1 << 20  # scores that are held at once; 4 MB, so that what follows finds them in the cache


class RankingModel(Model):
    """Base class of models that rank tweets for users.

    A model has rows for the users and tweets of its training. It scores users and tweets of the network that it is
    attached to, by their numbers there; training attaches it to the training network. Users and tweets of that network
    that are new to the model have no row.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.

    Raises:
        UsageError: A number is below 1.
    """

    tweet_keys: Tensor
    """Hashes of the ids of the training tweets, ``[num_tweets]`` int64; zeros before training."""
    user_rows: Tensor
    """Row of each user of the attached network; ``num_users`` for a new one."""
    tweet_rows: Tensor
    """Row of each tweet of the attached network; ``num_tweets`` for a new one."""
    followees: Tensor
    """Followees in the attached network, sorted by follower, ``[S]``."""
    followee_ptr: Tensor
    """Boundaries of the followers in :attr:`followees`."""
    x_image: Tensor
    """Features of the images of the attached network, ``[T, D]``; D is 0 if it has none."""
    x_text: Tensor
    """Features of its texts."""
    network: RetweetNetwork | None = None
    """The attached network."""

    def __init__(self, num_users: int, num_tweets: int) -> None:
        super().__init__()
        for name, value in (("num_users", num_users), ("num_tweets", num_tweets)):
            if value < 1:
                raise UsageError(argument=name, value=value, reason="must be at least 1")
        self.num_tweets = num_tweets
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))
        self.register_buffer("tweet_keys", torch.zeros(num_tweets, dtype=torch.long))
        for name in ("user_rows", "tweet_rows", "followees", "followee_ptr"):
            self.register_buffer(name, torch.empty(0, dtype=torch.long), persistent=False)
        for name in ("x_image", "x_text"):
            self.register_buffer(name, torch.empty(0, 0), persistent=False)

    @classmethod
    def of(cls, network: RetweetNetwork, **arguments: Any) -> Self:
        """Constructs a model with the sizes of a network, and attaches it.

        Args:
            network: The network, or a part of it.
            arguments: Further arguments of the class.

        Raises:
            UsageError: ``network`` is no network of retweets; an argument is unknown or out of range.
        """
        require_network(network, "network")
        known = inspect.signature(cls).parameters
        sizes = {name: size for name, size in feature_sizes(network).items() if name in known}
        return cls(network.num_users, network.num_tweets, **{**sizes, **arguments}).attach(network)

    def attach(self, network: RetweetNetwork) -> Self:
        """Makes the model score the users and tweets of a network, whose follow links and features it then uses.

        Args:
            network: The network. Users and tweets are matched by their ids if the model was trained.

        Returns:
            The model itself.

        Raises:
            UsageError: ``network`` is no network of retweets; the model was not trained, and the network has other
                numbers of users or tweets; it lacks features that the model uses, or has features of another size.
        """
        require_network(network, "network")
        device = self.seen.device
        if self.user_ids is None:
            for noun, own, other in (
                ("users", self.num_users, network.num_users),
                ("tweets", self.num_tweets, network.num_tweets),
            ):
                if own != other:
                    raise UsageError(f"the model has {own:,} {noun}, the network {network.name} has {other:,}.")
            user_rows, tweet_rows = torch.arange(self.num_users), torch.arange(self.num_tweets)
        else:
            user_rows = _match(self.user_ids, network.user_ids)
            tweet_rows = _match(self.tweet_keys.cpu().numpy(), _hash(network))
        follower, followee = network.follows
        self.user_rows, self.tweet_rows = user_rows.to(device), tweet_rows.to(device)
        self.followees = followee[torch.argsort(follower, stable=True)].to(device)
        self.followee_ptr = segment_ptr(torch.bincount(follower, minlength=network.num_users)).to(device)
        empty = torch.empty(network.num_tweets, 0)
        for name in ("x_image", "x_text"):
            setattr(self, name, network[TWEET].get(name, empty).to(device, self._dtype()))
        self.network = network
        return self

    def prepare(self, train: RetweetNetwork, *, continued: bool = False) -> None:
        """Attaches the model to its training network, and sets what it keeps of it.

        Args:
            train: The training part of a split, or a whole network.
            continued: Whether the training continues an earlier one.

        Raises:
            UsageError: This is the validation or test part of a split, or does not fit the model.
        """
        require_network(train, "train")
        if train.split is not None and train.split.part != "train":
            raise UsageError(f"{train.name}: this is the {train.split.part} part of a split; train on the train part.")
        self.attach(train)
        if int(self.user_rows.max()) == self.num_users or int(self.tweet_rows.max()) == self.num_tweets:
            raise UsageError(f"{train.name} has users or tweets that are new to the trained model; make a new model.")
        self.remember(train, continued=continued)
        self.tweet_keys = torch.from_numpy(_hash(train)).to(self.seen.device)

    def require_attached(self) -> RetweetNetwork:
        """Returns the attached network.

        Raises:
            UsageError: There is none.
        """
        if self.network is None:
            raise UsageError(f"{type(self).__name__}: call attach(network) first, so that it knows whom to rank for.")
        return self.network

    @abstractmethod
    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        """Scores pairs of a user and a tweet.

        Args:
            user: Users, ``[E]`` int64.
            tweet: Tweets, ``[E]`` int64.

        Returns:
            ``[E]``; a higher score means that the user rather retweets the tweet.
        """

    @abstractmethod
    def scores(self, user: Tensor) -> Tensor:
        """Scores all tweets of the attached network for some users.

        Args:
            user: Users, ``[B]`` int64.

        Returns:
            ``[B, T]``.
        """

    def iterate_scores(self, user: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Yields slices of ``user`` and their :meth:`scores`, about a million at a time."""
        for rows in self.score_portions(user.numel()):
            yield rows, self.scores(user[rows])

    def score_portions(self, count: int) -> Iterator[slice]:
        """Yields slices of ``count`` users, with about a million scores each."""
        size = max(1, MAX_SCORES // self.require_attached().num_tweets)
        for begin in range(0, count, size):
            yield slice(begin, min(begin + size, count))

    def followee_weights(self, user: Tensor) -> Tensor | None:
        """Returns how much the followees of some users weigh in their scores.

        Args:
            user: Users, ``[B]`` int64.

        Returns:
            The weights of their :attr:`followees`, in this order, user by user, ``[S']``; those of a user add up to 1.
            ``None`` if the model does not weigh followees.
        """
        return None

    def _dtype(self) -> torch.dtype:
        return next((parameter.dtype for parameter in self.parameters()), torch.float32)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.config.items())


def feature_sizes(network: RetweetNetwork) -> dict[str, int]:
    """Returns the sizes of the features of a network's tweets, by the arguments of models that use them."""
    features = {name: network[TWEET].get(f"x_{name}") for name in ("image", "text")}
    return {f"{name}_dim": 0 if x is None else x.size(1) for name, x in features.items()}


def _hash(network: RetweetNetwork) -> np.ndarray[Any, np.dtype[np.int64]]:
    hashed: np.ndarray[Any, np.dtype[np.int64]] = pd.util.hash_array(network.tweet_ids, categorize=False).view("int64")
    return hashed


def _match(known: Any, ids: Any) -> Tensor:
    """Returns the position of each id among the known ones, or their number if it is not among them."""
    position = pd.Index(known).get_indexer(pd.Index(ids)).astype(np.int64)
    return torch.from_numpy(np.where(position < 0, len(known), position))
