"""What raters may ask of their data: to see it, to become untraceable, to take it back."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from evalsite.rating import campaigns
from evalsite.rating.models import Assignment, Item, Judgment, Rater, Submission, opaque_id


def export(rater: Rater) -> dict[str, Any]:
    """All that is kept of a rater, for them to read: what they saw and said, and never who wrote a comment."""
    submissions = Submission.objects.filter(item__assignment__rater=rater).select_related(None)
    answers: dict[int, list[dict[str, Any]]] = {}
    for submission in submissions.order_by("item", "revision"):
        answers.setdefault(submission.item_id, []).append(_answer(submission))
    items = Item.objects.filter(assignment__rater=rater).select_related("sample", "assignment")
    return {
        "pseudonym": rater.pseudonym,
        "campaign": rater.campaign.slug,
        "language": rater.language,
        "screening": rater.screening,
        "invited_at": _moment(rater.created_at),
        "consented_at": _moment(rater.consented_at),
        "consent_digest": rater.consent_digest,
        "practised_at": _moment(rater.practised_at),
        "completed_at": _moment(rater.completed_at),
        "withdrawn_at": _moment(rater.withdrawn_at),
        "seen_at": _moment(rater.seen_at),
        "completion_code": rater.completion_code,
        "known_to_a_recruiting_platform": bool(rater.external_id),
        "items": [_item(item, answers) for item in items.order_by("assignment__number", "position")],
    }


@transaction.atomic
def forget(*, rater: Rater, actor: str) -> Rater:
    """Erase all that is personal and keep the judgments under a fresh pseudonym that nothing ties to the old one.

    Links, completion code and recruiting id stop working; the rater's free remarks go too. It cannot be undone.
    """
    rater = Rater.objects.select_for_update().get(pk=rater.pk)
    if rater.forgotten_at:
        return rater
    _erase(rater)
    rater.pseudonym = f"X-{secrets.token_hex(5)}"
    rater.token_digest = f"forgotten-{secrets.token_hex(24)}"  # no token has a digest of this form
    rater.completion_code = ""
    rater.forgotten_at = timezone.now()
    rater.save()
    assignments = list(Assignment.objects.filter(rater=rater))
    for assignment in assignments:
        assignment.public_id = opaque_id()
    Assignment.objects.bulk_update(assignments, ["public_id"])
    # Open items go to others: whoever was forgotten does not come back.
    Item.objects.filter(assignment__rater=rater, revision=0, released_at=None).update(released_at=timezone.now())
    campaigns.log(rater.campaign, "forgotten", actor=actor)
    return rater


@transaction.atomic
def withdraw(*, rater: Rater) -> int:
    """Delete what the rater said and was shown; returns how many judgments. The report tells how many withdrew.

    Their share and items are free for others again.
    """
    rater = Rater.objects.select_for_update().get(pk=rater.pk)
    judgments = Judgment.objects.filter(item__assignment__rater=rater).count()
    answered = Item.objects.filter(assignment__rater=rater, revision__gt=0).count()
    Assignment.objects.filter(rater=rater).delete()
    if rater.withdrawn_at is None:
        _erase(rater)
        rater.withdrawn_at = timezone.now()
        rater.save()
        campaigns.log(
            rater.campaign,
            "withdrawn",
            detail={"judgments": judgments, "items": answered, "simulated": rater.simulated},
        )
    return judgments


def _erase(rater: Rater) -> None:
    """What could point to a person: recruiting id, screening answers, language, remarks."""
    rater.external_id = rater.language = ""
    rater.screening = {}
    Submission.objects.filter(item__assignment__rater=rater).exclude(comment="").update(comment="")


def _item(item: Item, answers: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "sitting": item.assignment.number,
        "position": item.position,
        "sample": item.sample.key,
        "served_at": _moment(item.served_at),
        "cards": [{"id": card["id"], "text": card["text"]} for card in item.cards],
        "answers": answers.get(item.pk, []),
    }


def _answer(submission: Submission) -> dict[str, Any]:
    return {
        "revision": submission.revision,
        "received_at": _moment(submission.received_at),
        "answer": submission.answer,
        "visible_ms": submission.visible_ms,
        "first_action_ms": submission.first_action_ms,
        "elapsed_ms": submission.elapsed_ms,
        "comment": submission.comment,
    }


def _moment(at: Any) -> str | None:
    return at.isoformat() if at else None
