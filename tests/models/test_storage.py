from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch_geometric.data import Data

import graphcascade
from graphcascade.errors import DataError, MissingFileError, UnknownNameError, UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.io import write_tensors
from graphcascade.models import (
    LSTM,
    MODELS,
    NDM,
    RMTPP,
    DiffusionModel,
    DSNCatBoost,
    Markov,
    Netrate,
    load_model,
    save_model,
)
from graphcascade.models.cascade_size import CascadeSizeModel, EncodedSizeModel
from graphcascade.models.next_user import NextUserModel
from graphcascade.models.popularity import FittablePopularityModel, PopularityModel
from graphcascade.models.ranking import RankingCounter, RankingModel
from graphcascade.models.storage import FORMAT_VERSION
from graphcascade.nn import EMBEDDINGS, FixedFeatures, SourceFusion, UserEmbedding
from graphcascade.prediction import predict_cascade_sizes, predict_next_users
from tests.models.attention_model import AttentionModel
from tests.models.popularity.small_stream import random_stream
from tests.models.ranking.small_network import random_network
from tests.models.small_data import random_dataset

USERS = 8
LINKS = Data(edge_index=torch.cartesian_prod(torch.arange(USERS), torch.arange(USERS)).t(), num_nodes=USERS)
TRAIN = random_dataset([4, 5, 2, 3], USERS, follow_graph=LINKS)
TEST = random_dataset([3, 1, 6], USERS, seed=1)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "LSTM": {"dim": 3, "hidden": 4, "dropout": 0.5, "terminate": True, "mask_infected": False},
    "RNN": {"dim": 3, "hidden": 4},
    "CTJaccard": {"score": "hazard"},
    "RMTPP": {"dim": 3, "hidden": 4, "cell": "elman", "calendar": True, "horizon": 9.5},
    "DeepDiffuse": {"dim": 3, "hidden": 4, "window": 2, "glimpses": 1},
    "HiDAN": {"dim": 3, "hidden": 4, "window": 2, "intervals": 3, "last": True},
    "Markov": {"smoothing": 0.3},
    "DSN": {"hidden_dim": 8, "heads": 2, "uid_dim": 3, "length": 4, "crawl_time": False},
    "MeanCascadeSize": {"observe_events": 2},
    "HawkesCascadeSize": {"observe_events": 2},
    "CatBoostCascadeSize": {"observe_events": 2, "iterations": 5},
    "CascadeSizeRMTPP": {"observe_events": 2, "dim": 3, "hidden": 4},
    "LinearCascadeSize": {"observe_events": 2, "parts": 2},
    "CascadeSizeLSTM": {"observe_events": 2, "dim": 3, "hidden": 4},
    "EmbeddedIC": {"dim": 3, "iterations": 2},
    "IndependentCascade": {"step": 0.5},
    "Infopath": {"windows": 2, "steps": 2, "batch_size": 3},
    "DSNCatBoost": {"hidden_dim": 8, "uid_dim": 3, "iterations": 5, "thread_count": 1},
    "CatBoostPopularity": {"iterations": 5, "thread_count": 1},
    "Netrate": {"delays": "power_law", "min_delay": 0.01},
}
SETTINGS = (
    "length",
    "observe_events",
    "window",
    "glimpses",
    "dim",
    "iterations",
    "label_blocks",
    "seed",
    "windows",
    "steps",
    "batch_size",
    "max_iterations",
    "oversampling",
    "components",
    "tree_depth",
    "thread_count",
)
"""Integer arguments that do not decide the size of the weights, at least of one model."""


RANKING = [name for name in MODELS if issubclass(MODELS[name], RankingModel)]
NETWORK = random_network()
POPULARITY = [name for name in MODELS if issubclass(MODELS[name], PopularityModel)]
POSTS = random_stream()


def trained(name: str) -> Any:
    torch.manual_seed(0)
    if issubclass(MODELS[name], DiffusionModel):
        network: DiffusionModel = MODELS[name](**ARGUMENTS.get(name, {}))
        network.fit(TRAIN)
        return network.eval()
    if issubclass(MODELS[name], RankingModel):
        ranker = MODELS[name].of(NETWORK, **ARGUMENTS.get(name, {}))
        ranker.fit(NETWORK) if isinstance(ranker, RankingCounter) else ranker.prepare(NETWORK)
        return ranker.eval()
    if issubclass(MODELS[name], PopularityModel):
        popularity = MODELS[name].of(POSTS, **ARGUMENTS.get(name, {}))
        is_fittable = isinstance(popularity, FittablePopularityModel)
        popularity.fit(POSTS) if is_fittable else popularity.prepare(POSTS)
        popularity.complete(POSTS) if isinstance(popularity, DSNCatBoost) else None
        popularity.calibrate(POSTS)
        return popularity.eval()
    model = MODELS[name](USERS, **ARGUMENTS.get(name, {}))
    if isinstance(model, EncodedSizeModel):
        observed = model.observe(TRAIN).cascades
        model.prepare(observed)
        model.remember(observed)
        return model.eval()
    if isinstance(model, NextUserModel):
        model.user_ids = TRAIN.user_ids
        model.embedding.set_seen(torch.arange(USERS) != 2)
        return model.eval()
    return model.fit(TRAIN)


@pytest.mark.parametrize("name", RANKING)
def test_a_loaded_model_ranks_as_the_saved_one(name: str, tmp_path: Path) -> None:
    model = trained(name)
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert loaded.user_ids.tolist() == NETWORK.user_ids.tolist()
    users = torch.arange(NETWORK.num_users)
    assert loaded.attach(NETWORK).scores(users).equal(model.scores(users))


@pytest.mark.parametrize("name", POPULARITY)
def test_a_loaded_model_predicts_popularity_as_the_saved_one(name: str, tmp_path: Path) -> None:
    model = trained(name)
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert str(loaded) == str(model)
    posts = torch.arange(POSTS.num_posts)
    assert loaded.predict(POSTS, posts).equal(model.predict(POSTS, posts))
    assert loaded.interval(0.8) == model.interval(0.8) is not None


@pytest.mark.parametrize("name", [name for name in MODELS if name not in RANKING + POPULARITY])
def test_a_loaded_model_equals_the_saved_one(name: str, tmp_path: Path) -> None:
    model = trained(name)
    path = save_model(model, tmp_path / "folder" / "model.safetensors", protocol="cyan", rate=0.1)
    loaded = load_model(path)
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert str(loaded) == str(model)
    assert loaded.notes == {"protocol": "cyan", "rate": 0.1}
    assert loaded.user_ids.tolist() == TRAIN.user_ids.tolist()
    assert loaded.seen.equal(model.seen)
    assert not loaded.training
    state = loaded.state_dict()
    assert state.keys() == model.state_dict().keys()
    torch.testing.assert_close(dict(state), dict(model.state_dict()), rtol=0, atol=0, equal_nan=True)
    if isinstance(model, DiffusionModel):
        protocol = RolloutProtocol(simulations=20)
        result, expected = (evaluate_cascades(each, TEST, protocol).metrics for each in (loaded, model))
    elif isinstance(model, CascadeSizeModel):
        result, expected = (predict_cascade_sizes(each, TEST) for each in (loaded, model))
    else:
        result, expected = (predict_next_users(each, TEST, 4) for each in (loaded, model))
    assert result.equals(expected)


@pytest.mark.parametrize("name", ["LSTM", "NDM"])
@pytest.mark.parametrize("fusion", ["sum", "concatenation", "attention"])
def test_an_embedding_is_saved(name: str, fusion: Any, tmp_path: Path) -> None:
    model = MODELS[name](USERS, dim=4, embedding=SourceFusion(USERS, 4, fusion))
    model.user_ids = TRAIN.user_ids
    loaded = load_model(save_model(model, tmp_path / "model"))
    torch.testing.assert_close(dict(loaded.state_dict()), dict(model.state_dict()), rtol=0, atol=0)


class ScaledEmbedding(UserEmbedding):
    """An embedding of another module, with an argument of its own."""

    def __init__(self, num_users: int, dim: int, scale: float = 2.0) -> None:
        super().__init__(num_users, dim, std=0.5)
        self.scale = scale

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        return self.scale * super().forward(user, source)


def test_a_registered_embedding_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EMBEDDINGS._entries, "ScaledEmbedding", ScaledEmbedding)
    model = LSTM(USERS, dim=4, embedding=ScaledEmbedding(USERS, 4, scale=3.0)).eval()
    model.user_ids = TRAIN.user_ids
    loaded = load_model(save_model(model, tmp_path / "model"))
    assert type(loaded.embedding) is ScaledEmbedding
    assert loaded.embedding.config == {"num_users": USERS, "dim": 4, "scale": 3.0}
    assert predict_next_users(loaded, TEST, 4).equals(predict_next_users(model, TEST, 4))
    monkeypatch.delitem(EMBEDDINGS._entries, "ScaledEmbedding")
    with pytest.raises(UnknownNameError, match="unknown embedding 'ScaledEmbedding'"):
        load_model(tmp_path / "model")


def test_fixed_features_are_saved(tmp_path: Path) -> None:
    model = LSTM(USERS, dim=4, embedding=FixedFeatures(torch.rand(USERS, 3), 4))
    model.user_ids = TRAIN.user_ids
    loaded = load_model(save_model(model, tmp_path / "model"))
    torch.testing.assert_close(dict(loaded.state_dict()), dict(model.state_dict()), rtol=0, atol=0)


@pytest.mark.parametrize("embedding", ["sum", 1.5, True, [], {}, {"name": "SourceFusion"}, {"name": 3, "config": {}}])
def test_an_embedding_of_a_wrong_form_raises_an_error(tmp_path: Path, embedding: Any) -> None:
    model = trained("LSTM")
    path = save_model(model, tmp_path / "model")
    rewrite(path, config={**model.config, "embedding": embedding})
    with pytest.raises(DataError, match=r"its weights do not fit LSTM|of SourceFusion is missing"):
        load_model(path)


OLD_DESCRIPTION = {
    "version": "0.1.0",
    "user_ids": TRAIN.user_ids.tolist(),
    "time_unit": "h",
    "split": None,
    "notes": {"protocol": "cyan"},
}


def test_files_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """They have the arguments without ``embedding``, and those of a SourceFusion in a field of its own."""
    sizes = {"num_users": USERS, "dim": 3, "hidden": 4}
    rest = {"dropout": 0.5, "terminate": True, "mask_infected": False, "std": 0.2}
    fusion = {"num_users": USERS, "dim": 3, "fusion": "attention", "vectors": "user", "gate": "sigmoid"}
    fusion |= {"dropout": 0.1, "std": 0.3}
    timed = {"cell": "elman", "calendar": False, "horizon": 9.5, "scale": None}
    fused = LSTM(**sizes, **rest, embedding=SourceFusion(**fusion))
    features = NDM(USERS, dim=4, heads=2, social_features=torch.rand(USERS, 2))
    heads = {"heads": 2, "window": 3, "init": False, "dropout": 0.1, "terminate": True, "mask_infected": True}
    heads |= {"scale": False, "bias": False, "first_step_norm": True, "std": 0.1, "social_features": 2}
    netrate = Netrate(delays="rayleigh", prune=True, progress=True).fit(TRAIN)
    rates = {"delays": "rayleigh", "horizon": None, "min_delay": None}
    rates |= {"max_iterations": 1000, "tolerance": 1e-8, "prune": True}
    for model, config, embedding in (
        (fused, sizes | rest, fusion),
        (LSTM(**sizes, **rest), sizes | rest, None),
        (RMTPP(**sizes, **rest, **timed), sizes | rest | timed, None),
        (features, {"num_users": USERS, "dim": 4} | heads, None),
        (netrate, rates, None),
        (Markov(USERS, 0.3).fit(TRAIN), {"num_users": USERS, "smoothing": 0.3}, None),
    ):
        name = type(model).__name__
        assert {key: value for key, value in model.config.items() if key != "embedding"} == config
        description = {**OLD_DESCRIPTION, "model": name, "config": config, "embedding": embedding}
        write_tensors(tmp_path / "old", model.state_dict(), description, FORMAT_VERSION, overwrite=True)
        loaded = load_model(tmp_path / "old")
        assert str(loaded) == str(model)
        torch.testing.assert_close(dict(loaded.state_dict()), dict(model.state_dict()), rtol=0, atol=0, equal_nan=True)
        save_model(loaded, tmp_path / "new", overwrite=True)
        assert str(load_model(tmp_path / "new")) == str(model)


def test_social_features_are_saved(tmp_path: Path) -> None:
    model = MODELS["NDM"](USERS, dim=4, social_features=torch.rand(USERS, 2))
    model.user_ids = TRAIN.user_ids
    loaded = load_model(save_model(model, tmp_path / "model"))
    assert loaded.state_dict()["embedding.features"].equal(model.state_dict()["embedding.features"])
    rewrite(tmp_path / "model", config={**model.config, "dim": 10**6})
    with pytest.raises(DataError, match="it describes"):
        load_model(tmp_path / "model")


def test_a_model_that_reads_its_weights_in_its_constructor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadsWeights(LSTM):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            assert self.readout.weight.isfinite().all().item()

    monkeypatch.setitem(MODELS._entries, "ReadsWeights", ReadsWeights)
    model = ReadsWeights(USERS)
    model.user_ids = TRAIN.user_ids
    assert type(load_model(save_model(model, tmp_path / "model"))) is ReadsWeights


def test_the_file_has_only_tensors_and_json(tmp_path: Path) -> None:
    model = trained("LSTM")
    model.user_ids = np.array(["Zoë", "李", *map(str, range(USERS - 2))], dtype=object)
    path = save_model(model, tmp_path / "model")
    with safe_open(path, framework="pt") as file:
        description = json.loads(bytes(file.get_tensor("graphcascade").tolist()))
        assert set(file.keys()) == {*model.state_dict(), "graphcascade"}
    assert description["content"]["model"] == "LSTM"
    assert description["content"]["version"] == graphcascade.__version__
    assert description["content"]["config"] == model.config
    assert load_model(path).user_ids.tolist()[:2] == ["Zoë", "李"]


def test_a_missing_file_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"nothing\.safetensors: there is no such"):
        load_model(tmp_path / "nothing.safetensors")
    with pytest.raises(MissingFileError, match="this is a folder"):
        load_model(tmp_path)
    with pytest.raises(MissingFileError, match="/dev/zero: this is a device"):
        load_model("/dev/zero")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_raises_an_error(tmp_path: Path, share: float) -> None:
    path = save_model(trained("LSTM"), tmp_path / "model")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"model: not a (complete|model file)"):
        load_model(path)


def test_files_that_are_not_models_raise_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("no safetensors\n" * 10)
    with pytest.raises(DataError, match="file: not a model file; give one of save_model"):
        load_model(path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(DataError, match="not a complete"):
        load_model(path)
    torch.save({"weight": torch.zeros(2)}, path)  # a pickle is not read
    with pytest.raises(DataError, match="not a model file"):
        load_model(path)


def test_paths_that_do_not_fit_are_named(tmp_path: Path) -> None:
    model = trained("LSTM")
    with pytest.raises(UsageError, match="path=3: must be a path"):
        save_model(model, 3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="path=3: must be a path"):
        load_model(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"path='m\.pt': models are written as safetensors, not in torch's format"):
        save_model(model, "m.pt")
    file = save_model(model, tmp_path / "model.safetensors")
    with pytest.raises(MissingFileError, match=f"this is a folder; give the model in it, {file}"):
        load_model(tmp_path)


def rewrite(path: Path, top_level: dict[str, Any] | None = None, **changes: Any) -> None:
    """Changes the description of a saved model."""
    tensors = load_file(path)
    description = json.loads(bytes(tensors["graphcascade"].tolist()))
    description |= top_level or {}
    if isinstance(description["content"], dict):
        description["content"] |= changes
    tensors["graphcascade"] = torch.tensor(list(json.dumps(description).encode()), dtype=torch.uint8)
    save_file(tensors, path)


def test_another_version_of_the_format_raises_an_error(tmp_path: Path) -> None:
    path = save_model(trained("RNN"), tmp_path / "model")
    rewrite(path, {"version": 99})
    with pytest.raises(DataError, match="version 99"):
        load_model(path)


def test_another_kind_of_content_raises_an_error(tmp_path: Path) -> None:
    path = save_model(trained("RNN"), tmp_path / "model")
    rewrite(path, {"content": {"manifest": {}}})
    with pytest.raises(DataError, match="not a saved model"):
        load_model(path)
    rewrite(path, {"content": [1, 2]})
    with pytest.raises(DataError, match="not a saved model"):
        load_model(path)


def test_a_class_that_is_not_in_the_registry_raises_an_error(tmp_path: Path) -> None:
    path = save_model(trained("LSTM"), tmp_path / "model")
    rewrite(path, model="LSTMM")
    with pytest.raises(UnknownNameError, match=r"its model 'LSTMM' is not one of graphcascade; .* model_class='my_m"):
        load_model(path)
    rewrite(path, model="os.system")
    with pytest.raises(UnknownNameError, match=r"its model 'os\.system' is not one"):
        load_model(path)


OUTSIDE = "from graphcascade.models import LSTM\nclass OutsideLSTM(LSTM):\n    pass\nclass Other(LSTM):\n    pass\n"


def test_a_class_from_outside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside_lstm.py").write_text(OUTSIDE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))
    path = save_model(trained("LSTM"), tmp_path / "model")
    rewrite(path, model="OutsideLSTM")
    loaded = load_model(path, "outside_lstm:OutsideLSTM")
    assert type(loaded).__name__ == "OutsideLSTM"
    MODELS._entries.pop("OutsideLSTM")  # as in another process
    again = load_model(path, model_class=type(loaded))
    assert type(again) is type(loaded)
    assert torch.equal(again.readout.weight, loaded.readout.weight)
    with pytest.raises(
        UsageError, match=r"model_class='outside_lstm:Other': .* is of the class OutsideLSTM; give that class\.$"
    ):
        load_model(path, "outside_lstm:Other")
    with pytest.raises(UsageError, match=r"model_class='outside_lstm:Outside': .*; did you mean OutsideLSTM"):
        load_model(path, "outside_lstm:Outside")
    rewrite(path, model="LSTM")
    with pytest.raises(UsageError, match=r"model_class='OutsideLSTM': .* is of the class LSTM; leave it out\.$"):
        load_model(path, type(loaded))


@pytest.mark.parametrize("name", ["LSTM", "Markov", "Netrate", "AMNL", "DSN"])
def test_a_missing_argument_is_not_replaced_by_its_default(name: str, tmp_path: Path) -> None:
    model = trained(name)
    path = save_model(model, tmp_path / "model")
    assert model.config
    for missing in model.config:
        rewrite(path, config={key: value for key, value in model.config.items() if key != missing})
        with pytest.raises(DataError, match=rf"model: the argument '{missing}' of {name} is missing, so the file was"):
            load_model(path)


def test_files_of_other_versions_may_lack_an_argument(tmp_path: Path) -> None:
    path = save_model(trained("Markov"), tmp_path / "model")
    rewrite(path, config={"num_users": USERS}, version="0.0.9")
    assert load_model(path).config == Markov(USERS).config


def test_a_missing_argument_of_an_embedding_is_not_replaced_by_its_default(tmp_path: Path) -> None:
    model = LSTM(USERS, dim=3, hidden=4, embedding=SourceFusion(USERS, 3, dropout=0.1))
    model.user_ids = TRAIN.user_ids
    path = save_model(model, tmp_path / "model")
    embedding = {key: value for key, value in model.embedding.config.items() if key != "dropout"}
    rewrite(path, config={**model.config, "embedding": {"name": "SourceFusion", "config": embedding}})
    with pytest.raises(DataError, match="the argument 'dropout' of SourceFusion is missing"):
        load_model(path)


@pytest.mark.parametrize(
    "config", [{"hidden": 7}, {"num_users": USERS + 1}, {"depth": 3}, {"num_users": 0}, {"terminate": False}]
)
def test_weights_that_do_not_fit_raise_an_error(tmp_path: Path, config: dict[str, int]) -> None:
    model = trained("LSTM")
    path = save_model(model, tmp_path / "model")
    rewrite(path, config={**model.config, **config})
    with pytest.raises(DataError, match=r"model: its weights do not fit LSTM .*; train it again\.$"):
        load_model(path)


@pytest.mark.parametrize("name", ["LSTM", "NDM", "SourceCooccurrence"])
def test_a_description_of_a_larger_model_than_the_file_has(tmp_path: Path, name: str) -> None:
    """The model is not constructed, since ten billion users would take terabytes."""
    model = trained(name)
    path = save_model(model, tmp_path / "model")
    rewrite(path, config={**model.config, "num_users": 10**10})
    with pytest.raises(
        DataError, match=r"model: its weights do not fit .*\(it describes [\d,]+ numbers and has [\d,]+\)"
    ):
        load_model(path)


@pytest.mark.parametrize("name", list(MODELS))
def test_a_description_with_a_huge_number_is_read_quickly(tmp_path: Path, name: str) -> None:
    model = trained(name)
    path = save_model(model, tmp_path / "model")
    for argument in [argument for argument, value in model.config.items() if type(value) is int]:
        rewrite(path, config={**model.config, argument: 10**7})
        start = time.monotonic()
        # An argument that decides no size of the weights may have any value.
        with suppress(DataError) if argument in SETTINGS else pytest.raises(DataError, match="its weights do not fit"):
            load_model(path)
        assert time.monotonic() - start < 5


def test_a_description_of_a_larger_embedding_than_the_file_has(tmp_path: Path) -> None:
    path = save_model(trained("LSTM"), tmp_path / "model")
    rewrite(path, embedding={"num_users": 10**10, "dim": 3})
    with pytest.raises(DataError, match="embedding: has 10,000,000,000 users and vectors of size 3"):
        load_model(path)


def test_a_wrong_number_of_user_ids_raises_an_error(tmp_path: Path) -> None:
    for name in ("LSTM", "Markov", "Netrate"):
        path = save_model(trained(name), tmp_path / name)
        rewrite(path, user_ids=list("abcdefg"))
        with pytest.raises(DataError, match="it has 8 users and 7 ids of users"):
            load_model(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 1),
        ("model", ["LSTM"]),
        ("config", [1]),
        ("config", None),
        ("embedding", "sum"),
        ("user_ids", {"a": 1}),
        ("user_ids", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("user_ids", ["a"] * 8),
        ("user_ids", 8),
        ("time_unit", 3),
        ("time_unit", "fortnight"),
        ("notes", "none"),
        ("split", "train"),
        ("split", {"part": "train"}),
        ("split", {"part": "train", "method": "random", "seed": "0", "fractions": [0.8, 0.1, 0.1], "digest": "x"}),
        ("split", {"part": "train", "method": "random", "seed": 0, "fractions": 0.8, "digest": "x"}),
        ("split", {"part": "train", "method": "random", "seed": 0, "fractions": [0.8], "digest": "x"}),
        ("split", {"part": 1, "method": "random", "seed": 0, "fractions": [0.8, 0.1, 0.1], "digest": "x"}),
        ("split", {"part": "train", "method": "random", "seed": 0, "fractions": [0, 0, 1], "digest": "x", "more": 1}),
    ],
)
def test_a_field_of_a_wrong_type_raises_an_error(tmp_path: Path, field: str, value: Any) -> None:
    path = save_model(trained("LSTM"), tmp_path / "model")
    rewrite(path, **{field: value})
    with pytest.raises(DataError, match=f"model: not a complete file of graphcascade .*'{field}' is .*; use another"):
        load_model(path)


@pytest.mark.parametrize(
    "name", ["LSTM", "NDM", "CYANRNN", "HiDAN", "RMTPP", "Markov", "CTJaccard", "Netrate", "EmbeddedIC"]
)
def test_an_argument_of_a_wrong_type_is_loaded_or_raises_an_error(tmp_path: Path, name: str) -> None:
    """For any value of an argument, the model is loaded or a DataError is raised."""
    model = trained(name)
    path = save_model(model, tmp_path / "model")
    messages = []
    for argument in model.config:
        for value in (None, True, -1, 10**30, 1.5, float("nan"), "x", [], [1], {}, {"a": 1}):
            rewrite(path, config={**model.config, argument: value})
            try:
                load_model(path)
            except DataError as error:
                messages.append(str(error))
    assert messages
    assert all(f"its weights do not fit {name}" in message and "\n" not in message for message in messages)


def test_a_tensor_of_a_wrong_type_raises_an_error(tmp_path: Path) -> None:
    path = save_model(trained("Netrate"), tmp_path / "model")
    tensors = load_file(path)
    tensors["seen"] = tensors["seen"].double()
    save_file(tensors, path)
    with pytest.raises(DataError, match=r"\(seen is torch.float64 instead of torch.bool\)"):
        load_model(path)


def test_a_description_that_is_nested_too_deep_raises_an_error(tmp_path: Path) -> None:
    path = save_model(trained("RNN"), tmp_path / "model")
    tensors = load_file(path)
    text = b'{"version": 1, "content": ' + b"[" * 200_000
    tensors["graphcascade"] = torch.tensor(list(text), dtype=torch.uint8)
    save_file(tensors, path)
    with pytest.raises(DataError, match="model: not a complete file of graphcascade"):
        load_model(path)


def test_ids_may_have_any_characters(tmp_path: Path) -> None:
    model = trained("RNN")
    model.user_ids = np.array(["", " a ", "\r\n", "\0", '"', "\ud800", "\u2028", "\U0001f600"], dtype=object)
    assert load_model(save_model(model, tmp_path / "model")).user_ids.tolist() == model.user_ids.tolist()


@pytest.mark.parametrize("notes", [{"counts": {1: 2}}, {"when": object()}, {"rows": [{"a": {2.5: 1}}]}, {"x": {1, 2}}])
def test_notes_that_are_not_plain_values(tmp_path: Path, notes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="RNN cannot be saved: its arguments and notes must be plain values"):
        save_model(trained("RNN"), tmp_path / "model", **notes)
    assert list(tmp_path.iterdir()) == []


def test_missing_tensors_raise_an_error(tmp_path: Path) -> None:
    path = save_model(trained("Popularity"), tmp_path / "model")
    rewrite(path, model="Markov", config=Markov(USERS).config)
    with pytest.raises(DataError, match=r"do not fit Markov .*Missing key.*follows\.key"):
        load_model(path)


def test_models_that_cannot_be_saved_raise_an_error(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(UsageError, match="LSTM was not trained yet: fit it before saving"):
        save_model(LSTM(USERS), path)
    with pytest.raises(UsageError, match="Markov was not trained yet"):
        save_model(Markov(USERS), path)
    unregistered = AttentionModel(USERS)
    unregistered.user_ids = TRAIN.user_ids
    with pytest.raises(UsageError, match="AttentionModel is not a registered model"):
        save_model(unregistered, path)
    special = LSTM(USERS, dim=4, embedding=ScaledEmbedding(USERS, 4))
    special.user_ids = TRAIN.user_ids
    with pytest.raises(UsageError, match="LSTM cannot be saved with a custom embedding, ScaledEmbedding; register an"):
        save_model(special, path)
    with pytest.raises(UsageError, match="plain values"):
        save_model(trained("LSTM"), path, when=object())
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_model(trained("RNN"), tmp_path / "model")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("graphcascade.io.storage.save_file", fail)
    with pytest.raises(KeyboardInterrupt):
        save_model(trained("LSTM"), path, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
