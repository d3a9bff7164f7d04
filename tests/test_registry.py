from __future__ import annotations

import pytest

from graphcascade.errors import GraphCascadeError, UnknownNameError
from graphcascade.registry import Registry


@pytest.fixture
def registry() -> Registry[type]:
    registry: Registry[type] = Registry("dataset")
    registry.register("TopoLSTMTwitter")(int)
    registry.register("Memetracker")(float)
    registry.register("MSHGATDouban")(str)
    return registry


@pytest.mark.parametrize("name", ["Memetracker", "memetracker", "MEMETRACKER", "meme_tracker", "Meme-Tracker"])
def test_a_name_is_found_in_any_spelling(registry: Registry[type], name: str) -> None:
    assert registry[name] is float
    assert name in registry


def test_register_gives_the_class_back(registry: Registry[type]) -> None:
    @registry.register("Irvine")
    class Irvine:
        pass

    assert isinstance(Irvine, type)
    assert registry["irvine"] is Irvine


def test_names_are_listed_sorted_as_registered(registry: Registry[type]) -> None:
    assert list(registry) == ["MSHGATDouban", "Memetracker", "TopoLSTMTwitter"]
    assert len(registry) == 3
    assert repr(registry) == "Registry('dataset', 3 entries)"


@pytest.mark.parametrize(("name", "hint"), [("memetraker", "Memetracker"), ("DOUBAN", "MSHGATDouban")])
def test_the_error_names_similar_names(registry: Registry[type], name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=f"^unknown dataset '{name}': did you mean {hint}"):
        registry[name]
    assert name not in registry


def test_the_error_lists_all_names_if_none_is_similar(registry: Registry[type]) -> None:
    with pytest.raises(UnknownNameError, match="'q': use one of MSHGATDouban, Memetracker, TopoLSTMTwitter"):
        registry["q"]


def test_an_unknown_name_is_a_lookup_error_for_users(registry: Registry[type]) -> None:
    with pytest.raises(LookupError) as caught:
        registry["nothing"]
    assert isinstance(caught.value, GraphCascadeError)
    assert "\n" not in str(caught.value)


def test_a_removed_name_can_be_registered_again(registry: Registry[type]) -> None:
    registry.remove("meme_tracker")
    assert list(registry) == ["MSHGATDouban", "TopoLSTMTwitter"]
    registry.register("Memetracker")(bytes)
    assert registry["Memetracker"] is bytes
    with pytest.raises(UnknownNameError, match="unknown dataset 'nothing'"):
        registry.remove("nothing")


@pytest.mark.parametrize("name", ["Memetracker", "meme_tracker"])
def test_registering_a_name_twice_is_a_runtime_error(registry: Registry[type], name: str) -> None:
    with pytest.raises(RuntimeError, match=f"dataset '{name}' is registered twice"):
        registry.register(name)(bytes)
