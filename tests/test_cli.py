"""The command line as a user meets it: exit 0, or 2 and one line."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

import graphcascade
from graphcascade.analysis import infer_network
from graphcascade.cli import main
from graphcascade.cli.infer_network import infer_network as cli_infer
from graphcascade.cli.output import print_table
from graphcascade.data.cascades.users import in_time_unit
from graphcascade.errors import DownloadError, UsageError
from graphcascade.io import read_cascades, read_follow_graph, read_graph, write_cascades
from graphcascade.models import MODELS, Netrate, load_model
from graphcascade.models.diffusion import Transmissions
from graphcascade.models.embedding import DeepWalk
from graphcascade.simulate import simulate_cascades
from graphcascade.trainers import NextUserTrainer
from graphcascade.trainers.run_folder import RunFolder

LINE = "a,1 b,2 c,3\nb,4 c,6\n"


@pytest.fixture
def cascades(tmp_path):
    path = tmp_path / "cascades.txt"
    path.write_text(LINE)
    return path


def one_line(capsys) -> str:
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert error.startswith("graphcascade: error: ")
    return error


def test_describe_prints_and_writes_figures(cascades, tmp_path, capsys):
    assert main(["describe", str(cascades), "--json", str(tmp_path / "figures.json")]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["users"], figures["cascades"], figures["events"], figures["co-occurring pairs"]) == (3, 2, 5, 3)
    assert figures["mean length"] == 2.5
    shown = capsys.readouterr().out
    assert "longest cascade" in shown
    assert "repaired" not in shown  # counts of what did not happen are not shown
    assert "left out" not in shown


@pytest.mark.parametrize("backend", ["module://a_notebook.that_is_not_here", "nonsense"])
def test_the_backend_of_a_notebook_does_not_matter(backend, cascades, tmp_path):
    words = ["describe", "cascades.txt", "--plot", "picture.png"]
    done = subprocess.run(
        [sys.executable, "-m", "graphcascade", *words],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "picture.png").exists()


@pytest.mark.parametrize(("given", "used"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_threads_that_wait_sleep_unless_the_user_says_otherwise(given, used, cascades, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "graphcascade", "describe", "cascades.txt"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        | {"OMP_DISPLAY_ENV": "TRUE"}
        | given,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shown = re.findall(r"OMP_WAIT_POLICY\s*=\s*'(\w+)'", done.stderr)
    assert set(shown) <= {used}  # empty where torch is built without OpenMP
    assert shown or sys.platform != "linux"


def test_nothing_draws_with_pyplot():
    for path in Path(graphcascade.__file__).parent.rglob("*.py"):  # pyplot keeps state, and a window where there is one
        assert "pyplot" not in path.read_text(encoding="utf-8"), path


def test_commands_that_neither_train_nor_draw_import_nothing_for_it(cascades, tmp_path):
    """The imports take seconds, more than the rest of these commands."""
    cascades.write_text(5 * LINE)
    assert main(["fit", str(cascades), "--model", "Markov", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    commands = [
        ["describe", "cascades.txt"],
        ["predict", "run", "cascades.txt"],
        ["convert", "cascades.txt", "cascades.csv"],
        ["prepare", "cascades.txt", "prepared"],
    ]
    code = (
        "import sys\nfrom graphcascade.cli.program import main\n"
        f"for words in {commands}:\n    assert main(words) == 0\n"
        "print({'lightning', 'matplotlib', 'torchmetrics'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"


def test_describe_draws(cascades, tmp_path):
    assert main(["describe", str(cascades), "--plot", str(tmp_path / "picture.png")]) == 0
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_warning_is_logged_once(tmp_path, capsys):
    rows = "".join(f"u{(k // 12 + k) % 120},i{k % 12},{k}\n" for k in range(1440))  # cascades of 120 users
    (tmp_path / "data.csv").write_text("user,item,time\n" + rows)
    (tmp_path / "mine.yaml").write_text(
        "{title: t, paper: p, url: u, place: x, kind: next users, split: random, seeds: 3, metrics: [MRR],"
        " datasets: {data.csv: null}, rows: [{name: seen}, {name: Markov, model: Markov}]}"
    )
    assert main(["reproduce", str(tmp_path / "mine.yaml"), "--directory", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.count("12 cascades cut to their first 100 events") == 1


def test_describe_counts_the_links_of_a_follow_graph(cascades, tmp_path, capsys):
    links = tmp_path / "links.txt"
    links.write_text("a b\nb c\n")
    assert main(["describe", str(cascades), "--follow-graph", str(links)]) == 0
    assert "follow links" in capsys.readouterr().out
    links.write_text("a b\na zoe\n")
    assert main(["describe", str(cascades), "--follow-graph", str(links)]) == 2
    assert "zoe" in one_line(capsys)


def test_convert_does_not_count_pairs(cascades, tmp_path, monkeypatch):
    monkeypatch.delattr("graphcascade.data.cascades.describe.count_pairs")
    figures = tmp_path / "figures.json"
    assert main(["convert", str(cascades), str(tmp_path / "out.csv")]) == 0
    assert main(["convert", str(cascades), str(tmp_path / "other.csv"), "--json", str(figures)]) == 0
    assert json.loads(figures.read_text())["events"] == 5


def test_convert_keeps_events(cascades, tmp_path):
    out = tmp_path / "cascades.csv"
    assert main(["convert", str(cascades), str(out)]) == 0
    frame = pd.read_csv(out)
    assert frame["user"].tolist() == ["a", "b", "c", "b", "c"]
    assert frame["time"].tolist() == [1, 2, 3, 4, 6]
    back = tmp_path / "back.txt"
    assert main(["convert", str(out), str(back)]) == 0
    assert read_cascades(back).table.ptr.tolist() == [0, 3, 5]


def test_describe_names_columns_of_a_log(tmp_path, capsys):
    path = tmp_path / "log.csv"
    path.write_text("who,what,when\nann,x,1\nbob,x,2\n")
    assert main(["describe", str(path)]) == 2
    message = one_line(capsys)
    assert "'who', 'what', 'when'" in message
    assert main(["describe", str(path), "--user", "who", "--item", "what", "--time", "when"]) == 0


def test_simulate_is_seeded(tmp_path):
    for name in ("one.csv", "two.csv"):
        assert main(["simulate", str(tmp_path / name), "--cascades", "40", "--seed", "3"]) == 0
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()
    assert len(read_cascades(tmp_path / "one.csv")) == 40


def test_simulate_on_a_network_from_a_file(tmp_path, capsys):
    links, out = tmp_path / "links.csv", tmp_path / "out.csv"
    links.write_text("ann,bob,1.0\nbob,eve,1.0\n")
    words = ["simulate", str(out), "--graph", str(links), "--delays", "discrete", "--cascades", "5", "--min-size", "2"]
    assert main(words) == 0
    assert set(pd.read_csv(out)["user"]) == {"ann", "bob", "eve"}
    links.write_text("ann,bob\nbob,eve\n")
    capsys.readouterr()
    assert main([*words[:4], "--cascades", "5", "--overwrite"]) == 2
    assert f"{links}: its links have no weight" in one_line(capsys)


def test_a_network_is_inferred_and_simulated(tmp_path, capsys):
    data, network, out = tmp_path / "data.csv", tmp_path / "network.graphml", tmp_path / "out.csv"
    start = 1_700_000_000  # dates: rates are per second, a millionth and less
    rows = [
        (f"u{user}", item, start + 86_400 * item + hour * 3600)
        for item in range(60)
        for user, hour in ((item % 3, 0), ((item + 1) % 3, 5), (3 + item % 2, 9))
    ]
    lines = [f"{user},{item},{pd.Timestamp(time, unit='s').isoformat()}" for user, item, time in rows]
    data.write_text("\n".join(["user,item,time", *lines]) + "\n")
    assert main(["infer-network", str(data), "--out", str(network), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["simulate", str(out), "--graph", str(network), "--cascades", "400"]) == 0
    assert f"horizon 32,400 s (from {network}), exponential delays" in capsys.readouterr().err
    found = read_cascades(out, time_unit="s")
    assert found.table.size.double().mean() > 2.5  # of 3 in the data
    assert 3600 < found.table.time.max() <= 32_400

    words = ["simulate", str(out), "--overwrite", "--graph", str(network), "--cascades", "400"]
    assert main([*words, "--time-unit", "h"]) == 0
    assert f"horizon 9 h (from {network})" in capsys.readouterr().err
    hours = read_cascades(out)
    assert hours.table.user.equal(found.table.user)
    assert (hours.table.time * 3600).allclose(found.table.time)
    assert main([*words, "--time-unit", "h", "--horizon", "6"]) == 0
    assert "horizon 6 h (--horizon)" in capsys.readouterr().err
    assert read_cascades(out).table.time.max() <= 6
    assert main([*words, "--delays", "rayleigh"]) == 2
    assert "--delays rayleigh: the weights of the graph are parameters of exponential delays" in one_line(capsys)
    wide = tmp_path / "wide.txt"
    wide.write_text("ann bob 0.5\nbob eve 2\n")
    assert main(["simulate", str(tmp_path / "new.csv"), "--graph", str(wide), "--delays", "discrete"]) == 2
    assert "wide.txt: the link from 'bob' to 'eve' has the weight 2; with discrete delays" in one_line(capsys)
    assert main(["simulate", str(out), "--overwrite", "--time-unit", "h"]) == 2
    assert "--time-unit h: is for a network of your own" in one_line(capsys)

    bare = tmp_path / "bare.txt"  # the same rates without their unit and horizon
    bare.write_text("".join(" ".join(line) + "\n" for line in links_of(network)))
    assert main([*words[:4], str(bare), "--min-size", "1"]) == 0
    message = capsys.readouterr().err
    assert "ended with the source alone at the horizon of 100, where half of the links take" in message
    assert "horizon 100, in the unit of the weights (the default), exponential delays" in message


def links_of(path):
    graph, users = read_graph(path)
    return [
        (users[i], users[k], str(weight))
        for (i, k), weight in zip(graph.edge_index.t().tolist(), graph.edge_weight.tolist(), strict=True)
    ]


def test_datasets_lists_the_published_datasets(tmp_path, capsys):
    assert main(["datasets", "--root", str(tmp_path), "--json", str(tmp_path / "list.json")]) == 0
    names = {row["name"] for row in json.loads((tmp_path / "list.json").read_text())}
    assert {"Irvine", "Memetracker", "TopoLSTMTwitter", "Android", "HiDANWeibo", "cyan-cp-exp"} <= names


def test_fit_test_predict(tmp_path, capsys):
    data, run = tmp_path / "data.csv", tmp_path / "run"
    assert main(["simulate", str(data), "--cascades", "80"]) == 0
    fit = ["fit", str(data), "--out", str(run), "--max-epochs", "2", "--model_args.dim", "8", "--protocol", "cyan"]
    assert main(fit) == 0
    assert {"config.json", "model.safetensors", "result.json", "logs"} <= {path.name for path in run.iterdir()}
    capsys.readouterr()
    model = str(run / "model.safetensors")
    assert main(["test", model, str(data), "--json", str(tmp_path / "again.json")]) == 0
    first, again = (json.loads(path.read_text()) for path in (run / "result.json", tmp_path / "again.json"))
    assert again["metrics"] == first["metrics"]
    assert again["split"] == first["split"]
    assert main(["predict", model, str(data), "--k", "2", "--out", str(tmp_path / "next.csv")]) == 0
    predictions = pd.read_csv(tmp_path / "next.csv")
    assert predictions.groupby("cascade").size().max() == 2
    capsys.readouterr()
    assert main(["predict", model, str(data), "--k", "1000"]) == 2
    assert "--k 1000: must" in one_line(capsys)
    assert main(["fit", "--config", str(run / "config.json"), "--out", str(tmp_path / "second"), "--quiet"]) == 0
    second = json.loads((tmp_path / "second" / "result.json").read_text())
    assert second["metrics"] == first["metrics"]


def test_a_counting_baseline_is_fitted(tmp_path):
    data = tmp_path / "data.csv"
    assert main(["simulate", str(data), "--cascades", "80"]) == 0
    assert main(["fit", str(data), "--model", "Markov", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text())["model"] == "Markov"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["describe", "nowhere.csv"], "no such file"),
        (["describe", "Memetraker"], "did you mean Memetracker"),
        (["describe", "."], "folder"),
        (["nonsense"], "unknown command 'nonsense': use one of demo"),
        (["describe"], "describe needs DATA (see graphcascade describe --help)"),
        (["fit", "x", "--lerning-rate", "1"], "did you mean --learning-rate?"),
        (["simulate", "out.csv", "--delays", "x"], "--delays: x is not one of 'exponential', 'rayleigh'"),
        (["describe", "x.csv", "--time-unit", "msec"], "--time-unit: msec is not one of 'ns', 'us', 'ms', 's'"),
        (["simulate", "out.csv", "--cascades", "many"], "--cascades: many is not a whole number"),
        (
            ["simulate", "out.nonsense", "--cascades", "5"],
            "OUT out.nonsense: no format has this ending; use .csv",
        ),
        (["simulate", "out.csv", "--delays", "discrete"], "--graph"),
        (["fit", "cascades.txt", "--model", "LTSM"], "did you mean LSTM"),
        (["fit", "cascades.txt", "--model_args.dimension", "3"], "no argument 'dimension'"),
        (["fit", "cascades.txt", "--protocol", "nobody"], "unknown protocol"),
        (["fit", "cascades.txt", "--learning-rate=.nan"], "--learning-rate nan: must"),
        (["fit", "cascades.txt", "--model-args.dim", "x"], "error: --model-args.dim x: must be a whole number."),
        (
            ["fit", "cascades.txt", "--model-args.dropout", "true"],
            "error: --model-args.dropout true: must be a number.",
        ),
        (["fit", "cascades.txt", "--model-args.dim", "0"], "error: --model-args.dim 0: must be"),
        (["simulate", "out.csv", "--horizon", "0"], "error: --horizon 0: must be above 0."),
        (["simulate", "out.csv", "--min-size", "33"], "--min-size 33: it must be from 1 to 32, the number of users."),
        (["fit", "cascades.txt", "--protocol", "ndm"], "--protocol ndm: uses the split that comes with the files"),
        (["fit", "x", "--prune", "true"], "argument --prune; arguments of a model are written --model-args.prune"),
        (["simulate", "out.csv", "--cascades", "0"], "error: --cascades 0: it must be 1 or more"),
        (["convert", "cascades.txt", "folder"], "OUT folder: no format has this ending"),
        (["fit", "cascades.txt", "--seed=-1"], "--seed -1: must be 0 or more"),
        (["simulate", "out.csv", "--seed=-1"], "--seed -1: must be 0 or more"),
        (["describe", "Irvine", "--user", "who"], "--user who: is for files"),
        (["test", "nowhere.safetensors", "cascades.txt"], "there is no such run folder or model file"),
        (
            ["predict", "cascades.txt", "run"],
            "cascades.txt: this is not a saved model; the model comes before the data",
        ),
        (
            ["infer-network", "cascades.txt", "--model", "./cascades.txt"],
            "--model cascades.txt: this is not a saved model; name a run folder or a model file.",
        ),
    ],
)
def test_invalid_arguments_print_one_line(words, expected, cascades, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert expected in one_line(capsys)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "empty"),
        ("a,1 b\n", "line 1"),
        ("a,1 b,2\nc,4 d,nan\n", "line 2"),
        ("a,1 b,inf\n", "finite"),
        ("a,1 b,-2\n", "negative"),
        ("a,1 b,x\n", "not a number"),
    ],
)
def test_invalid_files_print_one_line(content, expected, tmp_path, capsys):
    path = tmp_path / "wrong.txt"
    path.write_text(content)
    assert main(["describe", str(path), "--format", "ndm"]) == 2
    message = one_line(capsys)
    assert expected in message
    assert "wrong.txt" in message


def test_repairs_are_shown(tmp_path, capsys):
    path = tmp_path / "odd.txt"
    path.write_text("a,3 b,1 a,5\n")
    assert main(["describe", str(path)]) == 0
    shown = capsys.readouterr()
    assert "1 reordered cascade," in " ".join(shown.err.split())
    assert "repeated users, repaired" in shown.out


def test_every_command_has_help(capsys):
    for command in ("demo", "datasets", "describe", "convert", "simulate", "fit", "test", "predict"):
        assert main([command, "--help"]) == 0
        assert "usage: graphcascade" in capsys.readouterr().out


def test_runs_as_a_module():
    shown = subprocess.run([sys.executable, "-m", "graphcascade", "--version"], capture_output=True, text=True)
    assert (shown.returncode, shown.stdout) == (0, "graphcascade 0.1.0\n")


def test_another_protocol_keeps_the_split(tmp_path, capsys):
    data, run = tmp_path / "data.csv", tmp_path / "run"
    assert main(["simulate", str(data), "--cascades", "80"]) == 0
    assert main(["fit", str(data), "--model", "Markov", "--out", str(run), "--quiet"]) == 0
    again = tmp_path / "again.json"
    assert main(["test", str(run / "model.safetensors"), str(data), "--protocol", "dssf", "--json", str(again)]) == 0
    first, second = json.loads((run / "result.json").read_text()), json.loads(again.read_text())
    assert second["split"] == first["split"]
    assert second["protocol"]["name"] == "dssf"
    capsys.readouterr()
    assert main(["simulate", str(data), "--cascades", "90", "--overwrite"]) == 0
    capsys.readouterr()
    assert main(["test", str(run / "model.safetensors"), str(data)]) == 2
    assert "--part all" in one_line(capsys)
    (tmp_path / "other.csv").write_text("user,item,time\n" + "".join(f"{u},{i},{i}\n" for i in range(9) for u in "01"))
    assert main(["test", str(run / "model.safetensors"), str(tmp_path / "other.csv")]) == 2
    assert "--part test: the model was trained on a part of other cascades" in (error := one_line(capsys))
    assert "with --part all." in error


def test_new_cascades_that_equal_training_cascades_are_tested_on_request(tmp_path, capsys):
    # Times in whole steps: two of the three new cascades are equal to cascades of the other file by chance.
    old, new, run, result = (tmp_path / name for name in ("old.txt", "new.txt", "run", "result.json"))
    old.write_text("".join(f"u{k % 7},{k} u{(k + 2) % 7},{k + 1}\n" for k in range(40)))
    new.write_text("u0,0 u2,1\nu1,1 u3,2\nu5,3 u0,9\n")
    assert main(["fit", str(old), "--model", "Markov", "--out", str(run), "--quiet"]) == 0
    capsys.readouterr()
    test = ["test", str(run), str(new), "--part", "all", "--json", str(result)]
    assert main(test) == 2
    error = capsys.readouterr().err
    assert "2 of 3 test cascades were in training" in error
    assert "count those that were in training, give --allow-overlap." in error
    assert "--part train" not in error  # the new file has no part that the model was trained on
    assert main([*test, "--allow-overlap"]) == 0
    assert json.loads(result.read_text())["counts"]["cascades seen in training"] == 2
    assert "2 cascades seen in training" in capsys.readouterr().out
    whole = ["--whole-cascades", "--simulations", "2", "--allow-overlap", "--overwrite"]
    assert main([*test, *whole]) == 0
    assert json.loads(result.read_text())["counts"]["cascades seen in training"] == 2


@pytest.mark.parametrize("name", ["cyan-cp-exp", "cyan-random-ray"])
def test_simulated_datasets_have_names(name, capsys):
    assert main(["describe", name]) == 0
    assert "20,000" in capsys.readouterr().out


def test_converting_a_file_to_itself_is_an_error(cascades, capsys):
    before = cascades.read_text()
    assert main(["convert", str(cascades), str(cascades)]) == 2
    assert "OUT" in (message := one_line(capsys))
    assert "this file is an input of the command" in message
    assert main(["convert", str(cascades), str(cascades), "--overwrite"]) == 2
    assert "this file is an input of the command" in one_line(capsys)
    assert cascades.read_text() == before


def test_a_run_is_kept_resumed_or_replaced_as_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "data.csv", "--cascades", "60"]) == 0
    fit = ["fit", "data.csv", "--max-epochs", "1", "--model-args.dim", "8", "--quiet"]
    assert main(fit) == 0
    assert main(fit) == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["data-LSTM", "data-LSTM-2"]
    capsys.readouterr()
    assert main([*fit, "--out", "runs/data-LSTM"]) == 2
    assert "--resume continues it, --overwrite replaces it" in one_line(capsys)
    again = ["fit", "--config", "runs/data-LSTM/config.json", "--quiet", "--resume"]
    before = (tmp_path / "runs" / "data-LSTM" / "model.safetensors").read_bytes()
    assert main([*again, "--seed", "3"]) == 2
    capsys.readouterr()
    assert (tmp_path / "runs" / "data-LSTM" / "model.safetensors").read_bytes() == before
    assert main([*again, "--max-epochs", "2"]) == 0
    assert json.loads((tmp_path / "runs" / "data-LSTM" / "config.json").read_text())["max_epochs"] == 2
    assert main([*fit, "--out", "runs/data-LSTM", "--overwrite"]) == 0
    assert main(["fit", "data.csv", "--model", "Markov", "--resume"]) == 2
    counters = json.loads((tmp_path / "runs" / "data-LSTM" / "counters.json").read_text())
    names = sorted(one["model"].removesuffix(" (only_started)") for one in counters)  # validation chooses the variant
    assert names == ["Markov", "Popularity", "RecentUsers", "SourceCooccurrence"]


def test_a_run_folder_can_be_given_instead_of_its_model(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), str(tmp_path / "run")
    assert main(["simulate", data, "--cascades", "60", "--write-graph", str(tmp_path / "links.txt")]) == 0
    lines = (tmp_path / "links.txt").read_text().splitlines()
    assert lines[0] == "# graphcascade: delays=exponential horizon=100.0"
    assert len(lines[1].split()) == 3
    assert main(["fit", data, "--model", "Markov", "--out", run, "--quiet"]) == 0
    assert main(["test", run, data]) == 0
    assert main(["predict", run, data]) == 0
    capsys.readouterr()
    assert main(["test", str(tmp_path), data]) == 2
    assert "no model.safetensors in this folder" in one_line(capsys)


def test_help_does_not_import_torch():
    code = (
        "import sys; from graphcascade.cli.program import COMMANDS, main\n"
        "for name in COMMANDS: main([name, '--help'])\n"
        "print('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.endswith("False\n")


def test_help_names_protocols_and_formats(capsys):
    from graphcascade.evaluation import PROTOCOLS
    from graphcascade.io import FORMATS

    assert main(["fit", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in (*PROTOCOLS, *FORMATS):
        assert name in text


def test_whole_cascades_are_tested_too(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), str(tmp_path / "run")
    assert main(["simulate", data, "--cascades", "60"]) == 0
    assert main(["fit", data, "--max-epochs", "1", "--out", run, "--quiet"]) == 0
    words = ["test", run, data, "--whole-cascades", "--simulations", "20", "--json", str(tmp_path / "f1.json")]
    assert main(words) == 0
    figures = json.loads((tmp_path / "f1.json").read_text())
    measured = {(row["metric"], row["answer"], row["horizon"]) for row in figures["metrics"]}
    assert measured >= {("Macro-F1", "sampled", "full"), ("Micro-F1", "set", "early")}
    assert figures["protocol"]["simulations"] == 20
    counts = str(tmp_path / "counts")
    assert main(["fit", data, "--model", "SourceCooccurrence", "--out", counts, "--quiet"]) == 0
    assert main([*words, "--overwrite", "--counter", counts, "--counter-weight", "0.7"]) == 0
    assert json.loads((tmp_path / "f1.json").read_text())["protocol"]["counter_weight"] == 0.7
    capsys.readouterr()
    for more, said in (
        (["--counter", run], "must be a counting baseline, not LSTM"),
        (["--counter-weight", "0.7"], "--counter-weight 0.7: needs a counting baseline"),
        (["--counter", counts, "--counter-weight", "0"], "counts: has no effect with a weight of 0"),
        (["--counter", counts, "--counter-weight", "2"], "--counter-weight 2: must be from 0 to 1"),
    ):
        assert main([*words[:4], *more]) == 2
        assert said in one_line(capsys)
    assert main([*words[:3], "--counter", counts]) == 2
    assert "has an effect on whole cascades only" in (error := one_line(capsys))
    assert "--counter" in error
    assert main([*words[:4], "--simulations", "0"]) == 2
    assert "--simulations 0: must be at least 1" in one_line(capsys)


def test_a_network_is_inferred_and_tested(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), str(tmp_path / "run")
    assert main(["simulate", data, "--cascades", "60"]) == 0
    assert main(["fit", data, "--model", "Netrate", "--model-args.delays", "rayleigh", "--out", run]) == 0
    text = capsys.readouterr().out
    assert "Micro-F1, early" in text
    assert "SourceCoo" in text
    figures = {}
    for name, options in {
        "own": [],
        "whole": ["--whole-cascades"],
        "few": ["--whole-cascades", "--simulations", "20"],
    }.items():
        file = tmp_path / f"{name}.json"
        assert main(["test", run, data, *options, "--json", str(file)]) == 0
        figures[name] = json.loads(file.read_text())
    assert figures["own"]["metrics"] == figures["whole"]["metrics"] != figures["few"]["metrics"]
    assert figures["own"]["metrics"] == json.loads((tmp_path / "run" / "result.json").read_text())["metrics"]
    capsys.readouterr()
    assert main(["predict", run, data]) == 2
    assert "Netrate infers a network and predicts no next users" in one_line(capsys)
    assert main(["fit", data, "--model", "Netrate", "--protocol", "random", "--model-args.delays", "x"]) == 2
    assert "--model-args.delays x: must be one of 'exponential', 'rayleigh', 'power_law'" in one_line(capsys)


def test_the_module_returns_the_exit_code_of_the_command(tmp_path):
    words = [sys.executable, "-m", "graphcascade", "describe", str(tmp_path / "none.csv")]
    assert subprocess.run(words, capture_output=True).returncode == 2


def test_inputs_are_never_overwritten(tmp_path, capsys):
    links, data = tmp_path / "links.txt", tmp_path / "data.csv"
    links.write_text("ann bob 1.0\nbob eve 1.0\n")
    data.write_text("user,item,time\na,x,1\nb,x,2\n")
    before = links.read_text(), data.read_text()
    for words in (
        ["simulate", str(links), "--graph", str(links), "--delays", "discrete"],
        ["describe", str(data), "--json", str(data)],
        ["describe", str(data), "--follow-graph", str(links), "--json", str(links)],
        ["convert", str(data), str(tmp_path / "out.csv"), "--json", str(data)],
        ["fit", str(data), "--json", str(data)],
    ):
        assert main(words) == 2
        assert "this file is an input of the command" in one_line(capsys)
        assert (links.read_text(), data.read_text()) == before
    assert main(["simulate", str(tmp_path / "o.txt"), "--write-graph", str(tmp_path / "o.txt")]) == 2
    assert "OUT names the same file" in one_line(capsys)


def test_an_existing_output_is_replaced_only_with_overwrite(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("links.txt").write_text("a b\nb c\nc d\nd a\n")
    for words, option in (
        (["convert", "my.txt", "mine.csv"], "OUT"),
        (["convert", "my.txt", "new.csv", "--json", "mine.json"], "--json"),
        (["simulate", "mine.csv", "--cascades", "5"], "OUT"),
        (["simulate", "new.csv", "--cascades", "5", "--write-graph", "mine.csv"], "--write-graph"),
        (["describe", "my.txt", "--json", "mine.json"], "--json"),
        (["predict", "run", "my.txt", "--out", "mine.csv"], "--out"),
        (["infer-network", "my.txt", "--out", "mine.csv"], "--out"),
        (["link-prediction", "run", "links.txt", "--out", "mine.csv"], "--out"),
        (["test", "run", "my.txt", "--json", "mine.json"], "--json"),
        (["datasets", "--json", "mine.json"], "--json"),
        (["experiments", "--json", "mine.json"], "--json"),
    ):
        mine = Path(words[-1] if option == "--json" else "mine.csv")
        mine.write_text("mine")
        assert main(words) == 2
        message = one_line(capsys)
        assert f"error: {option} {mine}: this file exists already and was not replaced" in message
        assert "or replace it with --overwrite" in message
        assert mine.read_text() == "mine"
        assert not Path("new.csv").exists()  # found before the work began
        assert main([*words, "--overwrite"]) == 0
        assert mine.read_text() != "mine"
        Path("new.csv").unlink(missing_ok=True)
        capsys.readouterr()
    Path("mine.png").write_text("mine")
    assert main(["describe", "my.txt", "--plot", "mine.png"]) == 2
    assert "--plot mine.png: this file exists already" in one_line(capsys)
    assert main(["fit", "my.txt", "--model", "Markov", "--json", "mine.json"]) == 2
    assert "--json mine.json: this file exists already" in one_line(capsys)
    assert not Path("runs").exists()


def test_outputs_that_cannot_be_written_are_found_before_the_work(cascades, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("folder.json").mkdir()
    Path("file").touch()
    Path("loop.json").symlink_to("loop.json")
    for name, message in (
        ("folder.json", "this is a folder, not a file"),
        ("file/out.json", "a part of the path is a file, not a folder"),
        ("loop.json", "this symbolic link leads back to itself"),
        ("n" * 300 + ".json", "the name is too long"),
        ("out.csv", "no format has this ending; use .json, or no ending"),
    ):
        assert main(["describe", "nowhere.csv", "--json", name]) == 2
        assert f"--json {name}: "[:60] in (error := one_line(capsys))
        assert message in error
    assert main(["fit", "cascades.txt", "--out", "file"]) == 2
    assert "--out file: this is a file; choose a folder" in one_line(capsys)
    assert main(["fit", "cascades.txt", "--out", "run", "--json", "run/result.json"]) == 2
    assert "--json run/result.json: the command writes files of its own to this folder" in one_line(capsys)
    Path("notes.md").write_text("my notes\n")
    assert main(["reproduce", "ndm-table1", "--report", "notes.md"]) == 2
    assert "notes.md: not a report" in one_line(capsys)
    assert not Path("reproduced").exists()


def test_ids_are_printed_literally(tmp_path, capsys):
    data = tmp_path / "d[v2].csv"
    users = ("[deleted]", "$_$", "b")
    rows = [f"{user},i{item},{item * 10 + k}" for item in range(12) for k, user in enumerate(users)]
    data.write_text("user,item,time\n" + "\n".join(rows) + "\n")
    run, picture = str(tmp_path / "run"), str(tmp_path / "p.png")
    assert main(["describe", str(data), "--plot", picture]) == 0
    assert "d[v2]" in capsys.readouterr().out
    assert main(["fit", str(data), "--model", "Markov", "--out", run]) == 0
    (tmp_path / "part.csv").write_text("user,item,time\nb,[/post0],1\n")
    assert main(["predict", run, str(tmp_path / "part.csv"), "--k", "2"]) == 0
    shown = capsys.readouterr().out
    assert "[/post0]" in shown
    assert "[deleted]" in shown


def test_times_beyond_all_dates_are_shown_as_numbers(tmp_path, capsys):
    data = tmp_path / "ms.csv"
    data.write_text("user,item,time\na,x,1716810000123\nb,x,1716810000999\n")
    assert main(["describe", str(data), "--time-unit", "s"]) == 0
    assert "1,716,810,000,123" in capsys.readouterr().out


def test_the_demo_model_is_tested_on_the_demo_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--cascades", "80", "--max-epochs", "1", "--quiet"]) == 0
    assert "own source" not in (said := capsys.readouterr().err)
    assert "true network" not in said
    assert main(["test", "demo", "demo/cascades.csv"]) == 0
    assert "test part, chronological" in capsys.readouterr().out
    found = ["demo/cascades.csv", "--truth", "demo/true-network.txt", "--model-args.horizon", "100", "--quiet"]
    assert main(["infer-network", *found, "--json", "figures.json"]) == 0
    assert json.loads(Path("figures.json").read_text())["true"] == 46


def test_the_demo_replaces_only_earlier_demos(tmp_path, capsys):
    small = ["demo", "--out", str(tmp_path), "--cascades", "40", "--max-epochs", "1", "--quiet"]
    for name in ("cascades.csv", "report.html"):
        mine = tmp_path / name
        mine.write_text("mine")
        assert main(small) == 2
        assert f"this folder has a file {name} that is not from 'graphcascade demo'" in one_line(capsys)
        assert mine.read_text() == "mine"
        mine.unlink()
    assert main(small) == 0
    capsys.readouterr()
    assert main(small) == 2
    assert (
        "this folder has an earlier page of 'graphcascade demo'; choose another folder, or replace it with --overwrite."
        in one_line(capsys)
    )
    assert main([*small, "--overwrite"]) == 0


def test_counting_baselines_are_trained_on_the_training_part_of_the_model(tmp_path):
    from graphcascade.evaluation import PROTOCOLS, evaluate
    from graphcascade.models import Markov

    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    assert main(["fit", data, "--protocol", "cyan", "--max-epochs", "1", "--out", str(run), "--quiet"]) == 0
    train, _, test = PROTOCOLS["cyan"].prepare(read_cascades(data))
    expected = evaluate(Markov(train.num_users).fit(train), test, "cyan").to_dict()["metrics"]
    found = {one["model"]: one["metrics"] for one in json.loads((run / "counters.json").read_text())}
    assert found["Markov"] == expected


def test_fit_warns_when_a_baseline_is_better_on_validation(tmp_path, capsys):
    # In each cascade the users come in one order, so that the next user follows from the last one.
    rows = [f"u{(start + k) % 12},i{start},{start * 100 + k}" for start in range(40) for k in range(5)]
    data, run = tmp_path / "data.csv", tmp_path / "run"
    data.write_text("\n".join(["user,item,time", *rows]) + "\n")
    fit = ["fit", str(data), "--max-epochs", "1", "--learning-rate", "1e-6", "--quiet"]
    assert main([*fit, "--out", str(run), "--model", "RNN"]) == 0
    said = capsys.readouterr().err
    found = json.loads((run / "validation.json").read_text())
    assert found["warning"] in said
    assert re.search(r"RNN predicts the validation cascades worse than counting: its MRR is 0\.\d+, below", said)
    assert "Markov (1.0000)" in said
    for advice in ("--learning-rate (2e-06)", "--max-epochs 50", "--source-fusion sum", "use the baseline itself"):
        assert advice in said
    assert "--graph-encoder" not in said
    assert (found["model"]["model"], found["model"]["split"]["part"]) == ("RNN", "val")
    assert [each["model"] for each in found["baselines"]] == [
        "Popularity",
        "SourceCooccurrence",
        "Markov",
        "RecentUsers",
    ]
    # More epochs change nothing after an early stop.
    still = ["--max-epochs", "9", "--patience", "1", "--learning-rate", "1e-12", "--out", str(tmp_path / "still")]
    assert main([*fit[:2], *still, "--quiet"]) == 0
    said = capsys.readouterr().err
    assert "--patience 2)" in said
    assert "--max-epochs" not in said
    for more in (["--counters", "false"], ["--model", "Markov"]):
        options = [*fit[:2], "--quiet"] if "Markov" in more else fit
        assert main([*options, *more, "--out", str(tmp_path / more[-1])]) == 0
        assert "worse than counting" not in capsys.readouterr().err
        assert not (tmp_path / more[-1] / "validation.json").exists()
    uncompared = ["--max-epochs", "1", "--counters", "false", "--out", str(tmp_path / "uncompared")]
    assert main([*fit[:2], *uncompared]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "not compared with counting" in line]
    assert lines == ["LSTM was not compared with counting baselines: the option counters is false."]


def test_the_variant_of_the_source_baseline_is_chosen_on_validation(tmp_path, capsys):
    # s infects a in the cascades that it starts; b follows it more often, but only in cascades of x and y.
    data, run = tmp_path / "data.txt", tmp_path / "run"
    cascades = [["s", "a"], ["x", "s", "b"], ["y", "s", "b"]]
    lines = [" ".join(f"{user},{10 * k + n}" for n, user in enumerate(cascades[k % 3])) for k in range(60)]
    data.write_text("\n".join(lines) + "\n")
    options = ["--model", "RNN", "--max-epochs", "1", "--learning-rate", "1e-6", "--quiet"]
    assert main(["fit", str(data), *options, "--out", str(run)]) == 0
    for name in ("counters.json", "validation.json"):
        results = json.loads((run / name).read_text())
        results = results["baselines"] if name == "validation.json" else results
        names = ["Popularity", "Markov", "RecentUsers", "SourceCooccurrence (only_started)"]
        assert [each["model"] for each in results] == names
    assert "SourceCooccurrence (only_started) (1.0000)" in capsys.readouterr().err
    again = ["--model", "SourceCooccurrence", "--model-args.only_started", "true", "--quiet"]
    assert main(["fit", str(data), *again, "--out", str(tmp_path / "again")]) == 0
    result = json.loads((tmp_path / "again" / "result.json").read_text())
    assert result["metrics"] == json.loads((run / "counters.json").read_text())[-1]["metrics"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("u0 u{} 5,u{} 7", "times are relative to each cascade's source"),
        ("u{},0 u{},7", "all cascades begin at the same time"),
    ],
)
def test_fit_logs_why_the_split_is_random(line, reason, tmp_path, capsys):
    data = tmp_path / "data.txt"
    data.write_text("".join(line.format(k % 5 + 1, (k + 2) % 5 + 1) + "\n" for k in range(20)))
    assert main(["fit", str(data), "--model", "Markov", "--out", str(tmp_path / "run")]) == 0
    assert f"data: {reason}, so the split is random." in capsys.readouterr().err
    assert json.loads((tmp_path / "run" / "result.json").read_text())["split"]["method"] == "random"


def test_the_protocol_decides_mask_and_end(tmp_path, caplog):
    from graphcascade.models import load_model

    data = str(tmp_path / "data.txt")
    with open(data, "w") as file:
        file.writelines(f"u{k % 5},{k} u{(k + 1) % 5},{k + 0.5} u{(k + 3) % 5},{k + 0.7}\n" for k in range(40))
    assert main(["fit", data, "--protocol", "cyan", "--max-epochs", "1", "--out", str(tmp_path / "a"), "--quiet"]) == 0
    assert not load_model(tmp_path / "a" / "model.safetensors").readout.mask_infected
    assert main(["fit", data, "--protocol", "dssf", "--max-epochs", "1", "--out", str(tmp_path / "b"), "--quiet"]) == 0
    assert load_model(tmp_path / "b" / "model.safetensors").readout.mask_infected


def test_options_without_effect_are_an_error(tmp_path, capsys):
    for words, option in (
        (
            ["--simulations", "5"],
            "--simulations 5: has an effect on whole cascades only; leave it out, or add --whole-cascades",
        ),
        (["--terminate", "false"], "--terminate false: has an effect on whole cascades only"),
        (["--whole-cascades", "--protocol", "dssf"], "--protocol dssf: has no effect on whole cascades"),
    ):
        assert main(["test", "run", "data.csv", *words]) == 2
        assert option in one_line(capsys)
    for words, option in (
        (["--learning-rate", "0.1"], "--learning-rate 0.1: has no effect on Markov, which is not trained in epochs"),
        (["--max-epochs", "3"], "--max-epochs 3: has no effect on Markov"),
        (["--resume"], "--resume: Markov is not trained in epochs"),
        (["--source-gate", "sigmoid"], "--source-gate sigmoid: has no effect without attention to the source"),
        (
            ["--head-share", "half"],
            "--head-share half: has no effect without an adversary; leave it out, or add --adversary joint",
        ),
        (["--adversary", "joint"], "--adversary joint: has no effect on Markov"),
        (["--num-samples", "4"], "--num-samples 4: has no effect on Markov"),
    ):
        assert main(["fit", "data.csv", "--model", "Markov", *words]) == 2
        assert option in one_line(capsys)


def test_a_replaced_run_leaves_nothing_of_the_old_one(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    fit = ["fit", data, "--out", str(run), "--quiet"]
    assert main([*fit, "--max-epochs", "1", "--json", str(tmp_path / "one.json")]) == 0
    before = {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for wrong in (["--learning-rate", "1e30"], ["--model-args.dim", "0"]):
        assert main([*fit, "--overwrite", *wrong]) == 2
        after = {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()}
        assert after == before  # it is still there
    assert main([*fit, "--overwrite", "--model", "Markov"]) == 0
    assert not (run / "checkpoints").exists()
    assert not list(run.glob(".repl*"))
    one = tmp_path / "one.csv"  # a single source
    rows = [f"a,{n},{n}\n{'bcd'[n % 3]},{n},{n + 0.5}\n" for n in range(1, 25)]
    one.write_text("user,item,time\n" + "".join(rows))
    capsys.readouterr()
    assert main(["fit", str(one), "--adversary", "joint", "--out", str(tmp_path / "new"), "--quiet"]) == 2
    assert "the training cascades have 1 source; head and tail need at least two" in one_line(capsys)
    assert not (tmp_path / "new").exists()


class KilledInTheFirstEpoch(BaseException):
    """Stands for a kill: nothing cleans up after it."""


@pytest.mark.parametrize("then", [[], ["--resume"], ["--overwrite"]])
def test_a_replaced_run_comes_back_after_a_kill(tmp_path, monkeypatch, capsys, then):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    fit = ["fit", data, "--out", str(run), "--quiet", "--model-args.dim", "8", "--max-epochs", "1"]
    assert main(fit) == 0
    before = {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()}

    def killed(*_, **__):
        raise KilledInTheFirstEpoch

    with monkeypatch.context() as patch:
        patch.setattr(NextUserTrainer, "fit", killed)
        patch.setattr(RunFolder, "_settle", lambda _: True)
        with pytest.raises(KilledInTheFirstEpoch):
            main([*fit, "--overwrite", "--seed", "3"])
    assert not (run / "model.safetensors").exists()
    capsys.readouterr()
    assert main([*fit, *then]) == (0 if then else 2)
    said = capsys.readouterr().err.splitlines()
    assert "restored the earlier run" in said[0]
    if not then:
        assert "--resume continues it, --overwrite replaces it" in said[1]
        assert {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert not list(run.glob(".repl*"))


def test_other_commands_use_the_earlier_run_after_a_kill(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    assert main(["fit", data, "--out", str(run), "--quiet", "--model-args.dim", "8", "--max-epochs", "1"]) == 0
    settings = (run / "config.json").read_text()
    for words in (["predict", str(run), data], ["fit", "--config", str(run / "config.json"), "--resume"]):
        replaced = run / ".replaced"
        replaced.mkdir()
        for path in list(run.glob("[!.]*")):
            path.rename(replaced / path.name)
        (run / "config.json").write_text(settings.replace('"seed": 0', '"seed": 3'))
        capsys.readouterr()
        assert main(words) == 0
        assert "restored the earlier run" in capsys.readouterr().err.splitlines()[0]
        assert json.loads((run / "config.json").read_text())["seed"] == 0


def test_training_that_diverges_in_the_first_epoch_prints_one_line(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    capsys.readouterr()
    assert main(["fit", data, "--out", str(run), "--quiet", "--learning-rate", "1e30"]) == 2
    message = one_line(capsys)
    assert "error: --learning-rate 1e+30: training diverged in the first epoch (" in message
    assert message.rstrip().endswith("), and nothing was saved; try a smaller learning rate.")
    assert not run.exists()


def test_a_run_that_was_killed_in_its_first_epoch_begins_again(tmp_path, monkeypatch, capsys):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    fit = ["fit", data, "--model-args.dim", "8", "--max-epochs", "1"]
    assert main([*fit, "--out", str(tmp_path / "other"), "--quiet"]) == 0
    run.mkdir()
    settings = json.loads((tmp_path / "other" / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(settings | {"out": str(run)}))
    capsys.readouterr()
    assert main(["fit", "--config", str(run / "config.json"), "--resume"]) == 0
    said = capsys.readouterr().err
    assert "this run has no finished epoch; training starts from the beginning" in said
    assert (
        f"wrote {run}: checkpoints, config.json, counters.json, logs, model.safetensors, result.json, validation.json"
        in said
    )
    assert (run / "model.safetensors").read_bytes() == (tmp_path / "other" / "model.safetensors").read_bytes()


def test_two_processes_do_not_share_a_run_folder(tmp_path, capsys):
    data, run = str(tmp_path / "data.csv"), tmp_path / "run"
    assert main(["simulate", data, "--cascades", "60"]) == 0
    run.mkdir()
    code = (
        "import sys; from filelock import FileLock\n"
        "with FileLock(sys.argv[1] + '/.lock'): print('locked', flush=True); input()"
    )
    capsys.readouterr()
    with subprocess.Popen([sys.executable, "-c", code, str(run)], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        for words in ([], ["--overwrite"]):
            assert main(["fit", data, "--model", "Markov", "--out", str(run), "--quiet", *words]) == 2
            assert "another process is using this folder" in one_line(capsys)
        other.communicate("\n")
    assert [path.name for path in run.iterdir()] == [".lock"]
    assert main(["fit", data, "--model", "Markov", "--out", str(run), "--quiet"]) == 0


@pytest.fixture
def trained(tmp_path):
    cascades = tmp_path / "my.txt"
    cascades.write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\nb,{n}4 c,{n}6 d,{n}7\n" for n in range(1, 11)))
    out = tmp_path / "run"
    options = ["--model", "NDM", "--model-args.dim", "4", "--max-epochs", "1", "--out", str(out), "--quiet"]
    assert main(["fit", str(cascades), *options]) == 0
    return out


def test_link_prediction_writes_figures_and_closest_users(trained, tmp_path, capsys):
    links = tmp_path / "links.txt"
    links.write_text("a b\na c\nb c\nc d\nd a\n")
    figures, closest = tmp_path / "figures.json", tmp_path / "closest.txt"
    options = ["--json", str(figures), "--out", str(closest)]
    assert main(["link-prediction", str(trained), str(links), *options]) == 0
    assert "How often is the closest user a follower?" in capsys.readouterr().out
    found = json.loads(figures.read_text())
    assert set(found) == {"embedding", "attention"}
    first, *lines = closest.read_text().splitlines()
    assert first == "# graphcascade: weight_is=closeness"
    pairs = [line.split() for line in lines]
    follows = {tuple(line.split()) for line in links.read_text().splitlines()}
    right = sum((one, other) in follows for one, other, _ in pairs)
    assert found["attention"]["accuracy"] == right / len(pairs)
    backwards = ["--direction", "follower-followee", "--by", "attention", "--json", str(figures), "--overwrite"]
    assert main(["link-prediction", str(trained), str(links), *backwards]) == 0
    right = sum((other, one) in follows for one, other, _ in pairs)
    assert json.loads(figures.read_text())["attention"]["accuracy"] == right / len(pairs)
    capsys.readouterr()
    links.write_text("a zoe\n")
    assert main(["link-prediction", str(trained), str(links)]) == 2
    assert "zoe" in one_line(capsys)


def test_link_prediction_needs_vectors_of_users(cascades, tmp_path, capsys):
    out = tmp_path / "run"
    cascades.write_text(LINE * 10)
    assert main(["fit", str(cascades), "--model", "Markov", "--protocol", "random", "--out", str(out), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["link-prediction", str(out), str(cascades)]) == 2
    assert "Markov has no vectors of users" in one_line(capsys)


def test_a_model_from_outside_the_package_is_trained_and_tested(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outside_models.py").write_text(
        "from torch import nn\n"
        "from graphcascade.models.next_user.recurrent_model import RecurrentModel\n"
        "class OutsideGRU(RecurrentModel):\n"
        "    def __init__(self, num_users: int, dim: int = 4, hidden: int = 4, std: float = 0.1) -> None:\n"
        "        super().__init__(num_users, dim, hidden, 0.0, False, True, std, None, nn.GRU)\n"
        "from graphcascade.models import Netrate\n"
        "class OutsideNetrate(Netrate):\n"
        "    pass\n"
    )
    (tmp_path / "my.txt").write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\n" for n in range(1, 21)))
    (tmp_path / "links.txt").write_text("a b\nb c\n")
    words = ["--model", "outside_models:OutsideGRU", "--model-args.dim", "3", "--max-epochs", "1"]
    assert main(["fit", "my.txt", *words, "--out", "run", "--quiet"]) == 0
    assert load_model("run/model.safetensors").embedding.dim == 3
    MODELS._entries.pop("OutsideGRU")  # as in another process
    capsys.readouterr()
    assert main(["predict", "run", "my.txt"]) == 2
    error = one_line(capsys)
    assert "its model 'OutsideGRU' is not one of graphcascade" in error
    assert "such as --model-class my_models:OutsideGRU." in error
    for command in ("predict", "test"):
        assert main([command, "run", "my.txt", "--model-class", "outside_models:OutsideGRU"]) == 0
    assert main(["link-prediction", "run", "links.txt", "--model-class", "outside_models:OutsideGRU"]) == 0
    assert main(["infer-network", "my.txt", "--model", "outside_models:OutsideNetrate", "--out", "network.txt"]) == 0
    assert main(["fit", "my.txt", "--model", "Markov", "--out", "markov", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["test", "markov", "my.txt", "--model-class", "outside_models:OutsideGRU"]) == 2
    assert "--model-class outside_models:OutsideGRU: the model in markov/model.safetensors is of the" in one_line(
        capsys
    )
    assert main(["test", "run", "my.txt", "--model-class", "no_module:A"]) == 2
    assert "--model-class no_module:A: the module cannot be imported" in one_line(capsys)
    assert main(["fit", "my.txt", "--model", "outside_models:Nothing"]) == 2
    assert "error: --model outside_models:Nothing: the module outside_models has no model" in one_line(capsys)


def test_a_folder_of_other_files_is_no_run_folder(tmp_path, capsys):
    (tmp_path / "my.txt").write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\n" for n in range(1, 21)))
    assert main(["fit", str(tmp_path / "my.txt"), "--model", "Markov", "--out", str(tmp_path)]) == 2
    assert "this folder has other files and no run; choose another folder" in one_line(capsys)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["my.txt"]


def test_options_of_another_task_are_an_error(tmp_path, capsys):
    (tmp_path / "my.txt").write_text("a,1 b,2 c,3\n" * 20)
    assert main(["fit", str(tmp_path / "my.txt"), "--model", "Netrate", "--source-fusion", "sum"]) == 2
    assert one_line(capsys) == (
        "graphcascade: error: --source-fusion sum: has no effect on Netrate, which infers a network: it is an option "
        "of the task next-user (predicts who is infected next); leave it out.\n"
    )


def test_models_are_listed(tmp_path, capsys):
    from graphcascade.models import MODELS

    assert main(["models", "--json", str(tmp_path / "list.json")]) == 0
    rows = json.loads((tmp_path / "list.json").read_text())
    assert sorted(row["name"] for row in rows) == sorted(MODELS)
    tasks = {row["name"]: row["task"] for row in rows}
    assert [tasks[name] for name in ("LSTM", "Netrate", "AMNL", "DSN")] == [
        "next-user",
        "network",
        "ranking",
        "popularity",
    ]
    assert [row["task"] for row in rows] == sorted(tasks.values(), key=list(dict.fromkeys(tasks.values())).index)
    assert all(row["description"].endswith(".") for row in rows)
    assert not any("`" in row["description"] for row in rows)
    described = {row["name"]: row["description"] for row in rows}
    assert described["VBPR"].endswith("needs features of images (--image-features of 'graphcascade fit').")
    assert "from the states of an LSTM over" in described["CascadeSizeLSTM"]
    shown = capsys.readouterr().out
    assert all(row["name"] in shown for row in rows)


def test_a_graph_that_is_written_is_not_reported_as_left_out(tmp_path, capsys):
    for words, reported in (([], True), (["--write-graph", str(tmp_path / "links.txt")], False)):
        out = tmp_path / f"{reported}.csv"
        assert main(["simulate", str(out), "--cascades", "20", *words]) == 0
        assert ("the true network" in capsys.readouterr().err) == reported


def test_ids_do_not_control_the_terminal(tmp_path, capsys):
    path = tmp_path / "ids.csv"
    path.write_text(
        "user,item,time\n"
        + "".join(f"\x1b[31m{'abc'[(item + n) % 3]},{item},{item + n}\n" for item in range(20) for n in range(2))
    )
    assert main(["fit", str(path), "--model", "Popularity", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert main(["predict", str(tmp_path / "run"), str(path), "--k", "2", "--out", str(tmp_path / "next.csv")]) == 0
    assert "Who comes next?" in capsys.readouterr().out
    quiet = ["predict", str(tmp_path / "run"), str(path), "--quiet", "--overwrite", "--out", str(tmp_path / "next.csv")]
    assert main(quiet) == 0
    assert capsys.readouterr().out == ""
    assert main(["infer-network", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[31ma" in shown


def test_experiments_are_listed(tmp_path, capsys):
    assert main(["experiments", "--json", str(tmp_path / "list.json")]) == 0
    assert "ndm-table2" in capsys.readouterr().out
    assert {"name", "title", "place", "datasets", "paper"} <= json.loads((tmp_path / "list.json").read_text())[0].keys()


def test_reproduce_prints_one_line_for_invalid_arguments(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "ndm-tabel2"]) == 2
    assert "did you mean ndm-table2" in one_line(capsys)
    assert main(["reproduce", "ndm-table2", "--dataset", "weibo"]) == 2
    assert "it has Lastfm, Irvine, Memetracker" in one_line(capsys)
    assert main(["reproduce", "ndm-table2", "--dataset", ","]) == 2
    assert "names no dataset" in one_line(capsys)
    assert not list(tmp_path.iterdir())


def test_reproduce_skips_datasets_that_are_not_available(tmp_path, monkeypatch, capsys):
    def gone(name, root):
        raise DownloadError("no connection")

    monkeypatch.setattr("graphcascade.experiments.open_data.load_dataset", gone)
    report = tmp_path / "results.md"
    assert main(["reproduce", "ndm-table1", "--directory", str(tmp_path / "out"), "--report", str(report)]) == 2
    error = capsys.readouterr().err
    assert "Irvine is skipped: no connection" in error
    assert "none of its datasets is on this machine" in error.splitlines()[-1]
    assert "Skipped: its files are not on this machine" in report.read_text()


def test_fit_reads_a_follow_graph(tmp_path, capsys):
    cascades, links, out = tmp_path / "my.txt", tmp_path / "links.txt", tmp_path / "run"
    cascades.write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\nb,{n}4 c,{n}6 d,{n}7\n" for n in range(1, 11)))
    links.write_text("a b\nb c\nc d\n")
    others = tmp_path / "others.txt"
    others.write_text("x y\ny z\n")
    options = ["--model", "NDM", "--model-args.dim", "4", "--max-epochs", "1", "--out", str(out), "--quiet"]
    social = ["--follow-graph", str(links), "--social-dim", "2"]
    assert main(["fit", str(cascades), *options, *social]) == 0
    model = load_model(out / "model.safetensors")
    assert torch.equal(model.embedding.features[:-1], DeepWalk(2).fit(read_follow_graph(links, model.user_ids)[0]))
    assert json.loads((out / "config.json").read_text())["social_dim"] == 2
    assert main(["fit", "--config", str(out / "config.json"), "--resume", "--max-epochs", "2", "--quiet"]) == 0
    assert main(["test", str(out), str(cascades)]) == 0
    capsys.readouterr()
    for wrong, said in (
        (social[:2], "no effect on NDM as it is; leave it out, or add --graph-encoder SAGE"),
        (social[2:], "has no follow graph; give a file of links"),
        ([*social[:2], "--social-dim", "4"], "must be above the 4 features"),
        ([*social[:2], "--social-dim", "-1"], "must be 0 or more"),
    ):
        assert main(["fit", str(cascades), *options, "--overwrite", *wrong]) == 2
        assert said in one_line(capsys)
    strange = ["--follow-graph", str(others), *social[2:], "--unknown-users", "drop"]
    assert main(["fit", str(cascades), *options, "--overwrite", *strange]) == 2
    dropped, said = capsys.readouterr().err.splitlines()
    assert "2 links with users of no cascade left out" in dropped
    assert "no link is between two users of" in said


def test_predict_reports_cascades_without_candidates(tmp_path, capsys):
    data, run = tmp_path / "data.csv", tmp_path / "run"
    rows = [f"{user},{item},{item + k}" for item in range(20) for k, user in enumerate("abc" if item else "abcd")]
    data.write_text("\n".join(["user,item,time", *rows]) + "\n")
    assert main(["fit", str(data), "--model", "Popularity", "--out", str(run), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", str(run), str(data)]) == 0
    said = capsys.readouterr()
    assert "1 cascade without a prediction: all users that the model knows are infected." in said.err
    assert len(re.findall(r"\bd\b", said.out)) == 3  # of three cascades with a prediction
    assert said.out.index("open") < said.out.index("finished")


def test_tables_in_a_file_are_as_wide_as_their_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    names = [f"a column called {letter}" for letter in "abcdef"]
    print_table(pd.DataFrame([[1.0, 0.25, 0.0, 0.0012345, float("nan"), 3]], columns=names), "figures")
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "0.25" in line]
    assert row.replace("│", " ").split() == ["1.0000", "0.2500", "0.0000", "0.00123", "3"]


def test_fit_trains_vectors_of_sources(tmp_path, capsys):
    data, out = tmp_path / "data.txt", tmp_path / "run"
    data.write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\nb,{n}4 c,{n}6 d,{n}7\n" for n in range(1, 11)))
    options = ["--model-args.dim", "4", "--max-epochs", "1", "--out", str(out), "--quiet"]
    fused = ["--source-fusion", "attention", "--source-gate", "sigmoid", "--source-dropout", "0.1"]
    assert main(["fit", str(data), *options, *fused]) == 0
    model = load_model(out / "model.safetensors")
    assert {name: model.embedding.config[name] for name in ("dim", "fusion", "gate", "dropout")} == {
        "dim": 4,
        "fusion": "attention",
        "gate": "sigmoid",
        "dropout": 0.1,
    }
    assert model.embedding.is_source.sum() == 2
    assert main(["test", str(out), str(data)]) == 0
    capsys.readouterr()
    for wrong, said in (
        (["--source-dropout", "1"], "--source-dropout 1: must be"),
        (
            ["--model", "NDM", "--model-args.social_features", "2"],
            "social_features: give them or an embedding, not both",
        ),
    ):
        assert main(["fit", str(data), *options, "--overwrite", *fused, *wrong]) == 2
        assert said in one_line(capsys)
    assert main(["fit", str(data), "--model", "Popularity", *fused]) == 2
    assert "--source-fusion attention: has no effect on Popularity" in one_line(capsys)


def test_fit_states_how_many_users_a_step_compares_with(tmp_path, capsys, monkeypatch):
    data, out = tmp_path / "data.txt", tmp_path / "run"
    data.write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\nb,{n}4 c,{n}6 d,{n}7\na,{n}5 d,{n}8\n" for n in range(1, 11)))
    words = ["--out", str(out), "--overwrite", "--model-args.dim", "4", "--max-epochs", "1"]
    assert main(["fit", str(data), *words]) == 0
    assert json.loads((out / "config.json").read_text())["num_samples"] == 0
    monkeypatch.setattr("graphcascade.trainers.next_user_trainer.MAX_EXACT_USERS", 3)
    monkeypatch.setattr("graphcascade.trainers.next_user_trainer.NUM_SAMPLES", 2)
    capsys.readouterr()
    assert main(["fit", str(data), *words]) == 0
    assert "compares the next users with 2 of 4 users" in " ".join(capsys.readouterr().err.split())
    assert json.loads((out / "config.json").read_text())["num_samples"] == 2
    assert main(["fit", "--config", str(out / "config.json"), "--resume", "--max-epochs", "2"]) == 0


def test_fit_trains_against_an_adversary(tmp_path, capsys):
    data, out = tmp_path / "data.txt", tmp_path / "run"
    data.write_text("".join(f"a,{n}1 b,{n}2 c,{n}3\nb,{n}4 c,{n}6 d,{n}7\na,{n}5 d,{n}8\n" for n in range(1, 11)))
    plain = ["--out", str(out), "--overwrite", "--quiet", "--model-args.dim", "4", "--monitor", "loss"]
    plain += ["--max-epochs", "3"]
    weights = []
    for words in (
        [],
        ["--adversary", "joint", "--adversary-warmup", "1"],
        ["--adversary", "alternate", "--adversary-warmup", "0"],
        ["--adversary", "joint", "--adversary-warmup", "1", "--head-share", "half"],
    ):
        assert main(["fit", str(data), *plain, *words]) == 0
        weights.append(load_model(out / "model.safetensors").state_dict())
    names = list(weights[0])
    for i, one in enumerate(weights):
        for other in weights[:i]:  # "half" takes as many as the share here, a of a and b
            same = all(torch.equal(one[name], other[name]) for name in names)
            assert same == (i == 3 and other is weights[1])
    kept = json.loads((out / "config.json").read_text())
    assert (kept["adversary"], kept["head_share"], kept["adversary_warmup"]) == ("joint", "half", 1)
    assert main(["fit", "--config", str(out / "config.json"), "--resume", "--max-epochs", "4"]) == 0
    capsys.readouterr()
    assert main(["fit", str(data), *plain, "--adversary", "joint"]) == 2
    assert "--adversary-warmup 5: with 3 epochs, the adversary would never affect the model" in one_line(capsys)


def test_infer_network_keeps_the_same_links_as_the_function():
    defaults = [inspect.signature(function).parameters["share"].default for function in (cli_infer, infer_network)]
    assert defaults[0] == defaults[1]


def test_infer_network_prints_and_writes_the_links(tmp_path, capsys):
    cascades, network = tmp_path / "made.csv", tmp_path / "true.txt"
    assert main(["simulate", str(cascades), "--cascades", "400", "--write-graph", str(network)]) == 0
    out, picture, figures = tmp_path / "found.txt", tmp_path / "found.png", tmp_path / "figures.json"
    options = ["--truth", str(network), "--out", str(out), "--plot", str(picture), "--json", str(figures)]
    assert main(["infer-network", str(cascades), "--model-args.prune", "true", *options]) == 0
    printed = capsys.readouterr().out
    assert "Strongest links" in printed
    assert "(about 5 % of these are false discoveries)" in printed
    assert "The inferred network is better than chance (AUC" in printed
    found = json.loads(figures.read_text())
    assert found["f1"] > 0.8
    assert len(links_of(out)) == found["links"] == found["inferred"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["infer-network", str(cascades), "--out", str(tmp_path / "found.graphml"), "--quiet"]) == 0
    assert "<graphml" in (tmp_path / "found.graphml").read_text()
    capsys.readouterr()
    assert main(["infer-network", str(cascades), "--model", "LSTM"]) == 2
    assert "train it first" in one_line(capsys)
    assert main(["infer-network", str(cascades), "--model", "Netrat"]) == 2
    assert "did you mean Netrate" in one_line(capsys)
    assert main(["infer-network", str(cascades), "--model-args.delays", "x"]) == 2
    assert "--model-args.delays x:" in one_line(capsys)
    for option, value in (("--attribution", "posterior"), ("--share", "0.9")):
        assert main(["infer-network", str(cascades), option, value]) == 2
        assert f"{option} {value}: is for models that align events" in one_line(capsys)
    assert main(["infer-network", str(cascades), "--model", "runs/none"]) == 2
    assert "runs/none: there is no such run folder" in one_line(capsys)
    truth = tmp_path / "theirs.csv"
    truth.write_text(
        "from,to\n" + "".join(",".join(line.split()[:2]) + "\n" for line in network.read_text().splitlines())
    )
    assert main(["infer-network", str(cascades), "--truth", str(truth), "--quiet"]) == 0
    assert capsys.readouterr().err == ""  # names of columns are no link
    truth.write_text("x,y\n")
    assert main(["infer-network", str(cascades), "--truth", str(truth), "--quiet"]) == 2
    assert "theirs.csv: no link is between two users of made; do both files use" in capsys.readouterr().err


def test_links_are_listed_by_evidence(tmp_path, capsys):
    # In twelve cascades ann infects bob within an hour; once carl and dora are a second apart, at a rate 3,600 times as
    # high, which was printed first before.
    rows = [(user, item, 86_400 * item + 3600 * k) for item in range(12) for k, user in enumerate(("ann", "bob"))]
    rows += [("carl", 12, 0), ("dora", 12, 1)] + [(user, 13 + k, 0) for k, user in enumerate("efghijkl" * 3)]
    data, out = tmp_path / "data.csv", tmp_path / "network.csv"
    data.write_text("user,item,time\n" + "".join(f"{user},i{item},{time}\n" for user, item, time in rows))
    figures = tmp_path / "figures.json"
    assert main(["infer-network", str(data), "--out", str(out), "--json", str(figures)]) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[1::2] for line in shown if len(line) > 9 and line[1] in ("ann", "carl")] == [
        ["ann", "bob", "0.000278", "0.00014", "0.00049", "12.0", "12", "0.8", "56.8"],
        ["carl", "dora", "1", "0.013", "5.6", "1.0", "1", "0.0", "15.4"],
    ]
    assert json.loads(figures.read_text())["links better than chance"] == 1
    facts, sources, verdict, *lines = out.read_text().splitlines()
    assert (facts, sources, verdict) == (
        "# graphcascade: delays=exponential horizon=3600.0",
        "# graphcascade sources: ann,12,e,3,f,3,g,3,h,3,i,3,j,3,k,3,l,3,carl,1",
        "# links better than chance: 1 of 2",
    )
    header, first, second = (line.split(",") for line in lines)
    assert header[3:] == ["support", "transmissions", "gain", "weight_lower", "weight_upper"]
    assert first[:4] == ["ann", "bob", "0.0002777777777777778", "12"]
    assert second[:4] == ["carl", "dora", "1.0", "1"]
    assert main(["infer-network", str(data), "--out", str(out), "--min-support", "2", "--overwrite", "--quiet"]) == 0
    assert [line[:2] for line in links_of(out)] == [("ann", "bob")]
    assert main(["infer-network", str(data), "--out", str(out), "--top", "1", "--overwrite", "--quiet"]) == 0
    assert [line[:2] for line in links_of(out)] == [("ann", "bob")]
    capsys.readouterr()
    assert main(["infer-network", str(data), "--min-support", "13"]) == 2
    assert "--min-support 13: leaves none of 2 links; lower it." in one_line(capsys)
    assert main(["infer-network", "nowhere.csv", "--top", "0"]) == 2
    assert "--top 0: must be 1 or more" in one_line(capsys)


def test_no_links_better_than_chance_are_reported(tmp_path, capsys):
    generator = torch.Generator().manual_seed(0)
    data, truth = tmp_path / "noise.csv", tmp_path / "truth.csv"
    users = [torch.randperm(12, generator=generator)[:3].tolist() for _ in range(60)]
    rows = [f"u{user},{item},{k}" for item, cascade in enumerate(users) for k, user in enumerate(cascade)]
    data.write_text("\n".join(["user,item,time", *rows]) + "\n")
    truth.write_text("".join(f"u{k},u{(k + 5) % 12}\n" for k in range(12)))
    assert main(["infer-network", str(data), "--truth", str(truth), "--json", str(tmp_path / "figures.json")]) == 0
    printed = capsys.readouterr().out
    assert re.match(r"None of the \d+ inferred links is better than chance .* all 132 pairs", printed)
    assert "The inferred network is no better than chance (AUC" in printed
    assert "Without a model, attributing each infection to the event before it gives an AUC of" in printed
    assert json.loads((tmp_path / "figures.json").read_text())["links better than chance"] == 0


def test_a_network_that_its_file_cannot_hold_is_not_inferred(tmp_path, capsys):
    data = tmp_path / "data.csv"
    data.write_text("user,item,time\n" + "".join(f"ann {k % 3},{k // 3},{k}\n" for k in range(30)))
    assert main(["infer-network", str(data), "--out", str(tmp_path / "network.txt")]) == 2
    assert "cannot hold the user id 'ann 0'" in one_line(capsys)
    assert main(["infer-network", str(data), "--out", str(tmp_path / "network.csv"), "--quiet"]) == 0
    assert main(["infer-network", str(data), "--truth", str(tmp_path / "network.csv")]) == 0
    assert "F1 1.000" in capsys.readouterr().out


def test_infer_network_uses_a_trained_model(trained, cascades, tmp_path, capsys):
    out = tmp_path / "network.txt"
    assert main(["infer-network", str(cascades), "--model", str(trained), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Strongest links" in printed
    assert "weight" not in printed  # it is the number of transmissions
    facts, verdict, header = out.read_text().splitlines()[:3]
    assert (facts, header) == ("# graphcascade: weight_is=count", "# source target weight support transmissions gain")
    assert verdict == "# links better than chance: 0 of 3"
    assert main(["simulate", str(tmp_path / "new.csv"), "--graph", str(out)]) == 2
    assert f"{out}: the weight of its links is a count, not a rate" in one_line(capsys)
    assert main(["infer-network", str(cascades), "--model", str(trained), "--attribution", "posterior"]) == 2
    assert "--attribution posterior: NDM has only 'alignment'" in one_line(capsys)


def test_a_model_that_predicts_times_is_tested_in_its_unit(tmp_path, capsys):
    start = 1_700_000_000
    rows = [(f"u{(item + k) % 7}", item, start + 3600 * item + 60 * k**2) for item in range(40) for k in range(5)]
    seconds, millis = tmp_path / "s.csv", tmp_path / "ms.csv"
    for path, factor in ((seconds, 1), (millis, 1000)):
        lines = [f"{user},{item},{time * factor}" for user, item, time in rows]
        path.write_text("\n".join(["user,item,time", *lines]) + "\n")
    run, figures = tmp_path / "run", tmp_path / "figures.json"
    options = ["--model", "RMTPP", "--model-args.hidden", "8", "--max-epochs", "2", "--out", str(run)]
    assert main(["fit", str(seconds), "--time-unit", "s", *options, "--json", str(figures)]) == 0
    printed = capsys.readouterr().out
    assert "RMSE of the median" in printed
    fitted = json.loads(figures.read_text())
    assert json.loads((run / "times.json").read_text()) == fitted["times"]
    assert main(["test", str(run), str(seconds), "--time-unit", "s", "--json", str(figures), "--overwrite"]) == 0
    assert json.loads(figures.read_text())["times"]["metrics"] == fitted["times"]["metrics"]
    whole = ["--part", "all", "--json", str(figures), "--overwrite"]
    for path, unit in ((seconds, "s"), (millis, "ms")):
        capsys.readouterr()
        assert main(["test", str(run), str(path), "--time-unit", unit, *whole]) == 2
        assert "32 of 40 test cascades were in training" in capsys.readouterr().err
    for path, factor in ((seconds, 1), (millis, 1000)):  # new cascades, one day later
        lines = [f"{user},{item},{(time + 86400) * factor}" for user, item, time in rows]
        path.write_text("\n".join(["user,item,time", *lines]) + "\n")
    assert main(["test", str(run), str(seconds), "--time-unit", "s", *whole]) == 0
    expected = json.loads(figures.read_text())
    capsys.readouterr()
    # The same events in another unit are the same to the model.
    assert main(["test", str(run), str(millis), "--time-unit", "ms", *whole]) == 0
    said = capsys.readouterr()
    assert "ms: times are converted from ms to s, the unit of the model's training." in said.err
    again = json.loads(figures.read_text())
    assert again["times"]["metrics"] == expected["times"]["metrics"]
    assert again["metrics"] == expected["metrics"]
    out = [tmp_path / "next-s.csv", tmp_path / "next-ms.csv"]
    assert main(["predict", str(run), str(seconds), "--time-unit", "s", "--k", "2", "--out", str(out[0])]) == 0
    printed = capsys.readouterr()
    assert "time (s)" in printed.out
    assert "cascades are finished: they have been silent for more than" in printed.err
    assert main(["predict", str(run), str(millis), "--time-unit", "ms", "--k", "2", "--out", str(out[1])]) == 0
    first, second = (pd.read_csv(path) for path in out)
    assert first["user"].equals(second["user"])
    found = ((first, "s"), (second, "ms"))
    times = [pd.to_datetime(frame[f"time ({unit})"], utc=True, unit=unit) for frame, unit in found]
    is_open = first["state"] == "open"
    assert 0 < is_open.sum() < len(first)
    assert first["state"].equals(second["state"])
    assert ((times[0] - times[1])[is_open].abs() < pd.Timedelta("1s")).all()
    # Only times that were read from dates are shown as dates, in whatever year.
    dates, out = tmp_path / "dates.csv", tmp_path / "next-dates.csv"
    for begin, year in ((start + 86400, "2023-11"), (3600, "1970-01")):
        lines = [f"{user},{item},{pd.Timestamp(time - start + begin, unit='s', tz='UTC')}" for user, item, time in rows]
        dates.write_text("\n".join(["user,item,time", *lines]) + "\n")
        assert main(["predict", str(run), str(dates), "--k", "2", "--out", str(out), "--overwrite"]) == 0
        shown = pd.read_csv(out)["time"]
        assert shown[is_open].str.fullmatch(rf"{year}-\d\dT\d\d:\d\d:\d\dZ").all()
        printed = capsys.readouterr().out  # the same in the shell and in the file, for the first cascades
        assert all(text in printed for text in shown[is_open & (first["cascade"] < 10)])
        shifted = pd.to_datetime(shown) + pd.Timedelta(start + 86400 - begin, unit="s")
        assert ((shifted - times[0])[is_open].abs() < pd.Timedelta("2s")).all()
    last = pd.Timestamp(max(time for _, _, time in rows) + 86400, unit="s", tz="UTC")
    assert (times[1][is_open] >= last - pd.Timedelta("1ms")).all()
    hours = [tmp_path / name for name in ("hours.csv", "hours.parquet", "hours.jsonl", "plain.csv")]
    lines = [f"{user},{item},{(time + 86400 - start) / 3600}" for user, item, time in rows]
    hours[0].write_text("\n".join(["user,item,time", *lines]) + "\n")
    hours[3].write_text(hours[0].read_text())
    for path, read in zip(hours[1:3], (pd.read_parquet, lambda name: pd.read_json(name, lines=True)), strict=True):
        assert main(["predict", str(run), str(hours[0]), "--time-unit", "h", "--k", "2", "--out", str(path)]) == 0
        found = read(path)
        assert found.columns.tolist() == ["cascade", "item", "rank", "user", "score", "time (h)", "state"]
        expected = (times[1] - pd.Timestamp(start, unit="s", tz="UTC")) / pd.Timedelta("1h")
        assert found["time (h)"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3, nan_ok=True)
    capsys.readouterr()
    for words in (["predict", str(run), str(hours[3])], ["test", str(run), str(hours[3]), "--part", "all"]):
        assert main(words) == 0  # in the unit of the training
        assert "plain.csv is read as the data of the training were, with --time-unit s." in capsys.readouterr().err
    with pytest.raises(
        UsageError, match="plain: its times have no unit, and the model was trained on times in s; state"
    ):
        in_time_unit(read_cascades(hours[3]), "s", required=True)


def test_files_are_written_in_the_format_of_their_ending(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words, message in (
        (["predict", "run", "nowhere.txt", "--out", "next.xls"], "--out next.xls: no format has this ending"),
        (["predict", "run", "nowhere.txt", "--out", "next"], "use .csv, .tsv, .jsonl, .ndjson, .parquet or .xlsx."),
        (["infer-network", "nowhere.txt", "--out", "x.gexf"], "--out x.gexf: no format has this ending"),
        (["infer-network", "nowhere.txt", "--out", "x.txt.gz"], "use .graphml, .gml, .csv or .txt, or no ending."),
        (["link-prediction", "run", "nowhere.txt", "--out", "x.tsv"], "--out x.tsv: no format has this ending"),
        (["convert", "nowhere.txt", "x.xls"], "OUT x.xls: no format has this ending; use .csv"),
        (["convert", "nowhere.txt", "x.csv", "--write-graph", "x.gexf"], "--write-graph x.gexf: no format"),
        (["describe", "nowhere.txt", "--plot", "x.bmp"], "--plot x.bmp: no format has this ending; use .png"),
        (["describe", "nowhere.txt", "--json", "x.csv"], "--json x.csv: no format has this ending; use .json, or no"),
        (["describe", "nowhere.txt", "--errors-out", "x.txt"], "--errors-out x.txt: no format has this ending; use"),
        (["reproduce", "ndm-table2", "--report", "x.html"], "--report x.html: no format has this ending; use .md."),
    ):
        assert main(words) == 2
        assert message in one_line(capsys)
    assert main(["predict", "run", "my.txt", "--k", "1", "--out", "next.tsv"]) == 0
    assert Path("next.tsv").read_text().startswith("cascade\titem\trank\tuser\tscore\tstate\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (['{"max_epochs": 3}'], "max_epochs of lightning.Trainer is set by another option; give --max-epochs 10."),
        (['{"default_root_dir": "x"}'], "is set by another option; give --out runs/mine."),
        (['{"precison": 16}'], "precison cannot be passed on to lightning.Trainer; did you mean precision"),
    ],
)
def test_arguments_of_lightning_are_checked_before_the_data_are_read(words, message, capsys):
    assert main(["fit", "nowhere.txt", "--trainer-args", *words]) == 2
    assert message in one_line(capsys)


@pytest.mark.parametrize("command", [["infer-network"], ["fit", "--model", "Netrate", "--out", "run"]])
def test_the_inference_of_a_network_shows_its_progress(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(item + k) % 4},{item},{10 * item + k}" for item in range(30) for k in range(3)]
    Path("my.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    shown = []
    maximize = Netrate._maximize

    def watched(self: Netrate, possible: Transmissions) -> torch.Tensor:
        shown.append(self.progress)
        return maximize(self, possible)

    monkeypatch.setattr(Netrate, "_maximize", watched)
    assert main([command[0], "my.csv", *command[1:]]) == 0
    assert main([command[0], "my.csv", *command[1:], "--quiet", *(["--overwrite"] if "fit" in command else [])]) == 0
    assert shown == [True, False]


def test_infer_network_counts_links_on_shuffled_cascades(trained, cascades, tmp_path, capsys):
    generator = torch.Generator().manual_seed(0)
    data, figures = tmp_path / "noise.csv", tmp_path / "figures.json"
    users = [torch.randperm(12, generator=generator)[:3].tolist() for _ in range(60)]
    rows = [f"u{user},{item},{k}" for item, cascade in enumerate(users) for k, user in enumerate(cascade)]
    data.write_text("\n".join(["user,item,time", *rows]) + "\n")
    assert main(["infer-network", str(data), "--permutations", "20", "--seed", "3", "--json", str(figures)]) == 0
    printed = capsys.readouterr()
    assert "on shuffled data (mean of 20 shuffles, seed 3)." in " ".join(printed.out.split())
    assert "The network is not better than chance: networks inferred from shuffled" in " ".join(printed.err.split())
    found = json.loads(figures.read_text())
    assert (found["better than chance"], len(found["shuffled_links"])) == (False, 20)
    assert main(["infer-network", str(cascades), "--model", str(trained), "--permutations", "2"]) == 2
    assert "--permutations 2: has no effect on NDM, which would be trained anew" in one_line(capsys)


def test_probabilities_of_a_follow_graph_are_learned(tmp_path, capsys):
    generator = torch.Generator().manual_seed(0)
    pairs = [(i, k) for i in range(9) for k in range(9) if i != k and torch.rand(1, generator=generator) < 0.3]
    graph = Data(edge_index=torch.tensor(pairs).t(), edge_weight=torch.full((len(pairs),), 0.4), num_nodes=9)
    data = simulate_cascades(graph, 300, "discrete", user_ids=[f"u{k}" for k in range(9)])
    write_cascades(data, tmp_path / "cascades.csv")
    follows, out = tmp_path / "follows.csv", tmp_path / "network.csv"
    follows.write_text("".join(f"u{i},u{k}\n" for i, k in pairs))
    command = ["infer-network", str(tmp_path / "cascades.csv"), "--model", "IndependentCascade"]
    assert main([*command, "--follow-graph", str(follows), "--model-args.step", "1", "--out", str(out)]) == 0
    assert "by gain, weights are probabilities" in " ".join(capsys.readouterr().out.split())
    found = links_of(out)
    assert {(i, k) for i, k, _ in found} <= {(f"u{i}", f"u{k}") for i, k in pairs}
    assert sum(float(weight) for _, _, weight in found) / len(found) == pytest.approx(0.4, abs=0.05)
    assert main(command) == 2
    assert "IndependentCascade learns the probabilities of its links; give a file of links" in one_line(capsys)
    assert main(["infer-network", str(tmp_path / "cascades.csv"), "--follow-graph", str(follows)]) == 2
    assert "has no effect on Netrate (it has on IndependentCascade)" in one_line(capsys)
    run, options = tmp_path / "run", ["--follow-graph", str(follows), "--model", "IndependentCascade"]
    assert main(["fit", str(tmp_path / "cascades.csv"), *options, "--out", str(run)]) == 0
    assert (run / "model.safetensors").exists()
    capsys.readouterr()
    assert main(["fit", str(tmp_path / "cascades.csv"), *options[:2], "--model", "Netrate"]) == 2
    assert "has no effect on Netrate, which does not use a follow graph" in one_line(capsys)
