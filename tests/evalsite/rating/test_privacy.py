"""What raters may ask of their data."""

from __future__ import annotations

import json

import pytest

from evalsite.rating import invitations, privacy, sessions
from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.testsets.models import System

from .conftest import make_rater
from .test_sessions import answer, sit

pytestmark = pytest.mark.django_db


def worked(campaign: Campaign) -> Rater:
    rater = invitations.enrol(campaign=campaign, external_id="5f3c9a")
    invitations.consent(rater=rater, language="en", screening={"years": 4})
    item = sessions.next_item(sessions.assign(rater=rater))
    assert item is not None
    answer(item, comment="I am Li from Hefei")
    sit(rater)
    invitations.complete(rater=rater)
    rater.refresh_from_db()
    return rater


def test_the_export_holds_all_and_tells_nobody_who_wrote_what(recall: Campaign) -> None:
    rater = worked(recall)
    data = privacy.export(rater)
    text = json.dumps(data, ensure_ascii=False)
    assert data["screening"] == {"years": 4.0}
    assert data["completion_code"] == rater.completion_code
    assert len(data["items"]) == 5
    assert data["items"][0]["answers"][0]["comment"] == "I am Li from Hefei"
    assert all(item["answers"] and item["cards"] and item["sample"] for item in data["items"])
    assert not any(slug in text for slug in System.objects.values_list("slug", flat=True))
    assert not any(word in text for word in ("outputs", "kind", "nulls", "control"))


def test_forgetting_keeps_judgments_and_nothing_that_points_to_a_person(recall: Campaign) -> None:
    rater = worked(recall)
    token, judgments = rater.token_digest, Judgment.objects.count()
    addresses = set(Assignment.objects.values_list("public_id", flat=True))
    gone = privacy.forget(rater=rater, actor="li")
    assert gone.pk == rater.pk
    assert gone.pseudonym.startswith("X-")
    assert (gone.external_id, gone.screening, gone.language, gone.completion_code) == ("", {}, "", "")
    assert gone.forgotten_at
    assert Judgment.objects.count() == judgments
    assert not Submission.objects.exclude(comment="").exists()
    assert not Rater.objects.filter(token_digest=token).exists()
    assert not addresses & set(Assignment.objects.values_list("public_id", flat=True))
    event = recall.events.get(action="forgotten")
    assert rater.pseudonym not in repr(vars(event))
    assert gone.pseudonym not in repr(vars(event))


def test_forgetting_twice_is_once(recall: Campaign) -> None:
    rater = worked(recall)
    gone = privacy.forget(rater=rater, actor="li")
    assert privacy.forget(rater=rater, actor="li").pseudonym == gone.pseudonym
    assert recall.events.filter(action="forgotten").count() == 1


def test_a_forgotten_participant_who_comes_again_is_somebody_new_with_a_new_pseudonym(recall: Campaign) -> None:
    first = worked(recall)
    privacy.forget(rater=first, actor="li")
    again = invitations.enrol(campaign=recall, external_id="5f3c9a")
    assert again.pk != first.pk
    assert again.pseudonym == "R-0002"


def test_withdrawing_deletes_what_was_said_and_is_counted(recall: Campaign) -> None:
    rater, other = worked(recall), make_rater(recall)
    sit(other)
    mine = Judgment.objects.filter(item__assignment__rater=rater).count()
    assert privacy.withdraw(rater=rater) == mine > 0
    assert not Item.objects.filter(assignment__rater=rater).exists()
    assert not Submission.objects.filter(item__assignment__rater=rater).exists()
    assert Judgment.objects.filter(item__assignment__rater=other).exists()
    event = recall.events.get(action="withdrawn")
    assert (event.detail["judgments"], event.detail["items"]) == (mine, 5)
    rater.refresh_from_db()
    assert rater.withdrawn_at
    assert (rater.external_id, rater.screening) == ("", {})
    assert privacy.withdraw(rater=rater) == 0
    assert recall.events.filter(action="withdrawn").count() == 1


def test_withdrawing_takes_no_more_queries_for_more_work(
    recall: Campaign, django_assert_max_num_queries: object
) -> None:
    rater = make_rater(recall)
    while sessions.more(rater=rater):
        sit(rater)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        privacy.withdraw(rater=rater)
