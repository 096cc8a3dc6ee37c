"""What is read from the database is what was stored, counted by hand from the submissions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.rating import campaigns, privacy, sessions, simulation
from evalsite.rating.models import Campaign, Item, Judgment, Rater, Submission
from evalsite.reports import columns, loading, package, summary, unpacking
from evalsite.reports import judged as judged_rows
from evalsite.testsets.models import Output
from tests.evalsite.rating.conftest import make_campaign, make_people, make_rater
from tests.evalsite.reports.conftest import mark_machines, work

pytestmark = pytest.mark.django_db


def by_hand(campaign: Campaign) -> dict[str, list[int]]:
    """[shown, escaped, nulls] by system, from cards and answers alone."""
    system = dict(Output.objects.values_list("pk", "run__system__slug"))
    counts: dict[str, list[int]] = {slug: [0, 0, 0] for slug in set(system.values())}
    for item in Item.objects.filter(assignment__campaign=campaign, revision__gt=0, assignment__rater__simulated=False):
        marked = item.submissions.get(revision=item.revision).answer["marked"]
        for card in item.cards:
            for output in card["outputs"]:
                counts[system[output]][0] += 1
                counts[system[output]][1] += card["id"] not in marked
        for output in item.nulls:
            counts[system[output]][2] += 1
    return counts


def reported(campaign: Campaign, **kwargs: Any) -> dict[str, list[int]]:
    report = summary.summarise(loading.load(campaign, **kwargs))
    return {row["system"]: [row["shown"], row["escaped"], row["nulls"]] for row in report["systems"]}


def test_it_works(judged: Campaign) -> None:
    counts = by_hand(judged)
    assert counts["ut"][2] > 0
    assert reported(judged) == counts


def test_only_the_last_revision_counts(judged: Campaign) -> None:
    item = Item.objects.filter(assignment__campaign=judged, revision=1).order_by("-assignment", "-position").first()
    assert item
    sessions.record(item=item, key="again", revision=1, answer={"marked": []}, timing=sessions.Timing())
    item.refresh_from_db()
    assert item.revision == 2
    assert reported(judged) == by_hand(judged)


def test_an_answer_that_came_after_the_item_was_released_is_kept(judged: Campaign) -> None:
    before = reported(judged)
    late = Item.objects.filter(assignment__campaign=judged, revision=0).order_by("position").first()
    assert late
    Item.objects.filter(pk=late.pk).update(released_at=late.assignment.created_at)
    late.refresh_from_db()
    sessions.record(item=late, key="late", revision=0, answer={"marked": []}, timing=sessions.Timing())
    assert reported(judged) == by_hand(judged) != before


def test_people_and_simulated_raters_never_mix(judged: Campaign) -> None:
    people = reported(judged)
    recall = simulation.default_recall(["ut", "klvcg", "e_ga", "human"], 1)
    simulation.simulate(campaign=judged, raters=3, world=simulation.World(recall=recall), seed=1)
    assert reported(judged) == people
    report = summary.summarise(loading.load(judged, simulated=True))
    assert report["counts"]["simulated"] == report["counts"]["raters"] == 3
    assert {row["rater"][0] for row in report["raters"]} != {"R"}
    assert "simulated" in report["findings"]["en"][0]


def test_who_withdrew_is_counted_and_their_judgments_are_gone(judged: Campaign) -> None:
    rater = Rater.objects.filter(campaign=judged).order_by("pseudonym").first()
    assert rater
    deleted = privacy.withdraw(rater=rater)
    report = summary.summarise(loading.load(judged))
    assert (report["counts"]["withdrawn_raters"], report["counts"]["withdrawn_judgments"]) == (1, deleted)
    assert rater.pseudonym not in {row["rater"] for row in report["raters"]}
    assert reported(judged) == by_hand(judged)


def test_positions_are_places_on_the_screen(judged: Campaign) -> None:
    tables = loading.load(judged)
    item = Item.objects.filter(assignment__campaign=judged, revision__gt=0).order_by("pk").first()
    assert item
    items, rater = tables.items, tables.raters.index(item.assignment.rater.pseudonym)
    (code,) = np.flatnonzero((items.rater == rater) & (items.position == item.position)).tolist()
    rows = tables.judgments.item == code
    found = Counter(tables.judgments.position[rows & (tables.judgments.output >= 0)].tolist())
    assert found == Counter(place for place, card in enumerate(item.cards, 1) for _output in card["outputs"])


def test_times_are_those_of_the_answer_that_counts(judged: Campaign) -> None:
    seconds = loading.load(judged).items.seconds
    sent = Submission.objects.filter(item__assignment__campaign=judged).values_list("visible_ms", flat=True)
    assert sorted(seconds[~np.isnan(seconds)].tolist()) == sorted(ms / 1000 for ms in sent if ms is not None)


def test_as_many_queries_for_many_raters_as_for_few(judged: Campaign) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        loading.load(judged)
    for _ in range(3):
        work(make_rater(judged), mark_machines)
    with CaptureQueriesContext(connection) as many:
        loading.load(judged)
    assert len(many) == len(few) <= 16


def test_practice_leaves_no_trace(judged: Campaign) -> None:
    assignment = sessions.assign(rater=make_rater(judged))
    before = reported(judged)
    assignment.practice = True
    assignment.save(update_fields=["practice"])
    item = sessions.next_item(assignment)
    assert item
    Item.objects.filter(pk=item.pk).update(revision=1)
    Judgment.objects.create(item=item, output_id=item.cards[0]["outputs"][0], revision=1, criterion="fake", value=0)
    assert reported(judged) == before


def test_a_draft_has_an_empty_report(study: tuple[Any, list[Any]]) -> None:
    testset, runs = study
    draft = campaigns.create(slug="draft", protocol="preference", testset=testset, runs=runs, seed=1)
    report = summary.summarise(loading.load(draft))
    assert report["counts"]["judgments"] == 0
    assert "nothing to report" in report["findings"]["en"][0]


def test_real_comments_out_of_place_are_an_anchor_of_their_own(study: tuple[Any, list[Any]], tmp_path: Path) -> None:
    testset, runs = study
    make_people(testset)
    campaign = make_campaign(testset, "human_recall", runs, slug="decoys", items_per_sitting=4, decoys=2, controls=1)
    for _ in range(3):
        work(make_rater(campaign), mark_machines)
    shown: Counter[str] = Counter()
    escaped: Counter[str] = Counter()
    for item in Item.objects.filter(assignment__campaign=campaign, revision__gt=0):
        marked = item.submissions.get(revision=item.revision).answer["marked"]
        for card in item.cards:
            shown[card["kind"]] += 1
            escaped[card["kind"]] += card["id"] not in marked
    report = summary.summarise(loading.load(campaign))
    assert shown["decoy"] > 0
    for name, kind in (("decoys", "decoy"), ("controls", "control")):
        assert (report[name]["shown"], report[name]["escaped"]) == (shown[kind], escaped[kind])
    package.write(tmp_path / "out.zip", campaign)
    assert unpacking.verify(tmp_path / "out.zip") == []


def test_answers_that_do_not_fit_into_one_number_are_read_like_the_others(judged: Campaign) -> None:
    """Values other than 0 and 1 and words of another protocol go another way than the million."""
    before = _said(judged)
    first, second, third = Judgment.objects.filter(item__assignment__campaign=judged).order_by("pk")[:3]
    Judgment.objects.filter(pk=first.pk).update(value=0.25)
    Judgment.objects.filter(pk=second.pk).update(criterion="wit")
    Judgment.objects.filter(pk=third.pk).update(value=7)
    assert _said(judged) == before | {
        (first.item_id, first.output_id): ("fake", 0.25),
        (second.item_id, second.output_id): ("wit", second.value),
        (third.item_id, third.output_id): ("fake", 7.0),
    }
    assert len(before) == Judgment.objects.filter(item__assignment__campaign=judged).count()


def _said(campaign: Campaign) -> dict[tuple[int, int | None], tuple[str, float]]:
    """Criterion and value by keys of item and output."""
    dealt = Item.objects.filter(assignment__campaign=campaign).order_by("pk").values_list("pk", "revision")
    keys, revisions = np.array(list(dealt)).T
    said = judged_rows.read(keys, keys)
    found = judged_rows.counting(said, keys, revisions)
    rows = zip(*(part.tolist() for part in found), strict=True)
    return {(keys[item], output): (said.criteria[code], value) for item, _revision, output, code, value in rows}


def test_ids_far_apart_are_asked_for_apart() -> None:
    keys = np.array([5, 1, 9, 5_000, 5_020, 5_021])
    assert list(columns.stretches(keys, keys, 1_000, 16)) == [(1, 9), (5_000, 5_015), (5_016, 5_021)]
    assert list(columns.stretches(keys[:0], keys[:0], 1_000, 16)) == []


def test_lists_of_numbers_are_read_all_at_once() -> None:
    rows, numbers = columns.lists("[1, 22];[];[3];[];[4,5, 6]")
    assert rows.tolist() == [0, 0, 2, 4, 4, 4]
    assert numbers.tolist() == [1, 22, 3, 4, 5, 6]
    assert [part.tolist() for part in columns.lists(None)] == [[], []]


def test_items_dealt_and_not_answered_have_no_time_and_others_whole_seconds(judged: Campaign) -> None:
    last = Submission.objects.latest("received_at")
    almost = last.received_at.replace(microsecond=999_999)  # nearer to the next second, which it must not become
    Submission.objects.filter(pk=last.pk).update(received_at=almost)
    items = loading.load(judged).items
    dealt = Item.objects.filter(assignment__campaign=judged)
    assert dealt.filter(revision=0).count() == (~items.answered).sum() > 0
    sent = Submission.objects.filter(item__assignment__campaign=judged).values_list("received_at", flat=True)
    assert sorted(items.received[items.answered].tolist()) == sorted(
        moment.replace(tzinfo=None, microsecond=0) for moment in sent
    )
