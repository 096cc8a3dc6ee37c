"""BLEU-4 and Diversity, counted by hand and against a plain implementation."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.reports import automatic, evaluations

ONE = np.zeros(1, dtype=np.int64)


def plain_bleu(texts: list[str], references: list[list[str]]) -> float:
    """Corpus BLEU-4 in the plainest words."""
    matches, totals, length, closest = [0] * 4, [0] * 4, 0, 0
    for text, real in zip(texts, references, strict=True):
        for n in range(1, 5):
            ours = Counter(text[i : i + n] for i in range(len(text) - n + 1))
            most: Counter[str] = Counter()
            for other in real:
                most |= Counter(other[i : i + n] for i in range(len(other) - n + 1))
            matches[n - 1] += sum((ours & most).values())
            totals[n - 1] += sum(ours.values())
        length += len(text)
        closest += min((abs(len(other) - len(text)), len(other)) for other in real)[1]
    if not all(matches):
        return 0.0
    brevity = min(1.0, math.exp(1 - closest / length))
    return brevity * math.exp(sum(math.log(m / t) for m, t in zip(matches, totals, strict=True)) / 4)


def plain_diversity(groups: list[list[str]]) -> float:
    def grams(text: str) -> set[str]:
        return {text[i : i + n] for n in range(1, 5) for i in range(len(text) - n + 1)}

    means = []
    for texts in groups:
        overlaps = [
            2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0 for a, b in combinations(map(grams, texts), 2)
        ]
        means.append(1 - sum(overlaps) / len(overlaps))
    return sum(means) / len(means)


def test_a_sentence_counted_by_hand() -> None:
    # 灯塔亮了 against 灯塔又亮了: 4 of 4 letters, 2 of 3 pairs, no triple of 2, no four of 1; one letter shorter.
    _corpus, sentence = automatic.bleu(["灯塔亮了"], ONE, [["灯塔又亮了"]], ONE)
    expected = math.exp(1 - 5 / 4) * (1.0 * (3 / 4) * (1 / 3) * (1 / 2)) ** 0.25
    assert sentence[0] == pytest.approx(expected)


def test_the_same_text_scores_one() -> None:
    corpus, sentence = automatic.bleu(["灯塔亮了啊"], ONE, [["别的话", "灯塔亮了啊"]], ONE)
    assert (corpus[0], sentence[0]) == pytest.approx((1, 1))


def test_repeats_are_clipped() -> None:
    corpus, _sentence = automatic.bleu(["哈哈哈哈哈"], ONE, [["哈哈"]], ONE)
    assert corpus[0] == 0  # no triple in the reference


def test_nothing_is_compared_with_no_reference() -> None:
    _corpus, sentence = automatic.bleu(["灯塔", ""], np.array([0, 1]), [[], ["灯塔"]], np.array([0, 0]))
    assert np.isnan(sentence).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_bleu_is_that_of_a_plain_implementation(seed: int) -> None:
    rng = random.Random(seed)

    def text(least: int = 1) -> str:
        return "".join(rng.choice("灯塔亮") for _ in range(rng.randint(least, 9)))

    references = [[text() for _ in range(rng.randint(1, 3))] for _ in range(3)]
    sample = np.array([rng.randrange(3) for _ in range(8)])
    group = np.array([0, 1] * 4)
    texts = [text(4 if n < 2 else 0) for n in range(8)]
    corpus, _sentence = automatic.bleu(texts, sample, references, group)
    for k in (0, 1):
        mine = [n for n in range(8) if group[n] == k]
        assert corpus[k] == pytest.approx(plain_bleu([texts[n] for n in mine], [references[sample[n]] for n in mine]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text("灯塔亮了", max_size=6), min_size=2, max_size=4), min_size=1, max_size=4))
def test_diversity_is_that_of_a_plain_implementation(groups: list[list[str]]) -> None:
    texts = [text for group in groups for text in group]
    sample = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    found = automatic.diversity(texts, sample, np.zeros(len(texts), dtype=np.int64))
    assert found[0] == pytest.approx(plain_diversity(groups))


def test_one_output_a_sample_has_no_diversity() -> None:
    assert np.isnan(automatic.diversity(["灯塔"], ONE, ONE)).all()


def test_references_are_the_same_for_the_same_seed_and_three_at_most() -> None:
    real = [[f"话{n}" for n in range(6)], ["只有一句"]]
    first = automatic.chosen_references(7, ["a", "b"], real)
    assert first == automatic.chosen_references(7, ["a", "b"], real)
    assert [len(row) for row in first] == [3, 1]
    assert any(first != automatic.chosen_references(seed, ["a", "b"], real) for seed in range(8, 12))


def test_fluency_and_ranks_are_taken_from_an_evaluation() -> None:
    result = {
        "ranking": {"metrics": {"R@1": {"estimate": 12.5}, "MRR": {"estimate": 0.3}, "MR": {"estimate": None}}},
        "automatic": {"sampled": {"fluency": 0.8, "bleu4": 0.1}, "best": {"fluency": 0.9}},
    }
    assert evaluations.metrics(result) == {"fluency": 0.8, "recall@1": 12.5, "mrr": 0.3}
