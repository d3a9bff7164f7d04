from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import pandas as pd
from torch import Tensor

from graphcascade.data import Split
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result
from graphcascade.models import Model
from graphcascade.options import ProtocolOptions, ReadOptions, TrainingOptions
from graphcascade.options.follow_graph_options import FollowDirection
from graphcascade.options.task_options import require_defaults
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.search_space import SearchSpace

if TYPE_CHECKING:  # it takes long to import, and few commands draw
    from matplotlib.figure import Figure

    from graphcascade.report import Section

__all__ = ["Task"]

UnknownUsers = Literal["error", "drop"]
DataT = TypeVar("DataT")
ModelT = TypeVar("ModelT", bound=Model)
OptionsT = TypeVar("OptionsT")
TrainerT = TypeVar("TrainerT")


class Task(ABC, Generic[DataT, ModelT, OptionsT, TrainerT]):
    """A kind of prediction, such as the next user: how data are read and split, and models made, trained and tested.

    The command line and :func:`~graphcascade.tasks.fit_and_test` know tasks only through these methods.
    """

    name: ClassVar[str]
    """Name of the task, such as "next-user"."""
    model_summary: ClassVar[str]
    """What its models do, such as "ranks tweets", for messages."""
    model: ClassVar[type[Model]]
    """Base class of its models: each model belongs to the task of its base class."""
    options: ClassVar[type[Any]]
    """Dataclass of its options. Each field is a dataclass with a group of options; see :mod:`graphcascade.options`."""
    examples: ClassVar[str]
    """What its data consist of, in the plural, such as "cascades"; for messages."""
    subject: ClassVar[str]
    """What a prediction is made for, such as "cascade" or "user": a column of :meth:`predict`."""
    wrapped_column: ClassVar[str]
    """The column of :meth:`predict` with the longest texts, which tables may break into several lines."""
    title: ClassVar[str]
    """Title of tables of predictions."""
    num_shown: ClassVar[int] = 3
    """Number of subjects whose predictions the command prints."""
    no_prediction_reason: ClassVar[str]
    """Why there may be no prediction for a subject."""
    metric: ClassVar[str | None] = None
    """The figure of its results by which models are chosen, such as "MRR"; ``None`` if models cannot be compared."""
    lower_is_better: ClassVar[bool] = False
    """Whether a lower figure is better."""
    metric_meaning: ClassVar[str] = ""
    """What :attr:`metric` is, in a sentence, for pages."""
    overview: ClassVar[str] = ""
    """What :meth:`draw` shows, in a sentence, for pages."""
    baselines: ClassVar[tuple[type[Model], ...]] = ()
    """Models that count and need no training in epochs; :func:`~graphcascade.tasks.compare_models` tests them all."""
    compared_models: ClassVar[tuple[type[Model], ...]] = ()
    """Learned models that :func:`~graphcascade.tasks.compare_models` trains if no others are named."""
    candidates: ClassVar[Mapping[str, tuple[Candidate, ...]]] = {}
    """Settings that validation chooses from, by the name of the model; the defaults only for a model without."""
    baseline_words: ClassVar[Mapping[str, str]] = {}
    """How ``--model`` names the baselines that are not named as their results are."""
    space: ClassVar[SearchSpace] = {}
    """Settings that :func:`~graphcascade.tasks.tune_model` searches for all models that have them."""
    model_spaces: ClassVar[Mapping[str, SearchSpace]] = {}
    """Settings that it searches for some models beside or instead of these, by the name of the model."""

    @abstractmethod
    def check(self, model: type[ModelT], options: OptionsT) -> None:
        """Checks options before the data are read.

        Raises:
            UsageError: An option is out of range, or has no effect on models of this class.
        """

    def require_effect(self, model: type[ModelT], testing: ProtocolOptions, training: TrainingOptions) -> None:
        """Checks options for a task that has one protocol: its name, and training in epochs, may have no effect.

        Args:
            model: Class of the model.
            testing: How to test.
            training: How to train.

        Raises:
            UsageError: A protocol is named; the model is not trained in epochs, and an option of training is given.
        """
        if testing.protocol is not None:
            raise UsageError(
                argument="protocol",
                value=testing.protocol,
                reason=f"has no effect on {model.__name__}, which {self.model_summary}; leave it out",
            )
        if not self.trains_in_epochs(model):
            require_defaults(training, f"on {model.__name__}, which is not trained in epochs")

    @abstractmethod
    def read(self, data: str, files: ReadOptions) -> DataT:
        """Reads a file or a folder, or loads a published dataset by its name.

        Raises:
            GraphCascadeError: The data cannot be read.
        """

    def recognizes(self, data: str, files: ReadOptions) -> bool:
        """Returns whether data are of the kind of this task, by their name, their form and the options of reading.

        Commands that have no model, such as describe, ask it; what no task recognizes is a file of cascades.
        """
        return False

    def describe(self, data: DataT) -> pd.Series[Any]:
        """Returns counts and other figures of data, by their names."""
        raise UsageError(f"{self.data_name(data)}: {self.examples} have no description.")

    def draw(self, data: DataT) -> Figure:
        """Draws an overview of data."""
        raise UsageError(f"{self.data_name(data)}: {self.examples} have no picture.")

    def times_are_dates(self, data: DataT) -> bool:
        """Returns whether times are seconds since 1970 that were read from dates."""
        return False

    def add_links(
        self, data: DataT, path: Path, direction: FollowDirection | None, unknown: UnknownUsers, **reading: Any
    ) -> DataT:
        """Adds the follow graph of a file to data.

        Args:
            data: The data.
            path: The file.
            direction: Order of the two users of a link; ``None`` if the names of the columns may say it.
            unknown: What to do with links of users who are not in the data.
            reading: Other arguments of :func:`~graphcascade.io.read_follow_graph`.

        Raises:
            GraphCascadeError: The file cannot be read, or data of this kind have links of their own.
        """
        raise UsageError(argument="follow_graph", value=path, reason=f"has no effect on {self.examples}; leave it out")

    @abstractmethod
    def data_name(self, data: DataT) -> str:
        """Returns the name of data, for run folders and titles."""

    def split_of(self, data: DataT) -> Split | None:
        """Returns the part of a split that data are, or ``None`` for other data or if the task does not keep it."""
        return None

    @abstractmethod
    def prepare(self, dataset: DataT, model: type[ModelT], options: OptionsT) -> tuple[DataT, OptionsT]:
        """Adds to the data what options name, such as a follow graph, and sets options that depend on the data.

        Raises:
            GraphCascadeError: Data and options do not fit.
        """

    def without_data_options(self, options: OptionsT) -> OptionsT:
        """Returns options without those that only add something to the data, such as a follow graph.

        Where several models share the data, :meth:`check` should not call them without effect on one of the models.
        """
        return options

    def search_space(self, model: type[ModelT]) -> SearchSpace:
        """Returns the settings of a model that are searched if the user names none; empty if it has none."""
        known = {*inspect.signature(model).parameters}
        if self.trains_in_epochs(model):
            known |= {option.name for option in fields(TrainingOptions)}
        shared = {name: values for name, values in self.space.items() if name in known}
        return shared | dict(self.model_spaces.get(model.__name__, {}))

    def add_features(self, dataset: DataT, options: OptionsT, progress: bool = False) -> DataT:
        """Computes features that options name, such as those of images, and adds them to data.

        Args:
            dataset: All data.
            options: Options.
            progress: Show progress bars, on terminals and in notebooks.

        Raises:
            GraphCascadeError: The data have nothing to compute them from; an encoder is not known or not installed.
        """
        return dataset

    def describe_features(self, dataset: DataT) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Returns what :meth:`add_saved_features` needs to know of features: plain values and tensors, for the file of
        a model."""
        return {}, {}

    def add_saved_features(self, dataset: DataT, model: ModelT, progress: bool = False) -> DataT:
        """Adds to other data the features that a saved model was trained with, computed in the same way.

        Raises:
            GraphCascadeError: They cannot be computed, or an encoder has other weights now.
        """
        return dataset

    @abstractmethod
    def split(self, dataset: DataT, options: OptionsT, seed: int) -> Parts[DataT]:
        """Divides the data.

        Raises:
            GraphCascadeError: The data cannot be divided in this way.
        """

    @abstractmethod
    def make(
        self,
        model: type[ModelT],
        dataset: DataT,
        arguments: dict[str, Any],
        options: OptionsT,
        seed: int = 0,
        progress: bool = False,
    ) -> ModelT:
        """Constructs a model for the data, with weights that the seed decides.

        Args:
            model: Class of the model.
            dataset: All data; a model takes only their sizes and graphs from them.
            arguments: Arguments of the class.
            options: Options, as :meth:`prepare` returned them.
            seed: Random seed.
            progress: Show progress bars, on terminals and in notebooks.

        Raises:
            UsageError: The class does not have an argument, or an argument is out of range.
        """

    @abstractmethod
    def trainer(self, options: OptionsT, seed: int, progress: bool, **settings: Any) -> TrainerT:
        """Constructs the trainer, which also tests.

        Args:
            options: Options, which decide the class of the trainer and its arguments.
            seed: Random seed.
            progress: Show progress bars, on terminals and in notebooks.
            settings: Further arguments of the trainer, such as ``directory``; they override those of the options.

        Raises:
            UsageError: An option is out of range.
        """

    @abstractmethod
    def fit(self, model: ModelT, train: DataT, val: DataT | None, trainer: TrainerT, resume: bool = False) -> ModelT:
        """Trains a model and returns it.

        Args:
            model: A model.
            train: Training data.
            val: Validation data, for models that are trained in epochs; ``None`` trains without validation.
            trainer: A trainer of the task.
            resume: Whether to continue after the last finished epoch in the directory of the trainer.
        """

    @abstractmethod
    def test(self, model: ModelT, data: DataT, trainer: TrainerT, allow_overlap: bool = False) -> dict[str, Result]:
        """Tests a model.

        Args:
            model: A trained model.
            data: Test data.
            trainer: Its trainer.
            allow_overlap: Also test what the model was trained on; the results count it.

        Returns:
            The result of the task as "result", and those of further tests of the same model, such as "times", under
            the names of their files in the run folder.
        """

    def with_protocol(self, options: OptionsT, protocol: str) -> OptionsT:
        """Returns options that test by another protocol.

        Raises:
            UsageError: The task has no choice of protocols, or none of that name.
        """
        raise UsageError(
            argument="protocol",
            value=protocol,
            reason=f"has no effect on a model that {self.model_summary}; leave it out",
        )

    def skip_comparison_reason(self, options: OptionsT) -> str | None:
        """Returns why a model is not compared with the baselines under these options, or ``None`` if it is."""
        return None

    @abstractmethod
    def compare(
        self, model: ModelT, parts: Parts[DataT], trainer: TrainerT, result: Result, options: OptionsT
    ) -> Comparison:
        """Fits the baselines of the task on the training data and tests them as the model was tested.

        Args:
            model: A trained model.
            parts: The parts that it was trained and tested on.
            trainer: Its trainer.
            result: Its result on the test data.
            options: The options of the run.
        """

    def steps_to_try(self, model: ModelT, train: DataT, trainer: TrainerT, options: OptionsT) -> list[str]:
        """Returns options of the command line that may make a model better, besides those of all trainings.

        Args:
            model: A model that was trained in epochs and is worse than a baseline.
            train: The data that it was trained on.
            trainer: Its trainer.
            options: The options of the run.
        """
        return []

    @abstractmethod
    def predict(self, model: ModelT, data: DataT, k: int | None = None, interval: float | None = None) -> pd.DataFrame:
        """Predicts for new data: a table with the ``k`` likeliest answers for each row.

        Args:
            model: A trained model.
            data: The data.
            k: Number of answers.
            interval: Share of the examples that predicted intervals are to cover, if the task :attr:`has_interval`.

        Raises:
            UsageError: Models of this class cannot be asked in this way.
        """

    has_interval: ClassVar[bool] = False
    """Whether predictions are numbers with intervals."""

    has_importances: ClassVar[bool] = False
    """Whether :meth:`importances` is known for some models."""

    def importances(self, model: ModelT) -> pd.Series[Any] | None:
        """Returns how much each input changes the predictions of a model, in percent, the largest first; ``None`` if it
        is not known."""
        return None

    has_clock: ClassVar[bool] = False
    """Whether :meth:`predict` takes ``now``, the time until which the data are complete."""

    has_page: ClassVar[bool] = False
    """Whether :meth:`write_page` writes predictions as a page, and ``graphcascade report`` one about the data."""

    def to_predict(self, data: DataT, parts: Parts[DataT]) -> DataT:
        """Returns the data that a page about data shows predictions for.

        Args:
            data: All data.
            parts: The parts that the model was trained and tested on.
        """
        return data

    def comparison_note(self, data: DataT) -> str:
        """Returns a sentence for pages on what to know about a comparison of models on these data; "" for nothing."""
        return ""

    def page_rows(self, predicted: pd.DataFrame, number: int) -> pd.DataFrame:
        """Returns the rows of predictions that a page about data shows in its table: the first ones."""
        return predicted.head(number)

    def page_sections(self, model: ModelT, predicted: pd.DataFrame, data: DataT) -> tuple[str, list[Section]]:
        """Returns a text about predictions, and sections of a page for some of them.

        Args:
            model: The model that made them.
            predicted: Predictions of :meth:`predict`.
            data: The data that they were made for.
        """
        raise NotImplementedError

    def write_page(
        self,
        model: ModelT,
        predicted: pd.DataFrame,
        data: DataT,
        path: Path,
        subjects: list[str] | None,
        title: str,
        overwrite: bool,
    ) -> Path:
        """Writes predictions as a page.

        Args:
            model: The model that made them.
            predicted: Predictions of :meth:`predict`.
            data: The data that they were made for.
            path: HTML file to write.
            subjects: Those to show, or ``None`` for the first ones.
            title: Heading.
            overwrite: Whether to replace a file that exists.

        Raises:
            UnknownNameError: There are no predictions for a subject.
            StorageError: The file cannot be written.
        """
        raise NotImplementedError

    @abstractmethod
    def subjects(self, data: DataT) -> list[Any]:
        """Returns what :meth:`predict` makes predictions for, as they are in its column :attr:`subject`."""

    def shown_subjects(self, predicted: pd.DataFrame, data: DataT) -> list[Any]:
        """Returns those whose predictions the command prints: the first :attr:`num_shown`."""
        return self.subjects(data)[: self.num_shown]

    @abstractmethod
    def notes(self, options: OptionsT) -> dict[str, Any]:
        """Returns what is saved with a model about how its data were split and tested, as plain values."""

    @abstractmethod
    def saved_options(self, notes: dict[str, Any]) -> OptionsT:
        """Returns options that split and test as the notes of a saved model say.

        Raises:
            DataError: The notes cannot be read.
        """

    @abstractmethod
    def trains_in_epochs(self, model: type[ModelT]) -> bool:
        """Returns whether models of a class are trained in epochs, so that training can be resumed."""
