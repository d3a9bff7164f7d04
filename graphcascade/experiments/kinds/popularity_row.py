from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from graphcascade.data import PostStream
from graphcascade.data.posts.schema import POST
from graphcascade.errors import MissingFileError, UsageError
from graphcascade.experiments.choosing_row import ChoosingRow
from graphcascade.experiments.row import SELECTION
from graphcascade.features import load_image_encoder, load_text_encoder
from graphcascade.models import find_model
from graphcascade.models.popularity import TrueMean
from graphcascade.trainers import PopularityTrainer

__all__ = ["REFERENCES", "PopularityRow"]

REFERENCES: dict[str, type[TrueMean]] = {"TrueMean": TrueMean}
"""Models of experiments that are no part of the registry, because they cannot be saved."""

Need = Literal["images", "texts", "categories", "true means", "image files"]


@dataclass(frozen=True, kw_only=True)
class PopularityRow(ChoosingRow):
    """A row whose figures are errors of predicted popularity.

    Args:
        labels: Which labels of earlier posts the model is told in the test; see
            :class:`~graphcascade.evaluation.PopularityProtocol`.
        image_encoder: Encoder of the images, as :func:`~graphcascade.features.load_image_encoder` takes it, whose
            features take the place of those of the data; or none.
        text_encoder: Encoder of the texts, as :func:`~graphcascade.features.load_text_encoder` takes it; or none.
        exchange_parents: Whether the parents of the categories are exchanged at random, as a placebo; see
            :class:`~graphcascade.transforms.ExchangeParents`.
        needs: What the row needs of the data; it is left out on others. Features of images ("images") or texts
            ("texts"), "categories", "image files", or the "true means" of a simulation.
    """

    labels: Literal["frozen", "online"] = "frozen"
    image_encoder: str | None = None
    text_encoder: str | None = None
    exchange_parents: bool = False
    needs: list[Need] = field(default_factory=list, metadata=SELECTION)

    def trainer_class(self) -> type[PopularityTrainer]:
        return PopularityTrainer

    def missing(self, data: PostStream) -> str | None:
        post = data[POST]
        has = {
            "images": "x_image" in post,
            "texts": "x_text" in post,
            "categories": data.num_categories > 0,
            "true means": "true_mean" in post,
            "image files": any(post.get("image", ())),
        }
        lacking = [need for need in self.needs if not has[need]]
        if lacking:
            return f"the posts have no {' and no '.join(lacking)}"
        try:
            if self.image_encoder is not None:
                load_image_encoder(self.image_encoder)
            if self.text_encoder is not None:
                load_text_encoder(self.text_encoder)
        except MissingFileError as error:
            return str(error).rstrip(".")
        return None

    def check(self) -> None:
        """Checks that the model exists, and that every setting has an effect on it.

        Raises:
            UnknownNameError: There is no model of that name.
            UsageError: A setting has no effect on the model; the trainer does not have an argument.
        """
        if self.model is None:
            raise UsageError("the row has no model.")
        if self.model in REFERENCES:
            names = ["arguments", "trainer", "choose", "choose_trainer"]
            self.require_unset(names, f"{self.model} has no arguments")
            return
        find_model(self.model)
        self.check_training()
        sizes = {"num_categories": 9, "depth": 9, "image_dim": 2, "text_dim": 2, "number_names": ["followers"]}
        self.check_model(self.model, {**sizes, "crawl_time_names": []})
