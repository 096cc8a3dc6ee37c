"""The networks and losses of the E-GA line, against plain arithmetic and against integrals taken by drawing."""

import math

import numpy as np
import pytest
import torch

from generation.autoencoders import (
    Gaussian,
    ImageDecoder,
    ImageEncoder,
    TextDecoder,
    TextEncoder,
    annealed,
    capacity,
    gaussian,
    hinge_kl,
    standard_kl,
)
from tests.generation.systems.plain import gru


@pytest.mark.parametrize(("free", "expected"), [(0, 0), (1, 0.0975), (2, 0.2665), (4, 0.5063), (8, 0.7129)])
def test_capacity_is_the_mean_share_of_divergence_in_cross_entropy(free, expected):
    assert capacity(free) == pytest.approx(expected, abs=5e-5)
    mean = np.random.default_rng(1).uniform(-free, free, 1_000_000)
    x, steps = np.linspace(-12, 12, 2401)[:, None], 60  # the integrals themselves, at some means
    some = mean[:steps]
    posterior = np.exp(-((x - some) ** 2) / 2) / math.sqrt(2 * math.pi)
    log_prior, log_posterior = (
        -(x**2) / 2 - math.log(2 * math.pi) / 2,
        -((x - some) ** 2) / 2 - math.log(2 * math.pi) / 2,
    )
    cross, divergence = -(posterior * log_prior).sum(0) * 0.01, (posterior * (log_posterior - log_prior)).sum(0) * 0.01
    inside = np.abs(some) < 6  # beyond, the grid ends too near
    np.testing.assert_allclose(divergence[inside], some[inside] ** 2 / 2, atol=1e-6)
    np.testing.assert_allclose(cross[inside], (np.log(2 * np.pi) + some[inside] ** 2 + 1) / 2, atol=1e-6)
    drawn = (mean**2 / 2) / ((math.log(2 * math.pi) + mean**2 + 1) / 2)
    assert drawn.mean() == pytest.approx(capacity(free), abs=1e-3)


def test_capacity_grows_towards_one():
    found = [capacity(free) for free in (0.0, 1e-6, 0.5, 2.0, 16.0, 1e6)]
    assert found == sorted(found)
    assert found[1] == pytest.approx(0, abs=1e-6)
    assert 0.99999 < found[-1] < 1


def test_means_within_the_hinge_have_no_gradient_and_those_beyond_have_the_squares():
    mean = torch.tensor([[-1.99, -0.3, 0.0, 1.5, 1.99], [-2.5, 2.01, 4.0, -8.0, 3.0]], requires_grad=True)
    log_variance = torch.zeros(2, 5, requires_grad=True)
    hinge_kl(Gaussian(mean, log_variance), 2.0).sum().backward()
    assert torch.equal(mean.grad[0], torch.zeros(5))
    torch.testing.assert_close(mean.grad[1], 2 * mean.detach()[1])
    assert torch.equal(log_variance.grad, torch.zeros(2, 5))  # sigma = 1 is where its part is least


def test_the_hinge_equals_its_formula_and_twice_the_divergence_without_room():
    torch.manual_seed(0)
    both = 3 * torch.randn(4, 12, dtype=torch.float64)
    posterior = gaussian(both)
    for n in range(4):
        mu, log_variance = both[n, :6].tolist(), both[n, 6:].tolist()
        plain = sum(max(m * m - 2.25, 0) + math.exp(v) - v - 1 for m, v in zip(mu, log_variance, strict=True))
        assert float(hinge_kl(posterior, 1.5)[n]) == pytest.approx(plain, rel=1e-5)
    normal = torch.distributions.Normal(posterior.mean, (0.5 * posterior.log_variance).exp())
    divergence = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(standard_kl(posterior).double(), divergence, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(hinge_kl(posterior, 0.0).double(), 2 * divergence, rtol=1e-5, atol=1e-5)


def test_draws_have_the_posteriors_mean_and_spread():
    torch.manual_seed(0)
    posterior = Gaussian(torch.tensor([[1.0, -2.0]]).expand(40_000, 2), torch.tensor([[0.0, -2.0]]).expand(40_000, 2))
    drawn = posterior.draw()
    torch.testing.assert_close(drawn.mean(0), torch.tensor([1.0, -2.0]), atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.tensor([1.0, math.exp(-1)]), atol=0.02, rtol=0)


def test_the_divergence_is_let_in_slowly():
    assert [annealed(p, 0.5) for p in (0, 0.1, 0.25, 0.5, 0.9)] == [0, 0.2, 0.5, 1, 1]
    assert annealed(0, 0) == 1


def test_pictures_go_in_and_come_out_as_dcgan_has_them():
    encoder, decoder = ImageEncoder(8, 10), ImageDecoder(8, 5)
    convolutions = [m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(3, 8), (8, 16), (16, 32), (32, 64)]
    back = [m for m in decoder.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in back] == [(64, 32), (32, 16), (16, 8), (8, 3)]
    pixels = torch.rand(2, 3 * 64 * 64) * 2 - 1
    assert encoder(pixels).shape == (2, 10)
    drawn = decoder(torch.randn(2, 5))
    assert drawn.shape == (2, 3 * 64 * 64)
    assert drawn.abs().max() <= 1


def test_text_networks_equal_a_gru_written_out_and_padding_changes_nothing():
    torch.manual_seed(0)
    encoder, decoder = TextEncoder(3, 4, 2, condition=1), TextDecoder(3, 2, 4, 7)
    embedded, lengths = torch.randn(2, 5, 3), torch.tensor([3, 5])
    condition, vectors = torch.randn(2, 1), torch.randn(2, 2)
    got = encoder(embedded, lengths, condition)
    hidden, last = decoder(embedded, vectors, decoder.start(vectors))
    for n in range(2):
        states = list(gru(encoder.rnn, torch.zeros(4), embedded[n, : lengths[n]]))
        expected = encoder.out.weight @ torch.cat([states[-1], condition[n]]) + encoder.out.bias
        torch.testing.assert_close(got[n], expected, atol=1e-5, rtol=0)
        first = torch.tanh(decoder.first.weight @ vectors[n] + decoder.first.bias)
        beside = torch.cat([embedded[n], vectors[n].expand(5, 2)], dim=-1)
        torch.testing.assert_close(hidden[n], torch.stack(list(gru(decoder.rnn, first, beside))), atol=1e-5, rtol=0)
    torch.testing.assert_close(last, hidden[:, -1])
