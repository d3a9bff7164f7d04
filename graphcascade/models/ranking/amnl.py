from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.data.segments import expand_ranges, segment_ids
from graphcascade.errors import UsageError
from graphcascade.features import Encoder, ImageEncoder, TextEncoder
from graphcascade.models.ranking.factor_model import FactorModel, normal_table
from graphcascade.models.ranking.tweet_content import Content, TweetContent, choose_content
from graphcascade.models.registry import MODELS
from graphcascade.nn import FolloweeAttention

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AMNL"]

Score = Literal["product", "softplus", "sum"]
Loss = Literal["hinge", "logistic"]
Followees = Literal["attention", "mean", "none"]
SMALLEST = 1e-12  # below the logarithm of a score


@MODELS.register("AMNL")
class AMNL(FactorModel):
    r"""Attentional multi-faceted ranking: a user's own taste, and that of the followees.

    `Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_ (Zhao et al., 2018), Section 2.2. With the vector :math:`z` of a tweet,
    see :class:`~graphcascade.models.ranking.tweet_content.TweetContent`, and the weights :math:`\alpha` of
    :class:`~graphcascade.nn.FolloweeAttention`,

    .. math::
        f_p(z) = u_p \cdot z, \qquad h_p(z) = \sum_{q \in N_p} \alpha_{pq} u_q \cdot z, \qquad F_p(z) = f_p(z) h_p(z),

    and the loss of a triple is :math:`\max(0, c + F_p(z_k) - F_p(z_i))`. Followees are aggregated once for each user of
    a batch, as message passing along the follow links of these users only.

    A new user has a zero vector, and :math:`f = 1` in products, so only the followees rank; a new tweet is ranked by
    its features, or has a zero vector if the model has none.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of the vectors of users and tweets.
        content: Features that make the vectors of tweets: those of images (AMNL_i), of texts (AMNL_d), ``"both"``, or
            all that there are (``"auto"``). Without features, or with ``"ids"``, each tweet has a vector of its own.
        score: How both facets make a score: their ``"product"`` (the paper), the product of :math:`\log(1 + e^f)` and
            :math:`\log(1 + e^h)` (``"softplus"``), or their ``"sum"``.
        loss: ``"hinge"`` (the paper); or ``"logistic"``, :math:`-\log \sigma(F_p(z_i) - F_p(z_k))`, which with
            ``score="softplus"`` takes the logarithm of the scores.
        followees: How followees are weighed: by ``"attention"``, by their ``"mean"``; ``"none"`` leaves them out.
        margin: c of the hinge loss.
        self_attention: Whether users without followees attend to themselves, as the paper's equations imply, instead of
            having no second facet.
        std: Standard deviation of the initial vectors.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.
        image_dim: Size of the features of images, from the data.
        text_dim: Size of the features of texts, from the data.
        image_encoder: Encoder of images that is trained with the model, and takes the place of the features of images.
            It encodes the images of the tweets of a batch, so choose a small ``batch_size``. Without it, features stay
            as they are, see :func:`~graphcascade.features.add_image_features`.
        text_encoder: Encoder of texts that is trained with the model.

    Raises:
        UsageError: A number is out of range; a choice is unknown; the tweets lack the features of ``content``; or
            ``content`` leaves out what an encoder is for.

    Deviations from the paper: users without followees have :math:`h = 1` in products, and no :math:`h` in sums
    (``self_attention`` is the literal reading, with which :math:`F = f^2` does not know the sign of f).
    :math:`\beta \lVert\Psi\rVert^2` is defined per triple, on the vectors of its user and tweets, so that it does not
    depend on the number of users; followees and the weights of the network have no penalty (``weight_decay`` of the
    trainer is one on all weights). Initial vectors and p are Gaussian, as in the paper; the matrices start as those of
    :class:`torch.nn.Linear`. A product of two negative facets is high; ``score="softplus"`` has no such case, and
    ranks better on simulated networks.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 128,
        content: Content = "auto",
        score: Score = "product",
        loss: Loss = "hinge",
        followees: Followees = "attention",
        margin: float = 0.5,
        self_attention: bool = False,
        std: float = 0.01,
        regularization: float = 0.0,
        image_dim: int = 0,
        text_dim: int = 0,
        image_encoder: ImageEncoder | None = None,
        text_encoder: TextEncoder | None = None,
    ) -> None:
        super().__init__(num_users, num_tweets, regularization)
        self.check_dim(dim, std)
        if not 0 < margin < 1:
            raise UsageError(argument="margin", value=margin, reason="must be between 0 and 1")
        self.combination: Score = score
        self.loss_function: Loss = loss
        self.margin = margin
        self.self_attention = self_attention
        self.user = normal_table(num_users, dim, std)
        trained = {"image": image_encoder, "text": text_encoder}
        self.encoders = nn.ModuleDict({name: encoder for name, encoder in trained.items() if encoder is not None})
        sizes = choose_content(
            content,
            image_dim if image_encoder is None else image_encoder.dim,
            text_dim if text_encoder is None else text_encoder.dim,
        )
        for name, size in zip(trained, sizes, strict=True):
            if name in self.encoders and size == 0:
                reason = f"leaves out {name}s, which {name}_encoder is for; leave out one of them"
                raise UsageError(argument="content", value=content, reason=reason)
        self.content = TweetContent(*sizes, dim) if any(sizes) else None
        self.tweet = normal_table(num_tweets, dim, std) if self.content is None else None
        self.attention = None if followees == "none" else FolloweeAttention(dim, learned=followees == "attention")

    def encode_users(self, user: Tensor) -> Tensor:
        own = self.look_up(self.user, self.user_rows[user])
        if self.attention is None:
            return own.unsqueeze(1)
        vectors, edge_index = self._followees(user)
        social = self.attention((vectors, own), edge_index)
        if self.self_attention:
            social = torch.where(self._has_followees(user).unsqueeze(1), social, own)
        return torch.stack([own, social], 1)

    def encode_tweets(self, tweet: Tensor) -> Tensor:
        if self.content is not None:
            vector: Tensor = self.content(self._features("image", tweet), self._features("text", tweet))
            return vector
        assert self.tweet is not None  # one of the two makes vectors
        return self.look_up(self.tweet, self.tweet_rows[tweet])

    def combine(self, facets: Sequence[Tensor], user: Tensor) -> Tensor:
        if self.attention is None:
            return softplus(facets[0]) if self.combination == "softplus" else facets[0]
        own, social = facets
        if self.combination == "softplus":
            own, social = softplus(own), softplus(social)
        neutral = 0.0 if self.combination == "sum" else 1.0
        if self.combination == "product":  # the other forms rank by h where f is 0
            is_known = self.user_rows[user] < self.num_users
            if not bool(is_known.all()):
                own = torch.where(is_known, own, neutral)
        if not self.self_attention:
            has_followees = self._has_followees(user)
            if not bool(has_followees.all()):
                social = torch.where(has_followees, social, neutral)
        return own + social if self.combination == "sum" else own * social

    def preference_loss(self, positive: Tensor, negative: Tensor) -> Tensor:
        if self.loss_function == "hinge":
            return (self.margin + negative - positive).relu()
        if self.combination == "softplus":
            positive, negative = ((score + SMALLEST).log() for score in (positive, negative))
        return softplus(negative - positive)

    def followee_weights(self, user: Tensor) -> Tensor | None:
        self.require_attached()
        if self.attention is None:
            return None
        own = self.look_up(self.user, self.user_rows[user])
        vectors, edge_index = self._followees(user)
        return self.attention.weights((vectors, own), edge_index)

    def attach(self, network: RetweetNetwork) -> Self:
        super().attach(network)
        if self.content is not None:
            for name, layer, x in (
                ("image", self.content.image, self.x_image),
                ("text", self.content.text, self.x_text),
            ):
                if name in self.encoders:
                    if not any(network[TWEET].get(name, ())):
                        raise UsageError(
                            f"{network.name}: the model encodes the {name}s of tweets, and these have none."
                        )
                elif layer is not None and layer.in_features != x.size(1):
                    found = f"features of size {x.size(1)}" if x.size(1) else "none"
                    raise UsageError(
                        f"{network.name}: the model ranks tweets by features x_{name} of size {layer.in_features}; "
                        f"these tweets have {found}."
                    )
        return self

    def encoder_parameters(self) -> list[nn.Parameter]:
        return list(self.encoders.parameters())

    def _features(self, name: str, tweet: Tensor) -> Tensor:
        """Returns the features of the images or texts of tweets, ``[N, D]``."""
        if name not in self.encoders:
            features: Tensor = getattr(self, f"x_{name}")
            return features[tweet]
        items = self.require_attached()[TWEET][name][tweet.cpu().numpy()]
        return cast(Encoder, self.encoders[name]).encode_items(list(map(str, items)))

    def _has_followees(self, user: Tensor) -> Tensor:
        return self.followee_ptr[user + 1] > self.followee_ptr[user]

    def _followees(self, user: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the vectors of all followees of these users, each once, and the links from them, ``[2, S]``."""
        link, ptr = expand_ranges(self.followee_ptr[user], self.followee_ptr[user + 1])
        followee, number = torch.unique(self.followees[link], return_inverse=True)
        return self.look_up(self.user, self.user_rows[followee]), torch.stack([number, segment_ids(ptr)])
