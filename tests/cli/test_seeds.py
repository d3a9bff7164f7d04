"""Whole runs of 'seeds' and 'simulate --source', and their messages."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from graphcascade.cli import main
from graphcascade.cli.repeated_options import join_repeated
from graphcascade.io import read_graph, write_graph

LINKS = "anna bob 0.5\nbob eve 0.4\neve carl 0.3\nanna dan 0.9\ndan eve 0.6\n"
FACTS = "# graphcascade: delays=exponential time_unit=h horizon=2.5\n"


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("links.txt")
    path.write_text(LINKS)
    return path


def message(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Runs a command that fails, and returns its line."""
    capsys.readouterr()
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_seeds_are_printed_and_written(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--k", "2", "--out", "seeds.csv", "--json", "seeds.json", "--plot", "seeds.png"]
    assert main(["seeds", str(links), *words]) == 0
    captured = capsys.readouterr()
    assert "independent cascade model: weights are probabilities; the file does not say so, see --model" in captured.err
    assert "Expected spread: " in captured.out
    assert "2 users could have, with probability 0.99." in captured.out
    figures = json.loads(Path("seeds.json").read_text())
    frame = pd.read_csv("seeds.csv")
    assert frame["seed"].tolist() == [1, 2]
    assert frame["user"].tolist() == [row["user"] for row in figures["seeds"]]
    assert frame["user"][0] == "anna"
    assert frame["spread"][1] == pytest.approx(figures["spread"])
    assert (figures["users"], figures["links"], figures["horizon"], figures["delays"]) == (5, 5, None, None)
    assert Path("seeds.png").stat().st_size > 1000


@pytest.mark.parametrize("ending", ["tsv", "jsonl", "parquet"])
def test_other_tables(links: Path, ending: str) -> None:
    assert main(["seeds", str(links), "--k", "1", "--quiet", "--out", f"seeds.{ending}"]) == 0
    assert Path(f"seeds.{ending}").stat().st_size > 0


@pytest.mark.parametrize("facts", ["", FACTS])
@pytest.mark.parametrize("algorithm", ["reverse_reachable", "greedy"])
def test_simulated_cascades_have_the_spread_that_seeds_prints(
    links: Path, facts: str, algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    links.write_text(facts + LINKS)
    assert main(["seeds", str(links), "--k", "2", "--algorithm", algorithm, "--json", "seeds.json"]) == 0
    figures = json.loads(Path("seeds.json").read_text())
    command = capsys.readouterr().err.partition("to check the spread: graphcascade ")[2].split()
    assert command[:4] == ["simulate", "cascades.csv", "--graph", "links.txt"]
    assert command[4:6] == ["--source", ",".join(row["user"] for row in figures["seeds"])]
    assert ("--delays" in command) == (facts == "")
    assert main([*command, "--cascades", "3000"]) == 0
    assert "± " in capsys.readouterr().err.partition("mean size ")[2]
    size = pd.read_csv("cascades.csv").groupby("item")["user"].nunique()
    assert len(size) == 3000
    error = math.hypot(figures["standard_error"], size.std() / math.sqrt(3000))
    assert abs(size.mean() - figures["spread"]) < 4.5 * error
    sources = pd.read_csv("cascades.csv").query("time == 0").groupby("item")["user"].agg(set)
    assert all(users == {row["user"] for row in figures["seeds"]} for users in sources)


def test_sources_are_repeated_or_separated_by_commas(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "out.csv", "--graph", str(links), "--delays", "discrete", "--cascades", "20", "--overwrite"]
    texts = []
    for sources in (["--source", "dan,bob"], ["--source", "dan", "--source=bob"], ["--source", " dan , bob,dan"]):
        assert main([*words, *sources]) == 0
        assert "with 2 sources a cascade" in capsys.readouterr().err
        texts.append(Path("out.csv").read_text())
    assert texts[0] == texts[1] == texts[2]
    assert "'danny' is not a user of links.txt; did you mean dan?" in message(capsys, *words, "--source", "danny")
    assert "its 5 users include anna" in message(capsys, *words, "--source", "xyz")
    assert "--source ,: names no user" in message(capsys, *words, "--source", ",")
    line = message(capsys, "simulate", "new.csv", "--source", "anna")
    assert "--source anna: is for a network of your own" in line
    line = message(capsys, "simulate", "new", "--posts", "claims", "--source", "anna")
    assert "--source anna: has no effect with --posts" in line
    assert join_repeated(["--source"]) == ["--source"]


def test_graphml_and_linear_thresholds(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_weighted_edges_from([("ann", "bob", 5.0), ("bob", "eve", 2.0)])
    graph.add_node("zoe")
    nx.write_graphml(graph, "links.graphml")
    words = ["links.graphml", "--k", "3", "--model", "linear_threshold"]
    assert main(["seeds", *words]) == 0
    captured = capsys.readouterr()
    assert "Expected spread: 4.00 ± 0 of 4 users (100.0%)" in captured.out
    assert "1 seed of 3 has no link to another user; a smaller --k may be enough" in captured.err
    command = captured.err.partition("to check the spread: graphcascade ")[2].split()
    assert command[-3:] == ["--model", "linear_threshold", "--normalize"]
    assert main([*command, "--cascades", "50"]) == 0
    captured = capsys.readouterr()
    assert "at most 100 steps (the default), linear thresholds" in captured.err
    assert "mean size 4.00 ± 0 with 3 sources a cascade" in captured.err


def test_linear_thresholds_are_simulated_on_a_file(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "out.csv", "--graph", str(links), "--model", "linear_threshold", "--cascades", "200"]
    links.write_text("anna bob 0.5\nbob eve 2\ndan eve 3\n")
    line = message(capsys, *words)
    assert "--graph: the weights of the links to user 'eve' sum to 5" in line
    assert line.endswith("above 1, with --normalize.\n")
    assert main([*words, "--normalize", "--horizon", "2", "--write-graph", "shares.txt"]) == 0
    assert "at most 2 steps (--horizon), linear thresholds" in capsys.readouterr().err
    assert set(pd.read_csv("out.csv")["time"]) == {0.0, 1.0, 2.0}
    assert "bob,eve,0.4" in Path("shares.txt").read_text().replace(" ", ",")
    words[1:4] = ["new.csv", "--graph", "shares.txt"]
    assert main(words) == 0
    assert "the weight of its links is a share" in message(capsys, "simulate", "x.csv", "--graph", "shares.txt")
    assert "--time-unit h: has no effect on a model whose times are steps" in message(
        capsys, *words, "--overwrite", "--time-unit", "h"
    )
    line = message(capsys, "simulate", "x.csv", "--graph", str(links), "--normalize")
    assert "--normalize true: has no effect without --model linear_threshold" in line
    line = message(capsys, "simulate", "x.csv", "--model", "linear_threshold")
    assert "--model linear_threshold: needs a network with weights of this kind" in line


ERRORS = [
    (LINKS, ["--k", "6"], "--k 6: must be from 1 to 5, the number of users of the graph"),
    (LINKS, ["--k", "0"], "--k 0: must be from 1 to 5"),
    ("anna bob 5\n", [], "the link from 'anna' to 'bob' has the weight 5; in the independent cascade model"),
    ("anna bob 5\n", ["--k", "1", "--model", "continuous_time"], "--horizon: the graph has none"),
    ("anna bob 0\n", ["--k", "1"], "NETWORK: has no link of positive weight between two users"),
    ("anna bob\n", [], "NETWORK links.txt: its links have no weight"),
    ("", [], "links.txt: empty; it contains no edge"),
    ("# graphcascade: weight_is=count\nanna bob 3\n", [], "the weight of its links is a count, not a rate"),
    (
        FACTS + LINKS,
        ["--model", "independent_cascade"],
        "the weights of the graph are parameters of exponential delays",
    ),
    (FACTS + LINKS, ["--delays", "rayleigh"], "--delays rayleigh: the weights of the graph are parameters of"),
    (LINKS, ["--simulations", "5"], "--simulations 5: has no effect without --algorithm greedy"),
    (LINKS, ["--algorithm", "greedy", "--epsilon", "0.1"], "--epsilon 0.1: has no effect with --algorithm greedy"),
    (LINKS, ["--out", "seeds.html"], "--out seeds.html: no format has this ending"),
    (LINKS, ["--model", "sir"], "--model: sir is not one of"),
    (LINKS, ["--time-unit", "h"], "--time-unit h: has no effect on a model whose times are steps"),
]


@pytest.mark.parametrize(("text", "words", "expected"), ERRORS)
def test_messages(links: Path, text: str, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    links.write_text(text)
    assert expected in message(capsys, "seeds", str(links), *words)


def test_the_unit_of_the_horizon_changes_neither_seeds_nor_spread(
    links: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    links.write_text(FACTS + LINKS)
    spreads = []
    for words in (["--horizon", "2"], ["--horizon", "120", "--time-unit", "min"]):
        assert main(["seeds", "links.txt", "--k", "2", *words, "--json", "seeds.json", "--overwrite"]) == 0
        spreads.append(json.loads(Path("seeds.json").read_text())["spread"])
    assert spreads[0] == pytest.approx(spreads[1])
    error = capsys.readouterr().err
    assert "horizon 120 min (--horizon)" in error
    command = error.rpartition("to check the spread: graphcascade ")[2].split()
    assert main([*command, "--cascades", "100"]) == 0
    assert pd.read_csv("cascades.csv")["time"].max() > 10  # in minutes
    reach = []
    for words in ([], ["--time-unit", "min"]):
        assert main(["rank-users", "links.txt", *words, "--json", "users.json", "--overwrite", "--quiet"]) == 0
        figures = json.loads(Path("users.json").read_text())
        reach.append((figures["horizon"] / (60 if words else 1), [row["reach"] for row in figures["users"]]))
    assert reach[0][0] == reach[1][0] == 2.5
    assert reach[0][1] == pytest.approx(reach[1][1])


@pytest.mark.parametrize("command", ["seeds", "rank-users"])
def test_the_separator_of_a_network_can_be_given(links: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    Path("links.csv").write_text("from:to:weight\nanna, b.:bob:0.5\nbob:eve:0.4\n")
    words = {"seeds": ["--k", "1"], "rank-users": []}[command]
    assert main([command, "links.csv", "--link-sep", ":", *words]) == 0
    assert "anna, b." in capsys.readouterr().out
    assert "--link-sep" in message(capsys, command, "links.csv", "--link-sep", "semi", *words)


def test_cascades_are_simulated_on_a_network_with_a_separator(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("links.csv").write_text("from:to:weight\nanna:bob:1\nbob:eve:1\n")
    words = ("simulate", "out.csv", "--delays", "discrete", "--cascades", "5", "--link-sep")
    assert main([*words, ":", "--graph", "links.csv"]) == 0
    assert set(pd.read_csv("out.csv")["user"]) == {"anna", "bob", "eve"}
    assert "has no effect without --graph" in message(capsys, *words, ":", "--overwrite")
    main(["seeds", "links.csv", "--link-sep", ":", "--k", "1"])
    assert "--source anna --link-sep :" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["seeds"], ["rank-users"], ["simulate", "out.csv", "--graph"]])
def test_rates_are_no_shares_of_influence(links: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    links.write_text(FACTS + LINKS)
    text = message(capsys, *words, str(links), "--model", "linear_threshold")
    assert "--model linear_threshold: the weights of the graph are parameters of exponential delays, not shares" in text


@pytest.mark.parametrize("command", ["seeds", "rank-users"])
@pytest.mark.parametrize("ending", ["txt", "csv", "graphml"])
def test_a_network_without_a_link_better_than_chance_gives_a_warning(
    links: Path, command: str, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for better, warned in ((0, True), (2, False)):
        links.write_text(f"# links better than chance: {better} of 5\n" + LINKS)
        graph, user_ids = read_graph(links)
        network = write_graph(graph, user_ids, f"written-{better}.{ending}")
        capsys.readouterr()
        assert main([command, str(network), "--quiet", *(["--k", "1"] if command == "seeds" else [])]) == 0
        assert (f"{network}: none of its links is better than chance" in capsys.readouterr().err) == warned
