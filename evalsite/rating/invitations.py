"""How a rater comes in and goes out: links, consent, screening, the completion code.

Tokens are shown once and stored as SHA-256, so a copy of the database opens no door.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings as site
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from evalsite.rating import draws, sessions, texts
from evalsite.rating.models import Campaign, Item, Rater

_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike


class NotEligible(Exception):
    """The answers to the screening questions rule this rater out; the text says why."""


class InvalidScreening(Exception):
    """An answer is missing or is not of the right kind; the text says which."""


class NotFinished(Exception):
    """There is no completion code yet; `missing` items are open."""

    def __init__(self, missing: int) -> None:
        self.missing = missing
        super().__init__(gettext("Not finished yet: %(missing)d items are open.") % {"missing": missing})


@dataclass(frozen=True)
class Invitation:
    """A new rater and the token of their personal link: the only time it is told."""

    rater: Rater
    token: str


def link(token: str) -> str:
    """The address a token opens, personal or open."""
    return f"{site.SITE_URL}/r/{token}/"


@transaction.atomic
def invite(*, campaign: Campaign, count: int, language: str = "") -> list[Invitation]:
    """So many new raters, each with a personal link."""
    if count < 1:
        raise ValueError("Invite at least one rater.")
    first = _next_number(campaign, simulated=False)
    invitations = [_new(campaign, number, language=language) for number in range(first, first + count)]
    Rater.objects.bulk_create([invitation.rater for invitation in invitations])
    return invitations


def admit(token: str) -> Rater | None:
    """The rater whose personal link this is, or None. Stamps their presence."""
    rater = Rater.objects.filter(token_digest=_digest(token), forgotten_at=None).first()
    if rater:
        Rater.objects.filter(pk=rater.pk).update(seen_at=timezone.now())
    return rater


def open_link(*, campaign: Campaign) -> str:
    """A new token of the campaign's open link, by which anybody can enrol; the one before stops working."""
    token = secrets.token_urlsafe(18)
    campaign.open_enrolment = _digest(token)
    campaign.save(update_fields=["open_enrolment"])
    return token


def campaign_of_open_link(token: str) -> Campaign | None:
    """The campaign whose open link this is, or None."""
    return Campaign.objects.filter(open_enrolment=_digest(token)).first()


@transaction.atomic
def enrol(*, campaign: Campaign, external_id: str = "", language: str = "") -> Rater:
    """A new rater; the same participant of a recruiting platform gets the same rater again.

    `rater.token` holds the token of their personal link where the rater is new, else "".
    """
    number = _next_number(campaign, simulated=False)  # locks the campaign: two tabs enrol one participant once
    stored = draws.digest(campaign.seed, campaign.slug, "external id", external_id).hex() if external_id else ""
    if stored and (known := campaign.raters.filter(external_id=stored).first()):
        return known
    invitation = _new(campaign, number, language=language, external_id=stored, seen_at=timezone.now())
    invitation.rater.save()
    invitation.rater.token = invitation.token
    return invitation.rater


@transaction.atomic
def simulated(*, campaign: Campaign, skill: Mapping[str, float]) -> Rater:
    """A rater who is a program, and says so in every row: S-0001."""
    invitation = _new(campaign, _next_number(campaign, simulated=True), simulated=True, skill=dict(skill))
    invitation.rater.save()
    return invitation.rater


@dataclass(frozen=True)
class Question:
    """One screening question: a number from `minimum` to `maximum`."""

    name: str
    label: str
    minimum: float
    maximum: float


def questions(campaign: Campaign, language: str) -> list[Question]:
    """What a rater is asked before starting."""
    return [Question(name, texts.in_language(label, language), 0, 50) for name, label in texts.QUESTIONS.items()]


def consent(*, rater: Rater, language: str, screening: Mapping[str, Any]) -> None:
    """Keep consent, the digest of what was consented to, and the answers. Raises InvalidScreening or NotEligible.

    The first answers stand: a rater who was ruled out is not let in by better ones.
    """
    rater.refresh_from_db()
    answers = rater.screening or _screened(rater.campaign, screening)
    stored = Rater.objects.filter(pk=rater.pk, withdrawn_at=None, forgotten_at=None)
    stored.update(screening=answers, language=language)
    minimum = rater.campaign.options.minimum_years
    if answers.get(texts.YEARS, 0) < minimum:
        raise NotEligible(
            gettext(
                "This study is for people who have watched danmaku for at least %(years)g years. "
                "Thank you for your interest!"
            )
            % {"years": minimum}
        )
    text = texts.consent(rater.campaign, language)
    agreed = hashlib.sha256(text.encode()).hexdigest()
    stored.filter(consented_at=None).update(consented_at=timezone.now(), consent_digest=agreed)
    rater.refresh_from_db()


def practised(*, rater: Rater) -> None:
    """Keep that the practice round was done, or left out by choice."""
    Rater.objects.filter(pk=rater.pk, practised_at=None).update(practised_at=timezone.now())
    rater.refresh_from_db(fields=["practised_at"])


@transaction.atomic
def complete(*, rater: Rater) -> str:
    """The completion code: the same each time, and only after every item given out is answered. Raises NotFinished."""
    rater = Rater.objects.select_for_update().get(pk=rater.pk)
    if rater.completion_code:
        return rater.completion_code
    missing = sessions.open_items(rater)
    if missing or not Item.objects.filter(assignment__rater=rater, revision__gt=0).exists():
        raise NotFinished(missing)
    rater.completion_code = "".join(secrets.choice(_CODE_LETTERS) for _place in range(10))
    rater.completed_at = timezone.now()
    rater.save(update_fields=["completion_code", "completed_at"])
    return rater.completion_code


def _screened(campaign: Campaign, screening: Mapping[str, Any]) -> dict[str, float]:
    answers = {}
    for question in questions(campaign, "en"):
        try:
            answers[question.name] = float(screening[question.name])
        except (KeyError, TypeError, ValueError):
            raise InvalidScreening(gettext("Please answer every question with a number.")) from None
        if not question.minimum <= answers[question.name] <= question.maximum:
            raise InvalidScreening(
                gettext("Please give a number from %(low)g to %(high)g.")
                % {"low": question.minimum, "high": question.maximum}
            )
    return answers


def _next_number(campaign: Campaign, *, simulated: bool) -> int:
    """The next pseudonym's number. Locks the campaign; rows of raters are never deleted, so none comes twice."""
    Campaign.objects.select_for_update().values_list("pk").get(pk=campaign.pk)
    return campaign.raters.filter(simulated=simulated).count() + 1


def _new(campaign: Campaign, number: int, **fields: Any) -> Invitation:
    """A rater not yet stored, and the token of their link."""
    token = secrets.token_urlsafe(18)
    pseudonym = f"{'S' if fields.get('simulated') else 'R'}-{number:04d}"
    return Invitation(Rater(campaign=campaign, pseudonym=pseudonym, token_digest=_digest(token), **fields), token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
