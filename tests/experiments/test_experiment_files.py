import pytest

from graphcascade.datasets import DATASETS, POST_DATASETS, RETWEET_DATASETS
from graphcascade.errors import DataError, MissingFileError, UnknownNameError
from graphcascade.experiments import KINDS, find_experiment, list_experiments
from graphcascade.experiments.fitted_row import FittedRow
from graphcascade.experiments.simulated_row import SimulatedRow
from graphcascade.models import MODELS

GOOD = "{title: t, paper: p, url: u, place: Table 1, kind: cascades, metrics: [Macro-F1], datasets: {Irvine: }, rows: "
ROW = GOOD + "[{name: a, model: NDM"
FIRST = r"mine.yaml, row 1 \(a\): "


@pytest.mark.parametrize("name", list_experiments())
def test_shipped_experiments_name_existing_models_and_datasets(name: str) -> None:
    one = find_experiment(name)
    assert one.name == name
    assert KINDS[one.kind].name == one.kind
    assert one.url.startswith("https://")
    assert set(one.datasets) <= {*DATASETS, *RETWEET_DATASETS, *POST_DATASETS}
    assert set(one.published) <= set(one.datasets)
    names = [row.name for row in one.rows]
    assert len(set(names)) == len(names)
    known = {row for rows in one.published.values() for row in rows}
    if one.published:  # another split of the same rows has none
        assert {row.published for row in one.rows} - {None} <= known
    for claim in one.claims:
        assert claim["row"] in names
        assert {*claim.get("better_than", []), claim.get("of", "published")} <= {*names, "published"}
        assert set(claim.get("metrics", [])) <= set(one.metrics)
    for row in one.rows:
        assert isinstance(row, KINDS[one.kind].row)
        if isinstance(row, SimulatedRow) and row.is_trained:
            assert set(row.epochs) == set(one.datasets)


@pytest.mark.parametrize("name", list_experiments())
def test_trained_rows_state_how_they_are_trained(name: str) -> None:
    """The defaults of the trainer suit a first use, and may change; the settings of a table do not."""
    experiment = find_experiment(name)
    stated = {"learning_rate"}
    if experiment.kind in ("next users", "source map", "events", "ranking"):  # with validation in each epoch
        stated |= {"max_epochs", "batch_size", "patience", "monitor"} - KINDS[experiment.kind].fixed_settings
    for row in experiment.rows:
        if row.is_trained and not getattr(row, "has_seed", False):  # boosted trees have a seed, and no trainer
            assert isinstance(row, FittedRow)
            assert stated <= {*row.trainer, *getattr(row, "choose_trainer", {})}, row.name


def test_published_figures_are_those_of_the_paper() -> None:
    published = find_experiment("ndm-table2").published
    assert find_experiment("amnl-table3").published["SyntheticRetweets"]["AMNL"]["AUC, 70 %"] == 0.7977
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
        (
            ROW + "}], colour: red}",
            "mine.yaml: unknown setting 'colour'; an experiment has claims",
        ),
        (
            ROW + ", colour: red}]}",
            FIRST + "unknown setting 'colour'; a row of the kind 'cascades' has adversary",
        ),
        (GOOD + "[{model: NDM}]}", "row 1: the setting 'name' is missing"),
        (GOOD + "[NDM]}", "row 1: a row has names with values"),
        (ROW + "}], claims: [{row: a, on: [F1]}]}", "a claim has a row, and of better_than"),
        (
            ROW + "}], claims: [{row: a, better_than: [b]}]}",
            "a claim is about 'b', and there is no such row",
        ),
        (
            ROW + "}], claims: [{row: a, better_than: a}]}",
            r"claims.better_than is 'a'; it must be a list, .*such as \[a\]",
        ),
        (ROW + "}], claims: 3}", "claims is 3; it must be a list"),
        (ROW + "}], claims: }", "mine.yaml: claims is left empty; give it a value, or leave it out"),
        (ROW + "}], seeds: }", "mine.yaml: seeds is left empty; give it a value, or leave it out"),
        (ROW + "}], validation: }", "mine.yaml: validation is left empty"),
        (ROW + "}], published: {Irvine: }}", "mine.yaml: published.Irvine is left empty"),
        (ROW + "}], claims: [{row: a, better_than: }]}", r"mine.yaml: claims.better_than is left empty"),
        (ROW + ", trainer: }]}", FIRST + "trainer is left empty"),
        (ROW.replace("[Macro-F1]", "") + "}]}", "mine.yaml: metrics is left empty"),
        ("{like: }", "mine.yaml: like is left empty"),
        (
            ROW + ", choose: {dim: 64}}]}",
            FIRST + r"choose.dim is 64; it must be a list, such as \[64\]",
        ),
        (
            ROW + ", choose: {dim: []}}]}",
            FIRST + r"choose.dim is an empty list; give at least one value",
        ),
        (
            ROW + ", choose_trainer: {learning_rate: }}]}",
            FIRST + r"choose_trainer.learning_rate is left empty",
        ),
        (
            ROW + ", epochs: {Irvine: 5}}]}",
            r"epochs.Irvine is 5; .* each a whole number, such as \[5\]",
        ),
        (ROW + ", epochs: {Irvine: []}}]}", FIRST + r"epochs.Irvine is an empty list"),
        (
            ROW + ", temperature: 1}]}",
            r"temperature is 1; it must be a list, each a number, such as \[1\]",
        ),
        (
            ROW + ", temperature: [hot]}]}",
            r"temperature is \['hot'\]; it must be a list, each a number",
        ),
        (
            ROW + ", temperature: [1, 5e-1]}]}",
            r"must be a list, each a number; YAML reads 5e-1 as text, so write 0.5 or 5.0e-1\.",
        ),
        (
            ROW + ", trainer: {learning_rate: 1e-3}}]}",
            r"learning_rate='1e-3'\): must be a number; YAML reads 1e-3 as text, so write 0.001 or 1.0e-3\.",
        ),
        (
            ROW + "}], published: {Irvine: {a: {Users: 1e4}}}}",
            r"published.Irvine.a.Users is '1e4'; .* so write 10000 or 1.0e\+4\.",
        ),
        (ROW + ", counter_weight: []}]}", FIRST + r"counter_weight is an empty list"),
        (ROW + ", terminate: []}]}", FIRST + r"terminate is"),
        (
            ROW + ", answer: all}]}",
            FIRST + r"answer is 'all'; it must be one of 'sampled', 'set'",
        ),
        (ROW + ", arguments: [dim]}]}", r"arguments is \['dim'\]; it must be names with values"),
        (ROW + ", choose: [dim]}]}", "choose is .*; it must be names with values"),
        (ROW + "}], seeds: 0}", "seeds is 0; it must be at least 1"),
        (ROW + "}], seeds: true}", "seeds is True; it must be a whole number"),
        (ROW + "}], validation: {Irvine: 0}}", "validation.Irvine is 0; it must be at least 1"),
        (
            ROW + "}], published: {Irvine: {a: {Users: many}}}}",
            "published.Irvine.a.Users is 'many'",
        ),
        (GOOD + "7}", "rows is 7; it must be a list"),
        ("{title: t, rows: []}", "needs rows and datasets"),
        ("{title: t}", "the setting 'paper' is missing"),
        ("- 1", "has names with values"),
        ("{title: [}", r"mine.yaml, line 1: not valid YAML \(expected [^<]*\)\.$"),
        ("", "mine.yaml: the file is empty"),
        ("# nothing yet\n", "mine.yaml: the file is empty"),
        ("{like: ndm-table9}", "ndm-table9 is not an experiment; did you mean ndm-table"),
        (ROW + "}], seed: 3}", r"mine.yaml: unknown setting 'seed'; did you mean seeds\?$"),
        (ROW + ", epoch: {Irvine: [1]}}]}", FIRST + r"unknown setting 'epoch'; did you mean epochs\?$"),
        (
            ROW + ", trainer: {learning_rat: 0.1}}]}",
            FIRST + r"trainer has no argument 'learning_rat'; did you mean learning_rate\?$",
        ),
        (ROW + ", epochs: {Irvine: [5, 0]}}]}", FIRST + r"epochs.Irvine is \[5, 0\]; each number must be at least 1"),
        (
            ROW + ", epochs: {Irvin: [5]}}]}",
            FIRST + r"epochs has no numbers for the dataset 'Irvine' \(found 'Irvin'\); add them",
        ),
        (ROW + "}]}", FIRST + "epochs has no numbers for the dataset 'Irvine'; add them"),
        (ROW + ", temperature: [-1]}]}", FIRST + ".*temperature=-1"),
        (ROW + ", counter_weight: [-1]}]}", FIRST + ".*counter_weight=-1"),
        (GOOD + "[{name: a, model: AMNL}]}", FIRST + "AMNL is not a model for the kind 'cascades'; use one of .*LSTM"),
        (
            ROW.replace("[Macro-F1]", "[Micro-F1, Makro-F1]") + ", epochs: {Irvine: [1]}}]}",
            r"mine.yaml: metrics: unknown 'Makro-F1'; did you mean Macro-F1\?$",
        ),
        (
            ROW.replace("[Macro-F1]", "[size]") + ", epochs: {Irvine: [1]}}]}",
            "metrics: unknown 'size'; known are Macro-F1, Micro-F1, ",
        ),
        (
            ROW + ", epochs: {Irvine: [1]}}], claims: [{row: a, better_than: [published], metrics: [Micro-F1]}]}",
            "claims.metrics: unknown 'Micro-F1'; did you mean Macro-F1",
        ),
    ],
)
def test_a_file_that_is_not_an_experiment_is_an_error(tmp_path, text: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises((DataError, UnknownNameError), match=error):
        find_experiment(path)


def test_an_unknown_experiment_is_an_error(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean ndm-table"):
        find_experiment("ndm-table9")
    with pytest.raises(MissingFileError, match=r"none\.yaml"):
        find_experiment(tmp_path / "none.yaml")
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        find_experiment(tmp_path / "picture.yaml")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("title: a\ntitle: b\n", "line 2: 'title' is given twice"),
        ("rows:\n  - {name: a}\nseeds: 3\nrows:\n  - {name: b}\n", "line 4: 'rows' is given twice"),
        ("rows:\n  - name: a\n    trainer: {max_epochs: 1, max_epochs: 2}\n", "line 3: 'max_epochs' is given twice"),
    ],
)
def test_a_repeated_key_is_an_error(tmp_path, text: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=f"mine.yaml, {error}"):
        find_experiment(path)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("cascades", "BPRMF"),
        ("events", "AMNL"),
        ("social links", "TweetPopularity"),
        ("norms", "LSTM"),
        ("source map, split: random", "Popularity"),
        ("next users, split: random", "Netrate"),
        ("ranking", "LSTM"),
        ("ranking convergence", "TweetPopularity"),
    ],
)
def test_a_model_that_the_kind_does_not_measure_is_an_error(tmp_path, kind: str, model: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("cascades", kind) + f"[{{name: a, model: {model}}}]}}")
    name = kind.partition(",")[0]
    with pytest.raises(DataError, match=f"{FIRST}{model} is not a model for the kind '{name}'; use one of [A-Z]"):
        find_experiment(path)


@pytest.mark.parametrize(
    ("kind", "metrics", "rows", "error"),
    [
        ("ranking", "AUK", "{name: a}", r"'AUK'; did you mean AUC\?"),
        (
            "ranking",
            '"AUK, followees"',
            "{name: a, candidate_sets: [followees, exposed]}",
            r"'AUK, followees'; did you mean AUC, followees\?",
        ),
        ("next users, split: random", "MRR hed", "{name: a}", r"'MRR hed'; did you mean MRR head\?"),
        ("events", "MSE", "{name: a}", r"'MSE'; did you mean RMSE\?"),
        ("statistics", "User", "{name: a}", r"'User'; did you mean Users\?"),
        ("cooccurrence", "K 4", "{name: a}", r"'K 4'; did you mean K "),
    ],
)
def test_kinds_know_their_metrics(tmp_path, kind: str, metrics: str, rows: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("cascades", kind).replace("Macro-F1", metrics) + f"[{rows}]}}")
    with pytest.raises(DataError, match=f"mine.yaml: metrics: unknown {error}"):
        find_experiment(path)


HEAD = "title: t\npaper: p\nurl: u\nplace: Table 1\nmetrics: [MRR]\ndatasets: {Irvine: }\n"


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("statistics", "model: NDM"),
        ("cascades", "attribution: posterior"),
        ("cascades", "similarity: attention"),
        ("norms", "counter_weight: [0.5]"),
        ("events", "choose: {dim: [4, 8]}"),
        ("next users", "epochs: {Irvine: [3]}"),
        ("source map", "choose_trainer: {learning_rate: [0.1, 0.2]}"),
    ],
)
def test_a_setting_that_the_kind_does_not_know_is_an_error(tmp_path, kind: str, setting: str) -> None:
    path = tmp_path / "mine.yaml"
    model = "" if kind == "statistics" else ", model: NDM"
    split = "split: random\n" if kind in ("next users", "source map") else ""
    path.write_text(f"{HEAD}kind: {kind}\n{split}rows: [{{name: first{model}}}, {{name: second, {setting}{model}}}]\n")
    words = (
        rf"mine.yaml, row 2 \(second\): unknown setting '{setting.partition(':')[0]}'; "
        rf"(a row of the kind '{kind}' has|did you mean trainer\?)"
    )
    with pytest.raises(DataError, match=words):
        find_experiment(path)


@pytest.mark.parametrize(
    ("kind", "row", "error"),
    [
        ("events", "arguments: {dim: 4}", "arguments has no effect, because the row has no model"),
        ("events", "model: TrueHazards, arguments: {dim: 4}", "arguments .* because TrueHazards has no arguments"),
        ("events", "model: Hawkes, fusion: {fusion: sum}", "fusion .* because Hawkes has no user vectors"),
        ("events", "model: Markov, trainer: {max_epochs: 4}", "trainer .* because Markov is not trained in epochs"),
        ("events", "model: Markov, adversary: {every: 2}", "adversary .* because Markov is not trained in epochs"),
        ("cascades", "model: Netrate, epochs: {Irvine: [3]}", "epochs .* because Netrate is not trained in epochs"),
        ("cascades", "model: Netrate, temperature: [0.5]", "temperature has no effect, because Netrate"),
        ("cascades", "model: Netrate, terminate: true", "terminate has no effect, because Netrate"),
        ("cascades", "answer: set", "the setting 'model' is missing"),
        (
            "events",
            "model: LSTM, trainer: {momentum: 0.9}",
            "trainer has no argument 'momentum'; .* batch_size, .*pool_size",
        ),
        (
            "events",
            "model: LSTM, adversary: {batch_size: 8}",
            "adversary has no argument 'batch_size'; .* every, head_share",
        ),
        ("cascades", "model: LSTM, choose_trainer: {rate: [1]}", "choose_trainer has no argument 'rate'"),
        ("events", "model: NMD", "unknown model 'NMD': did you mean NDM"),
        ("events", "model: no_module:LSTM", "model='no_module:LSTM': the module cannot be imported"),
        (
            "events",
            "model: LSTM, trainer: {monitor: mrr}",
            "trainer.monitor is fixed by the kind 'events'; leave it out",
        ),
        ("cascades", "model: LSTM, trainer: {max_epochs: 4}", "trainer.max_epochs is fixed by the kind 'cascades'"),
        ("cascades", "model: LSTM, choose_trainer: {seed: [4]}", "choose_trainer.seed is fixed"),
        ("ranking convergence", "model: AMNL, trainer: {patience: 4}", "trainer.patience is fixed"),
    ],
)
def test_a_setting_without_effect_is_an_error(tmp_path, kind: str, row: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}kind: {kind}\nrows: [{{name: first, {row}}}]\n")
    with pytest.raises(DataError, match=rf"mine.yaml, row 1 \(first\): {error}"):
        find_experiment(path)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (
            "kind: cascades\nsplit: random",
            "mine.yaml: sets split, which the kind 'cascades' does not use; leave it out",
        ),
        ("kind: events\nsimulations: 5", "sets simulations, which the kind 'events' does not use"),
        ("kind: next users", "the kind 'next users' needs a split: random, chronological or files"),
        ("kind: cascades\npicture: networks", "'cascades' has no picture 'networks'; it has no other picture"),
        ("kind: events\npicture: map", "'events' has no picture 'map'; its other pictures are alignments, networks"),
        ("kind: cascade", "mine.yaml: unknown kind of experiment 'cascade': did you mean cascades"),
        ("task: cascades", "mine.yaml: unknown setting 'task'; an experiment has claims, datasets, kind"),
    ],
)
def test_settings_of_an_experiment_fit_its_kind(tmp_path, lines: str, error: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}{lines}\nrows: [{{name: first, model: NDM}}]\n")
    with pytest.raises((DataError, UnknownNameError), match=error):
        find_experiment(path)


OWN = """
title: T
paper: P
url: http://x
place: Table 1
kind: next users
metrics: [MRR]
datasets: {%s: null}
split: random
rows:
  - {name: a, model: Popularity}
  - {name: %s, model: LSTM, arguments: {%s}, trainer: {%s}}
"""


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (
            ("nope.csv", "b", "dim: 3", ""),
            MissingFileError,
            "datasets: 'nope.csv' is no published dataset, and",
        ),
        (("Irvin", "b", "dim: 3", ""), MissingFileError, r"did you mean Irvine\?$"),
        (("Irvine", "a", "dim: 3", ""), DataError, "row 2: row 1 has the name 'a', too; rename one of them"),
        (("Irvine", "b", "dim: wide", ""), DataError, r"row 2 \(b\): LSTM\(dim='wide'\): must be a whole number"),
        (
            ("Irvine", "b", "dimm: 3", ""),
            DataError,
            r"row 2 \(b\): dimm=3: LSTM has no argument 'dimm'; did you",
        ),
        (("Irvine", "b", "dropout: 2", ""), DataError, r"row 2 \(b\): .*dropout=2"),
        (("Irvine", "b", "dim: 3", "max_epochs: many"), DataError, r"max_epochs='many'\): must be a whole number"),
        (("Irvine", "b", "dim: 3", "max_epochs: 0"), DataError, r"row 2 \(b\): max_epochs=0: must be at least 1"),
    ],
)
def test_data_names_and_values_are_checked_when_the_file_is_read(tmp_path, values, error, message):
    path = tmp_path / "own.yaml"
    path.write_text(OWN % values)
    with pytest.raises(error, match=message):
        find_experiment(path)


OUTSIDE = """
from graphcascade.models import RNN

class {name}(RNN):
    pass
"""


def test_a_row_names_a_model_outside_the_package(tmp_path, monkeypatch) -> None:
    """Runs of such a model are repeated if its file changes: its code is a part of their key."""
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))
    monkeypatch.chdir(tmp_path)
    code = tmp_path / "outside_rnn.py"
    code.write_text(OUTSIDE.format(name="OutsideRNN"))
    path = tmp_path / "own.yaml"
    path.write_text((OWN % ("Irvine", "b", "dim: 3", "max_epochs: 2")).replace("LSTM", "'outside_rnn:OutsideRNN'"))
    _, row = find_experiment(path).rows
    assert isinstance(row, FittedRow)
    assert row.is_trained
    assert row.model_class is MODELS["OutsideRNN"]
    before = row.settings()
    assert before["model"] == "outside_rnn:OutsideRNN"
    code.write_text(OUTSIDE.format(name="OutsideRNN") + "\n")
    assert row.settings() != before
    path.write_text(path.read_text().replace("dim: 3", "size: 3"))
    with pytest.raises(DataError, match=r"row 2 \(b\): size=3: outside_rnn:OutsideRNN has no argument 'size'"):
        find_experiment(path)
