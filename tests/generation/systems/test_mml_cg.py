"""MML-CG, against its own arithmetic written out plainly, and against the size it is known to have."""

import math
from dataclasses import replace

import pytest
import torch

from generation import train as training
from generation.commands.params import count
from generation.corpus import windows
from generation.corpus.records import Comment, Sample
from generation.decoding import Options, beam_search
from generation.errors import UserError
from generation.systems import base
from generation.systems.mml_cg import MMLCG, MMLCGConfig
from generation.train import TrainOptions, train

TINY = MMLCGConfig(
    blocks=2, width=16, heads=4, inner=12, comments=3, comment_length=6, backbone="resnet18", frame_width=8,
    vocabulary=40, batch=8, steps=12, dev_every=4, patience=None,
)  # fmt: skip


@pytest.fixture
def samples(small_corpus):
    """A crowded moment, one with fewer and empty seconds, one without any context."""
    full = windows.samples(small_corpus, "test")[8]
    sparse = replace(full, context=tuple(c for c in full.context if c.second % 3 == 0)[1:])
    return [full, sparse, replace(full, context=())]


def build(config, corpus):
    system = base.seeded(config, MMLCG, windows.samples(corpus, "train"), None)
    with torch.no_grad():  # zero biases would hide a forgotten one
        for number, parameter in enumerate(system.parameters()):
            if parameter.dim() == 1:
                parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
    return system.eval()


def batch_of(system, samples):
    batch = system.collate([(s, (text,)) for s, text in zip(samples, comments_for(samples), strict=True)], None)
    shape = (len(samples), 11, system.features.dim)
    batch["frames"] = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    return batch


def comments_for(samples):
    return [["哈哈哈哈", "这只猫好可爱", "猫在屋顶上"][i % 3] for i in range(len(samples))]


# -- the plain implementation: one sample, loops, no shared code ------------------------------------------------


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def norm(w, name, x, official):
    centred = x - x.mean(-1, keepdim=True)
    squares = (centred**2).sum(-1, keepdim=True)
    unbiased, biased = squares / (x.shape[-1] - 1), squares / x.shape[-1]
    deviation = unbiased.sqrt() + 1e-6 if official else (biased + 1e-5).sqrt()
    return w[f"{name}.weight"] * centred / deviation + w[f"{name}.bias"]


def attend(w, name, x, memory, heads, causal=False):
    size = x.shape[1] // heads
    q, k, v = (linear(w, f"{name}.{part}", y) for part, y in (("query", x), ("key", memory), ("value", memory)))
    out = torch.zeros_like(x)
    for h in range(heads):
        cut = slice(h * size, (h + 1) * size)
        for t in range(len(x)):
            last = t + 1 if causal else len(memory)
            scores = torch.stack([q[t, cut] @ k[s, cut] / math.sqrt(size) for s in range(last)])
            chances = scores.exp() / scores.exp().sum()
            out[t, cut] = sum(chances[s] * v[s, cut] for s in range(last))
    return linear(w, f"{name}.output", out)


def feed(w, name, x):
    return linear(w, f"{name}.outer", linear(w, f"{name}.inner", x).clamp(min=0))


def lstm(w, name, inputs):
    """Two layers, one direction: (T, n) -> outputs of the upper layer (T, d)."""
    for layer in range(2):
        hidden = cell = torch.zeros(w[f"{name}.weight_hh_l{layer}"].shape[1])
        outputs = []
        for x in inputs:
            gates = w[f"{name}.weight_ih_l{layer}"] @ x + w[f"{name}.bias_ih_l{layer}"]
            gates = gates + w[f"{name}.weight_hh_l{layer}"] @ hidden + w[f"{name}.bias_hh_l{layer}"]
            enter, forget, new, leave = gates.chunk(4)
            cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
            hidden = leave.sigmoid() * cell.tanh()
            outputs.append(hidden)
        inputs = torch.stack(outputs)
    return inputs


def table(w, config):
    return w["embedding.weight"] * (math.sqrt(config.width) if config.tied else 1)


def second(w, system, texts, query):
    """The comments of one second by their dot products with the frames."""
    config, v = system.config, system.vocabulary
    if config.official_compat:
        texts = (texts + [None] * config.comments)[: config.comments]
    vectors = []
    for text in texts[: config.comments] or [None]:
        ids = [v.bos, v.unk, v.eos] if text is None else [v.bos, *v.encode(text)[: config.comment_length - 2], v.eos]
        if config.official_compat:
            ids = ids + [v.pad] * (config.comment_length - len(ids))
        vectors.append(lstm(w, "text", table(w, config)[ids])[-1])
    scores = torch.stack([vector @ query for vector in vectors])
    return sum(s * vector for s, vector in zip(scores.exp() / scores.exp().sum(), vectors, strict=True))


def plain(system, sample, frames, ids):
    """(logits (T, V), logits of the temporal task (10, 2))."""
    w = {name: tensor.detach() for name, tensor in system.named_parameters(remove_duplicate=False)}
    config, official = system.config, system.config.official_compat
    frames = linear(w, "frame_projection", frames)
    around = lstm(w, "video", frames)[-1]
    x = frames[5:6]
    x = x + attend(w, "key_frame.attention", norm(w, "key_frame.norms.0", x, official), frames, 4)
    x = x + feed(w, "key_frame.feed_forward", norm(w, "key_frame.norms.1", x, official))
    key = norm(w, "key_frame.final", linear(w, "key_frame.projection", x), official)[0]
    seconds = [[c.text for c in sample.context if c.second == sample.time + o] for o in [*range(-5, 0), *range(1, 6)]]
    topics = torch.stack([second(w, system, texts, around) for texts in seconds])
    memory = torch.cat([topics, around[None], key[None]])
    x = table(w, config)[ids]
    for i in range(config.blocks):
        block = f"decoder.blocks.{i}"
        normed = norm(w, f"{block}.norms.0", x, official)
        x = x + attend(w, f"{block}.attention", normed, normed, config.heads, causal=True)
        normed = norm(w, f"{block}.norms.1", x, official)
        x = x + attend(w, f"{block}.memory_attentions.0", normed, memory, config.heads)
        x = x + feed(w, f"{block}.feed_forward", norm(w, f"{block}.norms.2", x, official))
    logits = linear(w, "output", norm(w, "decoder.final", x, official))
    return logits, linear(w, "temporal", torch.cat([topics, key.expand(10, -1)], dim=1))


@pytest.mark.parametrize(("official", "tied"), [(False, False), (True, False), (False, True)])
def test_logits_and_both_losses_equal_the_plain_implementation(small_corpus, samples, official, tied):
    system = build(replace(TINY, official_compat=official, tied=tied), small_corpus)
    batch = batch_of(system, samples)
    target = batch["target"]
    with torch.no_grad():
        hidden, _ = system.decode(system.encoded(batch), target[:, :-1])
        got, losses = system.project(hidden), system.loss(batch)
    tokens, order = [], []
    for b, sample in enumerate(samples):
        logits, temporal = plain(system, sample, batch["frames"][b], target[b, :-1])
        torch.testing.assert_close(got[b], logits, atol=1e-5, rtol=0)
        chances = logits.log_softmax(-1)
        tokens += [0.0 if y == 0 else -float(chances[t, y]) for t, y in enumerate(target[b, 1:].tolist())]
        order += [-float(row.log_softmax(-1)[1 if i < 5 else 0]) for i, row in enumerate(temporal)]
    counted = len(tokens) if official else sum(value != 0 for value in tokens)
    expected = {"words": sum(tokens) / counted, "order": sum(order) / len(order)}
    expected["loss"] = 0.7 * expected["words"] + 0.3 * expected["order"]
    assert {k: float(v) for k, v in losses.items()} == pytest.approx(expected, abs=1e-5)


def test_company_in_a_batch_changes_nothing(small_corpus, samples):
    system = build(TINY, small_corpus)
    batch = batch_of(system, samples)
    for b in range(len(samples)):
        alone = {**system.inputs(samples[b : b + 1]), "frames": batch["frames"][b : b + 1]}
        for part, whole in zip(system.see(alone), system.see(batch), strict=True):
            torch.testing.assert_close(part[0], whole[b], atol=1e-5, rtol=0)


def test_each_distinct_comment_of_a_batch_is_read_once(small_corpus):
    system = build(TINY, small_corpus)
    said = [(8.0, "哈哈哈哈"), (8.5, "哈哈哈哈"), (9.0, "哈哈哈哈"), (11.0, "哈哈哈哈"), (12.0, "打卡")]
    context = tuple(Comment(t, text) for t, text in said)
    sample = Sample(id="a@10", video="a", time=10, context=context)
    inputs = system.inputs([sample, sample])
    assert len(inputs["comments"]) == 3  # the missing one and the two distinct ones
    assert inputs["slots"][0].tolist()[3:7] == [[1, 1, 0], [1, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert inputs["slots"][0].tolist()[0] == [0, 0, 0]
    assert inputs["comments"].shape[1] == int(inputs["lengths"].max())


def test_without_positions_only_the_causal_mask_knows_the_order(small_corpus, samples):
    for positions in (False, True):
        system = build(replace(TINY, positions=positions, blocks=1), small_corpus)
        encoded = system.encoded(batch_of(system, samples[:1]))
        first, second = (system.decode(encoded, torch.tensor([ids]))[0][0, -1] for ids in ([1, 7, 8, 9], [1, 8, 7, 9]))
        assert ((first - second).abs().max() > 1e-4) == positions


@pytest.mark.parametrize("beam", [1, 3])
def test_writing_with_a_cache_gives_the_same_tokens_as_without(small_corpus, samples, beam):
    system = build(replace(TINY, positions=True), small_corpus)
    encoded = system.encoded(batch_of(system, samples))

    def cached(tokens, cache):
        hidden, cache = system.decode(encoded, tokens[:, None], cache)
        return system.project(hidden[:, -1]), cache

    def whole(tokens, prefix):
        prefix = tokens[:, None] if prefix is None else torch.cat([prefix, tokens[:, None]], dim=1)
        return system.project(system.decode(encoded, prefix)[0][:, -1]), prefix

    ends = {"batch": 3, "beam": beam, "start": 1, "end": 2, "longest": 4, "forbidden": [0, 1, 3, 4]}
    with torch.no_grad():
        fast, slow = beam_search(cached, None, **ends), beam_search(whole, None, **ends)
    assert [[h.ids for h in row] for row in fast] == [[h.ids for h in row] for row in slow]


def test_comments_of_one_moment_may_share_its_encoding(small_corpus):
    moments = windows.samples(small_corpus, "test")[6:10]
    alone = build(replace(TINY, backbone="none", frame_width=None), small_corpus)
    shared = build(replace(alone.config, together=2, dropout=0.0), small_corpus)
    assert [len(texts) for _, texts in shared.examples(moments[:1])] == [2, 1]
    pairs, groups = alone.examples(moments), shared.examples(moments)
    with torch.no_grad():
        expected = float(alone.loss(alone.collate(pairs, None))["words"])
        assert float(shared.loss(shared.collate(groups, None))["words"]) == pytest.approx(expected, abs=1e-5)
    assert shared.plan().batch == alone.plan().batch // 2


def test_scores_are_means_over_words_and_end(small_corpus, samples):
    system = build(replace(TINY, backbone="none", frame_width=None), small_corpus)
    texts = ["哈哈哈哈", "猫在屋顶上"]
    (scores,) = system.score(samples[:1], [texts])
    for text, got in zip(texts, scores, strict=True):
        batch = system.collate([(samples[0], (text,))], None)
        assert got == pytest.approx(float(system.loss(batch)["words"].detach()), abs=1e-5)
    options = Options(per_sample=2, decoding="sample", seed=1)
    written = system.generate(samples, options)
    assert [[o.text for o in system.generate([s], options)[0]] for s in samples] == [
        [o.text for o in row] for row in written
    ]


def test_the_size_is_that_of_the_paper():
    parts, words = count("mml_cg", base.configure("mml_cg", overrides={"official_compat": "true"}))
    assert words == 30_005
    assert sum(parts.values()) == 78_031_159
    attention, normal = 4 * (512**2 + 512), 1024
    assert parts == {
        "video": 7_348_224,
        "key_frame": 19_943_424,
        "embedding": 512 * 30_005,
        "text": 4_202_496,
        "unused": normal,
        "temporal": 2050,
        "decoder": 6 * (2 * attention + 2 * 512**2 + 1024 + 3 * normal) + normal,
        "output": 513 * 30_005,
    }
    plainly, _ = count("mml_cg", base.configure("mml_cg"))
    assert sum(plainly.values()) == 78_031_159 - normal
    assert f"{sum(plainly.values()) / 1e6:.2f}" == "78.03"


def test_the_published_norms_cannot_see_without_frames(small_corpus):
    with pytest.raises(UserError, match="a backbone other than"):
        build(replace(TINY, official_compat=True, backbone="none", frame_width=None), small_corpus)


def test_a_run_cut_short_and_begun_again_ends_in_the_same_bits(small_corpus, tmp_path, monkeypatch):
    config = replace(TINY, backbone="none", frame_width=None)
    whole = train("mml_cg", config, [small_corpus], TrainOptions(out=tmp_path / "whole", device="cpu", save_every=3))
    options = TrainOptions(out=tmp_path / "broken", device="cpu", save_every=3)
    step = training._Stage._step

    def falls(stage, batch):
        if stage.step == 7:
            raise KeyboardInterrupt
        return step(stage, batch)

    monkeypatch.setattr(training._Stage, "_step", falls)
    with pytest.raises(KeyboardInterrupt):
        train("mml_cg", config, [small_corpus], options)
    monkeypatch.setattr(training._Stage, "_step", step)
    broken = train("mml_cg", config, [small_corpus], options)
    assert (whole / "model.safetensors").read_bytes() == (broken / "model.safetensors").read_bytes()


def test_it_learns_words_and_order(small_corpus, tmp_path):
    config = replace(TINY, backbone="none", frame_width=None, steps=120, dev_every=120, dropout=0.0, lr=5e-3)
    out = train("mml_cg", config, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))
    system = base.load_checkpoint(out)
    pairs = system.examples(windows.samples(small_corpus, "train"))[:30]
    with torch.no_grad():
        losses = {k: float(v) for k, v in system.loss(system.collate(pairs, None)).items()}
    assert losses["words"] < 1.5
    assert losses["order"] < math.log(2) + 0.02
