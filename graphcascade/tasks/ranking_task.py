from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import RetweetNetwork, Split
from graphcascade.data.retweets.schema import POSTS, TWEET
from graphcascade.datasets import DATASETS, RETWEET_DATASETS, load_retweets
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.evaluation import RankingProtocol, Result, evaluate_ranking
from graphcascade.io import read_retweets
from graphcascade.io.prepared_folder import is_prepared_folder
from graphcascade.io.smpd_files import is_smpd_folder
from graphcascade.models import AMNL, BPRMF, CoRetweets, FolloweeRetweets, TweetPopularity, TweetRecency, make_model
from graphcascade.models.ranking import FactorModel, RankingCounter, RankingModel, feature_sizes
from graphcascade.options import FeatureOptions, RankingOptions, ReadOptions
from graphcascade.options.task_options import make_options
from graphcascade.prediction import recommend_tweets
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.chosen_features import (
    add_chosen_features,
    add_features_of_model,
    check_features,
    describe_features,
)
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.reading import POST_COLUMNS, TABLE_OPTIONS, missing_data, require_no_effect
from graphcascade.tasks.search_space import SearchSpace
from graphcascade.tasks.task import Task
from graphcascade.tasks.value_range import ValueRange

if TYPE_CHECKING:  # these take long to import, and many commands neither train nor draw
    from matplotlib.figure import Figure

    from graphcascade.report import Section
    from graphcascade.trainers import RankingTrainer

__all__ = ["RankingTask"]


logger = logging.getLogger(__name__)
BASELINES: tuple[type[RankingCounter], ...] = (TweetPopularity, TweetRecency, FolloweeRetweets, CoRetweets)
DEFAULT_K = 10


class RankingTask(Task[RetweetNetwork, RankingModel, RankingOptions, "RankingTrainer"]):
    """Which tweets a user retweets."""

    name = "ranking"
    model_summary = "ranks tweets"
    model = RankingModel
    options = RankingOptions
    examples = "retweets"
    subject = "user"
    wrapped_column = "tweet"
    title = "Recommended tweets:"
    no_prediction_reason = "they posted or retweeted all tweets"
    metric = "AUC"
    metric_meaning = (
        "AUC is the share of pairs of a retweeted tweet and another one in which the retweeted tweet is ranked higher; "
        "0.5 is chance."
    )
    overview = "The shares of tweets and users with at least so many retweets, followees and words."
    baselines = BASELINES
    compared_models = (AMNL, BPRMF)
    candidates: ClassVar[Mapping[str, tuple[Candidate, ...]]] = {
        "AMNL": (Candidate(), Candidate({"score": "softplus"})),
    }
    space: ClassVar[SearchSpace] = {
        "learning_rate": ValueRange(0.001, 0.1, log=True),
        "dim": (32, 64, 128),
        "regularization": (0.0, 0.0001, 0.001, 0.01),
    }
    model_spaces: ClassVar[Mapping[str, SearchSpace]] = {
        "AMNL": {"score": ("product", "softplus", "sum"), "margin": ValueRange(0.1, 0.9)}
    }

    def check(self, model: type[RankingModel], options: RankingOptions) -> None:
        self.require_effect(model, options.testing, options.training)
        check_features(model, options.features)
        if not 0 < options.ranking.train_share < 1:
            raise UsageError(
                argument="train_share", value=options.ranking.train_share, reason="must be between 0 and 1"
            )

    def recognizes(self, data: str, files: ReadOptions) -> bool:
        path = Path(data)
        if path.is_dir():
            return not is_smpd_folder(path) and not is_prepared_folder(path)
        return not path.exists() and data in RETWEET_DATASETS

    def describe(self, data: RetweetNetwork) -> pd.Series[Any]:
        return data.describe()

    def draw(self, data: RetweetNetwork) -> Figure:
        from graphcascade.report import draw_retweets  # takes long to import, with matplotlib

        return draw_retweets(data)

    def read(self, data: str, files: ReadOptions) -> RetweetNetwork:
        idle = ["format", "user", "item", "time", "cascade", "parent", *POST_COLUMNS]
        path = Path(data)
        named = not path.exists() and data in RETWEET_DATASETS
        idle += ["time_unit", "missing_images", *TABLE_OPTIONS] if named else []
        require_no_effect(files, idle, "networks of retweets")
        if named:
            return load_retweets(data, files.root)
        if not path.exists() and data not in DATASETS:
            raise missing_data(data)
        if not path.is_dir():
            raise MissingFileError(
                f"{data}: models that rank tweets need a folder with the tables users, follows, tweets and retweets, "
                f"or one of the datasets {', '.join(RETWEET_DATASETS)}; this is a "
                f"{'file' if path.exists() else 'dataset of cascades'}, for models such as LSTM."
            )
        tables = {name: getattr(files, name) for name in TABLE_OPTIONS}
        return read_retweets(path, files.time_unit, files.missing_images, **tables)

    def times_are_dates(self, data: RetweetNetwork) -> bool:
        return data.times_are_dates

    def data_name(self, data: RetweetNetwork) -> str:
        return data.name

    def split_of(self, data: RetweetNetwork) -> Split | None:
        return data.split

    def prepare(
        self, dataset: RetweetNetwork, model: type[RankingModel], options: RankingOptions
    ) -> tuple[RetweetNetwork, RankingOptions]:
        return dataset, options

    def without_data_options(self, options: RankingOptions) -> RankingOptions:
        return replace(options, features=FeatureOptions())

    def add_features(self, dataset: RetweetNetwork, options: RankingOptions, progress: bool = False) -> RetweetNetwork:
        return add_chosen_features(dataset, options.features, progress)

    def describe_features(self, dataset: RetweetNetwork) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return describe_features(dataset)

    def add_saved_features(
        self, dataset: RetweetNetwork, model: RankingModel, progress: bool = False
    ) -> RetweetNetwork:
        notes = model.notes or {}
        options = self.saved_options(notes).features
        return add_features_of_model(dataset, notes, model.noted_tensors or {}, options, progress)

    def split(self, dataset: RetweetNetwork, options: RankingOptions, seed: int) -> Parts[RetweetNetwork]:
        return Parts(*dataset.splits(options.ranking.train_share, options.ranking.split, seed=seed))

    def make(
        self,
        model: type[RankingModel],
        dataset: RetweetNetwork,
        arguments: dict[str, Any],
        options: RankingOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> RankingModel:
        if issubclass(model, AMNL) and arguments.get("content", "auto") == "auto":
            _note_missing_features(dataset)
        sizes = {"num_tweets": dataset.num_tweets, **feature_sizes(dataset)}
        torch.manual_seed(seed)
        return make_model(model, dataset.num_users, arguments, sizes=sizes)

    def trainer(self, options: RankingOptions, seed: int, progress: bool, **settings: Any) -> RankingTrainer:
        from graphcascade.trainers import RankingTrainer  # takes long to import, with lightning

        ranking = options.ranking
        chosen = {
            "num_negatives": ranking.num_negatives,
            "protocol": RankingProtocol(candidates=ranking.candidates, num_negatives=ranking.num_negatives),
            "seed": seed,
            "progress": progress,
            **options.training.given(),
        }
        return RankingTrainer(**(chosen | settings))

    def trains_in_epochs(self, model: type[RankingModel]) -> bool:
        return issubclass(model, FactorModel)

    def fit(
        self,
        model: RankingModel,
        train: RetweetNetwork,
        val: RetweetNetwork | None,
        trainer: RankingTrainer,
        resume: bool = False,
    ) -> RankingModel:
        if isinstance(model, FactorModel):
            return trainer.fit(model, train, val, resume=resume)
        assert isinstance(model, RankingCounter)
        return model.fit(train)

    def test(
        self, model: RankingModel, data: RetweetNetwork, trainer: RankingTrainer, allow_overlap: bool = False
    ) -> dict[str, Result]:
        return {"result": trainer.test(model, data, allow_overlap)}

    def skip_comparison_reason(self, options: RankingOptions) -> str | None:
        return None if options.testing.counters else "the option counters is false"

    def compare(
        self,
        model: RankingModel,
        parts: Parts[RetweetNetwork],
        trainer: RankingTrainer,
        result: Result,
        options: RankingOptions,
    ) -> Comparison:
        baselines = [
            kind(parts.train.num_users, parts.train.num_tweets).fit(parts.train)
            for kind in BASELINES
            if kind is not type(model) and not (kind is TweetRecency and "time" not in parts.train[POSTS])
        ]

        def evaluate(data: RetweetNetwork, *models: RankingModel) -> list[Result]:
            return [evaluate_ranking(each, data, trainer.protocol, trainer.seed) for each in models]

        test = evaluate(parts.test, *baselines)
        if isinstance(model, BASELINES):
            return Comparison(test)
        return Comparison(test, evaluate(parts.val, model, *baselines))

    def steps_to_try(
        self, model: RankingModel, train: RetweetNetwork, trainer: RankingTrainer, options: RankingOptions
    ) -> list[str]:
        return ["--model-args.score softplus"] if model.config.get("score", "") == "product" else []

    def predict(
        self, model: RankingModel, data: RetweetNetwork, k: int | None = None, interval: float | None = None
    ) -> pd.DataFrame:
        return recommend_tweets(model, None, DEFAULT_K if k is None else k, data)

    has_page = True

    def page_sections(
        self, model: RankingModel, predicted: pd.DataFrame, data: RetweetNetwork
    ) -> tuple[str, list[Section]]:
        """Returns sections for ten users with retweets, preferring users who follow somebody."""
        from graphcascade.report import recommendation_sections  # takes long to import, with matplotlib

        lead, sections = recommendation_sections(predicted, data)
        return f"Some of them are shown. {lead}", sections

    def write_page(
        self,
        model: RankingModel,
        predicted: pd.DataFrame,
        data: RetweetNetwork,
        path: Path,
        subjects: list[str] | None,
        title: str,
        overwrite: bool,
    ) -> Path:
        footer = f"graphcascade {graphcascade.__version__}, 'graphcascade predict'"
        from graphcascade.report import write_recommendations  # takes long to import, with matplotlib

        return write_recommendations(predicted, data, path, subjects, title, footer, overwrite=overwrite)

    def subjects(self, data: RetweetNetwork) -> list[Any]:
        return list(data.user_ids)

    def notes(self, options: RankingOptions) -> dict[str, Any]:
        features = {**asdict(options.features), "feature_cache": str(options.features.feature_cache)}
        return {**asdict(options.ranking), **features}

    def saved_options(self, notes: dict[str, Any]) -> RankingOptions:
        known = {name: value for name, value in notes.items() if name in self.notes(RankingOptions())}
        try:
            options = make_options(RankingOptions, known)
            cache = Path(options.features.feature_cache)
            options = replace(options, features=replace(options.features, feature_cache=cache))
            self.trainer(options, 0, False)
        except (TypeError, UsageError) as error:
            raise DataError(f"the model was saved with options that cannot be read ({error}).") from error
        return options


def _note_missing_features(network: RetweetNetwork) -> None:
    """Logs which texts and images AMNL ignores because they have no features."""
    tweets = network[TWEET]
    unused = [name for name in ("text", "image") if f"x_{name}" not in tweets and any(map(bool, tweets.get(name, ())))]
    if not unused:
        return
    start = "AMNL ranks without them" if any(feature_sizes(network).values()) else "AMNL ranks by ids alone"
    options = {"text": "--text-features lsa", "image": "--image-features vgg16"}
    logger.info(
        "%s: the tweets' %s have no features, so that %s; add them with %s of 'graphcascade fit' (in Python, %s of "
        "graphcascade.features).",
        network.name,
        " and ".join(f"{name}s" for name in unused),
        start,
        " and ".join(options[name] for name in unused),
        " and ".join(f"add_{name}_features" for name in unused),
    )
