from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pandas as pd
from torch_geometric.data import HeteroData

from graphcascade.data.cascades.split import Split
from graphcascade.errors import DataError
from graphcascade.html_table import description_html

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SplitGraph"]


class SplitGraph(HeteroData):
    """Base class of graphs with several types of nodes and a fixed schema, which can be parts of a split.

    Args:
        name: Name of the graph in reports.
        time_unit: Unit of its times, or ``None`` if it is not known.
    """

    def __init__(self, name: str, time_unit: str | None) -> None:
        super().__init__()
        # HeteroData writes other attributes than those in __dict__ to a store, which is saved and collated.
        self.__dict__.update(_split=None, _whole=None, _encoders={})
        self.name = name
        if time_unit is not None:
            self._global_store["time_unit"] = time_unit

    @property
    def time_unit(self) -> str | None:
        """Unit of the times ("s", "h", ...), or ``None`` if it is not known."""
        unit: str | None = self._global_store.get("time_unit")
        return unit

    @property
    def encoders(self) -> dict[str, Any]:
        """Encoders that made the features in this process, by "image" and "text"; see :mod:`graphcascade.features`."""
        encoders: dict[str, Any] = self._encoders
        return encoders

    @property
    def split(self) -> Split | None:
        """The split, and the part of it that this graph is; or ``None``."""
        split: Split | None = self._split
        return split

    @property
    def whole(self) -> Self:
        """The graph from which this part was split off; only tests may use it."""
        return self if self._whole is None else self._whole

    def validate(self, raise_on_error: bool = True) -> bool:
        """Checks types, shapes, ranges, repeated ids, and that the graph has the form that its class describes.

        Args:
            raise_on_error: Raise instead of returning ``False``.

        Raises:
            DataError: A field is wrong; the message says which one, and how.
        """
        problem = self._find_problem()
        if problem is None:
            return bool(super().validate(raise_on_error))
        if raise_on_error:
            raise DataError(f"{type(self).__name__}: {problem}.")
        return False

    def describe(self) -> pd.Series[Any]:
        """Returns statistics of the graph, by their names."""
        raise NotImplementedError

    def _find_problem(self) -> str | None:
        """Returns the first problem that :meth:`validate` reports."""
        raise NotImplementedError

    def _part(self, split: Split) -> Self:
        """Returns a view of this graph that is a part of a split."""
        view = copy.copy(self)
        view.__dict__.update(_split=split, _whole=self)
        return view

    def _repr_html_(self) -> str:
        figures = self.describe()
        return description_html(figures, f"{type(self).__name__}({figures.name})")
