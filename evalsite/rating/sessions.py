"""A rater's work: a sitting is drawn and put on record, items are served one by one, answers are kept once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext

from evalsite.rating import sittings
from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.rating.protocols.base import InvalidAnswer, NothingLeft

__all__ = [
    "Conflict", "InvalidAnswer", "NothingLeft", "Refused", "Timing", "assign", "more", "next_item", "open_items",
    "progress", "record", "serve",
]  # fmt: skip

_PRESENCE = timedelta(minutes=1)  # how finely a rater's presence is kept
_LONGEST_MS = 24 * 3600 * 1000
_LONGEST_KEY = 64
_LONGEST_COMMENT = 4000


class Refused(Exception):
    """An answer that may not be stored now; the text tells the rater why."""


class Conflict(Exception):
    """Another answer for this revision came first; `stored` is the one that counts."""

    def __init__(self, stored: Submission) -> None:
        self.stored = stored
        super().__init__(gettext("This item was answered in another tab; that answer is kept."))


@dataclass(frozen=True)
class Timing:
    """How long an item took, as the browser measured it; None where it could not."""

    visible_ms: int | None = None
    first_action_ms: int | None = None
    elapsed_ms: int | None = None

    def columns(self) -> dict[str, int | None]:
        """The values within a day: clocks of browsers are not to be trusted with more."""
        return {name: None if ms is None else min(max(int(ms), 0), _LONGEST_MS) for name, ms in vars(self).items()}


@transaction.atomic
def assign(*, rater: Rater) -> Assignment:
    """The rater's open sitting, else a new one. Raises NothingLeft, whose text is for the rater.

    Draws wait for one another on the campaign's row, so that loads are true and no seat is taken twice.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=rater.campaign_id)
    _check_open(campaign, Rater.objects.get(pk=rater.pk))
    _release_idle(campaign, rater)
    if assignment := _resume(campaign, rater):
        return assignment
    standing = sittings.standing(campaign, rater)
    deal = campaign.rules.draw(campaign.options, standing)
    assignment = Assignment.objects.create(campaign=campaign, rater=rater, number=standing.sitting, seat=deal.seat)
    Item.objects.bulk_create(sittings.items(campaign, assignment, rater, deal))
    return assignment


def next_item(assignment: Assignment) -> Item | None:
    """The first item to answer, or None. Released items that nobody took meanwhile come back."""
    open_items = assignment.items.filter(revision=0).order_by("position").select_related("sample")
    item = open_items.filter(released_at=None).first()
    if item is None and open_items.exists():
        _reclaim(assignment)
        item = open_items.filter(released_at=None).first()
    return item


def more(*, rater: Rater) -> bool:
    """Whether `assign` would open a further sitting for a rater who has answered everything."""
    campaign = Campaign.objects.get(pk=rater.campaign_id)
    try:
        _check_open(campaign, rater)
        _release_idle(campaign, rater)
        campaign.rules.draw(campaign.options, sittings.standing(campaign, rater))
    except NothingLeft:
        return False
    return True


def open_items(rater: Rater) -> int:
    """How many items the rater has still to answer, in all sittings; those taken by others do not count."""
    for assignment in Assignment.objects.filter(rater=rater, completed_at=None).select_related("rater", "campaign"):
        _reclaim(assignment)
    return Item.objects.filter(assignment__rater=rater, revision=0, released_at=None).count()


def progress(assignment: Assignment) -> tuple[int, int]:
    """Answered items, and all that this rater is to answer: released ones only where they were answered after all."""
    counts = assignment.items.aggregate(
        answered=Count("pk", filter=Q(revision__gt=0)),
        total=Count("pk", filter=Q(revision__gt=0) | Q(released_at=None)),
    )
    return counts["answered"], counts["total"]


def serve(*, item: Item) -> None:
    """Note that the item has been sent to the rater's browser, the first time."""
    if item.served_at is None:
        item.served_at = timezone.now()
        if Item.objects.filter(pk=item.pk, served_at=None).update(served_at=item.served_at):
            Rater.objects.filter(assignments=item.assignment_id).update(seen_at=item.served_at)


def record(
    *, item: Item, key: str, revision: int, answer: Mapping[str, Any], timing: Timing, comment: str = ""
) -> Submission:
    """Keep one answer, once. `revision` is the one the browser saw; 0 before the first answer.

    The same key again gets the stored answer and writes nothing; so does the same answer under another key. Raises
    Conflict where a different answer was first, InvalidAnswer, or Refused.
    """
    try:
        return _record(item, key, revision, answer, timing, comment)
    except IntegrityError:  # the same key for two revisions at once
        if stored := Submission.objects.filter(item=item, key=key).first():
            return stored
        raise


@transaction.atomic
def _record(item: Item, key: str, revision: int, answer: Mapping[str, Any], timing: Timing, comment: str) -> Submission:
    if not 0 < len(key) <= _LONGEST_KEY or "\0" in key:
        raise InvalidAnswer(gettext("This page is out of date; load it again."))
    # An item that has no answer yet has no key either; whoever raced past this is found below.
    if (revision or item.revision) and (stored := item.submissions.filter(key=key).first()):
        return stored
    assignment = (
        Assignment.objects.select_related("rater", "campaign").defer("campaign__manifest").get(pk=item.assignment_id)
    )
    _check_writable(assignment)
    rules = assignment.campaign.rules
    valid = rules.form(answer, item)
    if Item.objects.filter(pk=item.pk, revision=revision).update(revision=F("revision") + 1) != 1:
        return _lost_race(item, key, revision, valid)
    if revision and assignment.items.filter(position__gt=item.position, revision__gt=0).exists():
        raise Refused(gettext("Only the last item you answered can be changed."))
    remark = comment.replace("\0", "").strip()[:_LONGEST_COMMENT]
    submission = Submission.objects.create(
        item=item, revision=revision + 1, key=key, answer=valid, comment=remark, **timing.columns()
    )
    item.revision = revision + 1
    Judgment.objects.bulk_create(
        Judgment(item=item, revision=item.revision, output_id=output, criterion=criterion, value=value)
        for output, criterion, value in rules.judgments(item, valid)
    )
    _note_progress(assignment, first=revision == 0)
    return submission


def _lost_race(item: Item, key: str, revision: int, answer: Mapping[str, Any]) -> Submission:
    """Somebody else's answer took this revision: the same one will do, a different one is a conflict."""
    since = list(item.submissions.filter(Q(key=key) | Q(revision__gt=revision)).order_by("revision"))
    for submission in since:
        if submission.key == key or (submission.revision == revision + 1 and submission.answer == answer):
            return submission
    if not since:
        raise Refused(gettext("This page is out of date; load it again."))
    raise Conflict(since[-1])


def _check_open(campaign: Campaign, rater: Rater) -> None:
    if rater.withdrawn_at or rater.forgotten_at:
        raise NothingLeft(gettext("You have left this study."))
    if campaign.state == Campaign.State.PAUSED:
        raise NothingLeft(gettext("This study is paused. Please come back later; your answers are kept."))
    if campaign.state != Campaign.State.RUNNING:
        raise NothingLeft(gettext("This study is closed. Thank you for your interest!"))
    if rater.consented_at is None:
        raise NothingLeft(gettext("Please read and accept the consent text first."))


def _check_writable(assignment: Assignment) -> None:
    """A pause does not refuse what a rater has already worked on; the end does."""
    if assignment.rater.withdrawn_at or assignment.rater.forgotten_at:
        raise Refused(gettext("You have left this study, so this answer is not kept."))
    if assignment.campaign.state == Campaign.State.CLOSED:
        raise Refused(gettext("This study was closed before this answer arrived, so it is not kept."))


def _note_progress(assignment: Assignment, *, first: bool) -> None:
    now, seen = timezone.now(), assignment.rater.seen_at
    if seen is None or now - seen > _PRESENCE:
        Rater.objects.filter(pk=assignment.rater_id).update(seen_at=now)
    if first and not assignment.items.filter(revision=0, released_at=None).exists():
        Assignment.objects.filter(pk=assignment.pk, completed_at=None).update(completed_at=now)


def _release_idle(campaign: Campaign, rater: Rater) -> None:
    """Open items of raters who have been silent too long are free for others; the rater at hand is here."""
    silent = timezone.now() - timedelta(hours=campaign.options.release_after)
    idle = Rater.objects.filter(campaign=campaign, seen_at__lt=silent).exclude(pk=rater.pk)
    Item.objects.filter(assignment__rater__in=idle, revision=0, released_at=None).update(released_at=timezone.now())
    Rater.objects.filter(pk=rater.pk).update(seen_at=timezone.now())


def _resume(campaign: Campaign, rater: Rater) -> Assignment | None:
    """The first sitting with something to answer; those without are completed."""
    for assignment in Assignment.objects.filter(rater=rater, completed_at=None).order_by("number"):
        assignment.campaign, assignment.rater = campaign, rater
        _reclaim(assignment)
        if assignment.items.filter(revision=0, released_at=None).exists():
            return assignment
        assignment.completed_at = timezone.now()
        assignment.save(update_fields=["completed_at"])
    return None


def _reclaim(assignment: Assignment) -> None:
    """Give released items back to the rater they were drawn for, where nobody else has them now.

    Attention checks come back along with others, never alone.
    """
    free = list(assignment.items.filter(revision=0).exclude(released_at=None).values_list("pk", "sample", "purpose"))
    released = {pk: sample for pk, sample, purpose in free if purpose != Item.Purpose.CHECK}
    if not released:
        return
    campaign, rater = assignment.campaign, assignment.rater
    live = sittings.live(campaign, rater).filter(sample__in=released.values()).values("sample").order_by("sample")
    loads = dict(live.annotate(n=Count("pk")).values_list("sample", "n"))
    options = campaign.options
    kept = [pk for pk, sample in released.items() if campaign.rules.keeps(options, loads.get(sample, 0))]
    checks = [pk for pk, _sample, purpose in free if purpose == Item.Purpose.CHECK] if kept else []
    Item.objects.filter(pk__in=[*kept, *checks], revision=0).update(released_at=None)
