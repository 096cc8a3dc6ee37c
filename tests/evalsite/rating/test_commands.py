"""The commands that run a campaign: what they print, and one sentence for each mistake."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.rating import invitations
from evalsite.rating.models import Campaign, Item, Rater
from evalsite.testsets.models import Run, TestSet

from .conftest import make_people, make_rater
from .test_sessions import sit

pytestmark = pytest.mark.django_db
ON_FILMS = ["--protocol", "preference", "--testset", "films"]


def run(command: str, *words: str, **options: Any) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(command, *words, stdout=out, stderr=out, **options)
    return out.getvalue()


def refusal(command: str, *words: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(command, *words)
    return str(caught.value)


def create(*words: str, slug: str = "study", protocol: str = "preference") -> str:
    return run("create_campaign", slug, "--protocol", protocol, "--testset", "films", "--systems", "ut,klvcg", *words)


def test_it_works(testset: TestSet, runs: list[Run]) -> None:
    """From draft to closed, by commands alone."""
    assert "Drafted study (preference, seed 9)" in create("--set", "raters=4", "--seed", "9")
    assert (
        Campaign.objects.get().manifest_digest
        in run("start_campaign", "study") + Campaign.objects.get().manifest_digest
    )
    assert Campaign.objects.get().state == "running"
    links = run("invite", "study", "--raters", "2").split()
    assert [invitations.admit(link.rstrip("/").rsplit("/", 1)[1]).pseudonym for link in links[1::2]] == links[::2]  # type: ignore[union-attr]
    assert "4 simulated raters answered study" in run("simulate", "study", "--raters", "4", "--recall", "ut=0.3")
    assert Item.objects.filter(revision=0).count() == 0
    run("pause_campaign", "study", "--reason", "lunch")
    assert "running again" in run("start_campaign", "study")
    run("close_campaign", "study")
    assert Campaign.objects.get().state == "closed"
    run("clone_campaign", "study", "again", "--set", "raters=2", "--seed", "3")
    copy = Campaign.objects.get(slug="again")
    assert (copy.seed, copy.options.raters, copy.state) == (3, 2, "draft")


def test_starting_prints_the_manifests_digest(testset: TestSet, runs: list[Run]) -> None:
    create()
    assert run("start_campaign", "study").count(Campaign.objects.get().manifest_digest) == 1


def test_without_peoples_comments_the_drafter_is_told(testset: TestSet, runs: list[Run]) -> None:
    assert "import_outputs films human" in create(protocol="human_recall")
    assert "import_outputs" not in create("--set", "controls=0", slug="plain", protocol="human_recall")
    make_people(testset)
    assert "human / films" in create(slug="whole", protocol="human_recall")


def test_texts_come_from_files(testset: TestSet, runs: list[Run], tmp_path: Path) -> None:
    (tmp_path / "consent.txt").write_text("\ufeff请同意。\n", encoding="utf-8")
    create("--consent", f"zh-hans={tmp_path / 'consent.txt'}", "--title", "弹幕")
    assert Campaign.objects.get().consent == {"zh-hans": "请同意。"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["create_campaign", "x", "--protocol", "preference", "--testset", "films", "--systems", "cvae"],
            "no finished run",
        ),
        (
            ["create_campaign", "x", "--protocol", "preference", "--testset", "no", "--systems", "ut"],
            "no test set 'no'",
        ),
        (["create_campaign", "x", "--protocol", "no", "--testset", "films", "--systems", "ut"], "no protocol 'no'"),
        (
            ["create_campaign", "X", *ON_FILMS, "--systems", "ut"],
            "campaign's name",
        ),
        (
            ["create_campaign", "x", *ON_FILMS, "--systems", ""],
            "at least one system",
        ),
        (
            ["create_campaign", "x", *ON_FILMS, "--systems", "ut", "--set", "rater=3"],
            "Did you mean raters?",
        ),
        (
            ["create_campaign", "x", *ON_FILMS, "--systems", "ut", "--consent", "en"],
            "write LANGUAGE=FILE",
        ),
        (
            ["create_campaign", "x", *ON_FILMS, "--systems", "ut", "--consent", "en=/no/file"],
            "/no/file cannot be read",
        ),
        (["start_campaign", "nobody"], "There is no campaign 'nobody'; there are: study."),
        (["pause_campaign", "study"], "is draft; that can be done only while it is running"),
        (["close_campaign", "study"], "is draft"),
        (["clone_campaign", "study", "study"], "already a campaign study"),
        (["clone_campaign", "study", "copy", "--set", "raters=0"], "raters must be"),
        (["invite", "study"], "how many raters"),
        (["invite", "study", "--raters", "2", "--csv", "/no/such/folder/out.csv"], "cannot be written"),
        (["simulate", "study", "--raters", "2"], "is draft"),
        (["simulate", "study", "--raters", "0"], "--raters must be at least 1"),
        (["simulate", "study", "--raters", "1", "--skill", "nan"], "--skill must be at least 0"),
        (["simulate", "study", "--raters", "1", "--recall", "ut=2"], "P between 0 and 1"),
        (["simulate", "study", "--raters", "1", "--recall", "cvae=0.2"], "not in the campaign"),
        (["forget_rater", "study", "R-0001"], "has no rater 'R-0001'"),
    ],
)
def test_a_mistake_gets_one_sentence_and_changes_nothing(
    testset: TestSet, runs: list[Run], words: list[str], sentence: str
) -> None:
    create()
    message = refusal(*words)
    assert sentence in message
    assert len(message) < 400
    assert Campaign.objects.get().state == "draft"
    assert not Rater.objects.exists()


def test_links_go_to_a_file_that_is_not_overwritten(preference: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "links.csv"
    run("invite", "study", "--raters", "2", "--csv", str(target))
    rows = list(csv.DictReader(target.open(encoding="utf-8")))
    assert [row["rater"] for row in rows] == ["R-0001", "R-0002"]
    assert "exists already" in refusal("invite", "study", "--raters", "2", "--csv", str(target))
    assert Rater.objects.count() == 2


def test_the_open_link_is_printed(preference: Campaign) -> None:
    link = run("invite", "study", "--open").strip()
    assert invitations.campaign_of_open_link(link.rstrip("/").rsplit("/", 1)[1]) == preference


def test_nobody_is_invited_to_a_closed_campaign(preference: Campaign) -> None:
    run("close_campaign", "study")
    assert "is closed" in refusal("invite", "study", "--raters", "1")


def test_a_rater_is_forgotten_or_withdrawn(preference: Campaign) -> None:
    raters = [make_rater(preference) for _rater in range(2)]
    for rater in raters:
        sit(rater)
    assert "R-0001 is forgotten" in run("forget_rater", "study", "R-0001")
    assert "judgments of R-0002" in run("forget_rater", "study", "R-0002", "--withdraw")
    assert "has no rater 'R-0001'" in refusal("forget_rater", "study", "R-0001")
    assert not Item.objects.filter(assignment__rater=raters[1]).exists()
    assert Item.objects.filter(assignment__rater=raters[0]).exists()
