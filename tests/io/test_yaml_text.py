import pytest

from graphcascade.errors import DataError
from graphcascade.io.yaml_text import parse_yaml


def test_references_and_overridden_values_are_no_repeated_keys() -> None:
    text = "base: &base {dim: 3, std: 0.1}\nrows: [{<<: *base, dim: 4}, *base, *base]\n"
    shared = {"dim": 3, "std": 0.1}
    assert parse_yaml(text, "my.yaml")["rows"] == [{"dim": 4, "std": 0.1}, shared, shared]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n  - b: [{c: 1,\n     c: 2}]\n", "my.yaml, line 3: 'c' is given twice."),
        ("title: {x: 1\n", "my.yaml, line 2: not valid YAML (expected ',' or '}', but got '<stream end>')."),
        ("a: 2024-99-99", "my.yaml: not valid YAML (a value cannot be read)."),
        ("a: " + "[" * 5000, "my.yaml: its values are nested too deeply."),
    ],
)
def test_an_error_names_the_line(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_yaml(text, "my.yaml")
    assert str(caught.value) == message


def doubled(times: int) -> str:
    """Each line doubles the number of values that the line before stands for."""
    lines = ["a0: &a0 {x: 1}", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, times + 1))]
    return "\n".join(lines)


def test_references_that_stand_for_billions_of_values_raise_an_error() -> None:
    assert parse_yaml(doubled(10), "my.yaml")["a1"] == [{"x": 1}, {"x": 1}]
    with pytest.raises(DataError, match=r"my.yaml, line 19: its references repeat values more than 1,000,000 times"):
        parse_yaml(doubled(40), "my.yaml")


@pytest.mark.parametrize("tag", ["object/apply:os.system", "object:builtins.object", "name:os.system", "tuple"])
def test_tags_that_make_objects_raise_an_error(tag: str) -> None:
    with pytest.raises(DataError, match=r"my.yaml, line 1: not valid YAML \(could not determine a constructor"):
        parse_yaml(f"a: !!python/{tag} [touch made]\n", "my.yaml")


def test_a_json_file_gets_the_words_of_json() -> None:
    with pytest.raises(DataError, match=r"my.json, line 2: not valid JSON \(Expecting value\)"):
        parse_yaml('{"a": 1,\n "b": }', "my.json")
    with pytest.raises(DataError, match=r"my.json, line 1: 'a' is given twice"):
        parse_yaml('{"a": 1, "a": 2}', "my.json")
