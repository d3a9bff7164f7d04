from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import Result, RolloutProtocol, evaluate_cascades, find_protocol
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.next_user import NextUserPredictor, ScoringModel
from graphcascade.options import NetworkOptions, NextUserOptions, ProtocolOptions
from graphcascade.tasks.cascade_data_task import CascadeDataTask
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.protocol_choice import choose_protocol, split_cascades

__all__ = ["CascadeTask"]

ModelT = TypeVar("ModelT", bound=NextUserPredictor | DiffusionModel)
OptionsT = TypeVar("OptionsT", bound=NextUserOptions | NetworkOptions)
TrainerT = TypeVar("TrainerT")


class CascadeTask(CascadeDataTask[ModelT, OptionsT, TrainerT]):
    """Base class of tasks about the users of cascades: a protocol splits the data, and models simulate cascades."""

    def check(self, model: type[ModelT], options: OptionsT) -> None:
        if options.testing.protocol is not None:
            find_protocol(options.testing.protocol)

    def prepare(
        self, dataset: CascadeDataset, model: type[ModelT], options: OptionsT
    ) -> tuple[CascadeDataset, OptionsT]:
        testing = replace(options.testing, protocol=choose_protocol(dataset, options.testing))
        return dataset, replace(options, testing=testing)

    def split(self, dataset: CascadeDataset, options: OptionsT, seed: int) -> Parts[CascadeDataset]:
        return split_cascades(dataset, options.testing.protocol or "chronological", seed)

    def notes(self, options: OptionsT) -> dict[str, Any]:
        return {"protocol": options.testing.protocol}

    def saved_options(self, notes: dict[str, Any]) -> OptionsT:
        protocol = notes.get("protocol", "chronological")
        if isinstance(protocol, Mapping):  # a protocol that is no preset, such as that of the demo
            try:
                protocol = find_protocol(protocol)
            except UsageError as error:
                raise DataError(f"the model was saved with a protocol that cannot be read ({error}).") from error
        options: OptionsT = self.options(testing=ProtocolOptions(protocol=protocol))
        return options

    def test_cascades(
        self,
        model: ModelT,
        data: CascadeDataset,
        protocol: RolloutProtocol,
        seed: int = 0,
        progress: bool = False,
        counter: ScoringModel | None = None,
        allow_overlap: bool = False,
    ) -> Result:
        """Tests a model on whole cascades; see :func:`~graphcascade.evaluation.evaluate_cascades`."""
        return evaluate_cascades(
            model, data, protocol, seed, progress=progress, counter=counter, allow_overlap=allow_overlap
        )
