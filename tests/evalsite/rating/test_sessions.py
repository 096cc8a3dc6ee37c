"""A sitting from the first item to the last: drawn, served, answered once, gone back on, resumed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.rating import campaigns, invitations, manifest, privacy, sessions
from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.rating.sessions import Conflict, InvalidAnswer, NothingLeft, Refused, Timing
from evalsite.testsets.models import Run, TestSet

from .conftest import make_campaign, make_people, make_rater, make_run, make_testset

pytestmark = pytest.mark.django_db
TIMING = Timing(visible_ms=3000, first_action_ms=900, elapsed_ms=4000)


def answer(item: Item, place: int = 0, *, key: str = "", revision: int = 0, **fields: Any) -> Submission:
    """An answer to an item: the card of that place is marked or chosen."""
    card = item.cards[place]["id"]
    said = {"marked": [card], "chosen": card}
    return sessions.record(
        item=item, key=key or f"key-{item.pk}-{revision}", revision=revision, answer=said, timing=TIMING, **fields
    )


def sit(rater: Rater, items: int = 1000) -> Assignment:
    """Answer so many items of the rater's sitting."""
    assignment = sessions.assign(rater=rater)
    for _place in range(items):
        item = sessions.next_item(assignment)
        if item is None:
            break
        sessions.serve(item=item)
        answer(item)
    return assignment


def silence(rater: Rater, hours: float) -> None:
    Rater.objects.filter(pk=rater.pk).update(seen_at=timezone.now() - timedelta(hours=hours))


@pytest.mark.parametrize("slug", ["recall", "preference"])
def test_it_works(slug: str, request: pytest.FixtureRequest) -> None:
    rater = make_rater(request.getfixturevalue(slug))
    assignment = sit(rater)
    total = assignment.items.count()
    assert sessions.progress(assignment) == (total, total)
    assert sessions.next_item(assignment) is None
    assignment.refresh_from_db()
    assert assignment.completed_at
    assert Submission.objects.count() == total
    assert Judgment.objects.filter(criterion="check").count() == 1
    assert invitations.complete(rater=rater) == invitations.complete(rater=rater)


def test_items_come_in_order_and_the_open_sitting_is_gone_on_with(recall: Campaign) -> None:
    rater = make_rater(recall)
    assignment = sit(rater, items=2)
    assert sessions.assign(rater=rater) == assignment
    item = sessions.next_item(assignment)
    assert item is not None
    assert item.position == 3
    assert sessions.progress(assignment) == (2, 5)


def test_what_was_sent_is_kept_as_it_came(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    answer(item, comment=" 画面\x00很糊 ")
    stored = Submission.objects.get()
    assert stored.answer == {"marked": [item.cards[0]["id"]]}
    assert (stored.visible_ms, stored.first_action_ms, stored.elapsed_ms) == (3000, 900, 4000)
    assert (stored.comment, stored.revision) == ("画面很糊", 1)


@pytest.mark.parametrize(("told", "kept"), [(-5, 0), (10**15, 86_400_000), (None, None), (12, 12)])
def test_clocks_of_browsers_are_not_trusted_beyond_a_day(told: int | None, kept: int | None) -> None:
    assert Timing(told, told, told).columns() == {"visible_ms": kept, "first_action_ms": kept, "elapsed_ms": kept}


def test_an_item_is_served_once(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    sessions.serve(item=item)
    first = Item.objects.get(pk=item.pk).served_at
    sessions.serve(item=Item.objects.get(pk=item.pk))
    assert first is not None
    assert Item.objects.get(pk=item.pk).served_at == first


# One answer, once


def test_the_same_key_gets_the_same_reply_and_writes_nothing(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    first = answer(item, key="k")
    again = answer(Item.objects.get(pk=item.pk), 1, key="k")  # even with another answer: the first was acknowledged
    assert again == first
    assert Submission.objects.count() == 1
    assert set(Judgment.objects.values_list("revision", flat=True)) == {1}


def test_the_same_answer_from_another_tab_gets_the_same_reply(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    stale = Item.objects.get(pk=item.pk)
    assert answer(stale, key="tab 2") == answer(item, key="tab 1")
    assert Submission.objects.count() == 1


def test_another_answer_from_another_tab_is_a_conflict_that_carries_the_stored_one(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    stale = Item.objects.get(pk=item.pk)
    first = answer(item, key="tab 1")
    with pytest.raises(Conflict) as conflict:
        answer(stale, 1, key="tab 2")
    assert conflict.value.stored == first
    assert Submission.objects.count() == 1


def test_going_back_writes_a_revision_and_keeps_the_first(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    answer(item)
    answer(Item.objects.get(pk=item.pk), 1, revision=1)
    item.refresh_from_db()
    assert item.revision == 2
    assert list(item.submissions.values_list("revision", flat=True)) == [1, 2]
    assert set(item.judgments.values_list("revision", flat=True)) == {1, 2}
    fake = set(item.judgments.filter(revision=2, value=1, criterion="fake").values_list("output", flat=True))
    assert fake == set(item.cards[1]["outputs"])


def test_only_the_last_answered_item_can_be_changed(recall: Campaign) -> None:
    assignment = sit(make_rater(recall), items=2)
    answer(assignment.items.get(position=2), 1, revision=1)
    with pytest.raises(Refused, match="Only the last item"):
        answer(assignment.items.get(position=1), 1, revision=1)
    assert assignment.items.get(position=1).revision == 1


@pytest.mark.parametrize("revision", [1, 7, 10**30, -1])
def test_a_revision_nobody_saw_is_refused(recall: Campaign, revision: int) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    with pytest.raises(Refused, match="out of date"):
        answer(item, key="k", revision=revision)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 65, "a\0b"])
def test_a_key_that_cannot_be_one_is_refused(recall: Campaign, key: str) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    with pytest.raises(InvalidAnswer):
        sessions.record(item=item, key=key, revision=0, answer={"marked": []}, timing=TIMING)


def test_a_bad_answer_leaves_the_item_open(preference: Campaign) -> None:
    item = sessions.assign(rater=make_rater(preference)).items.get(position=1)
    with pytest.raises(InvalidAnswer):
        sessions.record(item=item, key="k", revision=0, answer={"chosen": "nobody"}, timing=TIMING)
    assert Item.objects.get(pk=item.pk).revision == 0
    answer(item, key="k")  # the key is still good


# Who may work, and when


def test_nobody_works_before_consent(recall: Campaign) -> None:
    with pytest.raises(NothingLeft, match="consent"):
        sessions.assign(rater=invitations.enrol(campaign=recall))


def test_a_pause_gives_nothing_out_but_takes_what_was_worked_on(recall: Campaign) -> None:
    rater = make_rater(recall)
    item = sessions.assign(rater=rater).items.get(position=1)
    campaigns.pause(campaign=recall)
    with pytest.raises(NothingLeft, match="paused"):
        sessions.assign(rater=rater)
    answer(item)
    campaigns.resume(campaign=recall)
    assert sessions.assign(rater=rater).items.filter(revision=1).count() == 1


def test_after_the_end_nothing_is_given_out_or_taken(recall: Campaign) -> None:
    rater = make_rater(recall)
    item = sessions.assign(rater=rater).items.get(position=1)
    campaigns.close(campaign=recall)
    with pytest.raises(NothingLeft, match="closed"):
        sessions.assign(rater=rater)
    with pytest.raises(Refused, match="closed before"):
        answer(item)


def test_an_answer_that_was_stored_is_acknowledged_even_after_the_end(recall: Campaign) -> None:
    item = sessions.assign(rater=make_rater(recall)).items.get(position=1)
    first = answer(item, key="k")
    campaigns.close(campaign=recall)
    assert answer(item, key="k") == first


def test_whoever_left_the_study_gets_nothing_and_gives_nothing(recall: Campaign) -> None:
    rater = make_rater(recall)
    item = sessions.assign(rater=rater).items.get(position=1)
    privacy.forget(rater=rater, actor="staff")
    with pytest.raises(NothingLeft, match="left"):
        sessions.assign(rater=rater)
    with pytest.raises(Refused, match="left"):
        answer(item)


# Sittings


def test_sittings_follow_until_all_samples_are_seen(recall: Campaign) -> None:
    rater = make_rater(recall)
    sizes = []
    while sessions.more(rater=rater):
        sizes.append(sit(rater).items.count())
    assert sizes == [5, 5, 2]
    assert Item.objects.values("sample").distinct().count() == Item.objects.count() == 12
    with pytest.raises(NothingLeft, match="every sample"):
        sessions.assign(rater=rater)


def test_two_raters_meet_other_orders_and_other_card_ids(recall: Campaign) -> None:
    items = [list(sessions.assign(rater=make_rater(recall)).items.order_by("position")) for _rater in range(2)]
    ids = [{card["id"] for item in part for card in item.cards} for part in items]
    assert not ids[0] & ids[1]
    assert [i.sample_id for i in items[0]] != [i.sample_id for i in items[1]]


def test_a_campaign_can_be_repeated_draw_by_draw(testset: TestSet, runs: list[Run]) -> None:
    make_people(testset)
    seen = []
    for slug in ("one", "two"):
        campaign = make_campaign(testset, "human_recall", runs, slug=slug, items_per_sitting=5)
        assignments = [sit(make_rater(campaign)) for _rater in range(3)]
        seen.append(
            [list(a.items.order_by("position").values("sample", "purpose", "seed", "cards")) for a in assignments]
        )
    assert seen[0] == seen[1]


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
def test_who_wrote_what_changes_nothing_that_is_shown(testset: TestSet, protocol: str) -> None:
    """Two campaigns that differ only in which system wrote what show the same bytes in the same order."""
    texts = [lambda n, r: "" if n % 4 == 3 else f"优{n}-{r}", lambda n, r: "哈哈哈" if n % 3 == 0 else f"知{n}-{r}"]
    shown = []
    for slug, (one, two) in (("as-it-was", texts), ("swapped", reversed(texts))):
        runs = [make_run(testset, "ut", one, 2), make_run(testset, "klvcg", two, 2)]
        campaign = make_campaign(testset, protocol, runs, slug=slug)
        items = [i for _rater in range(2) for i in sit(make_rater(campaign)).items.order_by("position")]
        shown.append([(i.position, i.sample_id, i.purpose, [(c["id"], c["text"]) for c in i.cards]) for i in items])
    assert shown[0] == shown[1]


def test_people_can_compete_where_they_are_named(testset: TestSet, runs: list[Run]) -> None:
    people = make_people(testset)
    campaign = make_campaign(testset, "preference", [*runs, people], raters=1, checks_per_sitting=0)
    first = dict(people.outputs.filter(rank=1).values_list("sample", "pk"))
    for item in sessions.assign(rater=make_rater(campaign)).items.all():
        owners = [output for card in item.cards for output in card["outputs"]]
        assert first[item.sample_id] in owners
        assert len(owners) + len(item.nulls) == 3


def test_a_sitting_of_very_many_samples_is_drawn(recall: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond some number of ids a query would have too many parameters; the cards must not differ for it."""
    before = [item.cards for item in sessions.assign(rater=make_rater(recall)).items.order_by("position")]
    privacy.withdraw(rater=recall.raters.get())
    Rater.objects.update(pseudonym="R-0009")
    monkeypatch.setattr(manifest, "MANY", 2)
    again = make_rater(recall)
    Rater.objects.filter(pk=again.pk).update(pseudonym="R-0001")
    again.refresh_from_db()
    assert [item.cards for item in sessions.assign(rater=again).items.order_by("position")] == before


def test_nulls_are_on_record_and_not_shown(recall: Campaign) -> None:
    rater = make_rater(recall)
    while sessions.more(rater=rater):
        sit(rater)
    for item in Item.objects.select_related("sample"):
        silent = item.sample.position % 4 == 3
        assert len(item.nulls) == (3 if silent else 0)
        assert not set(item.nulls) & {output for card in item.cards for output in card["outputs"]}


def test_a_text_two_systems_share_is_one_card(preference: Campaign) -> None:
    for _rater in range(3):
        sit(make_rater(preference))
    for item in Item.objects.select_related("sample").exclude(purpose="check"):
        n = item.sample.position
        assert len(item.cards) == (1 if n % 3 == 0 or n % 4 == 3 else 2)
        if n % 3 == 0 and n % 4 != 3:
            assert len(item.cards[0]["outputs"]) == 2
            assert item.judgments.get(criterion="none").output is None
            assert list(item.judgments.filter(criterion="best").values_list("value", flat=True)) == [1.0, 1.0]


def test_samples_without_any_comment_are_counted_and_not_shown(db: None) -> None:
    testset = make_testset(12)
    runs = [make_run(testset, "ut", lambda n, r: "" if n < 5 else f"优{n}")]
    campaign = make_campaign(testset, "preference", runs, raters=1, checks_per_sitting=0)
    assignment = sessions.assign(rater=make_rater(campaign))
    assert {item.sample.position for item in assignment.items.select_related("sample")} == set(range(5, 12))
    assert len(manifest.plan(campaign).samples) == 7


def test_the_work_of_a_sitting_does_not_grow_with_the_campaign(db: None, django_assert_max_num_queries: Any) -> None:
    counts = []
    for size, slug in ((12, "small"), (120, "large")):
        testset = make_testset(size, slug=slug)
        runs = [make_run(testset, "ut", lambda n, r: f"优{n}"), make_people(testset)]
        campaign = make_campaign(testset, "human_recall", runs, slug=slug, items_per_sitting=size // 2)
        sit(make_rater(campaign))
        rater = make_rater(campaign)
        with django_assert_max_num_queries(25) as assigned:
            assignment = sessions.assign(rater=rater)
        with django_assert_max_num_queries(10) as answered:
            item = sessions.next_item(assignment)
            assert item is not None
            sessions.serve(item=item)
            answer(item)
        counts.append((len(assigned), len(answered)))
    assert counts[0] == counts[1]


# A rater who leaves


def test_a_leavers_open_items_go_to_the_others_and_a_late_answer_is_kept(preference: Campaign) -> None:
    """Twelve samples, three raters with four each. One answers one and leaves; a day later the others take over."""
    leaver, *others = (make_rater(preference) for _rater in range(3))
    left = sit(leaver, items=1)
    open_item = sessions.next_item(left)
    assert open_item is not None
    for rater in others:
        sit(rater)
        assert not sessions.more(rater=rater)
    silence(leaver, hours=25)
    assert sessions.more(rater=others[0])
    for rater in others:
        sit(rater)
    judged = Item.objects.exclude(purpose="check").filter(revision__gt=0)
    assert judged.values("sample").distinct().count() == judged.count() == 12
    answer(open_item)  # the page was still open
    assert open_item.judgments.exists()
    assert sessions.next_item(left) is None
    assert sessions.progress(left) == (2, 2)


def test_a_leaver_who_returns_before_anybody_took_over_goes_on(preference: Campaign) -> None:
    leaver, other = make_rater(preference), make_rater(preference)
    left = sit(leaver, items=1)
    total = left.items.count()
    silence(leaver, hours=25)
    sessions.assign(rater=other)  # releases, but the other has a share of their own
    assert left.items.exclude(released_at=None).count() == total - 1
    assert sessions.assign(rater=leaver) == left
    sit(leaver)
    assert sessions.progress(left) == (total, total)


def test_an_open_page_gets_its_items_back_without_a_new_start(preference: Campaign) -> None:
    leaver = make_rater(preference)
    left = sit(leaver, items=1)
    silence(leaver, hours=25)
    sessions.assign(rater=make_rater(preference))
    assert sessions.next_item(left) is not None


def test_a_short_silence_releases_nothing(preference: Campaign) -> None:
    leaver = make_rater(preference)
    left = sit(leaver, items=1)
    silence(leaver, hours=23)
    sessions.assign(rater=make_rater(preference))
    assert not left.items.exclude(released_at=None).exists()


def test_in_human_recall_an_abandoned_sitting_does_not_count_as_judged(db: None) -> None:
    testset = make_testset(10)
    runs = [make_run(testset, "ut", lambda n, r: f"优{n}"), make_people(testset)]
    campaign = make_campaign(testset, "human_recall", runs, items_per_sitting=5, anchor_items=0)
    leaver = make_rater(campaign)
    sessions.assign(rater=leaver)
    silence(leaver, hours=25)
    taken = set()
    for _rater in range(2):
        taken |= set(sit(make_rater(campaign)).items.values_list("sample", flat=True))
    assert len(taken) == 10
    assert sessions.assign(rater=leaver).items.filter(released_at=None).count() == 5  # and can still be done


def test_a_withdrawn_raters_share_is_dealt_again(preference: Campaign) -> None:
    rater = make_rater(preference)
    share = set(sit(rater).items.exclude(purpose="check").values_list("sample", flat=True))
    privacy.withdraw(rater=rater)
    again = sessions.assign(rater=make_rater(preference))
    assert set(again.items.exclude(purpose="check").values_list("sample", flat=True)) == share
