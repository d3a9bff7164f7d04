from __future__ import annotations

from dataclasses import fields

import pytest

from graphcascade.errors import UsageError
from graphcascade.experiments import KINDS, ModelRow, Row
from graphcascade.experiments.kinds import CascadesRow, EventsRow, SocialLinksRow

DISPLAY = {"name", "published", "parameter", "value"}


@pytest.mark.parametrize(
    ("row", "selections"),
    [
        (Row(name="a"), set()),
        (ModelRow(name="a"), set()),
        (EventsRow(name="a"), {"attribution"}),
        (CascadesRow(name="a", model="NDM"), {"answer"}),
        (SocialLinksRow(name="a", model="NDM"), {"answer", "similarity"}),
    ],
)
def test_settings_are_all_fields_but_those_of_the_table(row: Row, selections: set[str]) -> None:
    assert row.settings().keys() == {entry.name for entry in fields(row)} - DISPLAY - selections


def test_every_kind_has_a_subclass_of_row() -> None:
    assert all(issubclass(KINDS[name].row, Row) for name in KINDS)
    assert {entry.name for entry in fields(Row)} == DISPLAY


def test_a_field_that_is_set_without_effect_raises_an_error() -> None:
    row = ModelRow(name="a", trainer={"max_epochs": 3})
    row.require_unset(["fusion", "arguments", "no field"], "it is a test")
    with pytest.raises(UsageError, match=r"^trainer has no effect, because it is a test; leave it out"):
        row.require_unset(["fusion", "trainer"], "it is a test")
