from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.data.segments import segment_ids
from graphcascade.errors import UsageError
from graphcascade.nn.candidates import Candidates
from graphcascade.nn.chunked_loss import chunked_loss, full_precision
from graphcascade.nn.history import History
from graphcascade.nn.ranks import check_finite, count_better
from graphcascade.nn.select_rows import select_rows
from graphcascade.nn.user_embedding import UserEmbedding

__all__ = ["UserSoftmax"]

CACHED_SCORES = 2**18  # scores that fit into a processor's cache
MIN_ROWS = 64  # rows that are computed at a time if memory allows; fewer make poor use of each pass over the weights
Columns = tuple[Tensor, Tensor | None]  # weights and biases of all users
MIN_BLOCK = 32  # columns that are added up together while drawing; adding up fewer is slow
MAX_SCORES_DRAWN_FROM = 2**20  # scores in memory at a time while drawing, few enough for a cache


class UserSoftmax(nn.Module):
    r"""Distribution of the next user: :math:`\mathrm{softmax}(W x + b)` over the users who are not yet infected.

    After :meth:`score_with`, the row of user :math:`v` is :math:`W_v + P z_v`, where :math:`z_v` is the vector that an
    embedding gives the user. Users without weights of their own, such as those who are in no training cascade, are
    scored by :math:`P z_v` only, and training does not count them among the users who did not come next.

    Results are exact and computed in chunks of rows, with at most ``chunk`` scores in memory at a time. This holds for
    training too, because the gradient of a chunk is computed in the forward pass. With many users, :meth:`loss` can be
    estimated from some of them (``candidates``), so that its time and memory do not depend on their number.

    Args:
        in_features: Size ``s`` of the input.
        num_users: Number of users ``U``.
        terminate: Whether to predict the end of the cascade too ("Terminate"), as row ``U``.
        bias: Whether to add a bias for each user.
        mask_infected: Whether to leave out the users in ``history``. Terminate is never left out.
        chunk: Largest number of scores in memory at a time.
    """

    sparse_gradients: bool = False
    """Whether the loss with candidates gives weights and biases sparse gradients, with the rows of a batch only."""

    def __init__(
        self,
        in_features: int,
        num_users: int,
        terminate: bool = False,
        bias: bool = True,
        mask_infected: bool = True,
        chunk: int = 2**25,
    ) -> None:
        super().__init__()
        if num_users < 1:
            raise UsageError(argument="num_users", value=num_users, reason="a model needs at least one user")
        self.in_features = in_features
        self.num_users = num_users
        self.terminate = terminate
        self.mask_infected = mask_infected
        self.chunk = chunk
        self.weight = nn.Parameter(torch.empty(num_users + terminate, in_features))
        self.bias = nn.Parameter(torch.empty(num_users + terminate)) if bias else None
        self.register_parameter("projection", None)  # P
        self._embedding: tuple[UserEmbedding, ...] = ()  # in a tuple, because it is a part of the model already
        self._cached: _CachedColumns | None = None
        self.reset_parameters()

    projection: nn.Parameter | None

    def score_with(self, embedding: UserEmbedding) -> None:
        """Scores users by the vectors of an embedding, too."""
        self._embedding = (embedding,)
        self.projection = nn.Parameter(torch.empty(self.in_features, embedding.dim))
        nn.init.xavier_uniform_(self.projection)

    def columns(self) -> Columns:
        """Returns the weights of all users, ``[num_users + terminate, s]``, and their biases or ``None``."""
        if self.projection is None:
            return self.weight, self.bias
        embedding = self._embedding[0]
        vector, own = embedding.scoring_vectors()
        if self.training or torch.is_grad_enabled():
            possible = embedding.seen if self.training else None
            return self._make_columns(self.weight, self.bias, vector, own, possible)
        parts = (vector, own, self.weight, self.projection, *(() if self.bias is None else (self.bias,)))
        versions = [part._version for part in parts]
        if self._cached is None or not self._cached.holds(parts, versions):
            columns = self._make_columns(self.weight, self.bias, vector, own, None)
            self._cached = _CachedColumns(parts, versions, columns)
        return self._cached.columns

    def _columns_of(self, user: Tensor) -> Columns:
        """Returns weights and biases of distinct users, ascending; Terminate is the last one if it is predicted."""
        weight = select_rows(self.weight, user, self.sparse_gradients)
        bias = None if self.bias is None else select_rows(self.bias, user, self.sparse_gradients)
        if self.projection is None:
            return weight, bias
        embedding = self._embedding[0]
        vector, own = embedding.scoring_vectors()
        user = user[: user.numel() - self.terminate]
        possible = embedding.seen[user] if self.training else None
        return self._make_columns(weight, bias, vector[user], own[user], possible)

    def _make_columns(
        self, weight: Tensor, bias: Tensor | None, vector: Tensor, own: Tensor, possible: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Returns weights and biases; users that are not ``possible`` have the bias minus infinity."""
        assert self.projection is not None
        users = vector.size(0)
        of_users = torch.where(own.unsqueeze(1), weight[:users], 0.0) + vector @ self.projection.t()
        bias = weight.new_zeros(weight.size(0)) if bias is None else bias
        bias_of_users = torch.where(own, bias[:users], 0.0)
        if possible is not None:
            bias_of_users = bias_of_users.masked_fill(~possible, -math.inf)
        if self.terminate:
            of_users = torch.cat([of_users, weight[users:]])
            bias_of_users = torch.cat([bias_of_users, bias[users:]])
        return of_users, bias_of_users

    def reset_parameters(self) -> None:
        """Reinitializes the weights from the Xavier uniform distribution, and the bias with zeros."""
        # Like torch.nn.init.xavier_uniform_, but with a fan-out of at most 1,000: with 10^6 users all scores would
        # start close to zero.
        bound = math.sqrt(6.0 / (self.in_features + min(self.weight.size(0), 1000)))
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        if self.projection is not None:
            nn.init.xavier_uniform_(self.projection)

    def loss(self, x: Tensor, target: Tensor, history: History, candidates: Candidates | None = None) -> Tensor:
        r"""Returns the summed negative log-likelihood of the next users, exactly or estimated from some users.

        With the scores :math:`s_v` and candidates :math:`C` that stand for :math:`w_v` users each, the loss of a row is

        .. math::
            -s_t + \log\Big(e^{s_t} + \sum_{v \in C,\, v \ne t} w_v e^{s_v}\Big)

        for the next user :math:`t`, without the infected users if they are left out of the exact loss. The expected
        value of the sum is the one over all users (importance sampling: Bengio and Senécal, `Adaptive Importance
        Sampling to Accelerate Training of a Neural Probabilistic Language Model
        <https://doi.org/10.1109/TNN.2007.912312>`_, 2008); that of its logarithm is a little lower, the less so the
        more candidates there are. Terminate is always a candidate that stands for itself.

        Args:
            x: Inputs, ``[R, s]``.
            target: Next user, ``[R]`` int64: a user who is not infected yet, or ``num_users`` for Terminate.
            history: Infected users, ``R`` rows.
            candidates: Users that stand for all users; ``None`` for the exact loss.

        Returns:
            A scalar.
        """
        masked = history if self.mask_infected else None
        if candidates is not None:
            return self._sampled_loss(x, target, masked, candidates)
        weight, bias = self.columns()
        return chunked_loss(x, weight, bias, target, masked, self.num_users, self._chunk_rows(self.weight.size(0)))

    def _sampled_loss(self, x: Tensor, target: Tensor, masked: History | None, candidates: Candidates) -> Tensor:
        drawn, weights = candidates.user, candidates.log_weight.to(self.weight.dtype)
        if self.terminate:
            drawn, weights = nn.functional.pad(drawn, (0, 1), value=self.num_users), nn.functional.pad(weights, (0, 1))
        # The columns are the candidates and the next users of all rows. Each row has only its own next user.
        user, column = torch.cat([drawn, target]).unique(return_inverse=True)
        log_weight = weights.new_full(user.shape, -math.inf).index_copy_(0, column[: drawn.numel()], weights)
        target = column[drawn.numel() :]
        if masked is not None:
            place = torch.searchsorted(user, masked.user).clamp_(max=user.numel() - 1)
            place = place.masked_fill_((user[place] != masked.user) | (masked.user >= self.num_users), user.numel())
            masked = History(place, masked.start, masked.stop)
        weight, bias = self._columns_of(user)
        step = self._chunk_rows(user.numel())
        return chunked_loss(x, weight, bias, target, masked, user.numel(), step, log_weight)

    @torch.no_grad()
    def rank(
        self,
        x: Tensor,
        target: Tensor,
        history: History | None,
        terminate: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Counts the users with a higher score than the next user, and those with the same score.

        Args:
            x: Inputs, ``[R, s]``.
            target: Next user, ``[R]`` int64.
            history: Infected users, who are left out, ``R`` rows; ``None`` to leave out no users.
            terminate: Whether Terminate counts as a user if the model predicts it.

        Returns:
            Two counts, ``[R]`` int64 each: see :func:`~graphcascade.nn.count_better`.

        Raises:
            UsageError: A score is not finite.
        """
        higher, same = torch.empty_like(target), torch.empty_like(target)
        columns = self.columns()
        for rows in self._chunks(x.size(0)):
            score = self._scores(columns, x[rows], None, rows)[:, : self.num_users + (terminate and self.terminate)]
            infected = None if history is None else history.pairs(rows, self.num_users)
            higher[rows], same[rows] = count_better(score, target[rows], infected)
        return higher, same

    @torch.no_grad()
    def log_prob(self, x: Tensor, history: History) -> Tensor:
        """Returns the log-probabilities of all users and Terminate, ``[R, num_users + terminate]``, without chunks."""
        score = self._scores(self.columns(), x, history if self.mask_infected else None, slice(None))
        return score.log_softmax(1)

    @torch.no_grad()
    def log_total(self, x: Tensor) -> Tensor:
        """Returns the logarithm of the sum of all exponentiated scores, infected users included, ``[R]`` float64."""
        weight, bias = self.columns()
        weight, bias = weight.double(), None if bias is None else bias.double()
        total = x.new_empty(x.size(0), dtype=torch.float64)
        for rows in self._chunks(x.size(0)):
            total[rows] = nn.functional.linear(x[rows].double(), weight, bias).logsumexp(1)
        return total

    @torch.no_grad()
    def sample(
        self,
        x: Tensor,
        history: History,
        temperature: float = 1.0,
        terminate: bool = True,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draws the next user of each row.

        Args:
            x: Inputs, ``[R, s]``.
            history: Infected users, ``R`` rows; they are not drawn, even without ``mask_infected``.
            temperature: Divisor of the scores; 0 selects the highest score.
            terminate: Whether Terminate may be drawn if the model predicts it.
            generator: Source of randomness.

        Returns:
            Users ``[R]`` int64; ``num_users`` if Terminate was drawn or all users are infected.

        Raises:
            UsageError: The temperature is negative or not finite, or a score is not finite.
        """
        uniform = torch.rand(x.size(0), generator=generator, dtype=torch.float64, device=x.device)
        return self.draw(x, history, torch.arange(x.size(0) + 1, device=x.device), uniform, temperature, terminate)

    @torch.no_grad()
    def draw(
        self,
        x: Tensor,
        infected: History | Tensor,
        ptr: Tensor,
        uniform: Tensor,
        temperature: float = 1.0,
        terminate: bool = True,
    ) -> Tensor:
        """Draws several users from the distribution of each row by inverting its cumulative probabilities.

        Args:
            x: Inputs, ``[R, s]``.
            infected: Infected users, ``R`` rows or ``[R, m]`` int64; they are not drawn, even without
                ``mask_infected``.
            ptr: Boundaries of the draws of each row, ``[R + 1]``: row ``r`` has draws ``ptr[r]:ptr[r + 1]``.
            uniform: Uniform random number of each draw, ``[M]`` float64 in [0, 1), in any order.
            temperature: Divisor of the scores; 0 selects the highest score.
            terminate: Whether Terminate may be drawn if the model predicts it.

        Returns:
            Users ``[M]`` int64; ``num_users`` if Terminate was drawn or all users are infected.

        Raises:
            UsageError: The temperature is negative or not finite, or a score is not finite.
        """
        if not 0 <= temperature < math.inf:
            raise UsageError(argument="temperature", value=temperature, reason="must be a finite number, 0 or more")
        columns = self.columns()
        drawn = torch.empty(uniform.numel(), dtype=torch.long, device=x.device)
        bounds = ptr.tolist()
        step = max(1, min(self.chunk, MAX_SCORES_DRAWN_FROM) // self.weight.size(0))
        # The number of columns is a multiple of the block size. Columns after the users are never drawn; unknown users
        # are mapped to the last one.
        num_rows = self.weight.size(0)
        block = max(MIN_BLOCK, 1 << (num_rows.bit_length() // 2))
        padded = self.weight.new_empty(min(step, x.size(0)), (num_rows // block + 1) * block)
        for begin in range(0, x.size(0), step):
            rows = slice(begin, min(begin + step, x.size(0)))
            draws = slice(bounds[rows.start], bounds[rows.stop])
            score = padded[: rows.stop - rows.start]
            self._mask_scores_into(score, columns, x[rows], infected, rows, terminate)
            drawn[draws] = self._draw_rows(
                score, columns, x[rows], ptr[rows.start : rows.stop + 1], uniform[draws], temperature, block
            )
        return drawn

    def _mask_scores_into(
        self, score: Tensor, columns: Columns, x: Tensor, infected: History | Tensor, rows: slice, terminate: bool
    ) -> None:
        """Writes the scores of ``rows``, with minus infinity for infected users and for columns after the users."""
        weight, bias = columns
        users = weight.size(0)
        with full_precision(x):
            torch.mm(x.to(weight.dtype), weight.t(), out=score[:, :users])
        if bias is not None:
            score[:, :users] += bias
        if isinstance(infected, Tensor):
            masked = infected[rows]
            score.scatter_(1, masked.masked_fill(masked >= self.num_users, score.size(1) - 1), -math.inf)
        else:
            score[infected.pairs(rows, self.num_users)] = -math.inf
        score[:, users if terminate or not self.terminate else self.num_users :] = -math.inf

    def _draw_rows(
        self,
        score: Tensor,
        columns: Columns,
        x: Tensor,
        ptr: Tensor,
        uniform: Tensor,
        temperature: float,
        block: int,
    ) -> Tensor:
        """Draws from masked scores, which are overwritten; the arguments are those of :meth:`draw` for these rows."""
        if temperature not in (0, 1):  # subtracting the highest score avoids an overflow at low temperatures
            score.sub_(score.amax(1, keepdim=True)).div_(temperature)
        highest = score.argmax(1) if temperature == 0 else None
        torch.softmax(score, 1, out=score)
        all_masked = score[:, 0].isnan()  # all scores are minus infinity, or one of them is not a number
        if bool(all_masked.any()):
            check_finite(self._scores(columns, x[all_masked], None, slice(None)))
        row = None if bool((ptr.diff() == 1).all()) else segment_ids(ptr)
        if highest is not None:
            user = highest if row is None else highest[row]
        else:
            user = _draw_columns(score.view(score.size(0), -1, block), row, uniform)
        return user.masked_fill_(all_masked if row is None else all_masked[row], self.num_users)

    def _scores(self, columns: Columns, x: Tensor, history: History | None, rows: slice) -> Tensor:
        weight, bias = columns
        with full_precision(x):
            score = nn.functional.linear(x.to(weight.dtype), weight, bias)
        if history is not None:
            score[history.pairs(rows, self.num_users)] = -math.inf
        return score

    def _chunk_rows(self, columns: int) -> int:
        """Returns the number of rows that are computed at a time, with a score in each of some columns."""
        rows = max(1, self.chunk // columns)
        if self.weight.device.type != "cpu":
            return rows
        return min(rows, max(MIN_ROWS, CACHED_SCORES // columns))

    def _chunks(self, count: int) -> list[slice]:
        step = self._chunk_rows(self.weight.size(0))
        return [slice(begin, min(begin + step, count)) for begin in range(0, count, step)]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_cached": None}

    def extra_repr(self) -> str:
        return f"{self.in_features}, num_users={self.num_users}, terminate={self.terminate}"


@dataclass(frozen=True)
class _CachedColumns:
    """Weights and biases, and the tensors that they were computed from, with their versions."""

    parts: tuple[Tensor, ...]
    versions: list[int]
    columns: Columns

    def holds(self, parts: tuple[Tensor, ...], versions: list[int]) -> bool:
        """Returns whether nothing has changed."""
        same = all(one is other for one, other in zip(self.parts, parts, strict=True))
        return same and versions == self.versions


def _draw_columns(weight: Tensor, row: Tensor | None, uniform: Tensor) -> Tensor:
    """Returns the first column in which the cumulative weight of a draw's row exceeds the draw's share of the total.

    Weights are accumulated over blocks and then within one block, which is a fraction of the work. Columns of weight
    zero are never returned.

    Args:
        weight: Weights in blocks, ``[R, blocks, size]``.
        row: Row of each draw, ``[M]``; ``None`` for one draw per row.
        uniform: Share of each draw, ``[M]``, at most ``1 - 2 ** -53``, so that no share is rounded to 1.
    """
    blocks, size = weight.shape[1:]
    total = nn.functional.pad(weight.sum(2).double().cumsum(1), (1, 0))  # before each block, and in total
    if row is None:
        row = torch.arange(total.size(0), device=total.device)
    else:
        total = total.index_select(0, row)
    wanted = uniform.unsqueeze(1) * total[:, -1:]
    chosen = torch.searchsorted(total, wanted, right=True).sub_(1).clamp_(max=blocks - 1)
    wanted -= total.gather(1, chosen)
    chosen = chosen.view(-1)
    inner = weight.view(-1, size).index_select(0, row * blocks + chosen).double().cumsum(1)
    # The sum of the same weights in another order may be smaller.
    limit = inner[:, -1:]
    wanted = torch.minimum(wanted, torch.nextafter(limit, torch.zeros_like(limit)))
    place = torch.searchsorted(inner, wanted, right=True).view(-1).clamp_(max=size - 1)
    return chosen * size + place
