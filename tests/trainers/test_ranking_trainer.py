from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from graphcascade.data import RetweetNetwork
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import RankingProtocol, evaluate_ranking
from graphcascade.features import ImageEncoder, TextEncoder, WordVectors, add_image_features
from graphcascade.loader import draw_candidates
from graphcascade.models import ADABPR, AMNL, BPRMF, Popularity, TweetPopularity, load_model, save_model
from graphcascade.models.ranking import FactorModel
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import Optimization, RankingTrainer
from graphcascade.trainers.ranking_module import CandidateBatch, CandidateBatches
from tests.models.ranking.small_network import random_network
from tests.models.small_data import dataset_of

NETWORK = random_network(users=15, tweets=40)
TRAIN, VAL, TEST = NETWORK.splits(0.8, validation=0.3)


def make(kind: type[FactorModel] = AMNL, **arguments: Any) -> FactorModel:
    torch.manual_seed(1)
    return kind.of(TRAIN, dim=4, **arguments)


@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
@pytest.mark.parametrize("kind", [AMNL, BPRMF, ADABPR])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(
    kind: type[FactorModel], optimizer: str, tmp_path: Path
) -> None:
    def run(name: str, epochs: list[int]) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
        for number, last in enumerate(epochs):
            trainer = RankingTrainer(
                max_epochs=last, batch_size=16, optimizer=optimizer, directory=tmp_path / name, progress=False
            )
            model = trainer.fit(make(kind), TRAIN, VAL, resume=number > 0)
        return model.state_dict(), pd.read_csv(tmp_path / name / "logs" / "metrics.csv")

    weights, log = run("whole", [5])
    resumed, resumed_log = run("parts", [2, 3, 5])
    assert all(weights[key].equal(resumed[key]) for key in weights)
    pd.testing.assert_frame_equal(log, resumed_log)


@pytest.mark.parametrize("kind", [AMNL, BPRMF])
@pytest.mark.parametrize("settings", [{}, {"gradient_clip": 0.05}])
def test_sparse_gradients_give_the_weights_of_dense_ones(
    kind: type[FactorModel], settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(sparse: bool) -> dict[str, torch.Tensor]:
        monkeypatch.setattr(Optimization, "takes_sparse_gradients", property(lambda _: sparse))
        model = make(kind).double()
        RankingTrainer(max_epochs=3, batch_size=16, precision="64-true", progress=False, **settings).fit(model, TRAIN)
        assert model.sparse_gradients == sparse
        return model.state_dict()

    dense, sparse = run(False), run(True)
    for name, weight in sparse.items():
        torch.testing.assert_close(weight, dense[name])


def test_adam_has_dense_gradients() -> None:
    model = RankingTrainer(max_epochs=1, optimizer="adam", progress=False).fit(make(), TRAIN)
    assert not model.sparse_gradients


def test_negatives_come_from_the_train_candidates_and_validation_ranks_those_of_the_protocol() -> None:
    for candidates, expected in (("uniform", "uniform"), (None, "exposed")):
        trainer = RankingTrainer(protocol=RankingProtocol(candidates="exposed"), train_candidates=candidates)
        loader, validation = trainer._loaders(make(), TRAIN, VAL)
        assert loader._sampler.candidates == expected
        torch.testing.assert_close(validation.candidates.tweet, draw_candidates(VAL, "exposed").tweet)


def test_the_epoch_with_the_highest_auc_is_kept() -> None:
    trainer = RankingTrainer(max_epochs=12, batch_size=64, learning_rate=0.5, patience=4, progress=False)
    model = trainer.fit(make(), TRAIN, VAL)
    best = evaluate_ranking(model, VAL)["AUC"]
    for epochs in range(1, trainer.epochs + 1):
        shorter = RankingTrainer(max_epochs=epochs, batch_size=64, learning_rate=0.5, progress=False)
        assert evaluate_ranking(shorter.fit(make(), TRAIN), VAL)["AUC"] <= best + 1e-12


def test_social_models_gain_where_followees_matter() -> None:
    train, val, test = simulate_retweets("social", num_users=2_000, num_tweets=1_450, seed=0).splits(0.8)
    trainer = RankingTrainer(max_epochs=15, batch_size=2_048, progress=False)
    auc = {}
    for followees in ("none", "attention"):
        torch.manual_seed(0)
        model = AMNL.of(train, dim=32, score="softplus", loss="logistic", followees=followees)
        auc[followees] = trainer.test(trainer.fit(model, train, val), test)["AUC"]
    assert auc["attention"] > auc["none"] + 0.03


def test_validation_pairs_each_negative_with_a_retweet_of_its_user() -> None:
    batch = CandidateBatch(
        torch.tensor([2, 2, 2, 2, 2, 5, 5, 7]),
        torch.tensor([10, 11, 12, 13, 14, 10, 15, 16]),
        torch.tensor([False, True, False, True, False, True, False, True]),
    )
    triples = batch.triples()
    assert triples.user.tolist() == [2, 2, 2, 5]
    assert triples.positive.tolist() == [11, 13, 11, 10]
    assert triples.negative.tolist() == [10, 12, 14, 15]


def test_a_user_is_in_one_batch() -> None:
    drawn = draw_candidates(VAL, "uniform")
    batches = list(CandidateBatches(drawn, 10))
    assert len(batches) == len(CandidateBatches(drawn, 10)) > 1
    assert torch.cat([batch.tweet for batch in batches]).equal(drawn.tweet)
    assert sum(batch.user.unique().numel() for batch in batches) == drawn.num_users


def test_the_trainer_tests_and_recommends() -> None:
    protocol = RankingProtocol(candidates="uniform", ks=(2,))
    trainer = RankingTrainer(max_epochs=1, protocol=protocol, seed=3, progress=False)
    model = trainer.fit(make(), TRAIN, VAL)
    result = trainer.test(model, TEST)
    assert result.protocol == protocol
    assert result.seed == 3
    assert "Precision@2" in set(result.metrics["metric"])
    assert trainer.recommend(model, ["user 3"], k=2)["rank"].tolist() == [1, 2]


def test_bad_models_data_and_arguments_raise_an_error(tmp_path: Path) -> None:
    trainer = RankingTrainer(max_epochs=1, progress=False, directory=tmp_path)
    with pytest.raises(UsageError, match="TweetPopularity is not a FactorModel"):
        trainer.fit(TweetPopularity.of(TRAIN), TRAIN)  # type: ignore[arg-type]
    cascades = dataset_of([[0, 1, 2], [1, 2]], 3)
    with pytest.raises(UsageError, match="train: must be a RetweetNetwork, not CascadeDataset, because"):
        trainer.fit(make(), cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="val: must be a RetweetNetwork, not CascadeDataset"):
        trainer.fit(make(), TRAIN, cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="data: must be a RetweetNetwork, not CascadeDataset"):
        trainer.test(make(), cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Popularity does not rank tweets; use evaluate or evaluate_cascades"):
        trainer.test(Popularity(3).fit(cascades), TEST)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Popularity does not rank tweets; use predict_next_users"):
        trainer.recommend(Popularity(3).fit(cascades))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="this is the test part of a split; validate on the validation part"):
        trainer.fit(make(), TRAIN, TEST)
    with pytest.raises(UsageError, match="the validation part is of another split"):
        trainer.fit(make(), TRAIN, NETWORK.splits(0.5)[1])
    with pytest.raises(UsageError, match="has other users or tweets"):
        trainer.fit(make(), TRAIN, random_network().splits(0.8, validation=0.3)[1])
    with pytest.raises(UsageError, match="num_negatives=0: must be at least 1"):
        RankingTrainer(num_negatives=0)
    with pytest.raises(UsageError, match="train_candidates"):
        RankingTrainer(train_candidates="all")
    with pytest.raises(UsageError, match="monitor='mrr'"):
        RankingTrainer(monitor="mrr")
    trainer.fit(make(), TRAIN, VAL)
    with pytest.raises(UsageError):
        RankingTrainer(max_epochs=2, protocol=RankingProtocol(seed=1), directory=tmp_path).fit(
            make(), TRAIN, VAL, resume=True
        )


def to_pixels(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image.resize((2, 2)), dtype=np.float32)).permute(2, 0, 1) / 255


def image_encoder(seed: int = 0) -> ImageEncoder:
    torch.manual_seed(seed)
    return ImageEncoder(nn.Sequential(nn.Flatten(), nn.Linear(12, 6)), to_pixels, "tiny")


def text_encoder() -> TextEncoder:
    return TextEncoder(WordVectors(["red", "blue"], torch.eye(2)), dim=3)


@pytest.fixture
def pictures(tmp_path: Path) -> RetweetNetwork:
    """A network in which users retweet either red or blue images; the last tweet has neither text nor image."""
    users, tweets = 12, 30
    blue = torch.arange(tweets) % 2
    pairs = torch.cartesian_prod(torch.arange(users), torch.arange(tweets - 1))
    pairs = pairs[
        (pairs[:, 0] % 2 == blue[pairs[:, 1]])
        & (torch.rand(len(pairs), generator=torch.Generator().manual_seed(0)) < 0.7)
    ]
    paths = []
    for number in range(tweets - 1):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.new("RGB", (4, 4), (0, number, 250) if blue[number] else (250, number, 0)).save(paths[-1])
    return RetweetNetwork(
        follows=torch.tensor([[0, 1, 2, 3], [2, 3, 4, 5]]),
        retweets=pairs.t().contiguous(),
        num_users=users,
        num_tweets=tweets,
        image=np.array([*paths, ""], dtype=object),
        text=np.array([*("a blue dog" if each else "a red dog" for each in blue[:-1]), ""], dtype=object),
    )


def test_encoders_are_trained_with_the_model(pictures: RetweetNetwork, tmp_path: Path) -> None:
    train, val, test = pictures.splits(0.8, method="random", validation=0.2)
    uniform = {"protocol": RankingProtocol(candidates="uniform"), "batch_size": 16, "progress": False}

    def run(name: str, epochs: list[int]) -> tuple[AMNL, pd.DataFrame]:
        for number, last in enumerate(epochs):
            torch.manual_seed(1)
            model = AMNL.of(train, dim=4, image_encoder=image_encoder(), text_encoder=text_encoder())
            trainer = RankingTrainer(
                max_epochs=last, patience=None, directory=tmp_path / name, encoder_learning_rate=0.01, **uniform
            )
            trainer.fit(model, train, val, resume=number > 0)
        return model, pd.read_csv(tmp_path / name / "logs" / "metrics.csv")

    model, log = run("whole", [6])
    for kind, before in (("image", image_encoder()), ("text", text_encoder())):
        after = model.encoders[kind].state_dict()
        assert all(not torch.equal(value, after[name]) for name, value in before.state_dict().items())
    loss = log["train_loss"].dropna().tolist()
    assert loss[-1] < 0.7 * loss[0]
    tested = RankingTrainer(**uniform).test(model, test)
    assert tested["AUC"] > 0.8
    resumed, resumed_log = run("parts", [2, 6])
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in model.state_dict().items())
    pd.testing.assert_frame_equal(log, resumed_log)
    # Features that the trained encoders compute once rank in the same way.
    file = save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(file, image_encoder=image_encoder(seed=5)).attach(test)
    torch.testing.assert_close(loaded.scores(torch.arange(12)), model.attach(test).scores(torch.arange(12)))
    frozen = add_image_features(pictures, model.encoders["image"])["tweet"].x_image
    torch.testing.assert_close(frozen, model._features("image", torch.arange(30)).detach())
    with pytest.raises(UsageError, match=r"was trained with the encoder of images 'tiny'; give one of the same"):
        load_model(file)
    with pytest.raises(DataError, match=r"its weights do not fit AMNL"):
        load_model(file, image_encoder=ImageEncoder(nn.Flatten(), to_pixels, "pixels"))


def test_the_rate_of_an_encoder_is_its_own(pictures: RetweetNetwork) -> None:
    train, _, _ = pictures.splits(0.8, method="random")
    encoder = image_encoder()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    trainer = RankingTrainer(max_epochs=1, batch_size=1000, encoder_learning_rate=1e-4, progress=False)
    trainer.train_candidates = "uniform"
    trainer.fit(AMNL.of(train, dim=4, image_encoder=encoder), train)
    for name, value in encoder.state_dict().items():  # AdaGrad's first step has the length of the rate
        assert 0 < float((value - before[name]).abs().max()) < 1.1e-4


def test_encoders_without_effect_or_content_raise_an_error(pictures: RetweetNetwork, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="content='text': leaves out images, which image_encoder is for"):
        AMNL.of(pictures, content="text", image_encoder=image_encoder(), text_encoder=text_encoder())
    with pytest.raises(UsageError, match="the model encodes the images of tweets, and these have none"):
        AMNL.of(TRAIN, image_encoder=image_encoder())
    with pytest.raises(UsageError, match="encoder_learning_rate=0: must be a finite number above 0"):
        RankingTrainer(encoder_learning_rate=0)
    plain = make(BPRMF)
    plain.prepare(TRAIN)
    file = save_model(plain, tmp_path / "plain.safetensors")
    with pytest.raises(UsageError, match=r"image_encoder='tiny': .* was trained without an encoder of images"):
        load_model(file, image_encoder=image_encoder())


@pytest.mark.parametrize("batch_size", [20, 10_000])
def test_each_process_has_all_candidates_of_some_users(batch_size: int) -> None:
    drawn = draw_candidates(VAL, "uniform", 5, 0)
    shares = [CandidateBatches(drawn, batch_size) for _ in range(3)]
    for process, share in enumerate(shares):
        share.divide(process, 3)
        assert len(share) > 0
    users = [{user for batch in share for user in batch.user.tolist()} for share in shares]
    assert sum(map(len, users)) == drawn.user.unique().numel()
    assert set().union(*users) == set(drawn.user.tolist())
    with pytest.raises(UsageError, match="cannot be divided among 1000 processes; start fewer"):
        shares[0].divide(0, 1000)
