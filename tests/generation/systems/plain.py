"""What tests of the E-GA line compare with: networks written out for one row, and pictures that need no files."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from generation.seeds import derive


class Painted:
    """A picture for every frame, drawn from its name."""

    dim, digest = 3 * 64 * 64, "none"

    def lookup(self, frames: Sequence[str | None]) -> Tensor:
        return torch.stack([self._one(frame) for frame in frames])

    def _one(self, frame: str | None) -> Tensor:
        generator = torch.Generator().manual_seed(derive("picture", str(frame)))
        colours = torch.rand(3, 4, 4, generator=generator) * 2 - 1
        return torch.nn.functional.interpolate(colours[None], size=64).flatten()


def linear(module: nn.Linear, x: Tensor) -> Tensor:
    """One row."""
    return module.weight @ x + module.bias


def gru(rnn: nn.GRU, state: Tensor, inputs: Sequence[Tensor]) -> Iterator[Tensor]:
    """One row: the state after each input, as Cho et al. 2014 have it with the reset inside."""
    for x in inputs:
        reset, update, new = (rnn.weight_ih_l0 @ x + rnn.bias_ih_l0).chunk(3)
        back = (rnn.weight_hh_l0 @ state + rnn.bias_hh_l0).chunk(3)
        gate = torch.sigmoid(update + back[1])
        state = (1 - gate) * torch.tanh(new + torch.sigmoid(reset + back[0]) * back[2]) + gate * state
        yield state


def surprise(logits: Sequence[Tensor], targets: Sequence[int]) -> float:
    """Summed negative log-likelihood of the targets."""
    return sum((z.exp().sum().log() - z[t]).item() for z, t in zip(logits, targets, strict=True))
