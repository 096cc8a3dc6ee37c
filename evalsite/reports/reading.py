"""Who may read what of a campaign, and the report itself, made once and kept until something changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign, Event, Rater, Submission
from evalsite.reports import loading
from evalsite.reports.tables import FORMAT

Report = dict[str, Any]
KEPT = 24 * 3600  # seconds

BLIND = (
    "Campaign {slug} is still {state}: which system leads is not told before it is closed. Close it, or put on record "
    "why you must look now."
)


class Blinded(Exception):
    """Someone asked who leads while the campaign runs; the text says what to do."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(BLIND.format(slug=campaign.slug, state=campaign.get_state_display()))


def report(campaign: Campaign, *, simulated: bool = False, seed: int | None = None) -> Report:
    """The full report, whoever asks; see `allowed`."""
    key = f"report-{fingerprint(campaign, simulated)}"
    found: Report | None = cache.get(key)
    if found is None:
        found = made(campaign, simulated=simulated)
        cache.set(key, found, KEPT)
    return seeded(found, seed)


def made(campaign: Campaign, *, simulated: bool = False, meanwhile: Callable[[], object] = int) -> Report:
    """The full report, made now: for processes that end with it. `meanwhile` is called while the database is read."""
    tables = loading.load(campaign, simulated=simulated, meanwhile=lambda: (_summary(), meanwhile()))
    found: Report = _summary().summarise(tables)
    return found


def seeded(found: Report, seed: int | None) -> Report:
    """The report with another seed on record than the campaign's."""
    return found if seed is None else {**found, "seed": seed}


def _summary() -> Any:
    """Loaded on use, for the estimators' library takes as long to load as many a campaign."""
    from evalsite.reports import summary

    return summary


def readable(campaign: Campaign, actor: str, *, simulated: bool = False, seed: int | None = None) -> Report:
    """The full report where the actor may see it, else its blind part (`blinded` is true in it)."""
    return open_to(actor, campaign, report(campaign, simulated=simulated, seed=seed))


def open_to(actor: str, campaign: Campaign, found: Report) -> Report:
    """What of the campaign's full report the actor may see."""
    return found if allowed(campaign, actor, simulated=found["simulated"]) else _summary().progress(found)


def allowed(campaign: Campaign, actor: str, *, simulated: bool = False) -> bool:
    """Whether the actor may see which system leads: it is closed, or they put on record why they must look.

    Simulated raters are nobody's opinion, so their report is always open.
    """
    if simulated or campaign.state == Campaign.State.CLOSED:
        return True
    return Event.objects.filter(campaign=campaign, action="unblinded", actor=actor).exclude(actor="").exists()


def require(campaign: Campaign, actor: str, *, simulated: bool = False) -> None:
    """Raises Blinded where the actor may not see which system leads."""
    if not allowed(campaign, actor, simulated=simulated):
        raise Blinded(campaign)


def unblind(*, campaign: Campaign, actor: str, reason: str) -> Event:
    """Put on record that the actor looks, and why. Raises campaigns.CampaignError without a reason."""
    return campaigns.unblind(campaign=campaign, actor=actor, reason=reason)


def fingerprint(campaign: Campaign, simulated: bool) -> str:
    """Changes whenever the report could: an answer, a rater who withdrew or was forgotten, a state, an event."""
    sent = Submission.objects.filter(item__assignment__campaign=campaign).aggregate(n=Count("pk"), last=Max("pk"))
    people = Rater.objects.filter(campaign=campaign).aggregate(
        n=Count("pk"),
        consented=Count("consented_at"),
        withdrawn=Max("withdrawn_at"),
        forgotten=Max("forgotten_at"),
    )
    noted = Event.objects.filter(campaign=campaign).aggregate(last=Max("pk"))
    dealt = campaign.assignments.aggregate(n=Count("pk"), last=Max("pk"))
    parts = [campaign.pk, campaign.slug, campaign.title, campaign.state, campaign.manifest_digest, simulated]
    parts += [sorted(campaign.settings.items()), FORMAT, sent, people, noted, dealt]
    return hashlib.sha256(repr(parts).encode()).hexdigest()
