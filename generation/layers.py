"""What two or more systems share: attention, feed-forward, blocks, positions, token losses.

Letters in shapes: B samples, N rows (N = B * k, the k rows of one sample together), T positions of the
query, S positions of a memory, d width, h heads. Masks are boolean and true where attention is allowed.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.errors import UserError


class KeysValues(NamedTuple):
    """Projected keys and values, each (B, h, S, d / h)."""

    keys: Tensor
    values: Tensor


class Memory(NamedTuple):
    """What a block attends to besides itself, and which of its positions are real: (B, S) or ``None``."""

    projected: KeysValues
    mask: Tensor | None


class Attention(nn.Module):
    """Scaled dot-product attention with biased query, key, value and output projections (Vaswani et al. 2017).

    Queries may have N = B * k rows for B rows of keys: the k rows of a sample are folded into the query
    axis, so neither keys nor values are ever copied for beams or candidates.
    """

    def __init__(self, width: int, heads: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        if width % heads:
            raise UserError(f"The width {width} cannot be divided among {heads} heads.")
        self.heads, self.dropout = heads, dropout
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (N, T, d) -> (N, h, T, d/h)

    def project(self, memory: Tensor) -> KeysValues:
        """(B, S, d) -> keys and values, computed once and used for every row and step."""
        return KeysValues(self._split(self.key(memory)), self._split(self.value(memory)))

    def forward(self, x: Tensor, projected: KeysValues, mask: Tensor | None = None, *, causal: bool = False) -> Tensor:
        """(N, T, d), keys of B rows, mask (B, S) -> (N, T, d).

        ``causal`` aligns the last query with the last key, so it also holds when a cache precedes ``x``.
        """
        n, t, _ = x.shape
        b, s = projected.keys.shape[0], projected.keys.shape[2]
        query = self._split(self.query(x))
        if n != b:
            query = query.unflatten(0, (b, -1)).transpose(1, 2).flatten(2, 3)  # (B, h, k*T, d/h)
        allowed = None if mask is None else mask[:, None, None, :]
        if causal and t > 1:
            past = torch.ones(t, s, dtype=torch.bool, device=x.device).tril(s - t)
            allowed = past if allowed is None else allowed & past
        mixed = F.scaled_dot_product_attention(
            query, *projected, attn_mask=allowed, dropout_p=self.dropout if self.training else 0.0
        )
        if n != b:
            mixed = mixed.unflatten(2, (-1, t)).transpose(1, 2).flatten(0, 1)
        return self.output(mixed.transpose(1, 2).flatten(-2))


class FeedForward(nn.Module):
    """Linear, activation, dropout, linear: (..., d) -> (..., d)."""

    def __init__(self, width: int, inner: int, *, dropout: float = 0.0, activation: str = "relu") -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.activation = {"relu": F.relu, "gelu": F.gelu}[activation]
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(self.dropout(self.activation(self.inner(x))))


class DeviationNorm(nn.Module):
    """a * (x - mean) / (std + eps) + b with the unbiased standard deviation, as in the published code of UT and
    MML-CG; differs from ``nn.LayerNorm`` in the third digit."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        mean, deviation = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return self.weight * (x - mean) / (deviation + self.eps) + self.bias


class Block(nn.Module):
    """Self-attention, one attention per memory in order, feed-forward; each with a residual and a norm.

    ``norm="pre"``: x + dropout(f(norm(x))), as UT and MML-CG. ``norm="post"``: norm(x + dropout(f(x))), as KLVCG.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        inner: int,
        *,
        memories: int = 0,
        dropout: float = 0.1,
        attention_dropout: float | None = None,
        norm: str = "pre",
        activation: str = "relu",
        make_norm: Callable[[int], nn.Module] = nn.LayerNorm,
    ) -> None:
        super().__init__()
        inside = dropout if attention_dropout is None else attention_dropout
        self.pre = {"pre": True, "post": False}[norm]
        self.attention = Attention(width, heads, dropout=inside)
        self.memory_attentions = nn.ModuleList(Attention(width, heads, dropout=inside) for _ in range(memories))
        # Post-norm models drop the output of the second linear only; pre-norm ones also the activation.
        self.feed_forward = FeedForward(width, inner, dropout=dropout if self.pre else 0.0, activation=activation)
        self.norms = nn.ModuleList(make_norm(width) for _ in range(memories + 2))
        self.dropout = nn.Dropout(dropout)

    def _residual(self, x: Tensor, norm: nn.Module, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        if self.pre:
            return x + self.dropout(sublayer(norm(x)))
        return norm(x + self.dropout(sublayer(x)))

    def project(self, sources: Sequence[tuple[Tensor, Tensor | None]]) -> list[Memory]:
        """(memory (B, S, d), mask (B, S) or None), one a memory attention, projected for :meth:`forward`."""
        pairs = zip(self.memory_attentions, sources, strict=True)
        return [Memory(attention.project(source), mask) for attention, (source, mask) in pairs]

    def forward(
        self,
        x: Tensor,
        memories: Sequence[Memory] = (),
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: KeysValues | None = None,
    ) -> tuple[Tensor, KeysValues]:
        """(N, T, d) -> ((N, T, d), keys and values of self-attention with those of ``cache`` in front)."""
        grown: list[KeysValues] = []

        def attend(normed: Tensor) -> Tensor:
            new = self.attention.project(normed)
            grown.append(new if cache is None else KeysValues(*map(_append, cache, new)))
            return self.attention(normed, grown[0], mask, causal=causal)

        x = self._residual(x, self.norms[0], attend)
        for norm, attention, memory in zip(self.norms[1:], self.memory_attentions, memories, strict=False):
            x = self._residual(x, norm, lambda y, a=attention, m=memory: a(y, m.projected, m.mask))
        return self._residual(x, self.norms[-1], self.feed_forward), grown[0]


def _append(past: Tensor, new: Tensor) -> Tensor:
    return torch.cat([past, new], dim=2)


class Stack(nn.Module):
    """Blocks one after another, and a last norm where the blocks are pre-norm."""

    def __init__(self, blocks: Sequence[Block], final: nn.Module | None = None) -> None:
        super().__init__()
        self.blocks, self.final = nn.ModuleList(blocks), final

    def project(self, sources: Sequence[tuple[Tensor, Tensor | None]]) -> list[list[Memory]]:
        """The memories of every block, computed once for all rows and steps."""
        return [block.project(sources) for block in self.blocks]

    def forward(
        self,
        x: Tensor,
        memories: Sequence[Sequence[Memory]] | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: Sequence[KeysValues] | None = None,
    ) -> tuple[Tensor, list[KeysValues]]:
        """(N, T, d) -> ((N, T, d), the cache of every block)."""
        grown = []
        for i, block in enumerate(self.blocks):
            x, kept = block(
                x, memories[i] if memories else (), mask=mask, causal=causal, cache=cache[i] if cache else None
            )
            grown.append(kept)
        return (x if self.final is None else self.final(x)), grown


def sinusoids(length: int, width: int) -> Tensor:
    """Fixed positions (length, width), sines and cosines interleaved, base 10000 (Vaswani et al. 2017)."""
    angle = torch.arange(length)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :width]


def token_losses(
    hidden: Tensor, project: Callable[[Tensor], Tensor], targets: Tensor, ignore: int, *, rows: int = 4096
) -> Tensor:
    """Negative log-likelihood of every target: hidden (N, T, d), targets (N, T) -> (N, T), 0 where ignored.

    Only real targets meet the vocabulary, ``rows`` at a time, because that projection is most of the work.
    """
    real = targets != ignore
    pieces = zip(hidden[real].split(rows), targets[real].split(rows), strict=True)
    losses = [F.cross_entropy(project(h).float(), y, reduction="none") for h, y in pieces]
    empty = torch.zeros(targets.shape, dtype=torch.float32, device=hidden.device)
    return empty.masked_scatter(real, torch.cat(losses)) if losses else empty


def mean_loss(losses: Tensor, targets: Tensor, ignore: int) -> Tensor:
    """Mean over real targets: (N, T) -> scalar."""
    return losses.sum() / (targets != ignore).sum().clamp(min=1)


def parameter_count(module: nn.Module | nn.Parameter) -> int:
    """Number of trainable and frozen numbers in a part, each counted once."""
    if isinstance(module, nn.Parameter):
        return module.numel()
    return sum(p.numel() for p in module.parameters())
