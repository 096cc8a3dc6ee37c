"""Reads a campaign's tables from the database: one narrow query a table, columns straight into arrays.

A million judgments pass through here without a model instance, and without a Python object each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import F, FilteredRelation, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce

from evalsite.rating.models import Campaign, Event, Item, Rater
from evalsite.reports import judged
from evalsite.reports.cards import Cards, nulls, parsed
from evalsite.reports.columns import (
    UNKNOWN,
    Seconds,
    codes,
    fetch,
    lookup,
    numbers,
)
from evalsite.reports.estimators.results import Floats, Ints
from evalsite.reports.tables import (
    PURPOSES,
    Items,
    Judgments,
    Nulls,
    Outputs,
    Samples,
    Study,
    Tables,
    card_step,
    in_order,
    shown,
)
from evalsite.testsets.models import Output, Sample, System


def load(campaign: Campaign, *, simulated: bool = False) -> Tables:
    """The tables of people's judgments, or of the simulated raters'; practice is left out, late answers are kept."""
    raters = sorted(_raters(campaign, simulated).values_list("pk", "pseudonym"), key=lambda row: row[1])
    about = study(campaign, simulated=simulated)
    samples, sample_pks = _samples(campaign, about)
    systems = tuple(sorted(set(campaign.runs.values_list("system__slug", flat=True))))
    outputs, output_pks = _outputs(campaign, systems, sample_pks)
    read = _Reader(_dealt(campaign, simulated), np.array([pk for pk, _ in raters], dtype=np.int64))
    items, cards, nulls = read.items(sample_pks, output_pks)
    criteria, judgments = read.judgments(output_pks, cards)
    return Tables(
        study=about,
        systems=systems,
        criteria=criteria,
        raters=tuple(pseudonym for _, pseudonym in raters),
        samples=samples,
        outputs=outputs,
        items=items,
        judgments=judgments,
        nulls=nulls,
    )


def study(campaign: Campaign, *, simulated: bool = False) -> Study:
    """The campaign's own facts; settings come from the manifest once it is frozen."""
    manifest = json.loads(campaign.manifest) if campaign.manifest else {}
    events = Event.objects.filter(campaign=campaign, action="withdrawn").values_list("detail", flat=True)
    withdrawn = [detail for detail in events if bool(detail.get("simulated")) == simulated]
    systems = System.objects.filter(runs__campaigns=campaign)
    return Study(
        slug=campaign.slug,
        title=campaign.title,
        protocol=campaign.protocol,
        state=campaign.state,
        seed=campaign.seed,
        settings=manifest.get("settings") or campaign.options.as_json(),
        manifest=manifest,
        digest=campaign.manifest_digest,
        software=settings.SOFTWARE_VERSION,
        names=dict(systems.order_by("slug").values_list("slug", "name")),
        started_at=campaign.started_at.isoformat() if campaign.started_at else None,
        closed_at=campaign.closed_at.isoformat() if campaign.closed_at else None,
        enrolled=_raters(campaign, simulated).filter(consented_at__isnull=False).count(),
        withdrawn=_raters(campaign, simulated).filter(withdrawn_at__isnull=False).count(),
        withdrawn_judgments=sum(int(detail.get("judgments", 0)) for detail in withdrawn),
        simulated=simulated,
        seen_early=_seen_early(campaign),
        evaluations=_evaluations(campaign),
    )


def _seen_early(campaign: Campaign) -> list[dict[str, str]]:
    """Who it was stays in the campaign's own record: the report and its package name no one."""
    events = Event.objects.filter(campaign=campaign, action="unblinded").order_by("at", "pk")
    return [{"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "reason": reason} for at, reason in events.values_list("at", "reason")]


def _evaluations(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """The latest evaluation of each system that was put beside this campaign (see `import_evaluation`)."""
    details = Event.objects.filter(campaign=campaign, action="evaluated").order_by("at", "pk")
    return {str(d["system"]): d["metrics"] for d in details.values_list("detail", flat=True)}


def _raters(campaign: Campaign, simulated: bool) -> QuerySet[Rater]:
    return Rater.objects.filter(campaign=campaign, simulated=simulated)


def _dealt(campaign: Campaign, simulated: bool) -> Q:
    """Of items: those dealt to the raters in question, practice apart."""
    return Q(
        assignment__campaign=campaign,
        assignment__practice=False,
        assignment__rater__simulated=simulated,
    )


def _samples(campaign: Campaign, about: Study) -> tuple[Samples, Ints]:
    rows = list(
        Sample.objects.filter(testset=campaign.testset_id)
        .order_by("position")
        .values_list("pk", "key", "video", "time", "references")
    )
    pks = np.array([row[0] for row in rows], dtype=np.int64)
    time = np.array([row[3] for row in rows], dtype=np.float64)
    keys = [row[1] for row in rows]
    return Samples(keys, [row[2] for row in rows], time, [row[4] for row in rows], shown(about, keys)), pks


def _outputs(campaign: Campaign, systems: Sequence[str], sample_pks: Ints) -> tuple[Outputs, Ints]:
    code = {slug: n for n, slug in enumerate(systems)}
    runs = dict(campaign.runs.values_list("pk", "system__slug"))
    rows: list[tuple[Any, ...]] = []
    for chunk in fetch(Output.objects.filter(run__in=list(runs)).order_by().values_list(*OUTPUT)):
        rows += chunk
    pk, run, sample, rank = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4).T
    system = np.array([code[runs[key]] for key in run.tolist()], dtype=np.int64)
    place = lookup(sample_pks, sample)
    order = np.lexsort((rank, place, system))
    texts = [rows[k][4] for k in order.tolist()]
    return Outputs(system[order], place[order], rank[order], texts), pk[order]


OUTPUT = ("pk", "run_id", "sample_id", "rank", "text")
NUMBERS = (
    "pk",
    "assignment__rater",
    "sample",
    "assignment__number",
    "position",
    "purpose_code",
    "revision",
    "received",
    "visible",
    "elapsed",
)


class _Reader:
    """Items, then their judgments; remembers the items' keys and revisions between the two."""

    def __init__(self, dealt: Q, rater_pks: Ints) -> None:
        self.dealt = dealt
        self.rater_pks = rater_pks
        self.pks = self.revision = np.zeros(0, dtype=np.int64)

    def items(self, sample_pks: Ints, output_pks: Ints) -> tuple[Items, Cards, Nulls]:
        """Items by rater, sitting and position; the cards that are looked at; the empty outputs."""
        table: Ints = numbers(_items(self.dealt), len(NUMBERS))
        self.pks, rater, sample, sitting, position, purpose, self.revision, received, visible, elapsed = table[
            np.lexsort((table[:, 4], table[:, 3], lookup(self.rater_pks, table[:, 1])))
        ].T
        dealt = Item.objects.filter(self.dealt).order_by()
        cards = Cards(parsed(_cards(dealt, card_step(len(table)))), self.pks, output_pks)
        empty = dealt.annotate(text=Cast("nulls", TextField())).exclude(text="[]").values_list("pk", "text")
        items = Items(
            rater=lookup(self.rater_pks, rater),
            sample=lookup(sample_pks, sample),
            sitting=sitting,
            position=position,
            purpose=purpose,
            cards=cards.count,
            received=np.where(received < 0, np.datetime64("NaT"), received.astype("datetime64[s]")),
            visible_ms=_known(visible),
            elapsed_ms=_known(elapsed),
        )
        return items, cards, in_order(nulls(empty, self.pks, output_pks))

    def judgments(self, output_pks: Ints, cards: Cards) -> tuple[tuple[str, ...], Judgments]:
        """The criteria, and the judgments that count."""
        criteria, (item, _revision, key, criterion, value) = judged.judgments(self.pks, self.revision)
        output = lookup(output_pks, key)
        position = cards.place(item, output, len(output_pks))
        return criteria, in_order(Judgments(item, output, criterion, value, position))


def _known(values: Ints) -> Floats:
    return np.where(values < 0, np.nan, values)


def _items(dealt: Q) -> QuerySet[Item, tuple[Any, ...]]:
    """Every dealt item beside its counting answer, in numbers."""
    return (
        Item.objects.filter(dealt)
        .order_by()
        .annotate(counting=FilteredRelation("submissions", condition=Q(submissions__revision=F("revision"))))
        .annotate(
            purpose_code=codes("purpose", PURPOSES),
            received=Coalesce(Seconds("counting__received_at"), Value(UNKNOWN)),
            visible=Coalesce("counting__visible_ms", Value(UNKNOWN)),
            elapsed=Coalesce("counting__elapsed_ms", Value(UNKNOWN)),
        )
        .values_list(*NUMBERS)
    )


def _cards(dealt: QuerySet[Item], step: int) -> QuerySet[Item, tuple[Any, ...]]:
    """Cards of every `step`-th item."""
    turn = (F("position") + F("assignment__number")) % step
    return dealt.annotate(turn=turn, text=Cast("cards", TextField())).filter(turn=0).values_list("pk", "text")
