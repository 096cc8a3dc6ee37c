"""Simple-GAN, against its own arithmetic written out plainly."""

import math
from dataclasses import replace

import pytest
import torch

from generation.decoding import Options
from generation.errors import UserError
from generation.seeds import derive
from generation.systems import base
from generation.systems.simple_gan import SimpleGAN, SimpleGANConfig
from tests.generation.systems.plain import Painted, gru, linear

TINY = SimpleGANConfig(
    min_count=1, channels=2, character=6, width=8, image_vector=5, noise=3, comment_length=6, sharpness=2.0, together=2,
    batch=8, lr=1e-2, steps=12, dev_every=6,
)  # fmt: skip


def build(config, samples):
    system = base.seeded(config, SimpleGAN, samples, None)
    system.features = Painted()
    with torch.no_grad():
        for loud in (system.generator.first, system.generator.out):
            loud.weight.mul_(10)
    return system.eval()


def plain_writing(system, noise, seen):
    """(logits, soft one-hots) of one comment, place by place."""
    vector = torch.cat([noise, seen])
    state, read = torch.tanh(linear(system.generator.first, vector)), torch.zeros(len(system.vocabulary))
    read[system.vocabulary.bos] = 1
    for _ in range(5):
        (state,) = gru(system.generator.rnn, state, [torch.cat([read @ system.embedding.weight, vector])])
        logits = linear(system.generator.out, state)
        read = (2.0 * logits).exp() / (2.0 * logits).exp().sum()
        yield logits, read


def plain_verdict(system, rows, seen):
    """The discriminator's logit of one comment given as (soft) one-hots."""
    side = system.discriminator
    *_, last = gru(side.text.rnn, torch.zeros(8), [row @ side.embedding.weight for row in rows])
    return float(linear(side.text.out, torch.cat([last, seen])))


@torch.no_grad()
def test_both_losses_are_those_of_a_conditional_gan(filmed):
    system = build(TINY, filmed)
    examples = system.examples(filmed)[:3]
    batch = system.collate(examples, torch.Generator())
    count = len(batch["target"])
    torch.manual_seed(3)
    got = system.loss(batch)["loss"].item()
    torch.manual_seed(3)
    noise, expected, row = torch.randn(count, 3), 0.0, 0
    one_hot = torch.eye(len(system.vocabulary))
    for sample, texts in examples:
        seen = system.discriminator.image(system.pixels([sample]))[0]
        for text in texts:
            real = one_hot[system.vocabulary.frame(text, 6)[1:]]
            fake = torch.stack([read for _, read in plain_writing(system, noise[row], seen)])
            for rows, sign in ((real, 1), (fake, -1)):
                expected += math.log(1 + math.exp(-sign * plain_verdict(system, rows, seen))) / count
            row += 1
    assert got == pytest.approx(expected, rel=1e-5)


def test_each_side_learns_in_its_turn_and_leaves_the_other_alone(filmed):
    system = build(TINY, filmed).train()
    optimizers, moved = system.optimizers(), []

    def update(loss, optimizer):
        before = {n: p.clone() for n, p in system.named_parameters()}
        for other in optimizers.values():
            other.zero_grad()
        loss.backward()
        optimizers[optimizer].step()
        moved.append({n.split(".")[0] for n, p in system.named_parameters() if not torch.equal(p, before[n])})

    system.training_step(system.collate(system.examples(filmed)[:4], torch.Generator()), update)
    assert moved == [{"discriminator"}, {"embedding", "generator"}]


def test_the_generator_follows_the_gradient_that_comes_through_soft_characters(filmed):
    system = build(TINY, filmed)
    seen, noise = torch.randn(4, 5), torch.randn(4, 3)
    torch.manual_seed(0)
    before = system.judge(system.soft(noise, seen), seen).mean()
    chosen = [*system.embedding.parameters(), *system.generator.parameters()]
    slopes = torch.autograd.grad(before, chosen)
    with torch.no_grad():
        for parameter, slope in zip(chosen, slopes, strict=True):
            parameter += 1e-3 * slope
        assert system.judge(system.soft(noise, seen), seen).mean() > before


@torch.no_grad()
def test_an_output_is_the_likeliest_character_at_each_place_and_padding_ends_it(filmed):
    system = build(TINY, filmed)
    options = Options(per_sample=2, decoding="greedy", seed=5)
    (row,) = system.generate(filmed[3:4], options)
    seen, v = system.discriminator.image(system.pixels(filmed[3:4]))[0], system.vocabulary
    noise = torch.randn(2, 3, generator=torch.Generator().manual_seed(derive(5, filmed[3].id, 0)))
    texts = set()
    for drawn in noise:
        ids = []
        for logits, _ in list(plain_writing(system, drawn, seen))[:4]:
            logits[v.eos] = math.log(math.exp(logits[v.eos]) + math.exp(logits[v.pad]))
            logits[[v.pad, v.bos, v.unk]] = -math.inf
            ids.append(int(logits.argmax()))
        texts.add(v.decode(ids))
    assert {output.text for output in row} >= texts
    system.generator.out.bias[v.pad] += 1000
    assert system.generate(filmed[3:4], options)[0][0].text == ""


def test_outputs_differ_by_their_noise(filmed):
    system = build(TINY, filmed)
    options = Options(per_sample=3, decoding="sample", seed=2)
    rows = [[output.text for output in row] for row in system.generate(filmed[:3], options)]
    assert all(len(set(row)) == 3 for row in rows)
    assert [[o.text for o in row] for row in system.generate(filmed[2:3], options)] == rows[2:]
    assert [len(row) for row in system.generate(filmed[:3], replace(options, temperature=0.0))] == [1, 1, 1]


# -- the two options that are no part of it ------------------------------------------------------------------------


@torch.no_grad()
def test_the_likelihood_is_that_of_each_real_character_and_of_what_stands_behind_them(filmed):
    system = build(TINY, filmed)
    batch = system.collate(system.examples(filmed)[:2], torch.Generator())
    seen = torch.randn(len(batch["target"]), 5)
    torch.manual_seed(6)
    got = system._likelihood(batch["target"], seen).item()
    torch.manual_seed(6)
    noise, expected = torch.randn(len(seen), 3), []
    texts = [text for _, comments in system.examples(filmed)[:2] for text in comments]
    for text, drawn, frame in zip(texts, noise, seen, strict=True):
        ids, vector = system.vocabulary.frame(text, 6), torch.cat([drawn, frame])
        inputs = [torch.cat([system.embedding.weight[i], vector]) for i in ids[:-1]]
        states = gru(system.generator.rnn, torch.tanh(linear(system.generator.first, vector)), inputs)
        logits = [linear(system.generator.out, state) for state in states]
        expected += [float(z.exp().sum().log() - z[target]) for z, target in zip(logits, ids[1:], strict=True)]
    assert len(expected) == 5 * len(texts)
    assert got == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def test_the_likelihood_adds_to_what_the_generator_minimises(filmed):
    found = []
    for weight in (0.0, 2.0):
        system, losses = build(replace(TINY, likelihood=weight), filmed).train(), {}
        batch = system.collate(system.examples(filmed)[:4], torch.Generator())
        torch.manual_seed(1)
        shown = system.training_step(batch, lambda loss, optimizer, losses=losses: losses.update({optimizer: loss}))
        found.append((losses["generator"].item(), shown["nll"].item() if weight else 0.0))
    assert found[1][0] - found[0][0] == pytest.approx(2 * found[1][1], rel=1e-5)
    assert found[1][1] > 0


def test_with_gumbel_characters_are_drawn_and_let_the_gradient_through(filmed):
    system = build(replace(TINY, gumbel=0.7), filmed).train()
    seen, noise = torch.randn(1, 5).expand(4000, -1), torch.randn(1, 3).expand(4000, -1)
    written = system.soft(noise, seen)
    torch.testing.assert_close(written.max(-1).values, torch.ones(4000, 5))
    torch.testing.assert_close(written.abs().sum(-1), torch.ones(4000, 5))
    logits, _ = system._next(system.cache(noise[:1], seen[:1]))
    torch.testing.assert_close(written[:, 0].mean(0), logits.softmax(-1)[0], atol=0.04, rtol=0)  # over 4 deviations
    system.judge(written[:8], seen[:8]).mean().backward()
    assert float(system.generator.out.weight.grad.abs().sum()) > 0


@torch.no_grad()
def test_with_gumbel_an_output_goes_on_from_the_characters_that_were_drawn(filmed):
    system = build(replace(TINY, gumbel=0.7), filmed)
    options = Options(per_sample=2, decoding="sample", seed=5)
    ((first, *_),) = system.generate(filmed[3:4], options)
    seen, v = system.discriminator.image(system.pixels(filmed[3:4]))[0], system.vocabulary
    noises = torch.randn(2, 3, generator=torch.Generator().manual_seed(derive(5, filmed[3].id, 0)))
    ids, scores = [v.bos, *v.encode(first.text)], []
    for noise in noises:
        vector, total = torch.cat([noise, seen]), 0.0
        states = gru(
            system.generator.rnn,
            torch.tanh(linear(system.generator.first, vector)),
            [torch.cat([system.embedding.weight[i], vector]) for i in ids],
        )
        for state, target in zip(states, [*ids[1:], v.eos], strict=True):
            logits = linear(system.generator.out, state)
            logits[v.eos] = torch.logaddexp(logits[v.eos], logits[v.pad])
            total += float(logits.exp().sum().log() - logits[target])
        scores.append(-total / len(ids))
    assert any(first.score == pytest.approx(score, rel=1e-4) for score in scores)
    rows = [[output.text for output in row] for row in system.generate(filmed[2:5], options)]
    assert rows[1][0] == first.text
    assert system.generate(filmed[3:4], replace(options, seed=6)) != system.generate(filmed[3:4], options)


def test_it_does_not_pretend_to_rank(filmed):
    with pytest.raises(UserError, match="simple_gan does not rank candidates"):
        build(TINY, filmed).score(filmed[:1], [["哈哈"]])
