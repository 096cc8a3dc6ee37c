"""UT, against its own arithmetic written out plainly, and against the sizes it is known to have."""

import math
from dataclasses import replace

import pytest
import torch

from generation.commands.params import count
from generation.corpus import windows
from generation.corpus.records import Comment, Sample
from generation.decoding import Options, beam_search
from generation.systems import base
from generation.systems.ut import UT, UTConfig

TINY = UTConfig(blocks=2, width=16, heads=4, inner=24, comments=3, comment_length=6, backbone="none", vocabulary=40)


@pytest.fixture
def samples(small_corpus):
    return windows.samples(small_corpus, "test")


def build(config, corpus):
    system = base.seeded(config, UT, windows.samples(corpus, "train"), None)
    with torch.no_grad():  # zero biases would hide a forgotten one
        for parameter in system.parameters():
            if parameter.dim() == 1:
                parameter += 0.1 * torch.randn(
                    parameter.shape, generator=torch.Generator().manual_seed(parameter.numel())
                )
    return system.eval()


# -- the plain implementation: one sample, loops, no shared code ------------------------------------------------


def linear(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(weights, name, x, official):
    mean = x.mean(-1, keepdim=True)
    if official:
        deviation = ((x - mean) ** 2).sum(-1, keepdim=True).div(x.shape[-1] - 1).sqrt() + 1e-6
    else:
        deviation = (((x - mean) ** 2).mean(-1, keepdim=True) + 1e-5).sqrt()
    return weights[f"{name}.weight"] * (x - mean) / deviation + weights[f"{name}.bias"]


def attend(weights, name, x, memory, allowed, heads):
    size = x.shape[1] // heads
    q, k, v = (linear(weights, f"{name}.{part}", y) for part, y in (("query", x), ("key", memory), ("value", memory)))
    out = torch.zeros_like(x)
    for h in range(heads):
        cut = slice(h * size, (h + 1) * size)
        for t in range(len(x)):
            scores = [
                float(q[t, cut] @ k[s, cut]) / math.sqrt(size) if allowed(t, s) else None for s in range(len(memory))
            ]
            total = sum(math.exp(value) for value in scores if value is not None)
            for s, value in enumerate(scores):
                if value is not None:
                    out[t, cut] += math.exp(value) / total * v[s, cut]
    return linear(weights, f"{name}.output", out)


def run_stack(weights, name, x, memories, own, config):
    for i in range(config.blocks):
        block = f"{name}.blocks.{i}"
        normed = norm(weights, f"{block}.norms.0", x, config.official_compat)
        x = x + attend(weights, f"{block}.attention", normed, normed, own, config.heads)
        for j, (memory, allowed) in enumerate(memories):
            normed = norm(weights, f"{block}.norms.{j + 1}", x, config.official_compat)
            x = x + attend(weights, f"{block}.memory_attentions.{j}", normed, memory, allowed, config.heads)
        normed = norm(weights, f"{block}.norms.{len(memories) + 1}", x, config.official_compat)
        inner = linear(weights, f"{block}.feed_forward.inner", normed).clamp(min=0)
        x = x + linear(weights, f"{block}.feed_forward.outer", inner)
    return norm(weights, f"{name}.final", x, config.official_compat)


def position(t, width):
    pairs = [t / 10000 ** (2 * i / width) for i in range(width // 2)]
    return torch.tensor([f(angle) for angle in pairs for f in (math.sin, math.cos)])


def embed(weights, ids, config):
    table = weights["embedding.weight"] * (math.sqrt(config.width) if config.tied else 1)
    return torch.stack([table[i] + position(t, table.shape[1]) for t, i in enumerate(ids.tolist())])


def plain_logits(system, frames, context, ids):
    config, pad = system.config, system.vocabulary.pad
    weights = {name: tensor.detach() for name, tensor in system.named_parameters(remove_duplicate=False)}
    everything = lambda t, s: True  # noqa: E731
    real = everything if config.official_compat else (lambda t, s: int(context[s]) != pad)
    seen = linear(weights, "projection", frames)
    video = run_stack(weights, "video", seen, [], everything, config)
    text = run_stack(weights, "text", embed(weights, context, config), [(video, everything)], real, config)
    memories = [(video, everything), (text, real)]
    hidden = run_stack(weights, "decoder", embed(weights, ids, config), memories, lambda t, s: s <= t, config)
    return linear(weights, "output", hidden)


@pytest.mark.parametrize(("official", "tied"), [(False, False), (True, False), (False, True)])
def test_logits_equal_the_plain_implementation(small_corpus, samples, official, tied):
    system = build(replace(TINY, official_compat=official, tied=tied), small_corpus)
    batch = system.collate([(s, s.references[:1]) for s in samples[:3]], torch.Generator())
    frames = torch.randn(batch["frames"].shape, generator=torch.Generator().manual_seed(1))
    context = batch["context"].clone()
    context[0, 5:] = system.vocabulary.pad  # one context is much shorter, so that masks matter
    got = system.logits(frames, context, batch["target"][:, :-1]).detach()
    for b in range(3):
        expected = plain_logits(system, frames[b], context[b], batch["target"][b, :-1])
        torch.testing.assert_close(got[b], expected, atol=1e-5, rtol=0)


def test_padding_changes_nothing_unless_the_published_behaviour_is_asked_for(small_corpus, samples):
    for official in (False, True):
        system = build(replace(TINY, official_compat=official), small_corpus)
        batch = system.inputs(samples[:1])
        ids = torch.tensor([[system.vocabulary.bos, 7, 8]])
        longer = torch.nn.functional.pad(batch["context"], (0, 2), value=system.vocabulary.pad)[:, :20]
        difference = system.logits(batch["frames"], batch["context"], ids) - system.logits(batch["frames"], longer, ids)
        assert (difference.abs().max() > 1e-4) == (official and longer.shape != batch["context"].shape)


def test_the_loss_is_the_mean_over_words_and_end(small_corpus, samples):
    system = build(TINY, small_corpus)
    batch = system.collate([(s, s.references[:1]) for s in samples[:4]], torch.Generator())
    chances = system.logits(batch["frames"], batch["context"], batch["target"][:, :-1]).log_softmax(-1).detach()
    targets = batch["target"][:, 1:]
    losses = -chances.gather(-1, targets[..., None]).squeeze(-1)
    real = targets != system.vocabulary.pad
    assert float(system.loss(batch)["loss"].detach()) == pytest.approx(float(losses[real].mean()), abs=1e-5)
    official = build(replace(TINY, official_compat=True), small_corpus)
    batch = official.collate([(s, s.references[:1]) for s in samples[:4]], torch.Generator())
    chances = official.logits(batch["frames"], batch["context"], batch["target"][:, :-1]).log_softmax(-1).detach()
    losses = -chances.gather(-1, batch["target"][:, 1:, None]).squeeze(-1)
    whole = float(losses[batch["target"][:, 1:] != 0].sum() / losses.numel())
    assert float(official.loss(batch)["loss"].detach()) == pytest.approx(whole, abs=1e-5)


def test_scores_are_mean_negative_log_likelihoods_of_each_candidate_alone(small_corpus, samples):
    system = build(TINY, small_corpus)
    texts = ["哈哈哈哈", "这只猫好可爱", "船长来了前方高能泪目了", "从未见过的词"]
    got = system.score(samples[:2], [texts, texts[:2]])
    for sample, scores in zip(samples[:2], got, strict=True):
        batch = system.inputs([sample])
        for text, score in zip(texts, scores, strict=False):
            words = system.vocabulary.encode(text)[: TINY.comment_length - 2]
            ids = torch.tensor([[system.vocabulary.bos, *words, system.vocabulary.eos]])
            chances = system.logits(batch["frames"], batch["context"], ids[:, :-1]).log_softmax(-1)
            losses = -chances.gather(-1, ids[:, 1:, None]).detach()
            assert score == pytest.approx(float(losses.mean()), abs=1e-5)


@pytest.mark.parametrize("beam", [1, 3, 5])
def test_beam_search_with_a_cache_equals_beam_search_without(small_corpus, samples, beam):
    system = build(TINY, small_corpus)
    batch = system.inputs(samples[:4])
    encoded = system.encode(batch["frames"], batch["context"])

    def cached(tokens, cache):
        hidden, cache = system.decode(encoded, tokens[:, None], cache)
        return system.output(hidden[:, -1]), cache

    def whole(tokens, prefix):
        prefix = tokens[:, None] if prefix is None else torch.cat([prefix, tokens[:, None]], dim=1)
        hidden, _ = system.decode(encoded, prefix)
        return system.output(hidden[:, -1]), prefix

    ends = {"batch": 4, "beam": beam, "start": 1, "end": 2, "longest": 6, "forbidden": [0, 1, 3, 4]}
    with torch.no_grad():
        fast, slow = beam_search(cached, None, **ends), beam_search(whole, None, **ends)
    assert [[h.ids for h in row] for row in fast] == [[h.ids for h in row] for row in slow]
    for a, b in zip(fast, slow, strict=True):
        assert [h.score for h in a] == pytest.approx([h.score for h in b], abs=1e-5)


def test_batches_and_order_do_not_change_what_is_written(small_corpus, samples):
    system = build(TINY, small_corpus)
    options = Options(per_sample=3, decoding="sample", seed=3)
    whole = system.generate(samples[:6], options)
    assert [[o.text for o in row] for row in system.generate(samples[:6][::-1], options)[::-1]] == [
        [o.text for o in row] for row in whole
    ]
    alone = [system.generate([sample], options)[0] for sample in samples[:6]]
    assert [[o.text for o in row] for row in alone] == [[o.text for o in row] for row in whole]


def test_context_is_the_nearest_comments_joined_by_separators(small_corpus):
    system = build(TINY, small_corpus)
    context = tuple(Comment(t, text) for t, text in [(8, "打卡"), (9, "第一！"), (11, "下雨了"), (12, "泪目了")])
    ids = system._context(Sample(id="a@10", video="a", time=10, context=context))
    words = "".join(system.vocabulary.tokens[i] for i in ids if i != system.vocabulary.pad)
    assert words == "<BOS>第一！<SEP>下雨了<SEP>打卡<EOS>"  # -1, +1, -2; the fourth is one too many
    empty = system._context(Sample(id="a@10", video="a", time=10))
    assert empty[:2] == [system.vocabulary.bos, system.vocabulary.eos]


@pytest.mark.parametrize(("name", "total", "millions"), [("ut", 106_430_773, "106.43"), ("ut82", 82_255_669, "82.26")])
def test_the_presets_have_the_sizes_of_the_papers(name, total, millions):
    system, _ = base.resolve(name)
    parts, words = count(system, base.configure(name))
    assert words == 30_005
    assert sum(parts.values()) == total
    assert f"{total / 1e6:.2f}" == millions


def test_the_parts_follow_the_published_composition():
    parts, _ = count("ut", base.configure("ut"))
    attention, forward, normal = 4 * (512**2 + 512), 2 * 512 * 2048 + 2048 + 512, 1024
    assert parts == {
        "embedding": 512 * 30_005,
        "video": 6 * (attention + forward + 2 * normal) + normal,
        "text": 6 * (2 * attention + forward + 3 * normal) + normal,
        "decoder": 6 * (3 * attention + forward + 4 * normal) + normal,
        "output": 513 * 30_005,
    }


def test_comments_that_share_an_encoding_lose_what_they_lose_alone(small_corpus, samples):
    alone, shared = (build(replace(TINY, together=k, dropout=0.0), small_corpus) for k in (1, 2))
    shared.load_state_dict(alone.state_dict())
    one, two = alone.examples(samples[:3]), shared.examples(samples[:3])
    assert len(one) == 9
    assert [len(texts) for _, texts in two] == [2, 1, 2, 1, 2, 1]
    losses = [float(s.loss(s.collate(e, torch.Generator()))["loss"].detach()) for s, e in ((alone, one), (shared, two))]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert alone.plan().batch == 2 * shared.plan().batch


def test_a_tied_output_is_the_table_of_embeddings_after_loading_too(small_corpus, tmp_path):
    plain, system = (build(replace(TINY, tied=tied), small_corpus) for tied in (False, True))
    table = system.embedding.weight
    assert system.output.weight is table
    assert sum(plain.parts().values()) - sum(system.parts().values()) == table.numel()
    system.save(tmp_path)
    again = base.load_checkpoint(tmp_path)
    assert again.output.weight is again.embedding.weight
    assert torch.equal(again.embedding.weight, table)


def test_the_learning_rate_rises_and_falls_where_it_is_told_to(small_corpus):
    system = build(replace(TINY, warmup=0.25), small_corpus)
    assert [system.schedule(p) for p in (0.0, 0.125, 0.25, 0.625, 1.0)] == [0.0, 0.5, 1.0, 0.5, 0.0]
    assert build(TINY, small_corpus).schedule(0.9) == 1.0


def test_standardised_frames_keep_what_differs(small_corpus, samples):
    system = build(replace(TINY, frame_norm=True, backbone="pixels64"), small_corpus).train()
    frames = 5 + 0.1 * torch.randn(4, 5, 12288)
    seen = []
    system.video.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    system.projection = torch.nn.Identity()
    with pytest.raises(RuntimeError):  # the stack is narrower than what the hook has already seen
        system.encode(frames, torch.ones(4, 3, dtype=torch.long))
    assert seen[0].std() == pytest.approx(1.0, abs=0.05)
    assert abs(float(seen[0].mean())) < 1e-3
