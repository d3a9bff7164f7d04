from __future__ import annotations

from graphcascade.options import NextUserOptions, ProtocolOptions, TrainingOptions
from graphcascade.tasks import Candidate

OPTIONS = NextUserOptions(testing=ProtocolOptions("random"), training=TrainingOptions(max_epochs=3))


def test_a_candidate_changes_some_options() -> None:
    candidate = Candidate({"dropout": 0.3}, {"learning_rate": 0.01, "source_fusion": "sum"})
    options = candidate.apply(OPTIONS)
    assert options.training == TrainingOptions(max_epochs=3, learning_rate=0.01)
    assert options.fusion.source_fusion == "sum"
    assert options.testing == OPTIONS.testing
    assert str(candidate) == "learning_rate=0.01, source_fusion=sum, dropout=0.3"
    assert Candidate().apply(OPTIONS) == OPTIONS
    assert str(Candidate()) == "defaults"


def test_models_that_are_not_trained_in_epochs_have_no_options_of_training() -> None:
    options = Candidate({"only_started": True}).apply(OPTIONS, trains_in_epochs=False)
    assert options == NextUserOptions(testing=ProtocolOptions("random"))
