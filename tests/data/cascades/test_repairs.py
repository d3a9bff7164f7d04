from __future__ import annotations

from graphcascade.data import Repairs


def test_no_repairs_are_false() -> None:
    assert not Repairs()
    assert str(Repairs()) == "nothing"


def test_repairs_are_counted_in_words() -> None:
    repairs = Repairs(reordered_cascades=1200, untimed_sources=3)
    assert repairs
    assert str(repairs) == "1,200 reordered cascades, 3 untimed sources"
