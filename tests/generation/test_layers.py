"""The shared blocks, against plain arithmetic."""

import math

import pytest
import torch
from torch import nn

from generation.errors import UserError
from generation.layers import Attention, Block, DeviationNorm, Stack, sinusoids, token_losses


def plain_attention(attention: Attention, x: torch.Tensor, memory: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """One row, head by head: x (T, d), memory (S, d), allowed (T, S)."""
    size = x.shape[1] // attention.heads
    heads = []
    for h in range(attention.heads):
        part = slice(h * size, (h + 1) * size)
        q = x @ attention.query.weight[part].T + attention.query.bias[part]
        k = memory @ attention.key.weight[part].T + attention.key.bias[part]
        v = memory @ attention.value.weight[part].T + attention.value.bias[part]
        scores = (q @ k.T / math.sqrt(size)).masked_fill(~allowed, -math.inf)
        heads.append(scores.softmax(-1) @ v)
    return attention.output(torch.cat(heads, dim=-1))


def test_attention_equals_plain_attention_with_folded_rows_and_masks():
    torch.manual_seed(0)
    attention = Attention(12, 3)
    x, memory = torch.randn(6, 4, 12), torch.randn(2, 5, 12)
    mask = torch.tensor([[True] * 5, [True, True, False, True, False]])
    got = attention(x, attention.project(memory), mask)
    for row in range(6):
        expected = plain_attention(attention, x[row], memory[row // 3], mask[row // 3].expand(4, 5))
        torch.testing.assert_close(got[row], expected, atol=1e-6, rtol=0)


def test_causal_attention_sees_no_later_position_also_behind_a_cache():
    torch.manual_seed(0)
    attention = Attention(8, 2)
    x = torch.randn(1, 6, 8)
    whole = attention(x, attention.project(x), causal=True)
    torch.testing.assert_close(whole[0], plain_attention(attention, x[0], x[0], torch.ones(6, 6).tril().bool()))
    torch.testing.assert_close(attention(x[:, 4:], attention.project(x), causal=True), whole[:, 4:])


def test_heads_must_divide_the_width():
    with pytest.raises(UserError, match="width 10 cannot be divided among 4 heads"):
        Attention(10, 4)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_stack_fed_word_by_word_equals_the_stack_fed_at_once(norm):
    torch.manual_seed(0)
    stack = Stack([Block(16, 4, 32, memories=1, norm=norm, dropout=0.0) for _ in range(2)], nn.LayerNorm(16)).eval()
    x, memory = torch.randn(2, 5, 16), torch.randn(2, 3, 16)
    memories = stack.project([(memory, None)])
    whole, _ = stack(x, memories, causal=True)
    cache, parts = None, []
    for i in range(5):
        part, cache = stack(x[:, i : i + 1], memories, causal=True, cache=cache)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-6, rtol=0)


def test_post_norm_block_is_norm_of_sum():
    torch.manual_seed(0)
    block = Block(8, 2, 16, norm="post", activation="gelu").eval()
    x = torch.randn(1, 3, 8)
    everything = torch.ones(3, 3, dtype=torch.bool)
    y = block.norms[0](x[0] + plain_attention(block.attention, x[0], x[0], everything))
    inner = block.feed_forward.inner(y)
    gelu = 0.5 * inner * (1 + torch.erf(inner / math.sqrt(2)))
    expected = block.norms[1](y + block.feed_forward.outer(gelu))
    torch.testing.assert_close(block(x)[0][0], expected, atol=1e-6, rtol=0)


def test_deviation_norm_divides_by_the_unbiased_deviation():
    x = torch.tensor([[1.0, 2.0, 3.0, 6.0]])
    expected = (x - 3.0) / (math.sqrt(14 / 3) + 1e-6)
    torch.testing.assert_close(DeviationNorm(4)(x), expected)


def test_sinusoids_interleave_sines_and_cosines():
    table = sinusoids(4, 6)
    assert table.shape == (4, 6)
    assert table[3, 0].item() == pytest.approx(math.sin(3))
    assert table[3, 1].item() == pytest.approx(math.cos(3))
    assert table[2, 4].item() == pytest.approx(math.sin(2 / 10000 ** (4 / 6)))


def test_token_losses_equal_cross_entropy_and_skip_ignored_targets():
    torch.manual_seed(0)
    head, hidden = nn.Linear(6, 9), torch.randn(3, 4, 6, requires_grad=True)
    targets = torch.tensor([[1, 2, 0, 0], [3, 8, 4, 5], [7, 0, 0, 0]])
    losses = token_losses(hidden, head, targets, 0, rows=3)
    expected = torch.nn.functional.cross_entropy(
        head(hidden).transpose(1, 2), targets, reduction="none", ignore_index=0
    )
    torch.testing.assert_close(losses, expected)
    losses.sum().backward()
    assert hidden.grad is not None
    assert hidden.grad[2, 1:].abs().sum() == 0
