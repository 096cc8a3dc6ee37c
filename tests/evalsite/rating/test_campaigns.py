"""Campaigns: made, frozen, moved through their states, copied; and the manifest that says what was frozen."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import transaction

from evalsite.rating import campaigns, manifest
from evalsite.rating.campaigns import CampaignError
from evalsite.rating.models import Campaign, Event, Frozen, Judgment, Submission
from evalsite.testsets.models import Output, Run, Sample, TestSet

from .conftest import make_campaign, make_people, make_run, make_testset
from .test_sessions import make_rater, sit

pytestmark = pytest.mark.django_db


def draft(testset: TestSet, runs: list[Run], protocol: str = "preference", **fields: Any) -> Campaign:
    return campaigns.create(
        **{"slug": "draft", "protocol": protocol, "testset": testset, "runs": runs, "seed": 7, **fields}
    )


def errors_of(testset: TestSet, runs: list[Run], **fields: Any) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        draft(testset, runs, **fields)
    assert not Campaign.objects.exists()
    return caught.value.errors


# Making one


def test_it_works(testset: TestSet, runs: list[Run]) -> None:
    campaign = draft(testset, runs, settings={"raters": 4})
    assert (campaign.state, campaign.settings, campaign.options.raters) == ("draft", {"raters": 4}, 4)
    assert set(campaign.consent) == set(campaign.instructions) == {"en", "zh-hans"}
    assert list(campaign.events.values_list("action", flat=True)) == ["created"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"slug": "Not A Slug"}, "cannot be a campaign's name"),
        ({"protocol": "magnitude"}, "There is no protocol 'magnitude'"),
        ({"settings": {"raters": 0}}, "raters must be from 1 to 10000, not 0."),
        ({"settings": {"samples": 13}}, "samples=13, but test set films has 12."),
        ({"runs": []}, "needs the outputs of at least one system"),
        ({"protocol": "human_recall", "settings": {"controls": 2}}, "set controls=0"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_made(
    testset: TestSet, runs: list[Run], fields: dict[str, Any], sentence: str
) -> None:
    assert any(sentence in error for error in errors_of(testset, **{"runs": runs, **fields}))


def test_a_name_is_taken_once(testset: TestSet, runs: list[Run]) -> None:
    draft(testset, runs)
    with pytest.raises(CampaignError, match="already a campaign draft"):
        draft(testset, runs)


def test_runs_must_be_finished_on_this_test_set_and_one_of_each_system(testset: TestSet, runs: list[Run]) -> None:
    other = make_run(make_testset(slug="others"), "cvae", lambda n, r: "好")
    failed = make_run(testset, "e_ga", lambda n, r: "好", state=Run.State.FAILED)
    again = make_run(testset, "ut", lambda n, r: "好")
    text = " ".join(errors_of(testset, [*runs, other, failed, again]))
    assert "is not on test set films" in text
    assert "is failed" in text
    assert "System ut has more than one run" in text


def test_people_are_no_system_to_compare_with_themselves(testset: TestSet) -> None:
    assert "other than human" in errors_of(testset, [make_people(testset)])[0]


def test_peoples_comments_join_as_controls_by_themselves(testset: TestSet, runs: list[Run]) -> None:
    people = make_people(testset)
    assert people in draft(testset, runs, "human_recall").runs.all()
    assert people not in draft(testset, runs, "human_recall", slug="plain", settings={"controls": 0}).runs.all()
    assert people not in draft(testset, runs, "preference", slug="preference").runs.all()


def test_without_peoples_comments_there_are_no_controls_unless_asked_for(testset: TestSet, runs: list[Run]) -> None:
    assert draft(testset, runs, "human_recall").options.controls == 0


def test_the_latest_finished_run_of_each_system_is_taken(testset: TestSet, runs: list[Run]) -> None:
    newer = make_run(testset, "ut", lambda n, r: "新")
    make_run(testset, "ut", lambda n, r: "坏", state=Run.State.FAILED)
    assert campaigns.latest_runs(testset, ["klvcg", "ut"]) == [runs[1], newer]
    with pytest.raises(CampaignError) as caught:
        campaigns.latest_runs(testset, ["ut", "cvae", "e_ga", "ut"])
    assert len(caught.value.errors) == 3


# Freezing it


def test_starting_freezes_all_of_it_in_a_manifest(recall: Campaign) -> None:
    frozen = json.loads(recall.manifest)
    assert recall.state == "running"
    assert recall.manifest_digest == hashlib.sha256(recall.manifest.encode()).hexdigest()
    assert manifest.canonical(frozen) == recall.manifest
    assert frozen["settings"]["items_per_sitting"] == 5
    assert frozen["seed"] == 7
    assert set(frozen["systems"]) == {"human", "klvcg", "ut"}
    assert frozen["samples"]["films@4"]["outputs"]["ut"] == [[1, "优4-1"], [2, "优4-2"], [3, "优4-3"]]
    assert frozen["samples"]["films@3"]["outputs"]["ut"] == [[1, ""], [2, ""], [3, ""]]
    assert frozen["exclusions"] == {"checks_failed_over": 1}
    assert frozen["consent"] == recall.consent


def test_a_clip_is_frozen_like_the_frames(testset: TestSet, runs: list[Run]) -> None:
    testset.samples.filter(key="films@4").update(clip="c" * 64, clip_start=35)
    frozen = manifest.build(draft(testset, runs))["samples"]
    assert frozen["films@4"]["clip"] == ["c" * 64, 35]
    assert "clip" not in frozen["films@5"]


def test_the_same_campaign_has_the_same_manifest(testset: TestSet, runs: list[Run]) -> None:
    one = manifest.canonical(manifest.build(draft(testset, runs)))
    Campaign.objects.all().delete()
    assert manifest.canonical(manifest.build(draft(testset, runs))) == one


def test_canonical_json_knows_one_form_of_a_number() -> None:
    assert manifest.canonical({"b": 24.0, "a": [1.5, True, None]}) == '{"a":[1.5,true,null],"b":24}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest.canonical(float("nan"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "other"),
        ("protocol", "human_recall"),
        ("settings", {"raters": 9}),
        ("seed", 8),
        ("consent", {"en": "Sign here."}),
        ("instructions", {"en": "Choose A."}),
        ("manifest_digest", "0" * 64),
        ("state", "draft"),
    ],
)
def test_what_is_frozen_cannot_be_saved_otherwise(preference: Campaign, field: str, value: Any) -> None:
    setattr(preference, field, value)
    with pytest.raises(Frozen, match="clone_campaign"):
        preference.save()
    stored = Campaign.objects.get(pk=preference.pk)
    assert getattr(stored, field) != value


def test_what_is_not_frozen_can_be_saved(preference: Campaign) -> None:
    campaigns.edit(campaign=preference, title="弹幕偏好", completion_url="https://example.org/{code}")
    assert Campaign.objects.get(pk=preference.pk).title == "弹幕偏好"
    with pytest.raises(Frozen):
        campaigns.edit(campaign=preference, settings={"raters": 9})


@pytest.mark.parametrize(
    "touch",
    [
        lambda campaign, run, other: campaign.runs.remove(run),
        lambda campaign, run, other: campaign.runs.clear(),
        lambda campaign, run, other: campaign.runs.add(other),
        lambda campaign, run, other: run.campaigns.remove(campaign),
        lambda campaign, run, other: run.campaigns.clear(),
        lambda campaign, run, other: other.campaigns.add(campaign),
    ],
)
def test_the_runs_of_a_frozen_campaign_stay(preference: Campaign, runs: list[Run], touch: Any) -> None:
    other = make_run(preference.testset, "cvae", lambda n, r: "好")
    with pytest.raises(Frozen), transaction.atomic():
        touch(preference, runs[0], other)
    assert set(preference.runs.all()) == set(runs)


def test_a_run_that_a_frozen_campaign_shows_is_not_deleted(preference: Campaign, runs: list[Run]) -> None:
    with pytest.raises(Frozen), transaction.atomic():
        runs[0].delete()
    assert Run.objects.filter(pk=runs[0].pk).exists()


def test_evidence_is_never_overwritten(preference: Campaign) -> None:
    sit(make_rater(preference))
    for row in (Judgment.objects.first(), Submission.objects.first(), Event.objects.first()):
        assert row is not None
        with pytest.raises(TypeError, match="never changed"):
            row.save()


def test_a_change_behind_the_campaigns_back_is_found(recall: Campaign) -> None:
    assert manifest.differences(recall) == []
    Output.objects.filter(run__system__slug="ut", sample__key="films@4", rank=1).update(text="改了")
    Sample.objects.filter(key="films@5").update(context=[])
    assert manifest.differences(recall) == ["samples.films@4.outputs.ut", "samples.films@5.moment"]


def test_a_campaign_of_nulls_cannot_start(testset: TestSet) -> None:
    campaign = draft(testset, [make_run(testset, "ut", lambda n, r: " ")])
    with pytest.raises(CampaignError, match="every output is empty"):
        campaigns.start(campaign=campaign)
    assert Campaign.objects.get().state == "draft"


def test_a_campaign_may_show_some_of_the_samples(testset: TestSet, runs: list[Run]) -> None:
    campaign = make_campaign(testset, "preference", runs, samples=5)
    plan = manifest.plan(campaign)
    assert len(plan.samples) == 5
    assert len(plan.spare) + len(plan.practice) == 7
    assert not set(plan.samples) & {*plan.spare, *plan.practice}


def test_the_manifest_stays_in_the_database_until_asked_for(preference: Campaign) -> None:
    assert "manifest" in Campaign.objects.get().get_deferred_fields()


# Its states


def test_a_campaign_runs_pauses_runs_and_closes(testset: TestSet, runs: list[Run]) -> None:
    campaign = campaigns.start(campaign=draft(testset, runs), actor="li")
    campaign = campaigns.pause(campaign=campaign, actor="li", reason="server moves")
    campaign = campaigns.resume(campaign=campaign)
    campaign = campaigns.close(campaign=campaign)
    assert campaign.state == "closed"
    assert campaign.closed_at
    assert list(campaign.events.values_list("action", "actor", "reason")) == [
        ("created", "", ""),
        ("started", "li", ""),
        ("paused", "li", "server moves"),
        ("resumed", "", ""),
        ("closed", "", ""),
    ]


@pytest.mark.parametrize("move", [campaigns.start, campaigns.pause, campaigns.resume, campaigns.close])
def test_a_closed_campaign_does_not_move(preference: Campaign, move: Any) -> None:
    campaigns.close(campaign=preference)
    with pytest.raises(CampaignError, match="is closed"):
        move(campaign=preference)


def test_a_copy_is_a_draft_that_can_be_changed(preference: Campaign) -> None:
    copy = campaigns.clone(campaign=preference, slug="copy")
    copy = campaigns.edit(campaign=copy, settings={**copy.settings, "raters_per_sample": 2})
    assert (copy.state, copy.seed, copy.options.raters, copy.options.raters_per_sample) == ("draft", 7, 3, 2)
    assert set(copy.runs.all()) == set(preference.runs.all())
    assert copy.raters.count() == 0
    assert campaigns.start(campaign=copy).manifest_digest != preference.manifest_digest


def test_a_draft_that_an_edit_would_spoil_stays_as_it_was(testset: TestSet, runs: list[Run]) -> None:
    campaign = draft(testset, runs)
    for settings in ({"raters": "x"}, {"samples": 99}):
        with pytest.raises(CampaignError):
            campaigns.edit(campaign=campaign, settings=settings, title="new")
    with pytest.raises(CampaignError):
        campaigns.edit(campaign=campaign, runs=[])
    stored = Campaign.objects.get()
    assert (stored.settings, stored.title, stored.runs.count()) == ({}, "", 2)


def test_looking_before_the_end_needs_a_reason_and_is_on_record(preference: Campaign) -> None:
    with pytest.raises(CampaignError, match="Say why"):
        campaigns.unblind(campaign=preference, actor="li", reason="  ")
    campaigns.unblind(campaign=preference, actor="li", reason="safety check")
    assert preference.events.get(action="unblinded").reason == "safety check"
