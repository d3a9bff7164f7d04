"""Tables and figures of the papers: one YAML file each, and what runs them."""

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
