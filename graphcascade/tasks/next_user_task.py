from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_steps
from graphcascade.errors import UsageError
from graphcascade.evaluation import (
    NextUserProtocol,
    Result,
    evaluate,
    evaluate_times,
    find_protocol,
)
from graphcascade.models import (
    LSTM,
    RMTPP,
    CTBernoulli,
    HawkesProcess,
    HiDAN,
    PoissonProcess,
    SourceCooccurrence,
    make_model_for,
)
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.next_user import InfluenceModel, NextUserModel, NextUserPredictor
from graphcascade.nn import SourceFusion, find_encoder
from graphcascade.options import (
    FollowGraphOptions,
    GraphEncoderOptions,
    NextUserOptions,
    SamplingOptions,
    SourceFusionOptions,
)
from graphcascade.options.task_options import require_defaults
from graphcascade.prediction import predict_next_users
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.cascade_task import CascadeTask
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.counting_baselines import COUNTING_BASELINES
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.predicted_times import parse_now, show_times
from graphcascade.tasks.reading import with_links
from graphcascade.tasks.search_space import SearchSpace
from graphcascade.tasks.value_range import ValueRange

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
    from graphcascade.trainers import NextUserTrainer

__all__ = ["NextUserTask"]

ONLY_STARTED = "SourceCooccurrence (only_started)"
DEFAULT_K = 10


class NextUserTask(CascadeTask[NextUserPredictor, NextUserOptions, "NextUserTrainer"]):
    """Which user is infected next, and when, if the model predicts times."""

    name = "next-user"
    model_summary = "predicts who is infected next"
    model = NextUserPredictor
    options = NextUserOptions
    title = "Who comes next?"
    has_clock = True
    no_prediction_reason = "all users that the model knows are infected"
    metric = "MRR"
    baselines = (*COUNTING_BASELINES, CTBernoulli)
    baseline_words: ClassVar[Mapping[str, str]] = {ONLY_STARTED: "SourceCooccurrence --model-args.only_started true"}
    compared_models = (LSTM, RMTPP, HiDAN)
    candidates: ClassVar[Mapping[str, tuple[Candidate, ...]]] = {
        "SourceCooccurrence": (Candidate(), Candidate({"only_started": True})),
        "LSTM": (Candidate(), Candidate({"dropout": 0.3}, {"learning_rate": 0.01})),
    }
    space: ClassVar[SearchSpace] = {
        "learning_rate": ValueRange(0.0005, 0.02, log=True),
        "batch_size": (16, 32, 64),
        "dim": (32, 64, 128),
        "hidden": (32, 64, 128),
        "dropout": ValueRange(0.0, 0.5),
    }
    model_spaces: ClassVar[Mapping[str, SearchSpace]] = {
        "CTBernoulli": {"score": ("decay", "hazard")},
        "CTJaccard": {"score": ("decay", "hazard")},
        "NDM": {"window": ValueRange(1, 5)},
        "SourceCooccurrence": {"only_started": (False, True)},
    }

    def check(self, model: type[NextUserPredictor], options: NextUserOptions) -> None:
        if not self.trains_in_epochs(model):
            reason = f"on {model.__name__}, which is not trained in epochs"
            require_defaults(options.training, reason)
            require_defaults(options.sampling, reason)
            require_defaults(options.adversary, reason, "adversary")
            require_defaults(options.fusion, reason, "source_fusion")
            require_defaults(options.encoder, reason, "graph_encoder")
        fusion, adversary, graph, encoder = options.fusion, options.adversary, options.graph, options.encoder
        if fusion.source_fusion != "attention":
            attention = ("source_fusion", "attention")
            require_defaults(fusion, "without attention to the source", "source_gate", remedy=attention)
        if fusion.source_fusion == "none":
            require_defaults(fusion, "without fusion", "source_dropout", remedy=("source_fusion", "sum"))
        if adversary.adversary == "none":
            names, joint = ("head_share", "adversary_warmup"), ("adversary", "joint")
            require_defaults(adversary, "without an adversary", *names, remedy=joint)
        if graph.social_dim < 0:
            raise UsageError(argument="social_dim", value=graph.social_dim, reason="must be 0 or more")
        if graph.social_dim and not self.trains_in_epochs(model):
            reason = f"{model.__name__} has no vectors of users (LSTM, NDM and others have); leave it out"
            raise UsageError(argument="social_dim", value=graph.social_dim, reason=reason)
        _check_encoder(options)
        if not graph.social_dim and encoder.graph_encoder is None and not issubclass(model, InfluenceModel):
            remedy = ("graph_encoder", "SAGE") if self.trains_in_epochs(model) else None
            require_defaults(graph, f"on {model.__name__} as it is", "follow_graph", remedy=remedy)
        super().check(model, options)
        if fusion.source_fusion != "none":
            SourceFusion(1, 1, **_fusion_arguments(fusion))

    def prepare(
        self, dataset: CascadeDataset, model: type[NextUserPredictor], options: NextUserOptions
    ) -> tuple[CascadeDataset, NextUserOptions]:
        graph = options.graph
        if graph.follow_graph is not None:
            dataset = with_links(graph, dataset)
        encoder = options.encoder
        if encoder.graph_encoder is not None and encoder.graph != "cascades" and dataset.follow_graph is None:
            raise UsageError(
                argument="graph",
                value=encoder.graph,
                reason=f"{dataset.name} has no follow graph; use --graph cascades, or give a file of links, such as",
                remedy=("follow_graph", "follows.csv"),
            )
        if graph.social_dim and dataset.follow_graph is None:
            raise UsageError(
                argument="social_dim",
                value=graph.social_dim,
                reason=f"{dataset.name} has no follow graph; give a file of links, such as",
                remedy=("follow_graph", "follows.csv"),
            )
        if self.trains_in_epochs(model):  # so that the settings of a run state the number
            # takes long to import, with lightning
            from graphcascade.trainers.next_user_trainer import choose_num_samples

            num_samples = choose_num_samples(options.sampling.num_samples, dataset.num_users)
            options = replace(options, sampling=SamplingOptions(num_samples))
        return super().prepare(dataset, model, options)

    def without_data_options(self, options: NextUserOptions) -> NextUserOptions:
        return replace(options, graph=FollowGraphOptions(social_dim=options.graph.social_dim))

    def make(
        self,
        model: type[NextUserPredictor],
        dataset: CascadeDataset,
        arguments: dict[str, Any],
        options: NextUserOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> NextUserPredictor:
        rules = find_protocol(_protocol(options))
        agreeing = {"mask_infected": rules.mask_infected} | ({"terminate": True} if rules.count_end else {})
        known = inspect.signature(model).parameters  # by default a model agrees with its protocol
        arguments = {name: value for name, value in agreeing.items() if name in known} | arguments
        fusion = None if options.fusion.source_fusion == "none" else _fusion_arguments(options.fusion)
        graph = None if options.encoder.graph_encoder is None else _encoder_arguments(options.encoder)
        return make_model_for(dataset, model, arguments, fusion, options.graph.social_dim, seed, progress, graph)

    def trainer(self, options: NextUserOptions, seed: int, progress: bool, **settings: Any) -> NextUserTrainer:
        from graphcascade.trainers import AdversarialTrainer, NextUserTrainer  # takes long to import, with lightning

        chosen: dict[str, Any] = {**options.training.given(), **vars(options.sampling)}
        chosen |= {"seed": seed, "progress": progress}
        if options.testing.protocol is not None:
            chosen["protocol"] = options.testing.protocol
        adversary = options.adversary
        if adversary.adversary == "none":
            return NextUserTrainer(**(chosen | settings))
        chosen |= {
            "head_share": adversary.head_share,
            "every": 2 if adversary.adversary == "alternate" else 0,
            "warmup_epochs": adversary.adversary_warmup,
        }
        return AdversarialTrainer(**(chosen | settings))

    def trains_in_epochs(self, model: type[NextUserPredictor]) -> bool:
        return issubclass(model, NextUserModel)

    def fit(
        self,
        model: NextUserPredictor,
        train: CascadeDataset,
        val: CascadeDataset | None,
        trainer: NextUserTrainer,
        resume: bool = False,
    ) -> NextUserPredictor:
        if isinstance(model, NextUserModel):
            return trainer.fit(model, train, val, resume=resume)
        return model.fit(train) if isinstance(model, FittableModel) else model  # nothing is fitted in TrueHazards

    def test(
        self,
        model: NextUserPredictor,
        data: CascadeDataset,
        trainer: NextUserTrainer,
        allow_overlap: bool = False,
    ) -> dict[str, Result]:
        results = {"result": trainer.test(model, data, allow_overlap)}
        if model.predicts_times:
            limited = find_protocol(trainer.protocol, model.num_users).limit(data)
            results["times"] = evaluate_times(model, limited, trainer.seed, allow_overlap)
        return results

    def with_protocol(self, options: NextUserOptions, protocol: str) -> NextUserOptions:
        return replace(options, testing=replace(options.testing, protocol=protocol))

    def skip_comparison_reason(self, options: NextUserOptions) -> str | None:
        if find_protocol(_protocol(options)).count_end:
            return f"baselines do not predict the end of a cascade, as protocol {options.testing.protocol} requires"
        return super().skip_comparison_reason(options)

    def compare(
        self,
        model: NextUserPredictor,
        parts: Parts[CascadeDataset],
        trainer: NextUserTrainer,
        result: Result,
        options: NextUserOptions,
    ) -> Comparison:
        protocol = result.protocol  # with the mask of the model
        assert isinstance(protocol, NextUserProtocol)
        num_users, seed = parts.train.num_users, trainer.seed
        baselines: dict[str, NextUserPredictor] = {
            baseline.__name__: baseline(num_users).fit(parts.train)
            for baseline in COUNTING_BASELINES
            if baseline is not type(model)
        }
        validation: dict[str, Result] = {}
        if self.trains_in_epochs(type(model)):
            baselines[ONLY_STARTED] = SourceCooccurrence(num_users, only_started=True).fit(parts.train)
            validation = {
                name: replace(evaluate(each, parts.val, protocol, seed), model=name) for name, each in baselines.items()
            }
            # Validation chooses between the two ways to count; the default one is kept if they are equal.
            worse = min((ONLY_STARTED, "SourceCooccurrence"), key=lambda name: validation[name]["MRR"])
            del baselines[worse], validation[worse]
        test = [replace(evaluate(each, parts.test, protocol, seed), model=name) for name, each in baselines.items()]
        times = _time_baselines(protocol, parts, seed) if model.predicts_times else []
        if not validation:
            return Comparison(test, times=times)
        own = evaluate(model, parts.val, protocol, seed)
        return Comparison(test, [own, *validation.values()], times=times)

    def steps_to_try(
        self, model: NextUserPredictor, train: CascadeDataset, trainer: NextUserTrainer, options: NextUserOptions
    ) -> list[str]:
        steps = [] if trainer.monitor == "either" else ["--monitor either"]
        if options.fusion.source_fusion == "none":
            steps.append("--source-fusion sum")
            has_vectors = options.encoder.graph_encoder is not None or options.graph.social_dim != 0
            if train.follow_graph is not None and not has_vectors:
                steps.append("--graph-encoder SAGE")
        return steps

    def predict(
        self,
        model: NextUserPredictor,
        data: CascadeDataset,
        k: int | None = None,
        interval: float | None = None,
        now: str | None = None,
    ) -> pd.DataFrame:
        time = None if now is None else parse_now(now, data)
        try:
            frame = predict_next_users(model, data, min(DEFAULT_K, model.num_users) if k is None else k, time)
        except UsageError as error:
            if error.argument != "now":
                raise
            raise UsageError(argument="now", value=now, reason=error.reason) from error  # as it was typed
        return show_times(frame, data)

    def shown_subjects(self, predicted: pd.DataFrame, data: CascadeDataset) -> list[Any]:
        """Returns the first open cascades; those that are finished come after them."""
        if "state" not in predicted:
            return super().shown_subjects(predicted, data)
        subjects = predicted.drop_duplicates(self.subject)
        return list(subjects.sort_values("state", ascending=False, kind="stable")[self.subject][: self.num_shown])


def _time_baselines(protocol: NextUserProtocol, parts: Parts[CascadeDataset], seed: int) -> list[Result]:
    """Returns the results of point processes that know the times only; excitations decay in a median interval."""
    interval = segment_steps(parts.train.table.time, parts.train.table.ptr)
    interval = interval[interval > 0]
    if interval.numel() == 0:
        return []
    baselines = [PoissonProcess(), HawkesProcess(sigma=float(interval.median()))]
    limited = protocol.limit(parts.test)
    return [evaluate_times(baseline.fit(parts.train), limited, seed) for baseline in baselines]


def _protocol(options: NextUserOptions) -> str:
    return options.testing.protocol or "chronological"


def _fusion_arguments(options: SourceFusionOptions) -> dict[str, Any]:
    return {"fusion": options.source_fusion, "gate": options.source_gate, "dropout": options.source_dropout}


def _encoder_arguments(options: GraphEncoderOptions) -> dict[str, Any]:
    return {
        "graph": options.graph,
        "encoder": options.graph_encoder,
        "layers": options.graph_layers,
        "cascade_window": options.graph_window,
        "fan_out": options.graph_fan_out,
        "own_dropout": options.own_dropout,
    }


def _check_encoder(options: NextUserOptions) -> None:
    """Raises an error if there is no graph encoder of this name, or if options do not fit together.

    Raises:
        UsageError: They do not.
    """
    encoder, graph = options.encoder, options.graph
    if encoder.graph_encoder is None:
        require_defaults(encoder, "without a graph encoder", remedy=("graph_encoder", "SAGE"))
        if graph.unknown_users == "add":
            reason = "has an effect with a graph encoder only; use 'drop' or add"
            raise UsageError(argument="unknown_users", value="add", reason=reason, remedy=("graph_encoder", "SAGE"))
        return
    find_encoder(encoder.graph_encoder)
    others = {"social_dim": graph.social_dim, "source_fusion": options.fusion.source_fusion}
    for name, value in others.items():
        if value not in (0, "none"):
            reason = "is another kind of vectors of users than those of the graph encoder; leave one of the two out"
            raise UsageError(argument=name, value=value, reason=reason)
    if encoder.graph == "follow":
        require_defaults(encoder, "without the graph of the cascades", "graph_window", remedy=("graph", "both"))
    if encoder.graph == "cascades":
        require_defaults(graph, "on the graph of the cascades", "follow_graph", remedy=("graph", "both"))
    if encoder.graph_window < 1:
        raise UsageError(argument="graph_window", value=encoder.graph_window, reason="must be at least 1")
