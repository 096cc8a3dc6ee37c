"""Two studies small enough to count on paper: shared texts, nulls, a rater who leaves."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from evalsite.reports.summary import summarise
from tests.evalsite.reports.study import NOBODY, tables

RECALL = {
    "ut": {"s1": ["哈哈哈", ""], "s2": ["前方高能"]},
    "klvcg": {"s1": ["哈哈哈 ", "灯塔亮了"], "s2": [""]},
    "human": {"s1": ["好美"], "s2": ["泪目"]},
}
RECALL_ANSWERS = [
    ("R-1", "s1", ["哈哈哈"]),
    ("R-1", "s2", ["前方高能"]),
    ("R-2", "s1", []),
    ("R-2", "s2", ["泪目"]),
    ("R-3", "s1", ["灯塔亮了", "好美"]),
    ("R-3", "s2", None),  # left before answering
]
PREFERENCE = {
    "ut": {"s1": ["哈哈哈"], "s2": [""], "s3": [""], "s4": ["起风了"]},
    "klvcg": {"s1": ["哈哈哈"], "s2": ["灯塔亮了"], "s3": [""], "s4": ["打卡"]},
    "mml_cg": {"s1": ["好美"], "s2": ["船来了"], "s3": [""], "s4": [""]},
}
PREFERENCE_ANSWERS = [
    ("R-1", "s1", "哈哈哈"),
    ("R-1", "s2", NOBODY),
    ("R-1", "s4", "打卡"),
    ("R-2", "s1", "好美"),
    ("R-2", "s2", "灯塔亮了"),
    ("R-2", "s4", None),  # left before answering
    ("R-3", "s4", "起风了"),
]


def test_human_recall_is_what_a_person_counts() -> None:
    report = summarise(tables("human_recall", RECALL, RECALL_ANSWERS))
    human, klvcg, ut = report["systems"]
    assert [row["system"] for row in report["systems"]] == ["human", "klvcg", "ut"]
    assert (ut["shown"], ut["escaped"], ut["nulls"]) == (5, 3, 3)
    assert (klvcg["shown"], klvcg["escaped"], klvcg["nulls"]) == (6, 4, 2)
    assert (human["shown"], human["escaped"]) == (5, 3)
    assert ut["human_recall"] == pytest.approx(3 / 5)
    assert klvcg["human_recall"] == pytest.approx(4 / 6)
    assert ut["human_recall_strict"] == pytest.approx(3 / 8)
    assert klvcg["human_recall_strict"] == pytest.approx(4 / 8)
    assert klvcg["humanness_ratio"] == pytest.approx((4 / 6) / (3 / 5))
    assert ut["d_prime"] == pytest.approx(0)
    assert klvcg["d_prime"] == pytest.approx(norm.ppf(2.5 / 7) - norm.ppf(2.5 / 6))


def test_counts_leave_out_what_was_never_answered() -> None:
    counts = summarise(tables("human_recall", RECALL, RECALL_ANSWERS))["counts"]
    assert (counts["raters"], counts["items_dealt"], counts["items_answered"], counts["simulated"]) == (3, 6, 5, 0)


def test_the_difference_and_the_holm_correction_are_those_of_one_pair() -> None:
    (pair,) = summarise(tables("human_recall", RECALL, RECALL_ANSWERS))["comparisons"]
    assert (pair["a"], pair["b"]) == ("klvcg", "ut")
    assert pair["difference"] == pytest.approx(4 / 6 - 3 / 5)
    assert pair["p_holm"] is None  # two samples allow no test
    assert "3 samples" in pair["reason"]


def test_raters_who_saw_the_same_text_overlap_once_whoever_wrote_it() -> None:
    agreement = summarise(tables("human_recall", RECALL, RECALL_ANSWERS))["agreement"]
    # s1 by three raters: 哈哈哈 101, 灯塔亮了 001, 好美 001 (1 = marked); s2 by two: 前方高能 10, 泪目 01.
    assert agreement["items_with_overlap"] == 5
    assert agreement["pairwise"] == pytest.approx((1 + 1 + 1 + 0 + 0) / (3 + 3 + 3 + 1 + 1))


def test_shares_are_what_a_person_counts() -> None:
    report = summarise(tables("preference", PREFERENCE, PREFERENCE_ANSWERS))
    klvcg, mml_cg, ut = report["systems"]
    assert [row["answered"] for row in report["systems"]] == [6, 6, 6]
    assert [row["credit"] for row in report["systems"]] == pytest.approx([2.5, 1, 1.5])
    assert [row["share"] for row in report["systems"]] == pytest.approx([2.5 / 6, 1 / 6, 1.5 / 6])
    assert [row["present"] for row in report["systems"]] == [6, 4, 4]
    assert [row["share_when_present"] for row in (klvcg, mml_cg, ut)] == pytest.approx([2.5 / 6, 1 / 4, 1.5 / 4])
    assert [row["non_null_rate"] for row in (klvcg, mml_cg, ut)] == pytest.approx([3 / 4, 2 / 4, 2 / 4])
    assert report["none"]["count"] == 1
    assert report["none"]["share"] == pytest.approx(1 / 6)
    assert report["unanswerable"] == 1
    assert sum(row["share"] for row in report["systems"]) + report["none"]["share"] == pytest.approx(1)
    assert sum(row["worth"] for row in report["systems"]) + report["none"]["worth"] == pytest.approx(1)


def test_a_frozen_rule_leaves_a_rater_out_and_both_versions_are_shown() -> None:
    found = tables(
        "human_recall",
        RECALL,
        RECALL_ANSWERS,
        checks={"R-2": [False, False], "R-1": [True]},
        exclusions={"checks_failed_over": 1},
    )
    report = summarise(found)
    ut = report["systems"][-1]
    assert (ut["shown"], ut["escaped"]) == (3, 1)  # R-2's two shown and two escaped are gone
    whole = report["without_exclusions"]["systems"][-1]
    assert (whole["shown"], whole["escaped"]) == (5, 3)
    assert report["counts"]["excluded_raters"] == 1
    assert {row["rater"]: row["excluded_by"] for row in report["raters"]} == {
        "R-1": None,
        "R-2": "checks_failed_over",
        "R-3": None,
    }
    assert any("1 rater was left out" in text for text in report["findings"]["en"])


def test_attention_checks_count_for_no_system() -> None:
    plain = summarise(tables("preference", PREFERENCE, PREFERENCE_ANSWERS))
    checked = summarise(tables("preference", PREFERENCE, PREFERENCE_ANSWERS, checks={"R-1": [True]}))
    assert checked["systems"] == plain["systems"]
    assert checked["none"] == plain["none"]
