"""Tables and figures of the papers, each defined by a YAML file, and the functions that reproduce them."""

from graphcascade.experiments.experiment import Experiment, Row, find_experiment, list_experiments
from graphcascade.experiments.reproduction import Reproduction, read_report, write_report
from graphcascade.experiments.runner import reproduce

__all__ = [
    "Experiment",
    "Reproduction",
    "Row",
    "find_experiment",
    "list_experiments",
    "read_report",
    "reproduce",
    "write_report",
]
