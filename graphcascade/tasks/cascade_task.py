from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.data import CascadeDataset, Split
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import Result, RolloutProtocol, evaluate_cascades, find_protocol
from graphcascade.io import read_follow_graph
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.next_user import NextUserPredictor, ScoringModel
from graphcascade.options import NetworkOptions, NextUserOptions, ProtocolOptions, ReadOptions
from graphcascade.report import draw_dataset
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.protocol_choice import choose_protocol, split_cascades
from graphcascade.tasks.reading import open_data
from graphcascade.tasks.task import FollowDirection, Task, UnknownUsers

__all__ = ["CascadeTask"]

ModelT = TypeVar("ModelT", bound=NextUserPredictor | DiffusionModel)
OptionsT = TypeVar("OptionsT", bound=NextUserOptions | NetworkOptions)
TrainerT = TypeVar("TrainerT")


class CascadeTask(Task[CascadeDataset, ModelT, OptionsT, TrainerT]):
    """Base class of tasks about cascades: a protocol splits the data, and models can simulate whole cascades."""

    examples = "cascades"
    subject = "cascade"
    wrapped_column = "item"

    def check(self, model: type[ModelT], options: OptionsT) -> None:
        if options.testing.protocol is not None:
            find_protocol(options.testing.protocol)

    def read(self, data: str, files: ReadOptions) -> CascadeDataset:
        if files.missing_images != ReadOptions.missing_images:
            raise UsageError(
                argument="missing_images", value=files.missing_images, reason="has no effect on cascades; leave it out"
            )
        return open_data(data, files)

    def data_name(self, data: CascadeDataset) -> str:
        return data.name

    def describe(self, data: CascadeDataset) -> pd.Series[Any]:
        return data.describe()

    def draw(self, data: CascadeDataset) -> Figure:
        return draw_dataset(data)

    def times_are_dates(self, data: CascadeDataset) -> bool:
        return data.table.times_are_dates

    def add_links(
        self, data: CascadeDataset, path: Path, direction: FollowDirection, unknown: UnknownUsers
    ) -> CascadeDataset:
        return data.with_follow_graph(*read_follow_graph(path, data.user_ids, direction, unknown))

    def split_of(self, data: CascadeDataset) -> Split | None:
        return data.split

    def prepare(
        self, dataset: CascadeDataset, model: type[ModelT], options: OptionsT
    ) -> tuple[CascadeDataset, OptionsT]:
        testing = replace(options.testing, protocol=choose_protocol(dataset, options.testing))
        return dataset, replace(options, testing=testing)

    def split(self, dataset: CascadeDataset, options: OptionsT, seed: int) -> Parts[CascadeDataset]:
        return split_cascades(dataset, options.testing.protocol or "chronological", seed)

    def skip_comparison_reason(self, options: OptionsT) -> str | None:
        return None if options.testing.counters else "the option counters is false"

    def subjects(self, data: CascadeDataset) -> list[Any]:
        return list(range(len(data)))

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
