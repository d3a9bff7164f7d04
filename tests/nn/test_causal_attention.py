from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from graphcascade.errors import UsageError
from graphcascade.nn import causal_attention
from graphcascade.transforms import CausalEdges, FollowEdges
from tests.models.small_data import random_dataset, whole_batch

SIZES = [3, 1, 20, 8, 14, 2, 21, 1]  # three classes of lengths, not in order
USERS = 25


@pytest.fixture
def batch() -> Batch:
    return whole_batch(random_dataset(SIZES, USERS))


def inputs(events: int, heads: int = 2, dim: int = 4, value_dim: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    sizes = (dim, dim, value_dim)
    query, key, value = (torch.randn(events, heads, size, generator=generator, dtype=torch.float64) for size in sizes)
    return query.requires_grad_(), key.requires_grad_(), value.requires_grad_()


def reference(query: Tensor, key: Tensor, value: Tensor, sources: list[list[int]], scale: float) -> Tensor:
    """Attention by plain loops over events, heads and sources."""
    output = torch.zeros(value.shape, dtype=torch.float64)
    for target, events in enumerate(sources):
        for head in range(query.size(1)):
            score = [(query[target, head] * key[source, head]).sum() * scale for source in events]
            total = sum(value.exp() for value in score)
            for source, source_score in zip(events, score, strict=True):
                output[target, head] = output[target, head] + source_score.exp() / total * value[source, head]
    return output


def causal_sources(ptr: list[int], window: int | None) -> list[list[int]]:
    return [
        list(range(start if window is None else max(start, target - window + 1), target + 1))
        for start, stop in itertools.pairwise(ptr)
        for target in range(start, stop)
    ]


@pytest.mark.edge_softmax
@pytest.mark.parametrize("window", [None, 1, 3, 100])
def test_all_paths_and_their_gradients_match_the_formula(batch: Batch, window: int | None) -> None:
    query, key, value = inputs(batch.num_nodes)
    edge_index = CausalEdges(window)(batch.clone()).edge_index
    expected = reference(query, key, value, causal_sources(batch.ptr.tolist(), window), 0.7)
    loss = torch.randn(expected.shape, dtype=torch.float64)
    gradients = torch.autograd.grad((expected * loss).sum(), (query, key, value))
    dense, _ = causal_attention(query, key, value, batch.ptr, window, scale=0.7)
    edges, _ = causal_attention(query, key, value, batch.ptr, edge_index=edge_index, scale=0.7)
    explicit, _ = causal_attention(query, key, value, batch.ptr, window, scale=0.7, return_weights=True)
    for output in (dense, edges, explicit):
        torch.testing.assert_close(output, expected)
        result = torch.autograd.grad((output * loss).sum(), (query, key, value))
        for ours, theirs in zip(result, gradients, strict=True):
            torch.testing.assert_close(ours, theirs)


@pytest.mark.edge_softmax
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("over_edges", [False, True])
def test_projections_inside_equal_those_outside(batch: Batch, window: int | None, over_edges: bool) -> None:
    """The queries of all heads are projected from one vector, and the sums of all heads to the output."""
    vector = torch.randn(batch.num_nodes, 1, 4, dtype=torch.float64, requires_grad=True)
    query_weight = torch.randn(8, 4, dtype=torch.float64, requires_grad=True)  # two heads of four
    output_weight = torch.randn(8, 5, dtype=torch.float64, requires_grad=True)
    inputs = (vector, query_weight, output_weight)
    ways = {"edge_index": CausalEdges(window)(batch.clone()).edge_index} if over_edges else {"window": window}
    query = (vector.squeeze(1) @ query_weight.t()).view(-1, 2, 4)
    sums, _ = causal_attention(query, vector, vector, batch.ptr, scale=0.5, **ways)
    expected = sums.flatten(1) @ output_weight
    weights = {"query_weight": query_weight, "output_weight": output_weight}
    output, _ = causal_attention(vector, vector, vector, batch.ptr, scale=0.5, **ways, **weights)
    torch.testing.assert_close(output, expected, rtol=1e-10, atol=1e-10)
    loss = torch.randn_like(expected)
    gradients = torch.autograd.grad((output * loss).sum(), inputs)
    torch.testing.assert_close(gradients, torch.autograd.grad((expected * loss).sum(), inputs), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("window", [None, 3])
def test_both_paths_return_the_same_weights(batch: Batch, heads: int, window: int | None) -> None:
    query, key, value = inputs(batch.num_nodes, heads)
    edge_index = CausalEdges(window)(batch.clone()).edge_index
    dense, alignment = causal_attention(query, key, value, batch.ptr, window, return_weights=True)
    _, expected = causal_attention(query, key, value, batch.ptr, edge_index=edge_index, return_weights=True)
    assert alignment.edge_index.equal(expected.edge_index)
    torch.testing.assert_close(alignment.edge_weight, expected.edge_weight)
    assert alignment.num_nodes == expected.num_nodes == batch.num_nodes
    edges = alignment.edge_index.size(1)
    assert alignment.edge_weight.shape == ((edges,) if heads == 1 else (edges, heads))
    share = alignment.edge_weight.view(edges, heads)
    source, target = alignment.edge_index
    total = torch.zeros(batch.num_nodes, heads, dtype=torch.float64).index_add(0, target, share)
    torch.testing.assert_close(total, torch.ones_like(total))
    message = share.unsqueeze(-1) * value[source]
    torch.testing.assert_close(dense, torch.zeros_like(value).index_add(0, target, message))


@pytest.mark.edge_softmax
def test_edges_of_a_follow_graph_match_the_formula_and_events_without_edges_get_zeros(batch: Batch) -> None:
    generator = torch.Generator().manual_seed(1)
    graph = Data(edge_index=torch.randint(USERS, (2, 300), generator=generator), num_nodes=USERS)
    edge_index = FollowEdges(graph, self_loops=False)(batch.clone()).edge_index
    sources: list[list[int]] = [[] for _ in range(batch.num_nodes)]
    for source, target in edge_index.t().tolist():
        sources[target].append(source)
    query, key, value = inputs(batch.num_nodes)
    output, alignment = causal_attention(query, key, value, batch.ptr, edge_index=edge_index, return_weights=True)
    torch.testing.assert_close(output, reference(query, key, value, sources, 1.0))
    alone = [target for target, events in enumerate(sources) if not events]
    assert alone
    assert not output[alone].any()
    assert alignment.edge_index is edge_index
    output.sum().backward()
    assert query.grad is not None
    assert bool(query.grad.isfinite().all())


@pytest.mark.edge_softmax
@pytest.mark.parametrize("edges", [True, False])
def test_there_may_be_no_events_and_empty_cascades(edges: bool) -> None:
    none = torch.zeros(2, 0, dtype=torch.long) if edges else None
    query, key, value = inputs(0)
    assert causal_attention(query, key, value, torch.tensor([0]), edge_index=none)[0].shape == (0, 2, 3)
    query, key, value = inputs(3)
    output, _ = causal_attention(query, key, value, torch.tensor([0, 0, 3, 3]))
    torch.testing.assert_close(output, causal_attention(query, key, value, torch.tensor([0, 3]))[0])


@pytest.mark.edge_softmax
@pytest.mark.parametrize("path", ["dense", "weights", "edges"])
def test_dropout_drops_weights_in_training_only(path: str) -> None:
    batch = whole_batch(random_dataset([2, 1, 4], USERS))
    query, key, value = inputs(batch.num_nodes)
    ones = torch.ones_like(value)
    edge_index = CausalEdges()(batch.clone()).edge_index if path == "edges" else None
    arguments = {"edge_index": edge_index, "dropout": 0.5, "return_weights": path == "weights"}

    def run(training: bool) -> Tensor:
        return causal_attention(query, key, ones, batch.ptr, training=training, **arguments)[0]

    torch.testing.assert_close(run(False), ones)
    torch.manual_seed(0)
    draws = torch.stack([run(True) for _ in range(200)])
    single = draws[:, batch.ptr[:-1]]  # a source attends only to itself: its weight is 0 or 2
    assert set(single.unique().tolist()) == {0.0, 2.0}
    torch.testing.assert_close(draws.mean(0), ones, atol=0.35, rtol=0)  # five standard deviations of a source


def test_returned_weights_have_no_dropout(batch: Batch) -> None:
    query, key, value = inputs(batch.num_nodes)
    for edge_index in (None, CausalEdges()(batch.clone()).edge_index):
        arguments = {"edge_index": edge_index, "dropout": 0.5}
        _, still = causal_attention(query, key, value, batch.ptr, return_weights=True, **arguments)
        _, trained = causal_attention(query, key, value, batch.ptr, return_weights=True, training=True, **arguments)
        torch.testing.assert_close(still.edge_weight, trained.edge_weight)


def test_mixed_precision_is_close_to_full_precision(batch: Batch) -> None:
    query, key, value = (part.detach().float() for part in inputs(batch.num_nodes))
    expected, _ = causal_attention(query, key, value, batch.ptr)
    with torch.autocast("cpu", torch.bfloat16):
        plain, _ = causal_attention(query, key, value, batch.ptr)
        explicit, _ = causal_attention(query, key, value, batch.ptr, return_weights=True)
    for output in (plain, explicit):
        torch.testing.assert_close(output.float(), expected, atol=0.05, rtol=0.05)


def test_bad_arguments_raise_an_error(batch: Batch) -> None:
    query, key, value = inputs(batch.num_nodes)
    with pytest.raises(UsageError, match="window=0: must be at least 1"):
        causal_attention(query, key, value, batch.ptr, window=0)
    with pytest.raises(UsageError, match="window=2: give a window or edge_index, not both"):
        causal_attention(query, key, value, batch.ptr, window=2, edge_index=torch.zeros(2, 0, dtype=torch.long))


def shared_inputs(events: int) -> tuple[Tensor, Tensor, Tensor]:
    query, key, value = inputs(events, heads=3)
    return query, key[:, :1].detach().requires_grad_(), value[:, :1].detach().requires_grad_()


@pytest.mark.parametrize("sizes", [[70, 3, 65, 1, 9], [4, 4], [40]])  # several blocks; no padding; one cascade
@pytest.mark.parametrize("window", [None, 1, 5, 40])
def test_shared_keys_and_values_give_the_same_as_repeated_ones(sizes: list[int], window: int | None) -> None:
    ptr = torch.tensor([0, *sizes]).cumsum(0)
    query, key, value = shared_inputs(int(ptr[-1]))
    expected, _ = causal_attention(query, key.expand(-1, 3, -1), value.expand(-1, 3, -1), ptr, window, scale=0.7)
    output, _ = causal_attention(query, key, value, ptr, window, scale=0.7)
    torch.testing.assert_close(output, expected)
    weight = torch.randn_like(output)
    wanted = torch.autograd.grad((expected * weight).sum(), (query, key, value))
    result = torch.autograd.grad((output * weight).sum(), (query, key, value))
    for ours, theirs in zip(result, wanted, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_gradients_with_dropout_match_finite_differences() -> None:
    ptr = torch.tensor([0, 45, 50])
    query, key, value = shared_inputs(50)
    weight = torch.randn(50, 3, 3, dtype=torch.float64)

    def loss() -> Tensor:
        torch.manual_seed(3)  # the same weights are dropped
        return (causal_attention(query, key, value, ptr, scale=0.7, dropout=0.3, training=True)[0] * weight).sum()

    gradients = torch.autograd.grad(loss(), (query, key, value))
    for part, gradient in zip((query, key, value), gradients, strict=True):
        direction = torch.randn_like(part)
        with torch.no_grad():
            part += 1e-6 * direction
            above = loss()
            part -= 2e-6 * direction
            below = loss()
            part += 1e-6 * direction
        assert float((above - below) / 2e-6) == pytest.approx(float((gradient * direction).sum()), rel=1e-6)


def test_shared_keys_can_be_differentiated_once_only() -> None:
    query, key, value = shared_inputs(4)
    output, _ = causal_attention(query, key, value, torch.tensor([0, 4]))
    (gradient,) = torch.autograd.grad((output**2).sum(), query, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_shared_keys_in_mixed_precision_are_close_to_full_precision() -> None:
    query, key, value = (part.detach().float() for part in shared_inputs(9))
    ptr = torch.tensor([0, 7, 9])
    expected, _ = causal_attention(query, key, value, ptr)
    with torch.autocast("cpu", torch.bfloat16):
        mixed, _ = causal_attention(query.bfloat16(), key, value, ptr)
    torch.testing.assert_close(mixed.float(), expected, atol=0.05, rtol=0.05)
