"""Studies of which little can be said: no crash, no NaN, and a sentence that says what cannot be said."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from evalsite.reports import figures
from evalsite.reports.rendering import FORMATS
from evalsite.reports.summary import progress, summarise
from tests.evalsite.reports.study import NOBODY, tables

SAMPLES = ("s1", "s2", "s3", "s4")
RECALL = {
    "ut": {sample: [f"哈哈{sample}"] for sample in SAMPLES},
    "e_ga": {sample: [f"灯塔{sample}"] for sample in SAMPLES},
    "human": {sample: [f"好美{sample}"] for sample in SAMPLES},
}
PREFERENCE = {system: RECALL[system] for system in ("ut", "e_ga")}
RATERS = ("R-1", "R-2", "R-3", "R-4")


def everybody(said: Any, raters: tuple[str, ...] = RATERS) -> list[tuple[str, str, Any]]:
    return [(rater, sample, said) for rater in raters for sample in SAMPLES]


STUDIES: dict[str, tuple[str, Any, str]] = {
    "empty recall": ("human_recall", [("R-1", "s1", None)], "nothing to report"),
    "empty preference": ("preference", [("R-1", "s1", None)], "nothing to report"),
    "one rater": ("human_recall", everybody(["哈哈s1"], ("R-1",)), "Only one rater answered"),
    "one rater's taste": ("preference", everybody("哈哈s1", ("R-1",))[:1], "Only one rater answered"),
    "two raters": ("human_recall", everybody(["哈哈s1"], ("R-1", "R-2")), "Only two raters answered"),
    "one sample": ("human_recall", [(rater, "s1", ["哈哈s1"]) for rater in RATERS], "Fewer than three samples"),
    "all none": ("preference", everybody(NOBODY), "no system's comment was ever chosen"),
    "all escaped": ("human_recall", everybody([]), "marked none of the systems' comments"),
    "all marked": (
        "human_recall",
        everybody([f"{text}{sample}" for text in ("哈哈", "灯塔", "好美") for sample in SAMPLES]),
        "marked all of the systems' comments",
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_it_says_what_cannot_be_said(name: str) -> None:
    protocol, answers, words = STUDIES[name]
    report = summarise(tables(protocol, RECALL if protocol == "human_recall" else PREFERENCE, answers))
    assert words in " ".join(report["findings"]["en"])


@pytest.mark.parametrize("name", STUDIES)
def test_every_form_of_it_can_be_written(name: str) -> None:
    protocol, answers, _words = STUDIES[name]
    report = summarise(tables(protocol, RECALL if protocol == "human_recall" else PREFERENCE, answers))
    for form, render in FORMATS.items():
        if form != "html":
            for found in (report, progress(report)):
                assert not re.search(r"\bnan\b", render(found), re.IGNORECASE)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    for chart in figures.available(report):
        assert figures.draw(chart.name, report).startswith(b"<?xml")


def test_all_escaped_is_a_human_recall_of_one_with_an_interval_that_counts_raters() -> None:
    report = summarise(tables("human_recall", RECALL, everybody([])))
    for row in report["systems"]:
        assert row["human_recall"] == 1
        assert row["ci95"][0] < 0.6  # four raters, however many cards
    assert all(pair["p_holm"] == 1 for pair in report["comparisons"])


def test_all_none_gives_every_share_zero_and_none_one() -> None:
    report = summarise(tables("preference", PREFERENCE, everybody(NOBODY)))
    assert [row["share"] for row in report["systems"]] == [0, 0]
    assert report["none"]["share"] == 1


def test_without_real_comments_nothing_is_said_of_d_prime() -> None:
    alone = {system: RECALL[system] for system in ("ut", "e_ga")}
    report = summarise(tables("human_recall", alone, everybody(["哈哈s1"])))
    assert all(row["d_prime"] is None for row in report["systems"])
    assert "No real comments were shown" in " ".join(report["findings"]["en"])
    assert "d_prime" not in {chart.name for chart in figures.available(report)}


def test_what_may_be_seen_while_it_runs_names_no_system() -> None:
    report = summarise(tables("human_recall", RECALL, everybody(["哈哈s1", "哈哈s2"])))
    text = json.dumps(progress(report), ensure_ascii=False)
    for word in ("ut", "e_ga", 'human_recall":', "UT", "E_GA", "escaped"):
        assert f'"{word}' not in text
    assert progress(report)["half_widths"]["widest"] > 0
    assert {chart.name for chart in figures.available(progress(report))} == {"times", "days"}
