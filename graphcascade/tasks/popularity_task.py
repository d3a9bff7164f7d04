from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import PostStream, Split
from graphcascade.data.posts.schema import POST
from graphcascade.data.time_units import YEAR_10000
from graphcascade.datasets import DATASETS, POST_DATASETS, RETWEET_DATASETS, load_posts
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import PopularityProtocol, Result, evaluate_popularity
from graphcascade.evaluation.evaluate_popularity import LEVEL
from graphcascade.io import read_posts
from graphcascade.io.smpd_files import is_smpd_folder
from graphcascade.models import (
    DSN,
    MLP,
    CatBoostPopularity,
    CategoryMean,
    DSNCatBoost,
    LastLabel,
    MeanLabel,
    RidgeRegression,
    UserMean,
    make_model,
)
from graphcascade.models.popularity import FittablePopularityModel, PopularityModel, WindowModel, stream_sizes
from graphcascade.options import FeatureOptions, PopularityOptions, ReadOptions
from graphcascade.options.task_options import make_options
from graphcascade.plurals import counted
from graphcascade.prediction import predict_popularity
from graphcascade.prediction.popularity import SHOWN_POSTS, find_new_posts
from graphcascade.tasks.chosen_features import (
    add_chosen_features,
    add_features_of_model,
    check_features,
    describe_features,
    has_content,
    uses_features,
)
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.reading import (
    POST_COLUMNS,
    TABLE_OPTIONS,
    is_table_of_posts,
    missing_data,
    require_no_effect,
)
from graphcascade.tasks.search_space import SearchSpace
from graphcascade.tasks.task import Task
from graphcascade.tasks.value_range import ValueRange

if TYPE_CHECKING:  # these take long to import, and many commands neither train nor draw
    from matplotlib.figure import Figure

    from graphcascade.report import Section
    from graphcascade.trainers import PopularityTrainer

__all__ = ["PopularityTask"]

logger = logging.getLogger(__name__)

BASELINES: tuple[type[FittablePopularityModel], ...] = (MeanLabel, UserMean, LastLabel, CategoryMean)
NUM_ON_PAGE = 10  # posts that a page about data shows
COMPONENT = r"((?:mean of )?(?:image|text)) \d+"
"""Inputs of trees that are principal components; their importances are summed."""


class PopularityTask(Task[PostStream, PopularityModel, PopularityOptions, "PopularityTrainer"]):
    """How popular a post becomes."""

    name = "popularity"
    model_summary = "predicts the popularity of posts"
    model = PopularityModel
    options = PopularityOptions
    examples = "posts"
    subject = "post"
    wrapped_column = "earlier posts"
    title = "Predicted popularity:"
    no_prediction_reason = "they were left out"
    metric = "MAE"
    lower_is_better = True
    metric_meaning = "MAE is the mean absolute error of the predicted labels, log2(1 + views); lower is better."
    overview = (
        "The distribution of the labels, the median label of consecutive posts with the range of the middle 80 %, and "
        "the shares of categories and users with at least so many posts."
    )
    baselines = BASELINES
    compared_models = (RidgeRegression, CatBoostPopularity, MLP, DSN)
    space: ClassVar[SearchSpace] = {
        "learning_rate": ValueRange(0.0001, 0.01, log=True),
        "batch_size": (128, 256, 512),
        "weight_decay": ValueRange(1e-6, 0.01, log=True),
        "hidden_dim": (64, 128, 256),
        "dropout": ValueRange(0.0, 0.5),
    }
    model_spaces: ClassVar[Mapping[str, SearchSpace]] = {
        "CatBoostPopularity": {
            "learning_rate": ValueRange(0.01, 0.3, log=True),
            "iterations": ValueRange(200, 2000),
            "tree_depth": ValueRange(4, 8),
        },
        "RidgeRegression": {"penalty": ValueRange(0.01, 1000.0, log=True)},
    }

    def check(self, model: type[PopularityModel], options: PopularityOptions) -> None:
        self.require_effect(model, options.testing, options.training)
        check_features(model, options.features)

    def recognizes(self, data: str, files: ReadOptions) -> bool:
        path = Path(data)
        if path.is_dir():
            return is_smpd_folder(path)
        if not path.exists():
            return data in POST_DATASETS
        if any(getattr(files, name) != getattr(ReadOptions, name) for name in POST_COLUMNS):
            return True  # the options name columns of posts: an error is then about a table of posts
        return is_table_of_posts(path, files)

    def describe(self, data: PostStream) -> pd.Series[Any]:
        return data.describe()

    def draw(self, data: PostStream) -> Figure:
        from graphcascade.report import draw_posts  # takes long to import, with matplotlib

        return draw_posts(data)

    def times_are_dates(self, data: PostStream) -> bool:
        return data.time_unit == "s"

    def read(self, data: str, files: ReadOptions) -> PostStream:
        path = Path(data)
        idle = ["format", "item", "cascade", "parent"]
        if not path.exists() and data in POST_DATASETS:
            columns = ["user", "time", "time_unit", "missing_images", *POST_COLUMNS, *TABLE_OPTIONS]
            require_no_effect(files, [*idle, *columns], "a dataset of posts")
            return load_posts(data, files.root)
        if not path.exists():
            if data in DATASETS or data in RETWEET_DATASETS:
                raise UsageError(
                    f"{data}: this is no dataset of posts, which models that predict popularity need; those are "
                    f"{', '.join(POST_DATASETS)}."
                )
            raise missing_data(data)
        if path.is_dir():
            columns = [name for name in POST_COLUMNS if name != "category_ids"]
            require_no_effect(
                files, [*idle, "user", "time", "time_unit", *columns, *TABLE_OPTIONS], "a folder of SMPD's files"
            )
            return read_posts(path, missing_images=files.missing_images, category_ids=files.category_ids)
        require_no_effect(files, idle, "tables of posts")
        return read_posts(
            path,
            post=files.post,
            user=files.user,
            time=files.time,
            label=files.label,
            views=files.views,
            categories=_split_names(files.categories),
            text=files.text,
            title=files.title,
            image=files.image,
            image_folder=files.image_folder,
            numbers=_split_names(files.numbers) or (),
            crawl_time=_split_names(files.crawl_time) or (),
            time_unit=files.time_unit,
            missing_images=files.missing_images,
            category_ids=files.category_ids,
            **{name: getattr(files, name) for name in TABLE_OPTIONS},
        )

    def data_name(self, data: PostStream) -> str:
        return data.name

    def split_of(self, data: PostStream) -> Split | None:
        return data.split

    def prepare(
        self, dataset: PostStream, model: type[PopularityModel], options: PopularityOptions
    ) -> tuple[PostStream, PopularityOptions]:
        return dataset, options

    def without_data_options(self, options: PopularityOptions) -> PopularityOptions:
        return replace(options, features=FeatureOptions())

    def add_features(self, dataset: PostStream, options: PopularityOptions, progress: bool = False) -> PostStream:
        return add_chosen_features(dataset, options.features, progress)

    def describe_features(self, dataset: PostStream) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return describe_features(dataset)

    def add_saved_features(self, dataset: PostStream, model: PopularityModel, progress: bool = False) -> PostStream:
        notes = model.notes or {}
        options = self.saved_options(notes).features
        return add_features_of_model(dataset, notes, model.noted_tensors or {}, options, progress)

    def split(self, dataset: PostStream, options: PopularityOptions, seed: int) -> Parts[PostStream]:
        return Parts(*dataset.splits())

    def make(
        self,
        model: type[PopularityModel],
        dataset: PostStream,
        arguments: dict[str, Any],
        options: PopularityOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> PopularityModel:
        sizes = stream_sizes(dataset)
        _note_missing_features(dataset, model)
        torch.manual_seed(seed)
        return make_model(model, sizes.pop("num_users"), arguments, sizes=sizes)

    def trainer(self, options: PopularityOptions, seed: int, progress: bool, **settings: Any) -> PopularityTrainer:
        from graphcascade.trainers import PopularityTrainer  # takes long to import, with lightning

        chosen = {
            "protocol": PopularityProtocol(
                labels=options.popularity.labels, known_users=options.popularity.known_users
            ),
            "seed": seed,
            "progress": progress,
            **options.training.given(),
        }
        return PopularityTrainer(**(chosen | settings))

    def trains_in_epochs(self, model: type[PopularityModel]) -> bool:
        return issubclass(model, WindowModel)

    def fit(
        self,
        model: PopularityModel,
        train: PostStream,
        val: PostStream | None,
        trainer: PopularityTrainer,
        resume: bool = False,
    ) -> PopularityModel:
        if isinstance(model, WindowModel):
            return trainer.fit(model, train, val, resume=resume)
        assert isinstance(model, FittablePopularityModel)
        model.fit(train)
        if val is not None:
            model.calibrate(val)
        return model

    def test(
        self, model: PopularityModel, data: PostStream, trainer: PopularityTrainer, allow_overlap: bool = False
    ) -> dict[str, Result]:
        return {"result": trainer.test(model, data, allow_overlap)}

    def skip_comparison_reason(self, options: PopularityOptions) -> str | None:
        return None if options.testing.counters else "the option counters is false"

    def compare(
        self,
        model: PopularityModel,
        parts: Parts[PostStream],
        trainer: PopularityTrainer,
        result: Result,
        options: PopularityOptions,
    ) -> Comparison:
        train = parts.train
        baselines = [
            kind.of(train).fit(train)
            for kind in BASELINES
            if kind is not type(model) and not (kind is CategoryMean and train.num_categories == 0)
        ]

        def evaluate(data: PostStream, *models: PopularityModel) -> list[Result]:
            return [evaluate_popularity(each, data, trainer.protocol, trainer.seed) for each in models]

        test = evaluate(parts.test, *baselines)
        if isinstance(model, BASELINES):
            return Comparison(test)
        return Comparison(test, evaluate(parts.val, model, *baselines))

    has_interval = True

    def predict(
        self, model: PopularityModel, data: PostStream, k: int | None = None, interval: float | None = None
    ) -> pd.DataFrame:
        level = LEVEL if interval is None else interval
        predicted = predict_popularity(model, data, interval=level, k=SHOWN_POSTS if k is None else k)
        count = int(model.num_residuals)
        if count:
            later = ", the later half, which did not choose the best epoch"
            logger.info(
                "intervals of %g %% from the errors on %s validation posts%s; those from one half of these posts cover "
                "%.1f %% of the other half.",
                100 * level,
                f"{count:,}",
                later if self.trains_in_epochs(type(model)) else "",
                100 * model.coverage(level),
            )
        model.warn_about_few_residuals(level, self.examples)
        views = predicted.filter(regex="views$").round().clip(upper=2**62).astype("int64")
        return predicted.assign(**views, time=_show_times(predicted["time"], data.time_unit))

    has_importances = True

    def importances(self, model: PopularityModel) -> pd.Series[Any] | None:
        if not isinstance(model, CatBoostPopularity | DSNCatBoost):
            return None
        found = model.importances()
        names = found.index.to_series().astype(str)
        count = names[names.str.fullmatch(COMPONENT)].str.replace(COMPONENT, r"\1", regex=True).value_counts()
        groups = names.str.replace(COMPONENT, lambda match: f"{match[1]} ({count[match[1]]} components)", regex=True)
        return found.groupby(groups).sum().sort_values(ascending=False, kind="stable")

    has_page = True

    def to_predict(self, data: PostStream, parts: Parts[PostStream]) -> PostStream:
        """Returns the whole stream, whose posts without a label are predicted, or the test posts if all have one."""
        return data if bool(data.y.isnan().any()) else parts.test

    def comparison_note(self, data: PostStream) -> str:
        """Returns a sentence on numbers of crawl time, if there are any."""
        if not data.crawl_time_names:
            return ""
        names = ", ".join(data.crawl_time_names)
        return (
            f"Learned models use numbers that were known only when the data were crawled ({names}), later than the "
            "posts; 'graphcascade fit' trains a model without them with --model-args.crawl_time false."
        )

    def page_rows(self, predicted: pd.DataFrame, number: int) -> pd.DataFrame:
        """Returns the rows of the posts with the highest predictions, without their earlier posts, which are long."""
        return predicted.nlargest(number, "label").drop(columns="earlier posts", errors="ignore")

    def page_sections(
        self, model: PopularityModel, predicted: pd.DataFrame, data: PostStream
    ) -> tuple[str, list[Section]]:
        """Returns sections for the ten posts with the highest predictions."""
        from graphcascade.report import popularity_sections  # takes long to import, with matplotlib

        posts = self.page_rows(predicted, NUM_ON_PAGE)["post"].astype(str).tolist()
        lead, sections = popularity_sections(predicted, data, posts)
        level, count = 100 * LEVEL, int(model.num_residuals)
        intervals = (
            f" Intervals of {level:g} % are those of the errors on {counted(count, 'validation post')}; intervals from "
            f"one half of these posts cover {100 * model.coverage(LEVEL):.1f} % of the other half."
        )
        return f"Those with the highest predictions are shown. {lead}{intervals * (count > 1)}", sections

    def write_page(
        self,
        model: PopularityModel,
        predicted: pd.DataFrame,
        data: PostStream,
        path: Path,
        subjects: list[str] | None,
        title: str,
        overwrite: bool,
    ) -> Path:
        footer = f"graphcascade {graphcascade.__version__}, 'graphcascade predict'"
        importances = self.importances(model)
        from graphcascade.report import write_popularity  # takes long to import, with matplotlib

        return write_popularity(predicted, data, path, subjects, title, footer, importances, overwrite=overwrite)

    def subjects(self, data: PostStream) -> list[Any]:
        return list(data.post_ids[find_new_posts(data).numpy()])

    def notes(self, options: PopularityOptions) -> dict[str, Any]:
        features = {**asdict(options.features), "feature_cache": str(options.features.feature_cache)}
        return {**asdict(options.popularity), **features}

    def saved_options(self, notes: dict[str, Any]) -> PopularityOptions:
        known = {name: value for name, value in notes.items() if name in self.notes(PopularityOptions())}
        try:
            options = make_options(PopularityOptions, known)
            cache = Path(options.features.feature_cache)
            options = replace(options, features=replace(options.features, feature_cache=cache))
            self.trainer(options, 0, False)
        except (TypeError, UsageError) as error:
            raise DataError(f"the model was saved with options that cannot be read ({error}).") from error
        return options


def _show_times(time: pd.Series[float], unit: str | None) -> pd.Series[Any]:
    """Returns times as dates in UTC, such as ``2024-05-01T12:00:00Z``, if they are in seconds."""
    if unit != "s" or not (time.between(0, YEAR_10000, inclusive="left")).all():
        return time
    dates = [datetime.fromtimestamp(value, timezone.utc).isoformat(timespec="seconds") for value in time]
    return pd.Series([date.replace("+00:00", "Z") for date in dates], index=time.index, dtype=object)


def _split_names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _note_missing_features(stream: PostStream, model: type[PopularityModel]) -> None:
    """Logs which texts and images a model ignores because they have no features."""
    options = {"text": "--text-features lsa", "image": "--image-features openai/clip-vit-base-patch32"}
    used = [name for name in options if uses_features(model, name)]
    unused = [name for name in used if f"x_{name}" not in stream[POST] and has_content(stream, name)]
    if unused:
        logger.info(
            "%s: the posts' %s have no features, so that %s does not use them; add them with %s of 'graphcascade fit' "
            "(in Python, %s of graphcascade.features).",
            stream.name,
            " and ".join(f"{name}s" for name in unused),
            model.__name__,
            " and ".join(options[name] for name in unused),
            " and ".join(f"add_{name}_features" for name in unused),
        )
