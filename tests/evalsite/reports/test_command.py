"""`report` in all its forms, and one clear sentence for each mistake."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.rating.models import Campaign, Event
from evalsite.reports import reading, unpacking

pytestmark = pytest.mark.django_db

PROMISED = {"campaign", "protocol", "manifest", "software", "seed", "counts", "systems", "comparisons", "agreement",
            "raters", "automatic", "published"}  # fmt: skip
COUNTS = {"raters", "assignments", "items_answered", "judgments", "excluded_raters", "simulated"}
KEYS = {
    "human_recall": {"system", "shown", "escaped", "human_recall", "ci95", "wilson95", "nulls", "human_recall_strict",
                     "d_prime", "humanness_ratio", "rank_range"},
    "preference": {"system", "answered", "credit", "share", "ci95", "wilson95", "present", "share_when_present",
                   "non_null_rate", "worth", "rank_range"},
}  # fmt: skip


def said(*arguments: Any, **options: Any) -> str:
    stream = io.StringIO()
    call_command(*arguments, stdout=stream, stderr=io.StringIO(), **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["closed", "chosen"])
def test_the_json_has_every_key_that_was_promised(name: str, request: pytest.FixtureRequest) -> None:
    campaign: Campaign = request.getfixturevalue(name)
    report = json.loads(said("report", campaign.slug, "--format", "json"))
    assert report.keys() >= PROMISED
    assert report["manifest"] == campaign.manifest_digest
    assert report["counts"].keys() >= COUNTS
    assert KEYS[campaign.protocol] <= report["systems"][0].keys()
    assert {"a", "b", "difference", "ci95", "p", "p_holm"} <= report["comparisons"][0].keys()
    assert {"krippendorff_alpha", "ci95", "fleiss_kappa", "pairwise", "items_with_overlap"} <= report[
        "agreement"
    ].keys()
    assert {"rater", "items", "median_seconds", "checks_failed", "excluded_by"} <= report["raters"][0].keys()
    assert {"system", "bleu4", "fluency", "diversity", "non_null_rate"} <= report["automatic"][0].keys()
    slugs = [row["system"] for row in report["systems"]]
    assert slugs == sorted(slugs)
    if campaign.protocol == "preference":
        assert {"count", "share", "ci95"} <= report["none"].keys()
        assert isinstance(report["unanswerable"], int)


def test_the_text_says_first_what_was_found(closed: Campaign) -> None:
    text = said("report", "judged")
    found = reading.report(closed)["findings"]["en"]
    assert " ".join(found[0].split()) in " ".join(text.split())
    assert "Differences between systems" in text


def test_the_latex_compiles_by_eye(closed: Campaign) -> None:
    text = said("report", "judged", "--format", "latex")
    assert text.count(r"\begin") == text.count(r"\end") == 2
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert r"E\_GA" in body
    assert not re.search(r"(?<!\\)[%&_#](?![^&]*\\\\)", body.replace(" & ", " "))
    assert {line.count("&") for line in body.splitlines() if line.endswith(r"\\")} == {6}


def test_the_csv_has_one_row_a_system(closed: Campaign) -> None:
    rows = list(csv.DictReader(io.StringIO(said("report", "judged", "--format", "csv"))))
    assert [row["system"] for row in rows] == ["e_ga", "human", "klvcg", "ut"]
    assert float(rows[0]["human_recall"]) == reading.report(closed)["systems"][0]["human_recall"]


def test_the_seed_is_recorded_and_changes_no_number(closed: Campaign) -> None:
    plain, seeded = (json.loads(said("report", "judged", "--format", "json", *more)) for more in ([], ["--seed", "99"]))
    assert seeded.pop("seed") == 99
    plain.pop("seed")
    assert seeded == plain


def test_out_and_package_are_written_whole(closed: Campaign, tmp_path: Path) -> None:
    out, package = tmp_path / "r.html", tmp_path / "p.zip"
    said("report", "judged", "--format", "html", "--out", str(out), "--package", str(package), "--language", "zh-hans")
    assert out.read_text().startswith("<!doctype html>")
    assert unpacking.verify(package) == []
    assert {path.name for path in tmp_path.iterdir()} == {"r.html", "p.zip"}


def test_a_running_campaign_keeps_its_secret_without_a_reason(judged: Campaign, tmp_path: Path) -> None:
    assert json.loads(said("report", "judged", "--format", "json"))["blinded"] is True
    with pytest.raises(CommandError, match="close it"):
        said("report", "judged", "--package", str(tmp_path / "p.zip"))
    with pytest.raises(CommandError, match="Say after --unblind why"):
        said("report", "judged", "--unblind", " ")
    assert json.loads(said("report", "judged", "--format", "json", "--unblind", "asked by the ethics board"))["systems"]
    event = Event.objects.get(campaign=judged, action="unblinded")
    assert (event.actor, event.reason) == ("command line", "asked by the ethics board")


def test_of_two_campaigns_the_systems_of_both(closed: Campaign) -> None:
    assert "No system differs significantly between judged and judged." in said("report", "judged", "judged")
    found = json.loads(said("report", "judged", "judged", "--format", "json"))
    assert [row["difference"] for row in found["differences"]] == [0, 0, 0, 0]


def test_mistakes_are_one_sentence(closed: Campaign, chosen: Campaign, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no campaign 'jugded'; there are: chosen, judged"):
        said("report", "jugded")
    with pytest.raises(CommandError, match="measure different things"):
        said("report", "judged", "chosen")
    with pytest.raises(CommandError, match="cannot be written"):
        said("report", "judged", "--out", str(tmp_path / "no" / "r.txt"))


def test_an_imported_evaluation_stands_beside(closed: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"system": "ut", "automatic": {"best": {"fluency": 0.75}}}))
    said("import_evaluation", "judged", str(path))
    rows = {row["system"]: row for row in reading.report(closed)["automatic"]}
    assert (rows["ut"]["fluency"], rows["klvcg"]["fluency"]) == (0.75, None)
    path.write_text(json.dumps({"system": "unheard_of", "automatic": {}}))
    with pytest.raises(CommandError, match="is about unheard_of; the campaign has"):
        said("import_evaluation", "judged", str(path))
    path.write_text("{")
    with pytest.raises(CommandError, match="is not JSON"):
        said("import_evaluation", "judged", str(path))
