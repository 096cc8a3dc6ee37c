"""KLVCG, against its own arithmetic written out plainly, and against the size it is known to have."""

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
from generation.knowledge import recall
from generation.optim import BertAdam
from generation.systems import base
from generation.systems.klvcg import KLVCG, KLVCGConfig, period
from generation.train import TrainOptions, train

TINY = KLVCGConfig(
    backbone="resnet18", width=12, heads=2, cross_heads=3, inner=16, tokens=8, facts=7, comment_length=6,
    vocabulary=40, batch=8, pretrain_steps=6, steps=9, dev_every=4, lr=1e-3,
)  # fmt: skip
OFFICIAL = {"official_compat": True, "cls": "mean", "cross_cls": True}


class Known:
    """Facts and comments for every sample, to see where they go; asks for them are counted."""

    digest = "known"

    def __init__(self):
        self.asked = 0

    def facts(self, sample, *, limit=80):
        self.asked += 1
        return ["下雨", "了", "<SEP>", "从未见过", "猫"][:limit] if sample.context else []

    def comments(self, sample, *, room=100):
        return {sample.time - 1: ["打卡"], sample.time + 5: ["打卡"]}


@pytest.fixture
def samples(small_corpus):
    """A crowded moment, one with fewer and empty seconds, one without any context."""
    full = windows.samples(small_corpus, "test")[8]
    sparse = replace(full, time=9, context=tuple(c for c in full.context if c.second % 3 == 0)[1:])
    return [full, sparse, replace(full, time=16, context=())]


def build(config, corpus):
    system = base.seeded(config, KLVCG, windows.samples(corpus, "train"), None)
    system.recall = Known()
    with torch.no_grad():  # first weights so small, and biases of zero, would hide much
        for number, parameter in enumerate(system.parameters()):
            generator = torch.Generator().manual_seed(number)
            parameter += (0.1 if parameter.dim() == 1 else 0.3) * torch.randn(parameter.shape, generator=generator)
    return system.eval()


def batch_of(system, samples, seed=1):
    comments = [["哈哈哈哈", "这只猫好可爱", "猫在屋顶上"][i % 3] for i in range(len(samples))]
    generator = torch.Generator().manual_seed(seed)
    batch = system.collate([(s, (text,)) for s, text in zip(samples, comments, strict=True)], generator)
    batch["frames"] = torch.randn((len(samples), 11, system.features.dim), generator=generator)
    return batch


# -- the plain implementation: one sample, loops, no shared code ------------------------------------------------


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def norm(w, name, x):
    centred = x - x.mean(-1, keepdim=True)
    return w[f"{name}.weight"] * centred / ((centred**2).mean(-1, keepdim=True) + 1e-12).sqrt() + w[f"{name}.bias"]


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def attend(w, name, x, memory, heads, allowed=lambda t, s: True):
    size = x.shape[1] // heads
    q, k, v = (linear(w, f"{name}.{part}", y) for part, y in (("query", x), ("key", memory), ("value", memory)))
    out = torch.zeros_like(x)
    for h in range(heads):
        cut = slice(h * size, (h + 1) * size)
        for t in range(len(x)):
            weights = [float(q[t, cut] @ k[s, cut]) / math.sqrt(size) for s in range(len(memory))]
            weights = [value if allowed(t, s) else value - 10_000 for s, value in enumerate(weights)]
            top = max(weights)
            weights = [math.exp(value - top) for value in weights]
            out[t, cut] = sum(value / sum(weights) * v[s, cut] for s, value in enumerate(weights))
    return linear(w, f"{name}.output", out)


def feed(w, name, x):
    return linear(w, f"{name}.outer", gelu(linear(w, f"{name}.inner", x)))


def bert(w, name, x, heads, allowed=lambda t, s: True, memory=None):
    x = norm(w, f"{name}.norms.0", x + attend(w, f"{name}.attention", x, x, heads, allowed))
    if memory is not None:
        x = norm(w, f"{name}.norms.1", x + attend(w, f"{name}.memory_attentions.0", x, memory, heads))
    last = 1 if memory is None else 2
    return norm(w, f"{name}.norms.{last}", x + feed(w, f"{name}.feed_forward", x))


def one_second(w, system, ids):
    """Its ids -> the vector of a second, padded to the full length as the published code does."""
    config, pad = system.config, system.vocabulary.pad
    ids = ids + [pad] * (config.tokens - len(ids))
    x = w["step_encoder.words.weight"][ids] + w["step_encoder.positions.weight"]
    x = norm(w, "step_encoder.norm", x)
    if config.cls == "learned":
        first = w["step_encoder.cls"]
    else:
        first = (x if config.official_compat else x[: sum(i != pad for i in ids)]).mean(0, keepdim=True)
    x = torch.cat([first, x])
    real = [True] + [i != pad for i in ids]
    for layer in range(2):
        x = bert(w, f"step_encoder.stack.blocks.{layer}", x, config.heads, lambda t, s: real[s])
    return linear(w, "step_encoder.pooler", x[0]).tanh()


def encoder(w, name, x, heads):
    x = norm(w, f"{name}.norm", x)
    for layer in range(2):
        x = bert(w, f"{name}.stack.blocks.{layer}", x, heads)
    return x


def plain_memory(system, frames, seconds, facts, part):
    w, config = {n: p.detach() for n, p in system.named_parameters()}, system.config
    table = w["positions.weight"]
    visual = linear(w, "projection", norm(w, "frame_norm", frames))
    visual = encoder(w, "visual", visual + table, config.heads)
    steps = torch.stack([one_second(w, system, ids) for ids in seconds])
    spans = encoder(w, "span", steps + torch.cat([table[:5], table[6:]]), config.heads)
    known = w["knowledge.words.weight"][facts] + w["knowledge.positions.weight"][: len(facts)]
    known = norm(w, "knowledge.norms.0", known)
    known = norm(w, "knowledge.norms.1", known + attend(w, "knowledge.attention", known, known, config.heads))
    x = norm(w, "knowledge.norms.2", steps + attend(w, "knowledge.cross", steps, known, config.heads))
    known = norm(w, "knowledge.norms.3", x + feed(w, "knowledge.feed_forward", x))
    x, types = torch.cat([visual, spans, known]), [1] * 11 + [2] * 10 + [3] * 10
    if config.cross_cls:
        x, types = torch.cat([x.mean(0, keepdim=True), x]), [0, *types]
    x = x + w["cross.types.weight"][types]
    if config.period:
        x = x + w["cross.periods.weight"][part]
    return encoder(w, "cross", x, config.cross_heads)


def plain_logits(system, memory, ids, allowed):
    w, config = {n: p.detach() for n, p in system.named_parameters()}, system.config
    x = w["step_encoder.words.weight"][ids] + w["step_encoder.positions.weight"][: len(ids)]
    x = bert(w, "decoder.stack.blocks.0", norm(w, "decoder.norm", x), config.cross_heads, allowed, memory)
    x = norm(w, "decoder.head_norm", gelu(linear(w, "decoder.transform", x)))
    return x @ w["step_encoder.words.weight"].T + w["decoder.bias"]


def ids_of_seconds(system, sample, recalled):
    """By the rule: comments joined by separators, recalled ones after, cut, one unknown word where there are none."""
    v, found = system.vocabulary, []
    for second in [*range(sample.time - 5, sample.time), *range(sample.time + 1, sample.time + 6)]:
        texts = [c.text for c in sample.context if int(c.time) == second]
        texts += recalled.get(second, []) if texts else []
        ids = [i for text in texts for i in [v.sep, *v.encode(text)]][1:]
        found.append(ids[: system.config.tokens] or [v.unk])
    return found


VARIANTS = [
    {},
    {"kg": "both", "ac": "all", "period": False},
    {"cls": "mean", "kg": "pretrain", "cross_cls": True},
    {**OFFICIAL, "kg": "both"},
]


@pytest.mark.parametrize("options", VARIANTS)
def test_logits_and_losses_of_both_stages_equal_the_plain_implementation(small_corpus, samples, options):
    system = build(replace(TINY, **options), small_corpus)
    v, config = system.vocabulary, system.config
    for stage in ("pretrain", "finetune"):
        system.stage = stage
        batch = batch_of(system, samples)
        losses = []
        with torch.no_grad():
            encoded = system.encoded(batch)
            read = batch["masked"][:, :-1] if stage == "pretrain" else batch["target"][:, :-1]
            hidden = system.fill(encoded, read) if stage == "pretrain" else system.decode(encoded, read)[0]
            got, loss = system.project(hidden), float(system.loss(batch)["loss"])
        for b, sample in enumerate(samples):
            recalled = Known().comments(sample) if config.ac == "all" else {}
            wanted = config.kg == "both" or (config.kg == "pretrain" and stage == "pretrain")
            words = Known().facts(sample) if wanted else []
            facts = [v.sep if word == "<SEP>" else v.ids.get(word, v.unk) for word in words] or [v.unk]
            part = min(int(sample.time / sample.duration / 0.2 - 1e-9), 4)
            seconds = ids_of_seconds(system, sample, recalled)
            memory = plain_memory(system, batch["frames"][b], seconds, facts, part)
            ids = read[b].tolist()
            if stage == "pretrain":
                expected = plain_logits(system, memory, ids, lambda t, s, ids=ids: ids[s] != v.pad)
                labels = batch["labels"][b, :-1].tolist()
            else:
                expected = plain_logits(system, memory, ids, lambda t, s, ids=ids: s <= t)
                labels = batch["target"][b, 1:].tolist()
            torch.testing.assert_close(got[b], expected, atol=1e-5, rtol=0)
            chances = expected.log_softmax(-1)
            losses += [-float(chances[t, y]) for t, y in enumerate(labels) if y != v.pad]
        assert loss == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_it_begins_with_frequent_words_where_it_is_told_to(small_corpus):
    train = windows.samples(small_corpus, "train")
    plain, zipf = (base.seeded(replace(TINY, zipf=zipf), KLVCG, train, None) for zipf in (False, True))
    assert not plain.decoder.bias.any()
    v, bias = zipf.vocabulary, zipf.decoder.bias.detach()
    words = [i for i in range(len(v)) if i not in v.special]
    assert (bias[words].detach().diff() < 0).all()
    assert float(bias[words[0]] - bias[words[-1]]) == pytest.approx(math.log((words[-1] + 1) / (words[0] + 1)))
    assert bias[v.eos] > bias[words[0]]
    assert {float(bias[i]) for i in (v.pad, v.bos, v.sep, v.mask)} == {float(bias.min())}


# -- masked words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("official", [False, True])
def test_masks_hold_their_ratios_and_touch_words_only(official):
    vocabulary = base.Vocabulary.placeholder(500, KLVCG.SPECIALS, "spaces")
    system = KLVCG(replace(TINY, backbone="none", tokenizer="spaces", official_compat=official), vocabulary)
    draw = torch.Generator().manual_seed(4)
    target = torch.randint(6, 506, (4000, 20), generator=draw)
    target[:, 0], target[:, 15], target[:, 16:] = vocabulary.bos, vocabulary.eos, vocabulary.pad
    read, labels = system.mask(target, torch.Generator().manual_seed(7))
    chosen = labels != vocabulary.pad
    assert not chosen[:, 0].any()
    assert not chosen[:, 15:].any()
    assert torch.equal(labels[chosen], target[chosen])
    assert torch.equal(read[~chosen], target[~chosen])
    words = 4000 * 14
    assert int(chosen.sum()) / words == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / words))
    count_chosen = int(chosen.sum())
    masked = read[chosen] == vocabulary.mask
    same = read[chosen] == target[chosen]
    for got, share in ((masked, 0.8), (same, 0.1 + 0.1 / 500), (~masked & ~same, 0.1)):
        assert float(got.float().mean()) == pytest.approx(share, abs=0.002 + 4 * math.sqrt(share * 0.9 / count_chosen))
    others = read[chosen][~masked & ~same]
    assert bool((others < 6).any()) == official
    again, _ = system.mask(target, torch.Generator().manual_seed(7))
    assert torch.equal(read, again)
    other, _ = system.mask(target, torch.Generator().manual_seed(8))
    assert not torch.equal(read, other)


def test_one_word_at_least_is_masked_where_there_are_words():
    vocabulary = base.Vocabulary.placeholder(20, KLVCG.SPECIALS, "spaces")
    system = KLVCG(replace(TINY, backbone="none", masked=1e-9), vocabulary)
    target = torch.tensor([[1, 9, 2, 0], [1, 2, 0, 0]])
    _, labels = system.mask(target, torch.Generator().manual_seed(0))
    assert labels.tolist() == [[0, 9, 0, 0], [0, 0, 0, 0]]
    _, labels = system.mask(target[1:], torch.Generator().manual_seed(0))
    assert not labels.any()


# -- input -----------------------------------------------------------------------------------------------------


def test_equal_seconds_are_encoded_once_and_company_changes_nothing(small_corpus, samples):
    system = build(TINY, small_corpus)
    together = batch_of(system, [*samples, samples[0]])
    assert together["seconds"].shape[0] == len({tuple(ids) for s in samples for ids in ids_of_seconds(system, s, {})})
    assert torch.equal(together["where"][0], together["where"][3])
    with torch.no_grad():
        whole = system.memory(together)
        for b, sample in enumerate(samples):
            alone = system.memory({**system.inputs([sample]), "frames": together["frames"][b : b + 1]})
            torch.testing.assert_close(alone[0], whole[b], atol=1e-5, rtol=0)


def test_recalled_comments_join_only_seconds_that_have_their_own(small_corpus):
    system = build(replace(TINY, ac="all"), small_corpus)
    sample = Sample(id="a@10", video="a", time=10, context=(Comment(9.5, "下雨了"), Comment(8.0, "哈哈哈哈" * 9)))
    seconds = system._seconds(sample)
    tokens = ["".join(system.vocabulary.tokens[i] for i in ids) for ids in seconds]
    assert tokens[4] == "下雨了<SEP>打卡"
    assert tokens[9] == "<UNK>"
    assert max(map(len, seconds)) <= TINY.tokens


@pytest.mark.parametrize(
    ("time", "expected"), [(0, 0), (20, 0), (21, 1), (40, 1), (41, 2), (60, 2), (80, 3), (81, 4), (100, 4), (130, 4)]
)
def test_periods_are_fifths_closed_on_the_right(time, expected):
    assert period(Sample(id="a", video="a", time=time, duration=100)) == expected
    assert period(Sample(id="a", video="a", time=time)) == 0


def test_knowledge_that_is_missing_or_unknown_choices_are_said_at_once(small_corpus, tmp_path):
    for option, value in (("kg", "pretrain"), ("ac", "all")):
        config = replace(TINY, backbone="none", **{option: value})
        with pytest.raises(UserError, match=f"--{option}={value} needs a folder of knowledge: give"):
            train("klvcg", config, [small_corpus], TrainOptions(out=tmp_path / option, device="cpu"))
    with pytest.raises(UserError, match="--kg=always: one of none, pretrain, both is expected"):
        replace(TINY, kg="always")


def test_a_trained_system_takes_only_the_knowledge_it_was_trained_with(small_corpus, tmp_path, monkeypatch):
    (tmp_path / "facts.tsv").write_text("猫\t属于\t动物\n", encoding="utf-8")
    recall.build([small_corpus], [tmp_path / "facts.tsv"], tmp_path / "known")
    recall.build([small_corpus], [tmp_path / "facts.tsv"], tmp_path / "other", seed=1)
    config = small(kg="both", ac="all", knowledge=str(tmp_path / "known"), pretrain_steps=2, steps=2)
    out = train("klvcg", config, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))
    test = windows.samples(small_corpus, "test")[:2]
    assert len(base.load_checkpoint(out).generate(test, Options(per_sample=1))) == 2
    monkeypatch.setenv("GENERATION_KNOWLEDGE", str(tmp_path / "other"))
    with pytest.raises(UserError, match="is not that which klvcg was trained with"):
        base.load_checkpoint(out).generate(test, Options())
    monkeypatch.setenv("GENERATION_KNOWLEDGE", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="nowhere holds no knowledge"):
        base.load_checkpoint(out).generate(test, Options())


def test_comments_of_one_moment_may_share_its_encoding(small_corpus):
    moments = windows.samples(small_corpus, "test")[6:10]
    alone, shared = (build(small(together=k), small_corpus) for k in (1, 2))
    assert [len(texts) for _, texts in shared.examples(moments[:1])] == [2, 1]
    pairs, groups = alone.examples(moments), shared.examples(moments)
    with torch.no_grad():
        expected = float(alone.loss(alone.collate(pairs, None))["loss"])
        assert float(shared.loss(shared.collate(groups, None))["loss"]) == pytest.approx(expected, abs=1e-5)
        shared.stage = "pretrain"  # a row of padding, where a moment has too few, must not spoil the rest
        assert math.isfinite(shared.loss(shared.collate(groups, torch.Generator()))["loss"])
    assert shared.plan().batch == alone.plan().batch // 2


def test_facts_are_asked_for_in_the_stages_that_use_them(small_corpus, samples):
    for kg, asked in (("none", (0, 0)), ("pretrain", (3, 0)), ("both", (3, 3))):
        system = build(replace(TINY, kg=kg), small_corpus)
        for stage, number in zip(("pretrain", "finetune"), asked, strict=True):
            system.stage, system.recall = stage, Known()
            system.inputs(samples)
            assert system.recall.asked == number


# -- training and use ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("official", [False, True])
def test_norms_and_biases_are_not_decayed(small_corpus, official):
    system = build(replace(TINY, official_compat=official), small_corpus)
    (optimizer,) = system.optimizers().values()
    assert isinstance(optimizer, BertAdam)
    names = {id(p): name for name, p in system.named_parameters()}
    plain = {names[id(p)] for p in optimizer.param_groups[1]["params"]}
    assert optimizer.param_groups[1]["weight_decay"] == 0
    assert optimizer.param_groups[0]["weight_decay"] == 0.01
    assert all(name.endswith("bias") or "norm" in name for name in plain)
    assert ("frame_norm.weight" in plain) != official
    assert "step_encoder.cls" not in plain
    assert len(names) == sum(len(group["params"]) for group in optimizer.param_groups)


@pytest.mark.parametrize("beam", [1, 3])
def test_writing_with_a_cache_gives_the_same_tokens_as_without(small_corpus, samples, beam):
    system = build(TINY, small_corpus)
    encoded = system.encoded(batch_of(system, samples))

    def cached(tokens, cache):
        hidden, cache = system.decode(encoded, tokens[:, None], cache)
        return system.project(hidden[:, -1]), cache

    def whole(tokens, prefix):
        prefix = tokens[:, None] if prefix is None else torch.cat([prefix, tokens[:, None]], dim=1)
        return system.project(system.decode(encoded, prefix)[0][:, -1]), prefix

    ends = {"batch": 3, "beam": beam, "start": 1, "end": 2, "longest": 4, "forbidden": [0, 1, 3, 4, 5]}
    with torch.no_grad():
        fast, slow = beam_search(cached, None, **ends), beam_search(whole, None, **ends)
    assert [[h.ids for h in row] for row in fast] == [[h.ids for h in row] for row in slow]


def test_scores_are_reduced_as_asked(small_corpus, samples):
    system = build(replace(TINY, backbone="none"), small_corpus)
    texts = ["哈哈哈哈", "猫在屋顶上"]
    (means,) = system.score(samples[:1], [texts])
    system.reduction = "sum"
    (sums,) = system.score(samples[:1], [texts])
    system.reduction = "klvcg_code"
    (code,) = system.score(samples[:1], [texts])
    for text, mean, whole, divided in zip(texts, means, sums, code, strict=True):
        tokens = min(len(system.vocabulary.encode(text)), TINY.comment_length - 2) + 1
        assert mean == pytest.approx(
            float(system.loss(system.collate([(samples[0], (text,))], None))["loss"].detach()), abs=1e-5
        )
        assert whole == pytest.approx(mean * tokens, abs=1e-5)
        assert divided == pytest.approx(whole / (tokens + 1), abs=1e-5)


def test_batches_do_not_change_what_is_written(small_corpus, samples):
    system = build(replace(TINY, backbone="none"), small_corpus)
    options = Options(per_sample=2, decoding="sample", seed=1)
    written = [[o.text for o in row] for row in system.generate(samples, options)]
    assert [[o.text for o in system.generate([s], options)[0]] for s in samples] == written


def parts(**options):
    found, words = count("klvcg", replace(KLVCGConfig(), **options))
    assert words == 30_006
    return found


def test_the_sizes_are_those_of_the_paper():
    official = parts(**OFFICIAL)
    block, pooler, normal = 1_774_464, 147_840, 768
    assert official == {
        "frame_norm": 4096,
        "projection": 786_816,
        "positions": 4224,
        "visual": 2 * block + normal,
        "span": 2 * block + normal,
        "step_encoder": 11_522_304 + 38_400 + normal + 2 * block + pooler,
        "knowledge": 14_068_224 - pooler,
        "cross": 3_700_992 - pooler,
        "decoder": 2_545_974,
        "unused_poolers": 2 * pooler,
    }
    assert sum(official.values()) == 43_467_958
    assert sum(parts(cls="mean").values()) == 43_172_278
    assert sum(parts().values()) == 43_172_278 + 384


def small(**options):
    return replace(TINY, backbone="none", **options)


def test_both_stages_follow_one_another_and_the_second_begins_from_the_first(small_corpus, tmp_path):
    out = train("klvcg", small(), [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))
    assert {p.name for p in (out / "stages").iterdir()} == {"pretrain", "finetune"}
    basic = train("klvcg", small(mlm=False), [small_corpus], TrainOptions(out=tmp_path / "basic", device="cpu"))
    assert {p.name for p in (basic / "stages").iterdir()} == {"finetune"}
    options = TrainOptions(out=tmp_path / "plus", device="cpu", stage="finetune", start=out / "stages" / "pretrain")
    plus = train("klvcg", small(), [small_corpus], options)
    assert (plus / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()
    assert (plus / "model.safetensors").read_bytes() != (basic / "model.safetensors").read_bytes()


@pytest.mark.parametrize("fall", [("pretrain", 4), ("finetune", 6)])
def test_a_run_cut_short_and_begun_again_ends_in_the_same_bits(small_corpus, tmp_path, monkeypatch, fall):
    whole = train("klvcg", small(), [small_corpus], TrainOptions(out=tmp_path / "whole", device="cpu", save_every=3))
    options = TrainOptions(out=tmp_path / "broken", device="cpu", save_every=3)
    step = training._Stage._step

    def falls(stage, batch):
        if (stage.stage, stage.step) == fall:
            raise KeyboardInterrupt
        return step(stage, batch)

    monkeypatch.setattr(training._Stage, "_step", falls)
    with pytest.raises(KeyboardInterrupt):
        train("klvcg", small(), [small_corpus], options)
    monkeypatch.setattr(training._Stage, "_step", step)
    broken = train("klvcg", small(), [small_corpus], options)
    assert (whole / "model.safetensors").read_bytes() == (broken / "model.safetensors").read_bytes()


def test_it_learns_in_both_stages(small_corpus, tmp_path):
    config = small(width=24, dropout=0.0, lr=5e-3, pretrain_steps=80, steps=120, dev_every=20)
    out = train("klvcg", config, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu", save_every=1000))
    lines = (out / "training" / "log.jsonl").read_text().splitlines()
    for stage in ("pretrain", "finetune"):
        losses = [float(x.split('"dev_loss": ')[1][:-1]) for x in lines if f'"{stage}"' in x and "dev_loss" in x]
        assert min(losses) < losses[0] - 0.2
