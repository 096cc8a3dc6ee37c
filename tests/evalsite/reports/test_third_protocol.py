"""A protocol that nobody has written yet has a report: the mean of its criterion by system."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evalsite.rating import protocols
from evalsite.reports import presentation
from evalsite.reports.estimators.intervals import mean_of
from evalsite.reports.figures import available, draw
from evalsite.reports.rendering import FORMATS
from evalsite.reports.summary import summarise
from evalsite.reports.tables import Tables
from tests.evalsite.reports.study import tables

SAMPLES = [f"s{n}" for n in range(5)]
TEXTS = {system: {sample: [f"{system}{sample}"] for sample in SAMPLES} for system in ("ut", "e_ga")}


@pytest.fixture
def rated(monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Four raters give 1 to 5 points."""
    monkeypatch.setattr(protocols, "load", lambda _name: SimpleNamespace(criterion="points", summary=""))
    plain = tables("human_recall", TEXTS, [(f"R-{r}", sample, []) for r in range(4) for sample in SAMPLES])
    rng = np.random.default_rng(3)
    points = rng.integers(1, 4, len(plain.judgments.value)) + plain.system_of(plain.judgments.output)
    code = np.full(len(points), len(plain.criteria))
    judgments = replace(plain.judgments, value=points.astype(float), criterion=code)
    return replace(
        plain, criteria=(*plain.criteria, "points"), judgments=judgments, study=replace(plain.study, protocol="points")
    )


def test_the_mean_of_each_system_is_reported(rated: Tables) -> None:
    report = summarise(rated)
    rows = rated.judgments
    for k, row in enumerate(report["systems"]):
        mine = rated.system_of(rows.output) == k
        item = rows.item[mine]
        expected = mean_of(rated.items.rater[item], rated.items.sample[item], rows.value[mine])
        assert row["mean"] == pytest.approx(rows.value[mine].mean())
        assert row["ci95"] == pytest.approx(expected.interval)


def test_the_difference_is_on_the_scale_of_the_criterion(rated: Tables) -> None:
    report = summarise(rated)
    e_ga, ut = report["systems"]
    (pair,) = report["comparisons"]
    assert pair["difference"] == pytest.approx(e_ga["mean"] - ut["mean"])
    assert pair["ci95"][0] < pair["difference"] < pair["ci95"][1]


def test_every_form_of_it_can_be_written(rated: Tables) -> None:
    report = summarise(rated)
    assert "has the highest mean" in report["findings"]["en"][0]
    for form in ("text", "csv", "latex", "json"):
        assert FORMATS[form](report)
    for chart in available(report):
        assert draw(chart.name, report)
    assert presentation.sheets(report)[0].columns[1].key == "mean"
