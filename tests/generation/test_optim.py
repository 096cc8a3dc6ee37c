"""The optimizer and the schedules, against their formulas."""

import copy

import pytest
import torch
from torch import nn

from generation.optim import SCHEDULES, BertAdam, clip_twice, klvcg_code, univl


def test_updates_follow_the_formula_without_bias_correction():
    torch.manual_seed(0)
    matrix, bias = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(4))
    optimizer = BertAdam([{"params": [matrix]}, {"params": [bias], "weight_decay": 0.0}], lr=0.1)
    plain = {p: [p.detach().clone(), torch.zeros_like(p), torch.zeros_like(p)] for p in (matrix, bias)}
    for step in range(5):
        rate = optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = 0.1 / (step + 1)
        for p, kept in plain.items():
            p.grad = torch.randn_like(p)
            kept[1] = 0.9 * kept[1] + 0.1 * p.grad
            kept[2] = 0.999 * kept[2] + 0.001 * p.grad**2
            decay = 0.01 if p is matrix else 0.0
            kept[0] = kept[0] - rate * (kept[1] / (kept[2].sqrt() + 1e-6) + decay * kept[0])
        optimizer.step()
    for p, kept in plain.items():
        torch.testing.assert_close(p.detach(), kept[0], atol=1e-6, rtol=0)


def test_parameters_without_a_gradient_stay_and_states_can_be_restored():
    moved, still = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = BertAdam([moved, still], lr=0.1)
    moved.grad = torch.ones(2)
    optimizer.step()
    assert still.tolist() == [1, 1]
    twin = nn.Parameter(moved.detach().clone())
    other = BertAdam([twin, still], lr=0.1)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))  # as read from a file
    for p, o in ((moved, optimizer), (twin, other)):
        p.grad = torch.tensor([1.0, -2.0])
        o.step()
    assert torch.equal(moved, twin)


def test_gradients_are_clipped_together_and_then_alone():
    a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))
    a.grad, b.grad = torch.tensor([6.0, 0.0]), torch.tensor([8.0])
    clip_twice([a, b])
    assert a.grad.tolist() == pytest.approx([0.6, 0.0], abs=1e-5)
    assert b.grad.tolist() == pytest.approx([0.8], abs=1e-5)
    a.grad, b.grad = torch.tensor([0.1, 0.0]), torch.tensor([0.2])
    clip_twice([a, b])
    assert b.grad.item() == pytest.approx(0.2)


def test_the_schedule_equals_its_closed_form():
    total, w = 1000, 0.1
    for step in range(total):
        x = step / total
        assert univl(x) == pytest.approx(x / w if x < w else (x - 1) / (w - 1))
        assert klvcg_code(x) == pytest.approx((1 - x) / 2)
    assert univl(0) == 0
    assert univl(w) == pytest.approx(1)
    assert univl(1) == univl(1.1) == klvcg_code(1.1) == 0
    assert klvcg_code(0) == 0.5
    assert SCHEDULES["constant"](0.3) == 1
