"""The optimizer and the learning rate schedules of BERT's and UniVL's published code."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn


class BertAdam(torch.optim.Optimizer):
    """Adam without bias correction and with decoupled decay that is scheduled along with the step:

    m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,  p = p - lr (m / (sqrt(v) + eps) + weight_decay p).
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if moved:
                self._move(group, moved)
        return loss

    def _move(self, group: dict[str, Any], parameters: list[torch.Tensor]) -> None:
        gradients = [p.grad for p in parameters]
        means, squares = zip(*(self._moments(p) for p in parameters), strict=True)
        first, second = group["betas"]
        torch._foreach_lerp_(means, gradients, 1 - first)
        torch._foreach_mul_(squares, second)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - second)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, group["eps"])
        updates = torch._foreach_div(means, roots)
        torch._foreach_add_(updates, parameters, alpha=group["weight_decay"])
        torch._foreach_add_(parameters, updates, alpha=-group["lr"])

    def _moments(self, parameter: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = self.state[parameter]
        if not state:
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        return state["mean"], state["square"]


def clip_twice(parameters: Iterable[nn.Parameter], norm: float = 1.0) -> None:
    """Gradients to a global norm, and then each by itself to the same norm, as UniVL's code does.

    After the first every gradient is within the norm, so the second acts only on rounding; it is kept because
    it is what the code does, and costs little.
    """
    chosen = [p for p in parameters if p.grad is not None]
    nn.utils.clip_grad_norm_(chosen, norm)
    for parameter in chosen:
        nn.utils.clip_grad_norm_([parameter], norm)


def univl(progress: float, warmup: float = 0.1) -> float:
    """Linearly up to 1 over the first ``warmup`` share of the steps, then linearly down to 0 at the end."""
    return progress / warmup if progress < warmup else max((1 - progress) / (1 - warmup), 0.0)


def klvcg_code(progress: float) -> float:
    """What the code of KLVCG did, which passed no warm-up: the same formula at warmup = -1."""
    return max((1 - progress) / 2, 0.0)


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {"univl": univl, "klvcg_code": klvcg_code, "constant": constant}
