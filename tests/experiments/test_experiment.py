import pytest

from graphcascade.datasets import DATASETS
from graphcascade.errors import DataError, MissingFileError, UnknownNameError
from graphcascade.experiments import find_experiment, list_experiments
from graphcascade.experiments.next_events import CEILING, PROCESSES
from graphcascade.experiments.pictures import PICTURES
from graphcascade.experiments.runner import TASKS
from graphcascade.experiments.training import is_trained
from graphcascade.models import MODELS

GOOD = "{title: t, paper: p, url: u, place: Table 1, task: statistics, metrics: [Users], datasets: {Irvine: }, rows: "


@pytest.mark.parametrize("name", list_experiments())
def test_shipped_experiments_name_what_there_is(name: str) -> None:
    one = find_experiment(name)
    assert one.name == name
    assert one.task in TASKS
    assert one.task in PICTURES
    assert one.url.startswith("https://")
    assert set(one.datasets) <= set(DATASETS)
    assert set(one.published) <= set(one.datasets)
    assert {row.model for row in one.rows} - {None} <= {*MODELS, CEILING, *PROCESSES}
    assert not one.picture or one.picture in PICTURES
    names = [row.name for row in one.rows]
    assert len(set(names)) == len(names)
    known = {row for rows in one.published.values() for row in rows}
    if one.published:  # another split of the same rows has none
        assert {row.published for row in one.rows} - {None} <= known
    for claim in one.claims:
        assert claim["row"] in names
        assert {*claim.get("above", []), claim.get("of", "published")} <= {*names, "published"}
        assert set(claim.get("metrics", [])) <= set(one.metrics)
    for row in one.rows:
        if row.epochs:
            assert set(row.epochs) == set(one.datasets)


@pytest.mark.parametrize("name", list_experiments())
def test_trained_rows_state_how_they_are_trained(name: str) -> None:
    """The defaults of the trainer suit a first use, and may change; the settings of a table do not."""
    experiment = find_experiment(name)
    stated = {"learning_rate"}
    if experiment.task in ("next users", "source map", "events"):  # with validation in each epoch
        stated |= {"max_epochs", "batch_size", "patience"} | ({"monitor"} if experiment.task != "events" else set())
    for row in experiment.rows:
        if is_trained(row):
            assert stated <= {*row.trainer, *row.choose_trainer}, row.name


def test_published_figures_are_those_of_the_paper() -> None:
    published = find_experiment("ndm-table2").published
    assert published["Irvine"]["NDM"] == {
        "Macro-F1": 0.076,
        "Micro-F1": 0.108,
        "Macro-F1 early": 0.064,
        "Micro-F1 early": 0.065,
    }
    assert published["Memetracker"]["Embedded IC"]["Micro-F1 early"] == 0.040


def test_an_experiment_like_another_has_its_rows() -> None:
    one, other = find_experiment("ndm-table3"), find_experiment("ndm-table2")
    assert one.rows == other.rows
    assert one.metrics != other.metrics


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (GOOD + "[]}", "needs rows and datasets"),
        (GOOD + "[{name: a}], colour: red}", "unknown 'colour'; there are claims"),
        (GOOD + "[{name: a, colour: red}]}", "mine.yaml, row 1: unknown 'colour'"),
        (GOOD + "[{model: NDM}]}", "row 1: name is missing"),
        (GOOD + "[NDM]}", "row 1: a row has names with values"),
        (GOOD + "[{name: a}], claims: [{row: a, on: [F1]}]}", "a claim has a row, and of above"),
        (GOOD + "[{name: a}], claims: [{row: a, above: [b]}]}", "a claim is about 'b', and there is no such row"),
        (
            GOOD + "[{name: a}], claims: [{row: a, above: a}]}",
            r"claims.above is 'a'; it must be a list, .*such as \[a\]",
        ),
        (GOOD + "[{name: a}], claims: 3}", "claims is 3; it must be a list"),
        (GOOD + "[{name: a, choose: {dim: 64}}]}", r"row 1: choose.dim is 64; it must be a list, such as \[64\]"),
        (GOOD + "[{name: a, choose: {dim: []}}]}", "row 1: choose.dim is an empty list; give at least one value"),
        (GOOD + "[{name: a, choose_trainer: {learning_rate: }}]}", "row 1: choose_trainer.learning_rate is None"),
        (GOOD + "[{name: a, epochs: {Irvine: 5}}]}", r"epochs.Irvine is 5; .* each a whole number, such as \[5\]"),
        (GOOD + "[{name: a, epochs: {Irvine: []}}]}", "row 1: epochs.Irvine is an empty list"),
        (GOOD + "[{name: a, temperature: 1}]}", r"temperature is 1; it must be a list, each a number, such as \[1\]"),
        (GOOD + "[{name: a, temperature: [hot]}]}", r"temperature is \['hot'\]; it must be a list, each a number"),
        (GOOD + "[{name: a, counter_weight: []}]}", "row 1: counter_weight is an empty list"),
        (GOOD + "[{name: a, terminate: []}]}", "row 1: terminate is"),
        (GOOD + "[{name: a, answer: all}]}", "row 1: answer is 'all'; it must be one of sampled, set"),
        (GOOD + "[{name: a, arguments: [dim]}]}", r"arguments is \['dim'\]; it must be names with values"),
        (GOOD + "[{name: a, choose: [dim]}]}", "choose is .*; it must be names with values"),
        (GOOD + "[{name: a}], seeds: 0}", "seeds is 0; it must be at least 1"),
        (GOOD + "[{name: a}], seeds: true}", "seeds is True; it must be a whole number"),
        (GOOD + "[{name: a}], validation: {Irvine: 0}}", "validation.Irvine is 0; it must be at least 1"),
        (GOOD + "[{name: a}], published: {Irvine: {a: {Users: many}}}}", "published.Irvine.a.Users is 'many'"),
        (GOOD + "7}", "rows is 7; it must be a list"),
        ("{title: t, rows: []}", "needs rows and datasets"),
        ("{title: t}", "paper is missing"),
        ("- 1", "has names with values"),
        ("{title: [}", "not YAML"),
        ("{like: ndm-table9}", "ndm-table9 is not an experiment"),
    ],
)
def test_a_file_that_is_no_experiment(tmp_path, text: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises((DataError, UnknownNameError), match=error):
        find_experiment(path)


def test_an_experiment_that_is_not_there(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean ndm-table"):
        find_experiment("ndm-table9")
    with pytest.raises(MissingFileError, match=r"none\.yaml"):
        find_experiment(tmp_path / "none.yaml")
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        find_experiment(tmp_path / "picture.yaml")
