"""What the systems of the E-GA line share: networks between pictures, comments and vectors, and what binds the vectors.

Pictures are 64 x 64 pixels in [-1, 1] in one row, as the backbone ``pixels64`` gives them; convolutions are those of
DCGAN (Radford et al. 2016). Shapes: B pictures, N comments, T characters, e width of a character, d length of a
vector, w width of a GRU, c channels of the first convolution.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

SIDE = 64  # pixels of a picture's edge
SMALLEST = 4  # and of its edge after four convolutions of stride 2


# -- Gaussians -------------------------------------------------------------------------------------------------


class Gaussian(NamedTuple):
    """A diagonal Gaussian a row: means and logarithms of variances, each (N, d)."""

    mean: Tensor
    log_variance: Tensor

    def draw(self) -> Tensor:
        """One vector a row, with the gradient through it: (N, d)."""
        return self.mean + (0.5 * self.log_variance).exp() * torch.randn_like(self.mean)


def gaussian(both: Tensor) -> Gaussian:
    """(N, 2 d) -> means and log-variances."""
    return Gaussian(*both.chunk(2, dim=-1))


def hinge_kl(posterior: Gaussian, free: float) -> Tensor:
    """Eq. 3 of E-GA: sum over d of max(mu^2 - free^2, 0) + sigma^2 - ln sigma^2 - 1, for each row: (N,).

    Without the factor 1/2 of the Kullback-Leibler divergence, as printed; means within [-free, free] cost nothing.
    """
    mean, log_variance = (part.float() for part in posterior)
    return ((mean.square() - free**2).clamp(min=0) + log_variance.exp() - log_variance - 1).sum(-1)


def standard_kl(posterior: Gaussian) -> Tensor:
    """The divergence from N(0, I), for each row: (N,)."""
    return 0.5 * hinge_kl(posterior, 0.0)


def capacity(free: float) -> float:
    """Eq. 4 of E-GA: the mean over mu in [-free, free] of divergence by cross entropy of N(mu, 1) and N(0, 1).

    1 - (a / free) arctan(free / a) with a = sqrt(ln(2 pi e)); 0 for free = 0, towards 1 as it grows.
    """
    if free == 0:
        return 0.0
    a = math.sqrt(math.log(2 * math.pi * math.e))
    return 1 - a / free * math.atan(free / a)


def annealed(progress: float, share: float) -> float:
    """The weight of the divergence: from 0 straight up to 1 over the first ``share`` of the steps."""
    return min(progress / share, 1.0) if share else 1.0


# -- pictures --------------------------------------------------------------------------------------------------


class ImageEncoder(nn.Module):
    """Four convolutions of stride 2 with c, 2c, 4c, 8c channels, then linear: (B, 3 * 64 * 64) -> (B, out)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([3, *(channels * 2**i for i in range(4))]):
            layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=before == 3))
            layers += [nn.BatchNorm2d(after)] if before != 3 else []  # none on pixels, as DCGAN
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers)
        self.out = nn.Linear(8 * channels * SMALLEST**2, out)

    def forward(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.out(self.layers(pixels.unflatten(1, (3, SIDE, SIDE))).flatten(1))
        return found


class ImageDecoder(nn.Module):
    """The encoder's mirror, transposed convolutions up to tanh: (B, d) -> (B, 3 * 64 * 64)."""

    def __init__(self, channels: int, vector: int) -> None:
        super().__init__()
        first = 8 * channels
        layers: list[nn.Module] = [nn.Unflatten(1, (first, SMALLEST, SMALLEST)), nn.BatchNorm2d(first), nn.ReLU()]
        for before, after in pairwise(channels * 2**i for i in range(3, -1, -1)):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.ConvTranspose2d(channels, 3, 4, 2, 1), nn.Tanh()]
        self.enter = nn.Linear(vector, first * SMALLEST**2)
        self.layers = nn.Sequential(*layers)

    def forward(self, vector: Tensor) -> Tensor:
        pixels: Tensor = self.layers(self.enter(vector))
        return pixels.flatten(1)


# -- comments --------------------------------------------------------------------------------------------------


class TextEncoder(nn.Module):
    """A GRU over characters; its last state, and a condition where there is one, through a linear layer.

    Embedded characters (N, T, e), how many of them are real (N,), condition (N, y) -> (N, out).
    """

    def __init__(self, character: int, width: int, out: int, *, condition: int = 0) -> None:
        super().__init__()
        self.rnn = nn.GRU(character, width, batch_first=True)
        self.out = nn.Linear(width + condition, out)

    def forward(self, embedded: Tensor, lengths: Tensor, condition: Tensor | None = None) -> Tensor:
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        last = self.rnn(packed)[1][-1]
        read: Tensor = self.out(last if condition is None else torch.cat([last, condition], dim=-1))
        return read


class TextDecoder(nn.Module):
    """A GRU that begins in a state made of a vector and sees the vector beside every character.

    Embedded characters (N, T, e), vectors (N, d), state (N, w) -> hidden (N, T, w), state; ``out`` turns hidden
    states into logits over characters.
    """

    def __init__(self, character: int, vector: int, width: int, characters: int) -> None:
        super().__init__()
        self.first = nn.Linear(vector, width)
        self.rnn = nn.GRU(character + vector, width, batch_first=True)
        self.out = nn.Linear(width, characters)

    def start(self, vector: Tensor) -> Tensor:
        """The state before the first character: (N, d) -> (N, w)."""
        return torch.tanh(self.first(vector))

    def forward(self, embedded: Tensor, vector: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        beside = vector[:, None].expand(-1, embedded.shape[1], -1)
        hidden, last = self.rnn(torch.cat([embedded, beside], dim=-1), state[None].contiguous())
        return hidden, last[0]
