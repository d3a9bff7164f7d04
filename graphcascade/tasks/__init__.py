"""Tasks, such as predicting the next user: how their data are read, and their models made, trained and tested."""

from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.cascade_data_task import CascadeDataTask
from graphcascade.tasks.cascade_size_task import CascadeSizeTask
from graphcascade.tasks.cascade_task import CascadeTask
from graphcascade.tasks.compare_models import compare_models
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.fit_and_test import fit_and_test
from graphcascade.tasks.model_comparison import ModelComparison
from graphcascade.tasks.model_tuning import ModelTuning
from graphcascade.tasks.network_task import NetworkTask
from graphcascade.tasks.next_user_task import NextUserTask
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.popularity_task import PopularityTask
from graphcascade.tasks.ranking_task import RankingTask
from graphcascade.tasks.run import Run
from graphcascade.tasks.search_space import read_space
from graphcascade.tasks.table import TASKS, register_task, task_of
from graphcascade.tasks.task import Task
from graphcascade.tasks.tune_model import tune_model
from graphcascade.tasks.value_range import ValueRange

__all__ = [
    "TASKS",
    "Candidate",
    "CascadeDataTask",
    "CascadeSizeTask",
    "CascadeTask",
    "Comparison",
    "ModelComparison",
    "ModelTuning",
    "NetworkTask",
    "NextUserTask",
    "Parts",
    "PopularityTask",
    "RankingTask",
    "Run",
    "Task",
    "ValueRange",
    "compare_models",
    "fit_and_test",
    "read_space",
    "register_task",
    "task_of",
    "tune_model",
]
