"""How words are chosen, on a step function whose best answers can be counted by hand."""

import itertools
import math

import pytest
import torch

from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.decoding import Options, beam_search, draw, reorder, restrict, write
from generation.errors import UserError

END, START, VOCABULARY = 0, 1, 6


def table(batch: int, seed: int = 0) -> torch.Tensor:
    """Log-probabilities of the next token given sample and last token: (batch, V, V)."""
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(batch, VOCABULARY, VOCABULARY, generator=generator)).log_softmax(-1)


def stepper(chances: torch.Tensor):
    """A step whose cache is the whole prefix, so that a wrong reordering would show."""

    def step(tokens, prefix):
        prefix = tokens[:, None] if prefix is None else torch.cat([prefix, tokens[:, None]], dim=1)
        rows = torch.arange(len(tokens)) * len(chances) // len(tokens)
        trace = (prefix * torch.arange(1, prefix.shape[1] + 1)).sum(1, keepdim=True) % 3  # depends on every token
        return chances[rows, tokens] + 0.3 * trace, prefix

    return step


def best_by_enumeration(chances: torch.Tensor, longest: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every sequence of up to ``longest`` tokens for one sample with its mean log-probability, best first."""
    found = []
    words = [w for w in range(VOCABULARY) if w not in (END, START)]
    for length in range(longest + 1):
        for sequence in itertools.product(words, repeat=length):
            last = [START, *sequence]
            total = sum(float(chances[a, b]) for a, b in itertools.pairwise([*last, END]))
            found.append((total / (length + 1), sequence))
    return sorted(found, reverse=True)


def test_a_wide_beam_finds_the_best_sequences():
    chances = table(3)

    def step(tokens, cache):
        return chances[torch.arange(len(tokens)) * 3 // len(tokens), tokens], cache

    found = beam_search(step, None, batch=3, beam=300, start=START, end=END, longest=4, forbidden=[START])
    for b in range(3):
        expected = best_by_enumeration(chances[b], 4)[:5]
        assert [h.ids for h in found[b][:5]] == [ids for _, ids in expected]
        assert [h.score for h in found[b][:5]] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_samples_of_a_batch_do_not_touch_each_other():
    chances = table(4, seed=3)
    together = beam_search(stepper(chances), None, batch=4, beam=3, start=START, end=END, longest=6, forbidden=[START])
    for b in range(4):
        alone = beam_search(
            stepper(chances[b : b + 1]), None, batch=1, beam=3, start=START, end=END, longest=6, forbidden=[START]
        )
        assert [h.ids for h in together[b]] == [h.ids for h in alone[0]]


def test_an_end_at_once_is_a_null_and_the_length_is_bounded():
    sure_end = torch.full((1, VOCABULARY, VOCABULARY), -9.0)
    sure_end[:, :, END] = 0.0
    found = beam_search(lambda t, c: (sure_end[0, t], c), None, batch=1, beam=2, start=START, end=END, longest=3)
    assert found[0][0].ids == ()
    never = torch.full((VOCABULARY,), 0.0)
    never[END] = -50.0
    found = beam_search(lambda t, c: (never.expand(len(t), -1), c), None, batch=1, beam=2, start=1, end=0, longest=3)
    assert all(len(h.ids) <= 3 for h in found[0])
    assert len(found[0]) == 2


def test_drawing_inverts_the_cumulative_distribution():
    chances = torch.tensor([0.0, 0.0, 0.2, 0.5, 0.3, 0.0])
    step = lambda tokens, cache: (chances.log().expand(len(tokens), -1), cache)  # noqa: E731
    noise = torch.tensor([[0.1], [0.3], [0.69], [0.71], [0.9999]])
    rows = draw(step, None, noise, start=START, end=END)
    assert [row.ids[0] for row in rows] == [2, 3, 3, 4, 4]


def test_drawn_frequencies_follow_the_probabilities():
    chances = torch.tensor([0.1, 0.0, 0.2, 0.4, 0.3, 0.0])
    step = lambda tokens, cache: (chances.log().expand(len(tokens), -1), cache)  # noqa: E731
    noise = torch.rand(4000, 1, generator=torch.Generator().manual_seed(0))
    first = [row.ids[0] if row.ids else END for row in draw(step, None, noise, start=START, end=END)]
    for token, chance in enumerate(chances.tolist()):
        spread = 4 * math.sqrt(chance * (1 - chance) / 4000)
        assert abs(first.count(token) / 4000 - chance) <= spread


def test_restrict_keeps_the_likeliest():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    assert restrict(logits, temperature=1.0, top_k=2)[0].tolist() == pytest.approx([0.625, 0.375, 0, 0])
    assert restrict(logits, temperature=1.0, top_p=0.8)[0].tolist() == pytest.approx([0.625, 0.375, 0, 0])
    assert restrict(logits, temperature=1.0, top_p=0.81)[0].tolist() == pytest.approx(
        [0.5263, 0.3158, 0.1579, 0], abs=1e-4
    )
    assert restrict(logits, temperature=0.0)[0].tolist() == [1, 0, 0, 0]


def test_reorder_reaches_into_every_nest():
    cache = {"a": [torch.arange(3)], "b": (torch.arange(3) * 2, "kept")}
    moved = reorder(cache, torch.tensor([2, 0, 0]))
    assert moved["a"][0].tolist() == [2, 0, 0]
    assert moved["b"][0].tolist() == [4, 0, 0]
    assert moved["b"][1] == "kept"


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(["<EOS>", "<BOS>", "<PAD>", "<UNK>", "猫", "狗", "鱼", "鸟"])


@pytest.mark.parametrize("decoding", ["beam", "sample", "greedy"])
def test_written_outputs_are_distinct_ranked_and_free_of_special_tokens(vocabulary, decoding):
    flat = torch.zeros(8)
    step = lambda tokens, cache: (flat.expand(len(tokens), -1), cache)  # noqa: E731
    samples = [Sample(id=f"film@{i}", video="film", time=i) for i in range(3)]
    options = Options(per_sample=3, decoding=decoding, seed=4)
    for outputs in write(step, lambda k: None, samples, vocabulary, options, longest=3):
        assert [output.rank for output in outputs] == [1, 2, 3]
        assert len({output.text for output in outputs}) == 3
        assert [o.score for o in outputs] == sorted((o.score for o in outputs), reverse=True)
        assert all(set(output.text) <= set("猫狗鱼鸟") for output in outputs)


def test_what_is_drawn_for_a_sample_depends_on_seed_and_id_alone(vocabulary):
    flat = torch.zeros(8)
    step = lambda tokens, cache: (flat.expand(len(tokens), -1), cache)  # noqa: E731
    samples = [Sample(id=f"film@{i}", video="film", time=i) for i in range(4)]
    options = Options(per_sample=2, decoding="sample", seed=7)

    def run(part, chosen=options):
        return dict(zip([s.id for s in part], write(step, lambda k: None, part, vocabulary, chosen, longest=5)))  # noqa: B905

    whole = run(samples)
    assert run(samples[::-1]) == whole
    assert run(samples[2:3]) == {"film@2": whole["film@2"]}
    assert run(samples, Options(per_sample=2, decoding="sample", seed=8)) != whole


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"beams": 3}, "no option 'beams'"),
        ({"beam": "3"}, "beam is '3'"),
        ({"per_sample": 0}, "per_sample is 0"),
        ({"per_sample": True}, "per_sample is True"),
        ({"decoding": "best"}, "must be beam, sample or greedy"),
        ({"top_p": 0}, "top_p is 0"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(given, sentence):
    with pytest.raises(UserError, match=sentence):
        Options.parse(given)


def test_options_take_whole_numbers_for_fractions_and_any_run():
    assert Options.parse({"temperature": 1, "run": 12, "top_p": None}) == Options(temperature=1.0, run=12)
