"""Metrics, against hand-worked examples and an independent library."""

import itertools
import math

import pytest
from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu, sentence_bleu

from generation.scoring import metrics


def test_a_certain_truth_ranks_first_and_ties_count_against_it():
    truths = [False, True, False, True]
    assert metrics.best_rank([3.0, 0.1, 2.0, 9.0], truths) == 1
    assert metrics.best_rank([1.0, 2.0, 2.0, 2.5], truths) == 3
    assert metrics.best_rank([1.0, 2.0, 2.0, 2.5], truths, optimistic=True) == 2
    assert metrics.best_rank([5.0] * 4, truths) == 3


def test_what_is_not_a_number_ranks_last_and_warns():
    with pytest.warns(RuntimeWarning, match="not a number"):
        assert metrics.best_rank([math.nan, 1.0, 2.0], [True, False, False]) == 3
    with pytest.warns(RuntimeWarning):
        assert metrics.best_rank([2.0, math.nan, 1.0], [True, False, False]) == 2


def test_ranking_of_a_perfect_model():
    found = metrics.ranking([1] * 50)
    assert {name: interval.estimate for name, interval in found.items()} == {
        "R@1": 100.0, "R@5": 100.0, "R@10": 100.0, "MR": 1.0, "MRR": 1.0,
    }  # fmt: skip
    assert found["R@1"].high == pytest.approx(100.0)
    assert found["R@1"].low == pytest.approx(92.87, abs=0.01)  # Wilson: 50 / (50 + 1.96 ** 2)


def test_ranking_worked_by_hand():
    found = metrics.ranking([1, 2, 6, 20])
    assert found["R@1"].estimate == 25.0
    assert found["R@5"].estimate == 50.0
    assert found["R@10"].estimate == 75.0
    assert found["MR"].estimate == 7.25
    assert found["MRR"].estimate == pytest.approx((1 + 1 / 2 + 1 / 6 + 1 / 20) / 4)
    assert found["MR"].low == pytest.approx(7.25 - 3.18245 * 8.770215 / 2, abs=1e-3)


def test_clusters_of_one_item_each_give_the_interval_of_independent_items():
    values = [1.0, 0.5, 0.25, 0.0, 0.7]
    alone, together = metrics.mean_interval(values), metrics.by_cluster(values, list("abcde"))
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))


def test_items_that_only_repeat_each_other_within_a_cluster_narrow_nothing():
    values = [1.0, 0.5, 0.25, 0.0, 0.7]
    once = metrics.by_cluster(values, list("abcde"))
    ten = metrics.by_cluster(values * 10, list("abcde") * 10)
    assert (ten.low, ten.high) == pytest.approx((once.low, once.high))
    assert metrics.mean_interval(values * 10).low > ten.low


def test_one_cluster_has_no_interval():
    assert metrics.by_cluster([1.0, 0.0], ["a", "a"]) == metrics.Interval(0.5, None, None, 2)


def test_the_lead_is_the_metric_minus_what_a_random_order_expects():
    ranks, sizes, videos = [1, 2, 30, 4], [(100, 5), (100, 1), (100, 3), (100, 2)], ["a", "b", "a", "c"]
    found, chance = metrics.ranking(ranks), metrics.random_baseline(sizes)
    for name, interval in metrics.lead(ranks, sizes, videos).items():
        sign = -1 if name == "MR" else 1
        assert interval.estimate == pytest.approx(sign * (found[name].estimate - chance[name]))


def test_nothing_measured_is_undefined_not_zero():
    assert metrics.ranking([])["MRR"] == metrics.Interval(None, None, None, 0)
    assert metrics.random_baseline([])["MRR"] is None
    assert metrics.automatic([], [], set())["bleu4"] is None


@pytest.mark.parametrize(
    ("truths", "expected"),
    [
        (5, (5.0, 23.0, 41.6, 16.83, 0.1617)),
        (3, (3.0, 14.4, 27.4, 25.25, 0.1129)),
        (2, (2.0, 9.8, 19.1, 33.67, 0.0846)),
        (1, (1.0, 5.0, 10.0, 50.5, 0.0519)),
    ],
)
def test_the_random_baseline_of_100_candidates(truths, expected):
    found = metrics.random_baseline([(100, truths)])
    assert [found["R@1"], found["R@5"], found["R@10"]] == pytest.approx(expected[:3], abs=0.06)
    assert found["MR"] == pytest.approx(expected[3], abs=0.006)
    assert found["MRR"] == pytest.approx(expected[4], abs=6e-5)


def test_the_random_baseline_is_the_mean_over_all_orders():
    ranks = [min(order.index(0), order.index(1)) + 1 for order in itertools.permutations(range(6))]
    found = metrics.random_baseline([(6, 2)])
    assert found["MR"] == pytest.approx(sum(ranks) / len(ranks))
    assert found["MRR"] == pytest.approx(sum(1 / r for r in ranks) / len(ranks))
    assert found["R@5"] == 100


def test_fluency_worked_by_hand():
    known = metrics.all_ngrams(["前方高能", "高能预警"])
    # 高能啊: 高 能 高能 known (1 + 1 + 2); 啊 能啊 高能啊 unknown (1 + 2 + 3)
    assert metrics.fluency("高能啊", known) == pytest.approx(4 / 10)
    assert metrics.fluency("前方高能", known) == 1.0
    assert metrics.fluency("", known) is None


def test_diversity_worked_by_hand():
    # {a, b, ab} and {a, c, ac} share one of three each: similarity 2 * 1 / 6
    assert metrics.diversity(["ab", "ac"]) == pytest.approx(1 - 1 / 3)
    assert metrics.diversity(["ab", "ab"]) == 0.0
    assert metrics.diversity(["ab", "cd"]) == 1.0
    assert metrics.diversity(["", ""]) == 0.0
    assert metrics.diversity(["", "ab"]) == 1.0
    assert metrics.diversity(["ab"]) is None
    assert metrics.diversity(["ab", "ab", "cd"]) == pytest.approx(1 - (1 + 0 + 0) / 3)


TEXTS = ["前方高能预警啊", "这只猫真的好可爱", "船长又来了哈哈哈"]
REFERENCES = [["前方高能预警", "高能啊"], ["这只猫好可爱啊", "猫猫好可爱", "真的好可爱"], ["船长来了", "哈哈哈哈"]]


def test_corpus_bleu_equals_an_independent_library():
    found = metrics.bleu4(TEXTS, REFERENCES)
    expected = corpus_bleu([[list(r) for r in refs] for refs in REFERENCES], [list(t) for t in TEXTS])
    assert found["bleu4"] == pytest.approx(expected, abs=1e-6)
    assert expected > 0.2


def test_sentence_bleu_equals_an_independent_library():
    found = metrics.bleu4(TEXTS, REFERENCES)
    smooth = SmoothingFunction().method1
    each = [
        sentence_bleu([list(r) for r in refs], list(text), smoothing_function=smooth)
        for text, refs in zip(TEXTS, REFERENCES, strict=True)
    ]
    assert found["bleu4_sentence"] == pytest.approx(sum(each) / 3, abs=1e-6)


def test_a_null_lowers_bleu_and_the_rate_of_non_nulls():
    whole = metrics.automatic([["前方高能预警"]], [["前方高能预警"]], set())
    half = metrics.automatic([["前方高能预警", ""]], [["前方高能预警"]], set())
    assert (whole["bleu4"], whole["non_null_rate"]) == (pytest.approx(1.0), 1.0)
    assert half["non_null_rate"] == 0.5
    assert half["bleu4"] < 0.5


def test_references_of_bleu_are_drawn_by_the_seed():
    outputs, references = [["前方高能预警"]], [[f"{i}前方高能{i}" for i in range(9)] + ["前方高能预警"]]
    scores = {metrics.automatic(outputs, references, set(), seed=seed)["bleu4"] for seed in range(12)}
    assert len(scores) == 2  # the exact reference is drawn for some seeds only
    again = [metrics.automatic(outputs, references, set(), seed=3) for _ in range(2)]
    assert again[0] == again[1]


def test_bleu_equals_two_independent_libraries_on_many_comments():
    """Against nltk, and against sacrebleu's own sums over texts whose characters stand apart."""
    import random

    from sacrebleu.metrics import BLEU

    draw = random.Random(5)
    letters = "前方高能预警哈哈哈这只猫船长来了好美ab6！"
    refs = [["".join(draw.choices(letters, k=draw.randint(4, 14))) for _ in range(3)] for _ in range(60)]
    texts = [draw.choice(found)[:-1] + draw.choice(letters) * draw.randint(1, 3) for found in refs]
    found = metrics.bleu4(texts, refs)
    cut = [[list(r) for r in row] for row in refs]
    assert found["bleu4"] == pytest.approx(corpus_bleu(cut, [list(t) for t in texts]), abs=1e-6)
    apart = BLEU(tokenize="none", smooth_method="none")
    streams = [[" ".join(row[i]) for row in refs] for i in range(3)]
    assert found["bleu4"] == pytest.approx(apart.corpus_score([" ".join(t) for t in texts], streams).score / 100)
    smooth = SmoothingFunction().method1
    each = [sentence_bleu(r, list(t), smoothing_function=smooth) for t, r in zip(texts, cut, strict=True)]
    assert found["bleu4_sentence"] == pytest.approx(sum(each) / len(each), abs=1e-6)
    assert 0.2 < found["bleu4_sentence"] < 0.9


def test_a_comment_of_two_characters_is_judged_by_its_one_and_two_grams():
    assert metrics.bleu4(["高能"], [["高能"]])["bleu4_sentence"] == pytest.approx(1.0)
    # 1-grams 1 of 2, 2-grams 0 of 1, which method 1 counts as 0.1: sqrt(1/2 * 0.1)
    assert metrics.bleu4(["高啊"], [["高能"]])["bleu4_sentence"] == pytest.approx(math.sqrt(0.05))
    assert metrics.bleu4(["高能"], [["高能"]])["bleu4"] == 0.0  # without smoothing there are no 4-grams at all
