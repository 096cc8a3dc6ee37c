"""CVAE, against its own arithmetic written out plainly."""

from dataclasses import replace

import pytest
import torch

from generation.autoencoders import Gaussian
from generation.decoding import Options
from generation.seeds import derive
from generation.systems import base
from generation.systems.cvae import CVAE, CVAEConfig
from tests.generation.systems.plain import Painted, gru, linear, surprise

TINY = CVAEConfig(
    min_count=1, channels=2, character=6, width=8, image_vector=5, latent=3, comment_length=8, together=2, batch=8,
    draws=2, steps=12, dev_every=6,
)  # fmt: skip


def build(config, samples):
    system = base.seeded(config, CVAE, samples, None)
    system.features = Painted()
    with torch.no_grad():  # so that what is drawn can be seen in what is written
        for loud in (system.decoder.first, system.decoder.out):
            loud.weight.mul_(20)
    return system.eval()


def posterior(system, seen, ids):
    """q(z | s, y) of one comment."""
    inputs = [system.embedding.weight[i] for i in ids[1:]]
    *_, last = gru(system.encoder.rnn, torch.zeros(8), inputs)
    both = linear(system.encoder.out, torch.cat([last, seen]))
    return torch.distributions.Normal(both[:3], (0.5 * both[3:]).exp())


def nll(system, seen, z, ids):
    """-log p(s | z, y)."""
    vector = torch.cat([z, seen])
    inputs = [torch.cat([system.embedding.weight[i], vector]) for i in ids[:-1]]
    states = gru(system.decoder.rnn, torch.tanh(linear(system.decoder.first, vector)), inputs)
    return surprise([linear(system.decoder.out, state) for state in states], ids[1:])


def divergence(q):
    return float(torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum())


def real(system, text):
    return [i for i in system.vocabulary.frame(text, 8) if i != system.vocabulary.pad]


@torch.no_grad()
def test_the_loss_is_the_bound_with_the_divergence_let_in_slowly(filmed, monkeypatch):
    monkeypatch.setattr(Gaussian, "draw", lambda self: self.mean)
    system = build(replace(TINY, anneal=0.5, beta=0.8), filmed)
    examples = system.examples(filmed)[:3]
    batch = system.collate(examples, torch.Generator())
    words, kl, count = 0.0, 0.0, 0
    for sample, texts in examples:
        seen = system.image(system.pixels([sample]))[0]
        for text in texts:
            q = posterior(system, seen, real(system, text))
            words, kl, count = words + nll(system, seen, q.mean, real(system, text)), kl + divergence(q), count + 1
    assert system.dev_loss(batch).item() == pytest.approx((words + 0.8 * kl) / count, rel=1e-5)
    system.progress, system.training = 0.125, True  # the system's own flag: its parts stay as they are
    assert system.loss(batch)["loss"].item() == pytest.approx((words + 0.2 * kl) / count, rel=1e-5)


@torch.no_grad()
def test_candidates_are_ranked_by_the_bound(filmed):
    system = build(TINY, filmed)
    texts = ["前方高能", "猫在屋顶上", "哈"]
    (scores,) = system.score(filmed[3:4], [texts])
    seen = system.image(system.pixels(filmed[3:4]))[0]
    generator = torch.Generator().manual_seed(derive(TINY.seed, "bound"))
    noise = [torch.randn(3, generator=generator) for _ in range(2)]
    for text, score in zip(texts, scores, strict=True):
        ids = real(system, text)
        q = posterior(system, seen, ids)
        bound = divergence(q) + sum(nll(system, seen, q.mean + q.stddev * e, ids) for e in noise) / 2
        assert score == pytest.approx(bound / (len(ids) - 1), rel=1e-5)


def test_outputs_differ_by_what_is_drawn_from_the_prior(filmed):
    system = build(TINY, filmed)
    options = Options(per_sample=4, decoding="sample", seed=2)
    rows = [[output.text for output in row] for row in system.generate(filmed[:3], options)]
    assert all(len(set(row)) == 4 for row in rows)
    assert [[o.text for o in row] for row in system.generate(filmed[2:3], options)] == rows[2:]
    assert [len(row) for row in system.generate(filmed[:3], replace(options, temperature=0.0))] == [1, 1, 1]


def test_both_sides_are_told_the_frame(filmed):
    system = build(TINY, filmed)
    ids, drawn = system.ids(["哈哈哈哈"]), torch.zeros(1, 3)
    with torch.no_grad():
        one, other = (system.conditions(system.pixels([filmed[i]])) for i in (2, 8))
        assert not torch.allclose(system.posterior(ids, one).mean, system.posterior(ids, other).mean)
        ends = [system.negative_log_likelihood(ids, drawn, seen) for seen in (one, other)]
    assert not torch.allclose(*ends)
