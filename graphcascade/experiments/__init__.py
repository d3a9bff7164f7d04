"""Tables and figures of the papers, each defined by a YAML file, and the functions that reproduce them."""

from graphcascade.experiments import kinds as kinds  # registers them
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.experiment_files import find_experiment, list_experiments
from graphcascade.experiments.kind import KINDS, ExperimentKind, register_kind
from graphcascade.experiments.model_row import ModelRow
from graphcascade.experiments.reproduction import Reproduction, read_report, write_report
from graphcascade.experiments.row import Row
from graphcascade.experiments.runner import reproduce

__all__ = [
    "KINDS",
    "Case",
    "Experiment",
    "ExperimentKind",
    "Measured",
    "ModelRow",
    "Reproduction",
    "Row",
    "find_experiment",
    "list_experiments",
    "read_report",
    "register_kind",
    "reproduce",
    "write_report",
]
