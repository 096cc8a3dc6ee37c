"""Which raters this browser is: pseudonyms in the session, put there by a link, one a campaign."""

from __future__ import annotations

from django.http import HttpRequest

from evalsite.rating.models import Assignment, Campaign, Rater
from evalsite.testsets import frames

_RATERS = "raters"  # key of the session: {campaign's key: rater's key}


def remember(request: HttpRequest, rater: Rater) -> None:
    """From now on this browser is that rater. A new session key, so that nobody can have planted one."""
    known = request.session.get(_RATERS, {})
    if known.get(str(rater.campaign_id)) != rater.pk:
        request.session.cycle_key()
        request.session[_RATERS] = {**known, str(rater.campaign_id): rater.pk}
    if rater.consented_at:
        frames.admit(request.session)


def leave(request: HttpRequest, rater: Rater) -> None:
    """This browser is that rater no more."""
    known = request.session.get(_RATERS, {})
    request.session[_RATERS] = {campaign: pk for campaign, pk in known.items() if pk != rater.pk}
    if not Rater.objects.filter(pk__in=_keys(request)).exclude(consented_at=None).exists():
        frames.dismiss(request.session)


def rater_of(request: HttpRequest, campaign: Campaign) -> Rater | None:
    """Who this browser is in that campaign, or None."""
    return next((rater for rater in raters(request) if rater.campaign_id == campaign.pk), None)


def raters(request: HttpRequest) -> list[Rater]:
    """Everybody this browser is, oldest first; those forgotten meanwhile left out."""
    found = Rater.objects.filter(pk__in=_keys(request), forgotten_at=None)
    return list(found.select_related("campaign").order_by("pk"))


def sitting_of(request: HttpRequest, public_id: str) -> Assignment | None:
    """The sitting at that address if it is this browser's, else None: other people's and unknown ones look alike."""
    own = Assignment.objects.select_related("rater", "campaign").defer("campaign__manifest")
    return own.filter(public_id=public_id, rater__in=_keys(request), rater__forgotten_at=None).first()


def _keys(request: HttpRequest) -> list[int]:
    return list(request.session.get(_RATERS, {}).values())
