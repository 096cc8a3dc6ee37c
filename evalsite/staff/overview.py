"""What staff see at a glance: how far campaigns and runs are. Counts only, never who leads."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

from django.db.models import Avg, Count, FloatField, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evalsite.rating.models import Campaign, Item, Rater, Submission
from evalsite.rating.options import EXCLUSIONS
from evalsite.testsets import pregeneration
from evalsite.testsets.models import Run

PATIENCE = 30.0  # seconds without an output before the workers are asked what keeps them
PEOPLE = Q(simulated=False)


class Stalled(NamedTuple):
    """A run that does not move, since when, and what the workers say of it."""

    run: Run
    minutes: int
    why: str


def campaigns() -> QuerySet[Campaign]:
    """Campaigns with counts of people's raters (`invited`, `consented`, `finished`) and items (`dealt`, `answered`)."""
    raters = Rater.objects.filter(PEOPLE, campaign=OuterRef("pk"))
    items = Item.objects.filter(
        assignment__campaign=OuterRef("pk"), assignment__practice=False, assignment__rater__simulated=False
    )
    live = items.filter(Q(released_at=None) | Q(revision__gt=0))
    return Campaign.objects.select_related("testset").annotate(
        invited=_count(raters, "campaign"),
        consented=_count(raters.exclude(consented_at=None), "campaign"),
        finished=_count(raters.exclude(completed_at=None), "campaign"),
        dealt=_count(live, "assignment__campaign"),
        answered=_count(items.filter(revision__gt=0), "assignment__campaign"),
    )


def raters(campaign: Campaign) -> QuerySet[Rater]:
    """The campaign's people with `dealt`, `answered` and `seconds` an item on average: nothing of what they said."""
    items = Item.objects.filter(assignment__rater=OuterRef("pk"), assignment__practice=False)
    counted = Submission.objects.filter(
        item__assignment__rater=OuterRef("pk"), item__assignment__practice=False, revision=1
    )
    seconds = counted.order_by().values("item__assignment__rater").annotate(mean=Avg("elapsed_ms") / 1000)
    return campaign.raters.filter(PEOPLE).annotate(
        dealt=_count(items.filter(Q(released_at=None) | Q(revision__gt=0)), "assignment__rater"),
        answered=_count(items.filter(revision__gt=0), "assignment__rater"),
        seconds=Subquery(seconds.values("mean"), output_field=FloatField()),
    )


def settings_rows(campaign: Campaign) -> Iterator[tuple[str, Any, Any]]:
    """Key, meaning and value of every setting; of the exclusions every rule there is."""
    values, fields = campaign.options.as_json(), campaign.rules.Settings.fields()
    for key, entry in fields.items():
        if key == "exclusions":
            yield from ((f"{key}.{rule}", EXCLUSIONS[rule], f"{limit:g}") for rule, limit in values[key].items())
        else:
            value = values[key]
            yield key, entry.metadata["help"], f"{value:g}" if isinstance(value, float) else value


ACTIONS = {
    "created": _("created"),
    "cloned": _("cloned"),
    "edited": _("edited"),
    "started": _("started"),
    "paused": _("paused"),
    "resumed": _("resumed"),
    "closed": _("closed"),
    "open_link": _("an open link made"),
    "open_link_closed": _("the open link switched off"),
    "unblinded": _("looked at the results"),
    "evaluated": _("automatic measures added"),
    "withdrawn": _("a rater withdrew"),
    "forgotten": _("a rater was made untraceable"),
}


def record(campaign: Campaign, limit: int = 50) -> list[dict[str, Any]]:
    """What was done to the campaign, newest first, in words."""
    rows = campaign.events.order_by("-at", "-pk").values("at", "action", "actor", "reason")[:limit]
    return [row | {"done": ACTIONS.get(row["action"], row["action"])} for row in rows]


def free_slug(slug: str) -> str:
    """A slug like this one that no campaign has."""
    taken = set(Campaign.objects.filter(slug__startswith=slug[:58]).values_list("slug", flat=True))
    return next(name for number in count(2) if (name := f"{slug[:58]}-{number}") not in taken)


def _count(rows: QuerySet[Rater] | QuerySet[Item], by: str) -> Coalesce:
    """How many rows a correlated query has, as a column: one query for the whole list."""
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def runs() -> QuerySet[Run]:
    """Runs with `samples_done` and `samples_total`, newest first."""
    return Run.objects.with_names().with_progress().order_by("-created_at", "-pk")


def stalled_run() -> Stalled | None:
    """The newest run in which nothing moves, with the workers' answer. One look a page: it takes a second."""
    quiet_since = timezone.now() - timedelta(seconds=PATIENCE)
    quiet = Run.objects.active().with_names().filter(started_at__lt=quiet_since)
    quiet = quiet.filter(Q(progressed_at=None) | Q(progressed_at__lt=quiet_since))
    return stall_of(quiet.first())


def stall_of(run: Run | None) -> Stalled | None:
    """What keeps this run, or None where it moves or there is none."""
    stall = pregeneration.stalled(run, patience=PATIENCE) if run else None
    return Stalled(run, round(stall.seconds / 60), stall.why) if run and stall else None
