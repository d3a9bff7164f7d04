from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from graphcascade.data import RetweetNetwork
from graphcascade.errors import UsageError
from graphcascade.models.ranking.factor_model import FactorModel, normal_table
from graphcascade.models.registry import MODELS

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CITING"]


@MODELS.register("CITING")
class CITING(FactorModel):
    r"""Feature-aware matrix factorisation; needs features of texts (--text-features of ``graphcascade fit``).

    `Context-aware Image Tweet Modelling and Recommendation <https://doi.org/10.1145/2964284.2964291>`_ (Chen et al.,
    2016). A tweet has no vector of its own. With its features :math:`y_i` and a vector :math:`q_f` for each feature, a
    score is

    .. math::
        u \cdot \sum_f y_{if} \, q_f,

    and the loss of a triple is that of :class:`~graphcascade.models.BPRMF`. With counts of words as features, divided
    by the square root of the length of the text, this is the paper's model. A new tweet is ranked by its text; a new
    user has the score 0.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of the vectors.
        std: Standard deviation of the initial vectors of users.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.
        text_dim: Size of the features of texts, from the data.

    Raises:
        UsageError: A number is out of range; the tweets have no features of texts.

    Deviations from the paper: the features are those of the network (``x_text``), as the AMNL paper uses "the
    associated textual contexts as the side information". The words in the image, on linked pages and on pages with the
    same image, which the paper adds to the text, can be part of them. The penalty is on the vector of a tweet, the sum
    above, instead of on each :math:`q_f`.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 128,
        std: float = 0.01,
        regularization: float = 0.0,
        text_dim: int = 0,
    ) -> None:
        super().__init__(num_users, num_tweets, regularization)
        self.check_dim(dim, std)
        if text_dim < 1:
            raise UsageError(
                "CITING ranks by features of texts, and the tweets have none (x_text). If they have texts, "
                "add features with --text-features of 'graphcascade fit', or in Python with "
                "graphcascade.features.add_text_features; otherwise use BPRMF."
            )
        self.user = normal_table(num_users, dim, std)
        self.text = nn.Linear(text_dim, dim, bias=False)

    def encode_users(self, user: Tensor) -> Tensor:
        return self.look_up(self.user, self.user_rows[user]).unsqueeze(1)

    def encode_tweets(self, tweet: Tensor) -> Tensor:
        vector: Tensor = self.text(self.x_text[tweet])
        return vector

    def attach(self, network: RetweetNetwork) -> Self:
        super().attach(network)
        if self.x_text.size(1) != self.text.in_features:
            raise UsageError(
                f"{network.name}: the model ranks tweets by features x_text of size {self.text.in_features}; these "
                f"tweets have {self.x_text.size(1) or 'none'}."
            )
        return self
