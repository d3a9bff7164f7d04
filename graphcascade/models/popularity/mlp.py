from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from graphcascade.loader import PostBatch
from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.registry import MODELS

__all__ = ["MLP"]


@MODELS.register("MLP")
class MLP(ContentModel):
    r"""Popularity of a post from its features: a network with two hidden layers.

    The baseline "MLP" of the DSN paper (Table 2), after "`Social Media Popularity Prediction: A Multiple Feature Fusion
    Approach with Deep Neural Networks <https://doi.org/10.1145/3343031.3356062>`_" (Ding et al., 2019). With all
    features x of the post, one beside the other,

    .. math::
        \hat s = w^T \mathrm{ReLU}(W_2\, \mathrm{ReLU}(W_1 x + b_1) + b_2) + b

    Earlier posts are no input.

    Deviations from the paper: Ding et al. use image features of ResNet with scores of aesthetics (NIMA) and of
    intrinsic popularity (IIPA), and text features of BERT. This model uses the features of the stream; scores of images
    can be among its numbers. Vectors of categories are inputs here, so that all methods have the same inputs. The DSN
    paper does not state the sizes and the number of layers.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        hidden_dim: Size of the hidden layers.
        dropout: Dropout of the hidden layers.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.

    Raises:
        UsageError: A number is out of range; no input is left.
    """

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        depth: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        hidden_dim: int = 256,
        dropout: float = 0.25,
        uid_dim: int = 32,
        crawl_time: bool = True,
    ) -> None:
        super().__init__(
            num_users,
            num_categories,
            depth,
            image_dim,
            text_dim,
            number_names,
            crawl_time_names,
            1,
            image,
            text,
            category,
            user,
            hidden_dim,
            dropout,
            uid_dim,
            crawl_time,
        )
        self.layers = nn.Sequential(
            nn.Linear(sum(self.input_dims.values()), hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            *self.make_head(hidden_dim, hidden_dim, dropout),
        )

    def forward(self, batch: PostBatch) -> Tensor:
        score: Tensor = self.layers(self.concatenated(batch, targets_only=True)).squeeze(-1)
        return self.y_mean + score
