"""Encoder-Decoder, against its own arithmetic written out plainly."""

import math
from dataclasses import replace

import pytest
import torch

from generation.decoding import Options
from generation.systems import base
from generation.systems.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from generation.train import TrainOptions, train
from tests.generation.systems.plain import Painted, gru, linear, surprise

TINY = EncoderDecoderConfig(
    min_count=1, channels=2, character=6, width=8, image_vector=5, comment_length=8, batch=8, steps=12, dev_every=6,
)  # fmt: skip


def build(config, samples):
    system = base.seeded(config, EncoderDecoder, samples, None)
    system.features = Painted()
    return system.eval()


def plain(system, sample, ids):
    """Logits after each of ``ids``."""
    seen = system.image(system.pixels([sample]))[0]
    first = torch.tanh(linear(system.text.first, seen))
    inputs = [torch.cat([system.embedding.weight[i], seen]) for i in ids]
    return [linear(system.text.out, state) for state in gru(system.text.rnn, first, inputs)]


@pytest.mark.parametrize("together", [1, 3])
def test_the_loss_is_the_mean_surprise_of_characters(filmed, together):
    system = build(replace(TINY, together=together), filmed)
    examples = system.examples(filmed)[:3]
    batch = system.collate(examples, torch.Generator())
    total, count = 0.0, 0
    for sample, texts in examples:
        for text in texts:
            ids = [i for i in system.vocabulary.frame(text, 8) if i != system.vocabulary.pad]
            total += surprise(plain(system, sample, ids[:-1]), ids[1:])
            count += len(ids) - 1
    assert system.loss(batch)["loss"].item() == pytest.approx(total / count, rel=1e-5)


def test_candidates_are_ranked_by_their_mean_surprise(filmed):
    system = build(TINY, filmed)
    texts = ["前方高能", "哈哈哈哈", "猫"]
    (scores,) = system.score(filmed[3:4], [texts])
    for text, score in zip(texts, scores, strict=True):
        ids = [i for i in system.vocabulary.frame(text, 8) if i != system.vocabulary.pad]
        assert score == pytest.approx(surprise(plain(system, filmed[3], ids[:-1]), ids[1:]) / (len(ids) - 1), rel=1e-5)


def test_greedy_writing_reads_what_it_wrote(filmed):
    system = build(TINY, filmed)
    ((output,),) = system.generate(filmed[4:5], Options(decoding="greedy"))
    ids, v = [system.vocabulary.bos], system.vocabulary
    while ids[-1] != v.eos and len(ids) < 7:
        logits = plain(system, filmed[4], ids)[-1]
        logits[[v.pad, v.bos, v.unk]] = -math.inf
        ids.append(int(logits.argmax()))
    assert output.text == v.decode(ids[1:])


@pytest.mark.parametrize("decoding", ["sample", "beam"])
def test_it_writes_several_distinct_comments(filmed, decoding):
    system = build(TINY, filmed)
    options = Options(per_sample=4, decoding=decoding, seed=2)
    rows = [[output.text for output in row] for row in system.generate(filmed[:3], options)]
    assert all(len(set(row)) == 4 for row in rows)
    assert [[o.text for o in row] for row in system.generate(filmed[2:3], options)] == rows[2:]


def test_what_is_written_depends_on_the_frame(filmed):
    system = build(TINY, filmed)
    one, other = (system.score([filmed[i]], [["哈哈哈哈"]]) for i in (2, 8))
    assert one != other


def test_it_learns(small_corpus, tmp_path):
    out = train("encoder_decoder", replace(TINY, lr=1e-2, steps=60), [small_corpus], TrainOptions(out=tmp_path / "out"))
    lines = (out / "training" / "log.jsonl").read_text().splitlines()
    losses = [float(line.split('"dev_loss": ')[1].rstrip("}")) for line in lines if "dev_loss" in line]
    assert losses[-1] < losses[0] - 0.3
    assert base.load_checkpoint(out).config == replace(TINY, lr=1e-2, steps=60)
