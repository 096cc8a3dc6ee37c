"""Vectors of words: those that keep the same company are near each other, and a table of embeddings begins so."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch

from generation.corpus import vectors, windows
from generation.corpus.records import Corpus, Sample
from generation.corpus.vocabulary import Vocabulary
from generation.seeds import derive
from generation.systems import base

SEA, SKY = ("waves", "harbour", "sailor"), ("stars", "comet", "night")


@pytest.fixture
def two_topics(make_corpus: Callable[..., Corpus]) -> list[Sample]:
    """Ten seconds of a video speak of the sea or of the sky, never of both."""
    videos = []
    for number, words in enumerate((SEA, SKY)):
        pairs = list(product(words, words))
        comments = [(float(second), " ".join(pairs[second % len(pairs)])) for second in range(60)]
        videos.append({"id": f"v{number}", "duration": 60.0, "split": "train", "comments": comments})
    return windows.samples(make_corpus(videos), "train")


def vocabulary(samples: list[Sample]) -> Vocabulary:
    texts = (text for sample in samples for text in sample.references)
    return Vocabulary.build(texts, size=50, tokenizer="spaces")


def test_words_of_one_topic_lie_nearer_than_words_of_two(two_topics: list[Sample]):
    words = vocabulary(two_topics)
    table = vectors.word_vectors(two_topics, words, width=2, seed=0)
    near = table @ table.T
    ids = {w: words.ids[w] for w in SEA + SKY}
    for a, b in product(SEA, SEA):
        assert near[ids[a], ids[b]] > 0.99
    for a, b in product(SEA, SKY):
        assert abs(near[ids[a], ids[b]]) < 0.01


def test_rows_have_length_one_and_tokens_nobody_wrote_have_none(two_topics: list[Sample]):
    words = vocabulary(two_topics)
    lengths = vectors.word_vectors(two_topics, words, width=4, seed=0).norm(dim=1)
    written = torch.tensor([token in SEA + SKY for token in words.tokens])
    assert torch.allclose(lengths[written], torch.ones(6))
    assert not lengths[~written].any()


def test_a_width_beyond_the_vocabulary_is_filled_with_zeros(two_topics: list[Sample]):
    words = vocabulary(two_topics)
    table = vectors.word_vectors(two_topics, words, width=64, seed=0)
    assert table.shape == (len(words), 64)
    assert not table[:, len(words) :].any()


def test_information_equals_the_formula_written_out():
    counts = np.array([[6.0, 2.0, 0.0], [2.0, 8.0, 1.0], [0.0, 1.0, 4.0]])
    found = vectors._positive_information(vectors.sparse.csr_array(counts / 2)).toarray()
    kept = np.where(counts >= 2, counts, 0)
    totals = kept.sum(1)
    context = totals**0.75 / (totals**0.75).sum()
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(kept / (totals[:, None] * context[None])), 0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["ut", "mml_cg", "klvcg"])
def test_a_system_begins_with_them_only_if_it_is_told_to(name: str, two_topics: list[Sample]):
    small = {"width": "16", "heads": "2", "inner": "16", "backbone": "none", "tokenizer": "spaces", "vocabulary": "50"}
    for wanted in ("false", "true"):
        config = base.configure(name, "small", {**small, "vectors": wanted})
        system = base.seeded(config, base.load(name), two_topics, None)
        before = system.table.weight.detach().clone()
        system.prime(two_topics)
        after = system.table.weight.detach()
        known = torch.tensor([token in SEA + SKY for token in system.vocabulary.tokens])
        assert torch.equal(before[~known], after[~known])
        assert torch.equal(before[known], after[known]) == (wanted == "false")
        if wanted == "true":
            words = vectors.word_vectors(two_topics, system.vocabulary, 16, config.seed)
            assert torch.equal(after[known], words[known])


def test_the_same_seed_gives_the_same_bits(two_topics: list[Sample]):
    words = vocabulary(two_topics)
    seed = derive(7, "any")
    first, second = (vectors.word_vectors(two_topics, words, width=3, seed=seed) for _ in range(2))
    assert torch.equal(first, second)
