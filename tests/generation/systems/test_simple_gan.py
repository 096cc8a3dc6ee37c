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


def test_it_does_not_pretend_to_rank(filmed):
    with pytest.raises(UserError, match="simple_gan does not rank candidates"):
        build(TINY, filmed).score(filmed[:1], [["哈哈"]])
