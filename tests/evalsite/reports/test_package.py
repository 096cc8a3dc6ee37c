"""A package proves its report, and nothing in it can be changed without being named."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.rating import manifest as manifests
from evalsite.rating.models import Campaign, Item, Rater, Submission
from evalsite.reports import loading, package, summary, unpacking

pytestmark = pytest.mark.django_db
Line = dict[str, Any]


def packed(campaign: Campaign, tmp_path: Path) -> Path:
    target = tmp_path / "out.zip"
    package.write(target, campaign)
    return target


def altered(source: Path, name: str, change: Callable[[str], str], *, cover_up: bool) -> Path:
    """The package with one file changed; who covers up also writes a fitting list of digests."""
    target = source.with_name("altered.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        files = {entry: old.read(entry).decode() for entry in old.namelist()}
        files[name] = change(files[name])
        if cover_up:
            sums = {
                key: hashlib.sha256(text.encode()).hexdigest() for key, text in files.items() if key != "SHA256SUMS"
            }
            files["SHA256SUMS"] = "".join(f"{digest}  {key}\n" for key, digest in sorted(sums.items()))
        for key, text in files.items():
            new.writestr(key, text)
    return target


def first_line(change: Callable[[Line], None], fits: Callable[[Line], bool]) -> Callable[[str], str]:
    """Changes the first line of a JSON Lines file that fits."""

    def edit(text: str) -> str:
        lines = [json.loads(line) for line in text.splitlines()]
        change(next(line for line in lines if fits(line)))
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)

    return edit


@pytest.fixture(params=["closed", "chosen"])
def campaign(request: pytest.FixtureRequest) -> Campaign:
    found: Campaign = request.getfixturevalue(request.param)
    return found


def test_it_works(campaign: Campaign, tmp_path: Path) -> None:
    assert unpacking.verify(packed(campaign, tmp_path)) == []


def test_the_tables_of_a_package_give_the_very_same_report(campaign: Campaign, tmp_path: Path) -> None:
    again = unpacking.tables(unpacking.Package(packed(campaign, tmp_path)))
    assert summary.summarise(again) == summary.summarise(loading.load(campaign))


def test_the_same_campaign_makes_the_same_bytes(campaign: Campaign, tmp_path: Path) -> None:
    first = packed(campaign, tmp_path).read_bytes()
    assert packed(campaign, tmp_path).read_bytes() == first


@pytest.mark.parametrize("cover_up", [False, True])
def test_one_judgment_altered_is_named(closed: Campaign, tmp_path: Path, cover_up: bool) -> None:
    def flip(line: Line) -> None:
        line["value"] = 1 - line["value"]

    source = packed(closed, tmp_path)
    edit = first_line(flip, lambda line: line["criterion"] == "fake" and line["system"] == "ut" and line["counts"])
    found = unpacking.verify(altered(source, "judgments.jsonl", edit, cover_up=cover_up))
    assert any(line.startswith("report.json: systems[ut].escaped is") for line in found)
    assert any("human_recall is" in line and "recomputed" in line for line in found)
    assert any("judgments.jsonl was changed" in line for line in found) != cover_up


@pytest.mark.parametrize("cover_up", [False, True])
def test_one_choice_moved_is_named(chosen: Campaign, tmp_path: Path, cover_up: bool) -> None:
    def drop(line: Line) -> None:
        line["value"] = 0.0

    source = packed(chosen, tmp_path)
    edit = first_line(drop, lambda line: line["criterion"] == "best" and line["value"] == 1)
    found = unpacking.verify(altered(source, "judgments.jsonl", edit, cover_up=cover_up))
    assert any("].credit is" in line or "none" in line for line in found)


@pytest.mark.parametrize("cover_up", [False, True])
def test_one_output_altered_is_named(campaign: Campaign, tmp_path: Path, cover_up: bool) -> None:
    def rewrite(line: Line) -> None:
        line["text"] = "从未写过的话"

    source = packed(campaign, tmp_path)
    edit = first_line(rewrite, lambda line: line["system"] == "klvcg" and line["rank"] == 1)
    found = unpacking.verify(altered(source, "outputs.jsonl", edit, cover_up=cover_up))
    assert any(line.startswith("outputs.jsonl: klvcg#1 of sample films@0 is not the text") for line in found)


@pytest.mark.parametrize("cover_up", [False, True])
def test_one_setting_altered_is_named(campaign: Campaign, tmp_path: Path, cover_up: bool) -> None:
    def loosen(text: str) -> str:
        frozen = json.loads(text)
        frozen["settings"]["exclusions"] = {"items_under": 4}
        return manifests.canonical(frozen)

    source = packed(campaign, tmp_path)
    found = unpacking.verify(altered(source, "manifest.json", loosen, cover_up=cover_up))
    assert any(line.startswith("manifest.json was changed: its SHA-256 is") for line in found)
    assert any("settings.exclusions" in line for line in found)


def test_one_sample_altered_is_named(closed: Campaign, tmp_path: Path) -> None:
    source = packed(closed, tmp_path)
    edit = first_line(lambda line: line.update(time=99.0), lambda line: line["id"] == "films@3")
    found = unpacking.verify(altered(source, "samples.jsonl", edit, cover_up=True))
    assert any("samples.jsonl: sample films@3 is not the moment" in line for line in found)


def test_one_number_of_the_report_altered_is_named(closed: Campaign, tmp_path: Path) -> None:
    def polish(text: str) -> str:
        report = json.loads(text)
        report["systems"][0]["human_recall"] = 0.99
        return json.dumps(report)

    found = unpacking.verify(altered(packed(closed, tmp_path), "report.json", polish, cover_up=True))
    assert len(found) == 1
    assert found[0].startswith("report.json: systems[e_ga].human_recall is 0.99, recomputed 0.")


def test_a_judgment_told_twice_is_refused(closed: Campaign, tmp_path: Path) -> None:
    found = unpacking.verify(
        altered(
            packed(closed, tmp_path), "judgments.jsonl", lambda text: text + text.splitlines()[0] + "\n", cover_up=True
        )
    )
    assert any("judgment twice" in line for line in found)


def test_nothing_personal_is_in_it(closed: Campaign, tmp_path: Path) -> None:
    rater = Rater.objects.filter(campaign=closed).order_by("pk").first()
    assert rater
    Rater.objects.filter(pk=rater.pk).update(external_id="9a" * 32, completion_code="CODE-1234")
    Submission.objects.filter(item__assignment__rater=rater).update(comment="我叫小明")
    with zipfile.ZipFile(packed(closed, tmp_path)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    cards = Item.objects.filter(assignment__rater=rater).values_list("cards", flat=True)
    for secret in (rater.token_digest, "9a" * 32, "CODE-1234", "我叫小明", cards[0][0]["id"]):
        assert secret not in everything


def test_the_documents_explain_every_column_and_mark_what_is_open(closed: Campaign, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(closed, tmp_path)) as archive:
        dictionary, sheet = (archive.read(name).decode() for name in ("DATA_DICTIONARY.md", "DATASHEET.md"))
        for name in package.LINES[1:]:
            columns = json.loads(archive.read(name).decode().splitlines()[0])
            assert all(f"| `{column}` |" in dictionary for column in columns)
    assert "TO BE FILLED IN" in sheet
    assert "4 consented" in sheet


def test_the_command_says_so_and_fails_where_it_must(closed: Campaign, tmp_path: Path) -> None:
    source = packed(closed, tmp_path)
    call_command("verify_package", str(source))
    with pytest.raises(CommandError, match=r"report\.json: counts\.judgments is"):
        call_command("verify_package", str(altered(source, "judgments.jsonl", _without_last, cover_up=True)))
    with pytest.raises(CommandError, match="cannot be read as a zip file"):
        call_command("verify_package", str(tmp_path / "none.zip"))


def _without_last(text: str) -> str:
    return "".join(line + "\n" for line in text.splitlines()[:-1])
