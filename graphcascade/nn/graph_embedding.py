from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch_geometric.data import Data, HeteroData
from torch_geometric.nn import GINConv
from torch_geometric.utils import to_undirected

from graphcascade.data import CascadeDataset, successor_graph
from graphcascade.data.segments import portions, segment_ids
from graphcascade.errors import DataError, UsageError
from graphcascade.nn.graph_convolution import GRAPH_ENCODERS, GraphConvolution, find_encoder
from graphcascade.nn.neighbor_sampler import NeighborSampler
from graphcascade.nn.user_embedding import EMBEDDINGS, UserEmbedding

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["GraphEmbedding"]

CASCADES = "cascades"  # name of the edges between users who came after each other in the training cascades
MAX_EDGES = 2**22  # edges over which vectors are computed at a time, when no gradient is needed


@EMBEDDINGS.register("GraphEmbedding")
class GraphEmbedding(UserEmbedding):
    r"""A trained vector for each user, and what a graph encoder makes of the vectors of the user's neighbours.

    With the trained vectors :math:`u_v` and the layers of an encoder of :mod:`torch_geometric.nn`, over one graph or
    several graphs :math:`r = 1, \dots, R` between the users:

    .. math::
        h^{(0)}_v = u_v + W x_v, \qquad
        h^{(l)} = \sigma\Big(\frac{1}{R} \sum_r \mathrm{layer}^{(l)}_r\big(h^{(l-1)}, G_r\big)\Big), \qquad
        z_v = h^{(0)}_v + h^{(L)}_v

    :math:`\sigma` is the ReLU, and the identity in the last layer; features :math:`x` are optional. Users that do not
    occur in the training cascades have :math:`u_v = 0`, so that their vectors come from their neighbours. So that the
    model learns to use such vectors, training sets :math:`u_v = 0` for some users in each step.

    The vectors :math:`z` also score the next users, so that a user without training cascades can be ranked: see
    ``score_users``.

    Args:
        graph: What links the users: a graph with ``edge_index`` and ``num_nodes``, and with ``edge_weight`` if its
            edges have weights, such as a follow graph; a ``HeteroData`` of several such graphs, whose only nodes are
            ``"user"``; or only the number of users. A mapping of sizes, which ``config`` has, makes empty graphs to be
            filled from a saved model.
        dim: Size ``d`` of the vectors.
        encoder: Layer of the encoder: a name in :data:`~graphcascade.nn.GRAPH_ENCODERS` ("GCN", "SAGE", "GAT", ...), or
            a class that is constructed as ``layer(dim, dim)`` and called as ``layer(x, edge_index)``; see
            :class:`~graphcascade.nn.GraphConvolution`. To be saved with a model, it must be registered there.
        layers: Number of layers ``L``: how many steps away in the graph users can be.
        cascade_window: If not 0, there is a further graph, of the users that came after each other in the training
            cascades, at most so many events apart; see :func:`~graphcascade.data.successor_graph`.
        undirected: Whether vectors pass along edges in both directions.
        fan_out: Number of neighbours of each user in each layer and graph that are drawn in training; ``None`` for
            all. The cost of a step then does not grow with the number of users. Tests always use all neighbours.
        own_dropout: Share of the users whose trained vectors are left out in a step of the training.
        score_users: Whether next users are scored by these vectors, too. Needs all neighbours; ``None`` stands for
            true without ``fan_out`` and false with it.
        features: Further known features of the users, ``[U, k]``; or the two numbers ``(U, k)``, which make zeros.
        std: Standard deviation of the initial trained vectors.

    Raises:
        DataError: A graph has no edges, or is not between the users.
        UsageError: An argument is out of range; there is no graph; there is no encoder of this name, or it needs
            weights that the edges do not have.
    """

    features: Tensor | None
    names: list[str]
    """Names of the graphs."""

    def __init__(
        self,
        graph: Data | HeteroData | Mapping[str, Any] | int,
        dim: int,
        encoder: str | type[nn.Module] = "SAGE",
        layers: int = 2,
        cascade_window: int = 0,
        undirected: bool = True,
        fan_out: int | None = None,
        own_dropout: float = 0.3,
        score_users: bool | None = None,
        features: Tensor | Sequence[int] | None = None,
        std: float = 0.1,
    ) -> None:
        layer = find_encoder(encoder)
        score_users = fan_out is None if score_users is None else score_users
        _check(layer, layers, cascade_window, fan_out, own_dropout, score_users)
        num_users, graphs = _read_graphs(graph, undirected)
        if cascade_window and CASCADES not in graphs:
            graphs[CASCADES] = NeighborSampler(num_users + 1, weighted=True)
        if not graphs:
            raise UsageError(
                owner="GraphEmbedding",
                argument="graph",
                value=graph,
                reason="is only a number of users; give a graph, or the window of the graph of the training cascades,",
                remedy=("cascade_window", 1),
            )
        super().__init__(num_users, dim, std)
        self.cascade_window = cascade_window
        self.undirected = undirected
        self.fan_out = fan_out
        self.own_dropout = own_dropout
        self.score_users = score_users
        self.names = list(graphs)
        self.graphs = nn.ModuleList(graphs.values())
        self.layers = nn.ModuleList(
            nn.ModuleList(GraphConvolution(layer, dim, each.weighted) for each in graphs.values())
            for _ in range(layers)
        )
        known = _pad_features(features, num_users)
        self.register_buffer("features", known)
        self.project = None if known is None else nn.Linear(known.size(1), dim, bias=False)
        name = next((name for name in GRAPH_ENCODERS if GRAPH_ENCODERS[name] is layer), None)
        self.encoder_name = layer.__name__ if name is None else name
        self.config["encoder"] = layer if name is None else name
        self.config["features"] = None if known is None else [num_users, known.size(1)]
        self._describe_graphs()
        self._step: tuple[Tensor, Tensor] | None = None  # vectors of this step of the training, and who has own ones
        self._tested: tuple[Any, tuple[Tensor, Tensor]] | None = None  # vectors in tests, and what they depend on

    @property
    def _samplers(self) -> list[NeighborSampler]:
        return cast(list[NeighborSampler], list(self.graphs))

    def _convolutions(self, number: int) -> list[GraphConvolution]:
        return cast(list[GraphConvolution], list(cast(nn.ModuleList, self.layers[number])))

    def reset_parameters(self) -> None:
        """Reinitializes the vectors and the layers."""
        super().reset_parameters()
        if hasattr(self, "layers"):  # false while the parent class is initialized
            for number in range(len(self.layers)):
                for convolution in self._convolutions(number):
                    convolution.reset_parameters()
            if self.project is not None:
                self.project.reset_parameters()

    def prepare(self, train: CascadeDataset) -> None:
        """Makes the graph of the training cascades, if the encoder has one.

        Raises:
            DataError: No user of the training cascades has a link.
        """
        if self.cascade_window:
            sampler = self._samplers[self.names.index(CASCADES)]
            sampler.set_edges(*_edges(successor_graph(train, self.cascade_window), self.undirected))
            self._describe_graphs()
        linked = torch.stack([graph.ptr.diff()[:-1] > 0 for graph in self._samplers]).any(0)
        if not bool((linked.cpu() & train.seen).any()):
            raise DataError(
                f"GraphEmbedding: none of the {int(train.seen.sum()):,} users of the training cascades has a link in "
                f"the {'graph' if len(self.names) == 1 else 'graphs'}; do both name the same users?"
            )

    @property
    def scores_users(self) -> bool:
        return self.score_users

    def scoring_vectors(self) -> tuple[Tensor, Tensor]:
        if self.training and self._step is not None:
            vectors, own = self._step
        elif self.training:
            vectors, own = self._step = self._compute_all()
        elif torch.is_grad_enabled():
            return self.vectors()[:-1], self.seen
        else:
            return self._tested_vectors()[1], self.seen
        return vectors[:-1], own[:-1]

    def train(self, mode: bool = True) -> Self:
        self._step = self._tested = None
        return super().train(mode)

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        node = user.clamp(max=self.num_users)
        if not self.training:
            return embedding(node, self.vectors())
        if self.fan_out is not None:
            distinct, position = node.unique(return_inverse=True)
            return embedding(position, self._compute_sampled(distinct))
        self._step = self._compute_all()
        return embedding(node, self._step[0])

    def vectors(self) -> Tensor:
        """Returns the vectors of all users, and of an unknown one, from all their neighbours, ``[U + 1, d]``.

        Without gradients they are computed once, and again after weights or graphs have changed.
        """
        if torch.is_grad_enabled():
            self._tested = None  # a step of an optimizer may follow, and fused ones do not count versions up
            return self._compute_all(dropout=False)[0]
        return self._tested_vectors()[0]

    def _tested_vectors(self) -> tuple[Tensor, Tensor]:
        """Returns the vectors of all users with and without an unknown one; the same tensors as long as they hold."""
        key = [(tensor.data_ptr(), tensor._version) for tensor in (*self.parameters(), *self.buffers())]
        if self._tested is None or self._tested[0] != key:
            vectors, _ = self._compute_all(dropout=False)
            self._tested = key, (vectors, vectors[:-1])
        return self._tested[1]

    def _own(self) -> Tensor:
        """Returns which users have a trained vector, ``[U + 1]`` bool; the last one is an unknown user."""
        return torch.cat([self.seen, self.seen.new_zeros(1)])

    def _keep(self, own: Tensor) -> Tensor:
        """Returns which of some users keep their trained vectors in a step of the training."""
        return own & (torch.rand(own.numel(), device=own.device) >= self.own_dropout) if self.own_dropout else own

    def _inputs(self, node: Tensor | None, own: Tensor) -> Tensor:
        """Returns the inputs of the first layer for some users, or for all."""
        weight = self.weight if node is None else embedding(node, self.weight, sparse=self.sparse_gradients)
        x = torch.where(own.unsqueeze(1), weight, 0.0)
        if self.features is not None and self.project is not None:
            x = x + self.project(self.features if node is None else self.features[node])
        return x

    def _compute_all(self, dropout: bool = True) -> tuple[Tensor, Tensor]:
        """Returns the vectors of all users, and which of them have a trained vector in this step."""
        own = self._keep(self._own()) if dropout else self._own()
        x = first = self._inputs(None, own)
        degree = torch.stack([graph.ptr.diff() for graph in self._samplers]).sum(0)
        if torch.is_grad_enabled() or int(degree.sum()) <= MAX_EDGES:
            blocks = [_all_edges(graph) for graph in self._samplers]
            for number in range(len(self.layers)):
                x = self._convolve(number, x, blocks)
            return first + x, own
        user = torch.arange(degree.numel(), device=degree.device)
        for number in range(len(self.layers)):
            outputs = []
            for part in portions(degree, MAX_EDGES):
                node, blocks = self._neighborhood(user[part], None)
                outputs.append(self._convolve(number, x[node], blocks)[: part.stop - part.start])
            x = torch.cat(outputs)
        return first + x, own

    def _compute_sampled(self, user: Tensor) -> Tensor:
        """Returns the vectors of different users from some of their neighbours."""
        node, steps = user, []
        for _ in self.layers:
            count = node.numel()
            node, blocks = self._neighborhood(node, self.fan_out)
            steps.append((blocks, count))
        own = self.seen[node.clamp(max=self.num_users - 1)] & (node < self.num_users)
        x = first = self._inputs(node, self._keep(own))
        for number, (blocks, count) in enumerate(reversed(steps)):
            x = self._convolve(number, x, blocks)[:count]
        return first[: user.numel()] + x

    def _convolve(self, number: int, x: Tensor, blocks: list[Block]) -> Tensor:
        layer = self._convolutions(number)
        outputs: list[Tensor] = [convolution(x, *block) for convolution, block in zip(layer, blocks, strict=True)]
        x = outputs[0] if len(outputs) == 1 else torch.stack(outputs).mean(0)
        return x.relu() if number + 1 < len(self.layers) else x

    def _neighborhood(self, node: Tensor, fan_out: int | None) -> tuple[Tensor, list[Block]]:
        """Returns different nodes followed by their neighbours, and the edges between these in each graph."""
        found = [graph.edges(node, fan_out) for graph in self._samplers]
        sources = [graph.source[edge] for graph, (edge, _) in zip(self._samplers, found, strict=True)]
        distinct, position = torch.cat([node, *sources]).unique(return_inverse=True)
        place = torch.full_like(distinct, -1)
        place[position[: node.numel()]] = torch.arange(node.numel(), device=node.device)
        others = (place < 0).nonzero().view(-1)
        place[others] = torch.arange(node.numel(), distinct.numel(), device=node.device)
        node = torch.cat([node, distinct[others]])
        blocks: list[Block] = []
        local = place[position].split([position.numel() - sum(map(len, sources)), *map(len, sources)])[1:]
        for graph, (edge, target), source in zip(self._samplers, found, local, strict=True):
            weight = None if graph.weight is None else graph.weight[edge]
            scale = None
            if fan_out is not None:
                degree = graph.ptr[node + 1] - graph.ptr[node]
                scale = (degree / degree.clamp(max=fan_out))[target].to(self.weight.dtype)
            blocks.append((torch.stack([source, target]), weight, graph.total[node], scale))
        return node, blocks

    def _describe_graphs(self) -> None:
        """Sets the sizes of the graphs in the arguments that an equal embedding is made from."""
        links = {
            name: [graph.num_edges, graph.weighted] for name, graph in zip(self.names, self._samplers, strict=True)
        }
        self.config["graph"] = {"users": self.num_users, "links": links}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_step": None, "_tested": None}  # tensors with a history cannot be copied

    def extra_repr(self) -> str:
        links = ", ".join(
            f"{name}: {graph.num_edges:,}" for name, graph in zip(self.names, self._samplers, strict=True)
        )
        return f"{super().extra_repr()}, encoder={self.encoder_name!r}, edges={{{links}}}"


Block = tuple[Tensor, Tensor | None, Tensor, Tensor | None]
"""Arguments of a :class:`GraphConvolution` after the vectors."""


def _check(
    layer: type[nn.Module],
    layers: int,
    cascade_window: int,
    fan_out: int | None,
    own_dropout: float,
    score_users: bool,
) -> None:
    """Raises an error if an argument is out of range, or if two of them do not fit."""

    def error(argument: str, value: Any, reason: str, remedy: tuple[str, Any] | None = None) -> UsageError:
        return UsageError(owner="GraphEmbedding", argument=argument, value=value, reason=reason, remedy=remedy)

    if layers < 1:
        raise error("layers", layers, "must be at least 1")
    if cascade_window < 0:
        raise error("cascade_window", cascade_window, "must be 0 or more")
    if fan_out is not None and fan_out < 1:
        raise error("fan_out", fan_out, "must be at least 1")
    if not 0 <= own_dropout < 1:
        raise error("own_dropout", own_dropout, "must be 0 or more, and below 1")
    if fan_out is not None and score_users:
        raise error("score_users", True, "needs the vectors of all users in each step; leave it or fan_out out")
    if fan_out is not None and layer is GINConv:
        reason = "GIN sums over all neighbours, so it cannot learn from some of them; leave it out, or use"
        raise error("fan_out", fan_out, reason, ("encoder", "SAGE"))


def _read_graphs(
    graph: Data | HeteroData | Mapping[str, Any] | int, undirected: bool
) -> tuple[int, dict[str, NeighborSampler]]:
    """Returns the number of users, and the edges of each graph by its name, with a node more for unknown users."""
    if isinstance(graph, int):
        if graph < 1:
            raise UsageError(owner="GraphEmbedding", argument="graph", value=graph, reason="must be at least one user")
        return graph, {}
    if isinstance(graph, Mapping):
        users = graph["users"]
        return users, {
            name: NeighborSampler(users + 1, size, weighted) for name, (size, weighted) in graph["links"].items()
        }
    if isinstance(graph, HeteroData):
        if graph.node_types != ["user"]:
            reason = f"has the nodes {', '.join(map(repr, graph.node_types)) or 'none'}, must have 'user' only"
            raise UsageError(owner="GraphEmbedding", argument="graph", reason=reason)
        num_users = graph["user"].num_nodes
        stores = {kind[1]: graph[kind] for kind in graph.edge_types}
    else:
        num_users, stores = graph.num_nodes, {"graph": graph}
    if num_users is None:
        raise UsageError(owner="GraphEmbedding", argument="graph", reason="has no num_nodes, the number of users")
    if not stores:
        raise DataError("GraphEmbedding: the graph has no edges.")
    graphs = {}
    for name, store in stores.items():
        if name == CASCADES:
            reason = f"has edges of the name {name!r}, which is that of the training cascades; use another name"
            raise UsageError(owner="GraphEmbedding", argument="graph", reason=reason)
        edge_index = store.get("edge_index")
        if edge_index is None or edge_index.size(1) == 0:
            raise DataError(f"GraphEmbedding: the graph {name!r} has no edges.")
        if not 0 <= int(edge_index.min()) <= int(edge_index.max()) < num_users:
            raise DataError(f"GraphEmbedding: the graph {name!r} has an edge to a user outside its {num_users:,}.")
        weight = store.get("edge_weight")
        if weight is not None and not bool((weight.isfinite() & (weight >= 0)).all()):
            raise DataError(f"GraphEmbedding: the graph {name!r} has a weight that is negative or not finite.")
        graphs[name] = NeighborSampler(num_users + 1)
        graphs[name].set_edges(*_edges(store, undirected))
    return num_users, graphs


def _edges(graph: Any, undirected: bool) -> tuple[Tensor, Tensor | None]:
    """Returns the edges of a graph and their weights; with both directions, the weights of both are added."""
    edge_index, weight = graph.edge_index, graph.get("edge_weight")
    if not undirected:
        return edge_index, weight
    if weight is None:
        both: Tensor = to_undirected(edge_index, num_nodes=graph.num_nodes)
        return both, None
    edge_index, weight = to_undirected(edge_index, weight, num_nodes=graph.num_nodes, reduce="add")
    return edge_index, weight


def _pad_features(features: Tensor | Sequence[int] | None, num_users: int) -> Tensor | None:
    """Returns the features of the users with zeros for an unknown one.

    Raises:
        UsageError: They are not a finite matrix with a row for each user.
    """
    if features is None:
        return None
    if not isinstance(features, Tensor):
        features = torch.zeros(*features)
    reason = None
    if features.dim() != 2 or features.size(0) != num_users:
        reason = f"has the shape {list(features.shape)}, must have [{num_users}, k], a row for each user"
    elif not (features.is_meta or bool(features.isfinite().all())):
        reason = "has a value that is not finite"
    if reason is not None:
        raise UsageError(owner="GraphEmbedding", argument="features", reason=reason)
    return torch.cat([features, features.new_zeros(1, features.size(1))]).to(torch.get_default_dtype())


def _all_edges(graph: NeighborSampler) -> Block:
    edge_index = torch.stack([graph.source, segment_ids(graph.ptr)])
    return edge_index, graph.weight, graph.total, None
