"""Training of RMTPP: EasyTPP."""

from __future__ import annotations

import torch

from graphcascade.evaluation import find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import RMTPP
from graphcascade.trainers import Optimization
from graphcascade.trainers.next_user_module import NextUserModule

from .comparison import Comparison, Speed, speed_of_passes
from .same_size_cascades import same_size_cascades

NUM_USERS, NUM_CASCADES, SIZE, DIM, BATCH_SIZE = 32, 2_000, 15, 32, 256


def random_events() -> tuple[torch.Tensor, torch.Tensor]:
    """Users and times of cascades, ``[NUM_CASCADES, SIZE]`` each; no user is twice in a cascade."""
    generator = torch.Generator().manual_seed(0)
    user = torch.rand(NUM_CASCADES, NUM_USERS, generator=generator).argsort(1)[:, :SIZE]
    when = torch.empty(NUM_CASCADES, SIZE, dtype=torch.float64).exponential_(generator=generator).cumsum(1)
    return user, when


def ours(cell: str) -> Speed:
    dataset = same_size_cascades(*random_events())
    model = RMTPP(NUM_USERS, DIM, DIM, cell=cell)
    model.prepare(dataset)
    module = NextUserModule(model, Optimization(), find_protocol("chronological"))
    optimizer = module.optimization.make_optimizer(module.parameters())
    loader = CascadeLoader(dataset, BATCH_SIZE, shuffle=True)

    def epoch() -> None:
        for batch in loader:
            total, count = module.loss(batch, training=True)
            optimizer.zero_grad()
            (total / count).backward()
            optimizer.step()

    return speed_of_passes(NUM_CASCADES * SIZE, epoch)


def theirs() -> Speed:
    from easy_tpp.config_factory import DataSpecConfig, ModelConfig
    from easy_tpp.model.rmtpp import RMTPP as Peer
    from easy_tpp.preprocess.dataset import TPPDataset, get_data_loader
    from easy_tpp.preprocess.event_tokenizer import EventTokenizer

    user, when = random_events()
    specification = DataSpecConfig(num_event_types=NUM_USERS, pad_token_id=NUM_USERS, padding_side="right")
    steps = torch.diff(when, dim=1, prepend=when[:, :1])
    events = {"time_seqs": when.tolist(), "time_delta_seqs": steps.tolist(), "type_seqs": user.tolist()}
    loader = get_data_loader(
        TPPDataset(events), "torch", EventTokenizer(specification), batch_size=BATCH_SIZE, shuffle=True
    )
    config = ModelConfig(
        hidden_size=DIM, num_event_types=NUM_USERS, num_event_types_pad=NUM_USERS + 1, event_pad_index=NUM_USERS
    )
    model = Peer(config)
    optimizer = torch.optim.Adam(model.parameters())

    def epoch() -> None:
        for batch in loader:
            loss, count = model.loglike_loss(**batch)
            optimizer.zero_grad()
            (loss / count).backward()
            optimizer.step()

    return speed_of_passes(user.numel(), epoch)


def comparisons() -> list[Comparison]:
    size = f"{NUM_CASCADES:,} cascades of {SIZE} events, {NUM_USERS} users, d = {DIM}, batches of {BATCH_SIZE}"
    difference = (
        "EasyTPP has one intensity for each user, whose integral it estimates from 20 samples; ours is the paper's, in "
        "closed form, and leaves out users who are infected already."
    )
    cells = {"elman": "an Elman cell", "gru": "a GRU here, an Elman cell there"}
    return [
        Comparison(
            f"training of RMTPP with {name}: {size}", "events", "easy-tpp", lambda c=cell: ours(c), theirs, difference
        )
        for cell, name in cells.items()
    ]
