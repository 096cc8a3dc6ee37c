"""E-GA, against its own arithmetic written out plainly, and what its paper demands of the training."""

import math
from dataclasses import replace

import pytest
import torch

from generation.autoencoders import Gaussian
from generation.corpus.vocabulary import Vocabulary
from generation.decoding import Options
from generation.errors import UserError
from generation.seeds import derive
from generation.systems import base
from generation.systems.e_ga import EGA, GAN, IMAGE, TEXT, EGAConfig
from generation.train import TrainOptions, train
from tests.generation.systems.plain import Painted, gru, linear

TINY = EGAConfig(
    min_count=1, channels=2, character=6, width=8, image_vector=5, text_vector=4, noise=3, generator=(7, 6),
    critic=(9, 5), comment_length=8, batch=8, image_steps=6, text_steps=8, steps=9, n_critic=2, dev_every=3,
    adam=True, lr=1e-2, gan_lr=1e-2,
)  # fmt: skip


def build(config, filmed):
    system = base.seeded(config, EGA, filmed, None)
    system.features = Painted()
    return system


def at(system, stage):
    system.stage = stage
    system.begin()
    return system.train()


def batch_of(system, filmed, count=6):
    return system.collate(system.examples(filmed)[:count], torch.Generator().manual_seed(1))


def updater(system):
    """What the trainer gives to a step, and the names of the optimizers it was called for."""
    optimizers, called = system.optimizers(), []

    def update(loss, optimizer="main"):
        optimizers[optimizer].zero_grad()
        loss.backward()
        system.clip(optimizer, [p for group in optimizers[optimizer].param_groups for p in group["params"]])
        optimizers[optimizer].step()
        called.append(optimizer)

    return update, called


# -- the losses, one example after another ----------------------------------------------------------------------


def plain_text(text, ids):
    """(means, divergence, negative log-likelihood) of one comment whose vector is the mean."""
    embedded = [text.embedding.weight[i] for i in ids]
    *_, last = gru(text.encoder.rnn, torch.zeros(8), embedded[1:])
    mean, log_variance = linear(text.encoder.out, last).chunk(2)
    kl = sum(
        max(m * m - 0.25, 0) + math.exp(v) - v - 1 for m, v in zip(mean.tolist(), log_variance.tolist(), strict=True)
    )
    states = gru(
        text.decoder.rnn, torch.tanh(linear(text.decoder.first, mean)), [torch.cat([e, mean]) for e in embedded[:-1]]
    )
    nll = 0.0
    for state, target in zip(states, ids[1:], strict=True):
        logits = linear(text.decoder.out, state).tolist()
        nll += math.log(sum(math.exp(z) for z in logits)) - logits[target]
    return mean, kl, nll


def test_the_text_loss_is_equations_3_6_7_and_8(filmed, monkeypatch):
    monkeypatch.setattr(Gaussian, "draw", lambda self: self.mean)
    system = at(build(replace(TINY, mu0=0.5, semantic=1.5), filmed), TEXT)
    system.progress = 0.2  # 0.4 of the way through the annealing
    batch = batch_of(system, filmed)
    assert batch["paired"].tolist() == [False, True, True, True, True, True]
    expected = 0.0
    for first, second, paired in zip(batch["first"], batch["second"], batch["paired"], strict=True):
        one, two = ([i for i in row.tolist() if i != system.vocabulary.pad] for row in (first, second))
        (mean, kl, nll), (mean2, kl2, nll2) = plain_text(system.text, one), plain_text(system.text, two)
        expected += nll + 0.4 * kl
        if paired:
            apart = 1 - ((mean @ mean2) / (mean.norm() * mean2.norm())).item()
            expected += nll2 + 0.4 * kl2 + 1.5 * apart
    assert system.loss(batch)["loss"].item() == pytest.approx(expected / 6, rel=1e-5)
    system.eval()
    loss, full = system.loss(batch), system.dev_loss(batch)
    assert full.item() == pytest.approx((loss["nll"] + 1.5 * loss["apart"] + loss["kl"]).item(), rel=1e-5)


def test_the_image_loss_is_the_mean_squared_error_and_the_hinge_by_pixel(filmed, monkeypatch):
    monkeypatch.setattr(Gaussian, "draw", lambda self: self.mean)
    system = at(build(replace(TINY, image_mu0=0.1), filmed), IMAGE)
    system.progress = 0.25
    batch = batch_of(system, filmed, 3)
    mean, log_variance = system.image.encoder(batch["pixels"]).chunk(2, dim=1)
    drawn = system.image.decoder(mean)
    pairs = zip(drawn.flatten().tolist(), batch["pixels"].flatten().tolist(), strict=True)
    error = sum((a - b) ** 2 for a, b in pairs) / drawn.numel()
    kl = sum(
        max(m * m - 0.01, 0) + math.exp(v) - v - 1
        for m, v in zip(mean.flatten().tolist(), log_variance.flatten().tolist(), strict=True)
    )
    assert system.loss(batch)["loss"].item() == pytest.approx(error + 0.5 * kl / 3 / 12288, rel=1e-5)


def plain_layers(layers, x):
    for layer in layers:
        if isinstance(layer, torch.nn.Linear):
            x = linear(layer, x)
        elif isinstance(layer, torch.nn.BatchNorm1d):
            x = (x - layer.running_mean) / (layer.running_var + layer.eps).sqrt() * layer.weight + layer.bias
        else:
            x = torch.where(x > 0, x, 0.01 * x)
    return x


def test_generator_and_critic_are_the_papers_and_so_is_their_game(filmed):
    system = at(build(TINY, filmed), GAN).eval()
    seen, said, noise = torch.randn(5, 5), torch.randn(5, 4), torch.randn(5, 3)
    fakes = torch.stack([plain_layers(system.generator, torch.cat(row)) for row in zip(seen, noise, strict=True)])
    torch.testing.assert_close(system.imagine(seen, noise), fakes, atol=1e-5, rtol=1e-5)
    real = [float(plain_layers(system.critic, torch.cat(row))) for row in zip(seen, said, strict=True)]
    assert system.judge(seen, said).tolist() == pytest.approx(real, rel=1e-5)
    torch.manual_seed(4)
    loss = system._critic_loss(seen, said)
    torch.manual_seed(4)
    drawn = system.imagine(seen, torch.randn(5, 3))
    fake = [float(plain_layers(system.critic, torch.cat(row))) for row in zip(seen, drawn, strict=True)]
    assert loss["loss"].item() == pytest.approx(sum(fake) / 5 - sum(real) / 5, rel=1e-5, abs=1e-7)
    kinds = [type(layer).__name__ for layer in system.generator]
    assert kinds == ["Linear", "BatchNorm1d", "LeakyReLU", "Linear", "BatchNorm1d", "LeakyReLU", "Linear"]
    assert [type(layer).__name__ for layer in system.critic] == ["Linear", "LeakyReLU", "Linear", "LeakyReLU", "Linear"]


def test_comments_beside_wrong_frames_can_count_as_false(filmed):
    system = at(build(replace(TINY, mismatch=0.5), filmed), GAN).eval()
    seen, said = torch.randn(4, 5), torch.randn(4, 4)
    torch.manual_seed(4)
    loss = system._critic_loss(seen, said)
    wrong = [plain_layers(system.critic, torch.cat([seen[n - 1], said[n]])).item() for n in range(4)]
    real = [plain_layers(system.critic, torch.cat([seen[n], said[n]])).item() for n in range(4)]
    expected = -loss["distance"].item() - 0.5 * (sum(real) - sum(wrong)) / 4
    assert loss["loss"].item() == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_the_penalty_is_of_slopes_that_are_not_one(filmed):
    system = at(build(replace(TINY, penalty=10.0), filmed), GAN)
    seen, said, fakes = torch.randn(4, 5), torch.randn(4, 4), torch.randn(4, 4)
    torch.manual_seed(3)
    got = float(system._steepness(seen, said, fakes))
    torch.manual_seed(3)
    share = torch.rand(4, 1)
    critic, plain = system.critic.double(), 0.0
    for n in range(4):
        x = (share[n] * said[n] + (1 - share[n]) * fakes[n]).double()
        slope = []
        for i in range(4):  # by differences
            step = torch.zeros(4, dtype=torch.float64)
            step[i] = 1e-6
            ends = [float(plain_layers(critic, torch.cat([seen[n].double(), x + sign * step]))) for sign in (1, -1)]
            slope.append((ends[0] - ends[1]) / 2e-6)
        plain += (math.sqrt(sum(s * s for s in slope)) - 1) ** 2 / 4
    assert got == pytest.approx(plain, rel=1e-4)


# -- what training may and may not touch ------------------------------------------------------------------------


def test_the_critics_weights_never_leave_the_clip(filmed):
    system = build(replace(TINY, adam=False, gan_lr=0.1, weight_clip=0.02), filmed)
    weights = list(system.critic.parameters())
    assert max(float(p.abs().max()) for p in weights) <= 0.02
    at(system, GAN)
    update, _ = updater(system)
    before = [p.clone() for p in weights]
    for system.step in range(6):
        system.training_step(batch_of(system, filmed, 8), update)
        assert max(float(p.detach().abs().max()) for p in weights) <= 0.02
    assert any(not torch.equal(a, b) for a, b in zip(before, weights, strict=True))
    free = build(replace(TINY, penalty=10.0), filmed)
    assert max(float(p.abs().max()) for p in free.critic.parameters()) > 0.02


def test_the_generator_learns_in_every_nth_step_and_nothing_frozen_ever(filmed):
    system = at(build(replace(TINY, n_critic=3), filmed), GAN)
    update, called = updater(system)
    frozen = {n: t.clone() for n, t in system.state_dict().items() if n.split(".")[0] in ("image", "text")}
    for system.step in range(6):
        system.training_step(batch_of(system, filmed, 8), update)
    assert called == ["critic", "critic", "critic", "generator"] * 2
    now = system.state_dict()
    assert all(torch.equal(now[name], before) for name, before in frozen.items())


@pytest.mark.parametrize(("stage", "part"), [(IMAGE, "image"), (TEXT, "text"), (GAN, "generator")])
def test_each_stage_moves_its_own_part(filmed, stage, part):
    system = at(build(TINY, filmed), stage)
    update, _ = updater(system)
    before = {n: p.clone() for n, p in system.named_parameters()}
    for system.step in range(4):
        system.training_step(batch_of(system, filmed, 8), update)
    moved = {n.split(".")[0] for n, p in system.named_parameters() if not torch.equal(p, before[n])}
    assert moved == {part} | ({"critic"} if stage == GAN else set())


def test_gradients_of_the_autoencoders_are_no_longer_than_one(filmed):
    system = at(build(replace(TINY, adam=False, lr=0.0), filmed), TEXT)
    update, _ = updater(system)
    system.training_step(batch_of(system, filmed), update)
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in system.text.parameters()))
    assert norm == pytest.approx(1.0, rel=1e-4)


def test_vectors_of_the_frozen_spaces_are_those_of_the_frames_and_comments(filmed):
    system = at(build(TINY, filmed), GAN)
    examples = system.examples(filmed)
    batch = system.collate(examples[5:9], None)
    seen, said = system._known(batch)
    pairs = [(sample, text) for sample in filmed for text in sample.references][5:9]
    with torch.no_grad():
        expected = system.image.encode(system.pixels([sample for sample, _ in pairs])).mean
        texts = system.text.encode(system.ids([text for _, text in pairs])).mean
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(said, texts, atol=1e-5, rtol=0)
    drawn = at(build(replace(TINY, real="draw"), filmed), GAN)
    batch = drawn.collate(drawn.examples(filmed)[:4], None)
    assert not torch.equal(drawn._known(batch)[1], drawn._known(batch)[1])


def test_a_comment_meets_another_of_its_frame_or_stands_alone(filmed):
    system = at(build(TINY, filmed), TEXT)
    for seed in range(5):
        examples = system.examples(filmed)
        batch = system.collate(examples, torch.Generator().manual_seed(seed))
        for (sample, i), second, paired in zip(examples, batch["second"], batch["paired"], strict=True):
            others = [text for j, text in enumerate(sample.references) if j != i]
            assert system.vocabulary.decode(second[1:].tolist()) in (others or sample.references)
            assert bool(paired) == bool(others)
    alone = system.collate(system.examples(filmed[:1]), torch.Generator())
    assert float(system.loss(alone)["apart"]) == 0


def test_the_contrast_is_the_cross_entropy_of_partners_among_the_batch(filmed):
    plain, both = (at(build(replace(TINY, contrast=weight), filmed), TEXT) for weight in (0.0, 0.5))
    batch = batch_of(plain, filmed)
    losses = []
    for system in (plain, both):
        torch.manual_seed(5)
        losses.append(float(system.loss(batch)["loss"].detach()))
    first, second = (plain.text.encode(batch[name]).mean.detach() for name in ("first", "second"))
    centre, expected = (first.sum(0) + second.sum(0)) / 12, 0.0
    first, second = first - centre, second - centre
    for i in range(1, 6):  # the first comment is alone
        cosines = [float((first[i] @ other) / (first[i].norm() * other.norm())) / 0.2 for other in second]
        expected += math.log(sum(math.exp(c) for c in cosines)) - cosines[i]
    assert losses[1] - losses[0] == pytest.approx(0.5 * expected / 6, rel=1e-4)


def test_filled_means_have_the_deviation_that_equation_4_supposes(filmed):
    plain, full = (at(build(replace(TINY, mu0=1.5, fill=fill), filmed), TEXT) for fill in (False, True))
    ids = plain.ids([text for sample in filmed for text in sample.references])
    before, after = plain.text.encode(ids), full.text.encode(ids)
    torch.testing.assert_close(before.log_variance, after.log_variance)
    mean = before.mean.mean(0)
    square = (before.mean - mean).square().mean(0)
    expected = (before.mean - mean) / (square + 1e-5).sqrt() * 1.5 / math.sqrt(3)  # U(-a, a) has variance a^2 / 3
    torch.testing.assert_close(after.mean, expected, atol=1e-5, rtol=1e-5)
    full.eval()  # by what was seen in training, here a tenth of the way from mean 0 and variance 1
    count = len(ids)
    running = (0.9 + 0.1 * square * count / (count - 1) + 1e-5).sqrt()
    expected = (before.mean - 0.1 * mean) / running * 1.5 / math.sqrt(3)
    torch.testing.assert_close(full.text.encode(ids).mean, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(full.text.encode(ids[:1]).mean, expected[:1], atol=1e-5, rtol=1e-5)


def test_a_batch_of_one_is_learnt_from(filmed):
    system = at(build(TINY, filmed), GAN)
    update, _ = updater(system)
    system.step = 1
    system.training_step(batch_of(system, filmed, 1), update)
    assert all(torch.isfinite(p).all() for p in system.parameters())


# -- writing ----------------------------------------------------------------------------------------------------


def alive(system):
    """Generators of untrained systems say too much of the same; this one's noise is loud."""
    with torch.no_grad():
        for loud in (system.generator[0], system.generator[-1], system.text.decoder.first, system.text.decoder.out):
            loud.weight.mul_(20)
    return system.eval()


def test_each_output_is_the_greedy_reading_of_one_noise_vector(filmed):
    system = alive(build(TINY, filmed))
    options = Options(per_sample=2, decoding="greedy", seed=3)
    (row,) = system.generate(filmed[2:3], options)
    noise = torch.randn(2, 3, generator=torch.Generator().manual_seed(derive(3, filmed[2].id, 0)))
    texts = []
    with torch.no_grad():
        seen = system.image.encode(system.pixels(filmed[2:3])).mean
        for vector in system.imagine(seen.expand(2, -1), noise):
            ids, v = [system.vocabulary.bos], system.vocabulary
            state = torch.tanh(linear(system.text.decoder.first, vector))
            while ids[-1] != v.eos and len(ids) <= TINY.comment_length - 2:
                (state,) = gru(
                    system.text.decoder.rnn, state, [torch.cat([system.text.embedding.weight[ids[-1]], vector])]
                )
                logits = linear(system.text.decoder.out, state)
                logits[[v.pad, v.bos, v.unk]] = -math.inf
                ids.append(int(logits.argmax()))
            texts.append(v.decode(ids[1:]))
    assert len(set(texts)) == 2, "the noise changes nothing here, so the test shows nothing"
    assert {output.text for output in row} == set(texts)
    assert row[0].score >= row[1].score


@pytest.mark.parametrize("decoding", ["greedy", "sample", "beam"])
def test_outputs_depend_on_seed_and_sample_alone(filmed, decoding):
    system = alive(build(TINY, filmed))
    options = Options(per_sample=3, decoding=decoding, seed=3)
    chosen = [filmed[i] for i in (2, 7, 12)]
    texts = [[output.text for output in row] for row in system.generate(chosen, options)]
    again = system.generate(chosen[::-1][:2], options)
    assert [[output.text for output in row] for row in again] == [texts[2], texts[1]]
    assert system.generate(chosen, replace(options, seed=4)) != system.generate(chosen, options)
    assert all(len(set(row)) == len(row) for row in texts)


def test_the_noise_is_what_tells_outputs_apart(filmed):
    system = alive(build(TINY, filmed))
    still = Options(per_sample=5, decoding="sample", temperature=0.0)
    assert [len(row) for row in system.generate(filmed[2:5], still)] == [1, 1, 1]
    assert [len(row) for row in system.generate(filmed[2:5], replace(still, temperature=1.0))] == [5, 5, 5]


def test_it_does_not_pretend_to_rank(filmed):
    system = build(TINY, filmed)
    with pytest.raises(UserError, match="e_ga does not rank candidates"):
        system.score(filmed[:1], [["哈哈"]])


# -- from the config to the checkpoint --------------------------------------------------------------------------


def test_the_defaults_are_the_papers():
    c = EGAConfig()
    assert (c.generator, c.critic, c.leak) == ((1000, 500), (2000, 1000), 0.01)
    assert (c.mu0, c.batch, c.lr, c.momentum, c.gradient_norm) == (2.0, 32, 0.1, 0.6, 1.0)
    assert (c.gan_lr, c.decay, c.weight_clip, c.n_critic, c.penalty, c.adam) == (1e-5, 0.9, 0.01, 5, None, False)
    assert (c.semantic, c.contrast, c.fill, c.mismatch, c.real) == (1.0, 0.0, False, 0.0, "mean")
    with torch.device("meta"):
        system = EGA(c, Vocabulary.placeholder(100, EGA.SPECIALS, c.tokenizer))
        system.stage = TEXT
        sgd = system.optimizers()["main"]
        system.stage = GAN
        rms = system.optimizers()["generator"]
    assert (type(sgd).__name__, sgd.defaults["lr"], sgd.defaults["momentum"]) == ("SGD", 0.1, 0.6)
    assert (type(rms).__name__, rms.defaults["lr"], rms.defaults["alpha"]) == ("RMSprop", 1e-5, 0.9)
    assert [system.generator[0].in_features, system.critic[0].in_features] == [512 + 100, 512 + 256]


def test_what_it_cannot_do_is_said(filmed):
    with pytest.raises(UserError, match="e_ga looks at pixels: its backbone is pixels64, not resnet18"):
        build(replace(TINY, backbone="resnet18"), filmed)
    with pytest.raises(UserError, match="--real=noisy: mean or draw is expected"):
        build(replace(TINY, real="noisy"), filmed)


class Killed(Exception):
    """Stands for the end of the process."""


def test_broken_off_between_two_steps_of_the_generator_it_ends_in_the_same_bits(small_corpus, tmp_path, monkeypatch):
    def options(name):
        return TrainOptions(out=tmp_path / name, device="cpu", save_every=2)

    whole = train("e_ga", TINY, [small_corpus], options("whole"))
    step = EGA.training_step

    def broken(self, batch, update):
        if (self.stage, self.step) == (GAN, 5):
            raise Killed
        return step(self, batch, update)

    with monkeypatch.context() as patch:
        patch.setattr(EGA, "training_step", broken)
        with pytest.raises(Killed):
            train("e_ga", TINY, [small_corpus], options("broken"))
    again = train("e_ga", TINY, [small_corpus], options("broken"))
    assert (whole / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    assert base.digest(whole) == base.digest(again)
