from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from graphcascade.data import CascadeDataset, Split
from graphcascade.errors import GraphCascadeError
from graphcascade.io import read_follow_graph
from graphcascade.models import Model
from graphcascade.options import CascadeSizeOptions, NetworkOptions, NextUserOptions, ReadOptions
from graphcascade.options.follow_graph_options import FollowDirection
from graphcascade.tasks.reading import POST_COLUMNS, is_table_of_posts, not_cascades, open_data, require_no_effect
from graphcascade.tasks.task import Task, UnknownUsers

if TYPE_CHECKING:  # it takes long to import, and few commands draw
    from matplotlib.figure import Figure

__all__ = ["CascadeDataTask"]

ModelT = TypeVar("ModelT", bound=Model)
OptionsT = TypeVar("OptionsT", bound=NextUserOptions | NetworkOptions | CascadeSizeOptions)
TrainerT = TypeVar("TrainerT")


class CascadeDataTask(Task[CascadeDataset, ModelT, OptionsT, TrainerT]):
    """Base class of tasks whose data are cascades: how these are read and described."""

    examples = "cascades"
    subject = "cascade"
    wrapped_column = "item"

    def read(self, data: str, files: ReadOptions) -> CascadeDataset:
        named = any(getattr(files, name) != getattr(ReadOptions, name) for name in POST_COLUMNS)
        if named and is_table_of_posts(Path(data), files):
            raise not_cascades(data, files.post)
        require_no_effect(files, ["missing_images", *POST_COLUMNS], "cascades")
        return open_data(data, files)

    def data_name(self, data: CascadeDataset) -> str:
        return data.name

    def describe(self, data: CascadeDataset) -> pd.Series[Any]:
        return data.describe()

    def draw(self, data: CascadeDataset) -> Figure:
        from graphcascade.report import draw_dataset  # takes long to import, with matplotlib

        return draw_dataset(data)

    def times_are_dates(self, data: CascadeDataset) -> bool:
        return data.table.times_are_dates

    def add_links(
        self,
        data: CascadeDataset,
        path: Path,
        direction: FollowDirection | None,
        unknown: UnknownUsers,
        **reading: Any,
    ) -> CascadeDataset:
        try:
            links = read_follow_graph(path, data.user_ids, direction, unknown, **reading)
        except GraphCascadeError as error:
            error.owner = "links"  # whose options may have other names than those of the data
            raise
        return data.with_follow_graph(*links)

    def split_of(self, data: CascadeDataset) -> Split | None:
        return data.split

    def skip_comparison_reason(self, options: OptionsT) -> str | None:
        return None if options.testing.counters else "the option counters is false"

    def subjects(self, data: CascadeDataset) -> list[Any]:
        return list(range(len(data)))
