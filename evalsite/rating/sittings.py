"""A new sitting: what its draw may know, and its items with their cards, fetched in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from evalsite.rating import draws, manifest
from evalsite.rating.cards import Text
from evalsite.rating.models import Assignment, Campaign, Item, Rater
from evalsite.rating.protocols.base import Deal, Drawn, Material, Standing
from evalsite.testsets.models import HUMAN, Sample


def live(campaign: Campaign, rater: Rater) -> QuerySet[Item]:
    """Items of the campaign that are answered or being worked on, people's and simulated raters' apart."""
    return Item.objects.filter(
        Q(revision__gt=0) | Q(released_at=None),
        assignment__campaign=campaign,
        assignment__rater__simulated=rater.simulated,
    ).exclude(purpose=Item.Purpose.CHECK)


def standing(campaign: Campaign, rater: Rater) -> Standing:
    """The campaign as it stands for this rater, people and simulated raters apart."""
    plan = manifest.plan(campaign)
    sittings = Assignment.objects.filter(campaign=campaign, rater__simulated=rater.simulated)
    worked_on = live(campaign, rater).values("sample").order_by("sample")
    mine = Item.objects.filter(assignment__rater=rater)
    silent = timezone.now() - timedelta(hours=campaign.options.release_after)
    own = list(sittings.filter(rater=rater).values_list("number", "seat"))
    return Standing(
        seed=campaign.seed,
        rater=rater.pseudonym,
        sitting=1 + max((number for number, _seat in own), default=0),
        samples=plan.samples,
        spare=plan.spare,
        real=plan.real,
        seen=frozenset(mine.values_list("sample", flat=True)),
        loads=dict(worked_on.annotate(n=Count("pk")).values_list("sample", "n")),
        seats=frozenset(seat for seat in sittings.values_list("seat", flat=True) if seat is not None),
        shares=sum(seat is not None for _number, seat in own),
        active=max(1, sittings.filter(rater__seen_at__gte=silent).values("rater").distinct().count()),
    )


def items(campaign: Campaign, assignment: Assignment, rater: Rater, deal: Deal) -> list[Item]:
    """Item rows with their cards: all material is fetched at once, however long the sitting."""
    plan, rules, options = manifest.plan(campaign), campaign.rules, campaign.options
    elsewhere = {
        drawn.sample: rules.elsewhere(
            options, drawn.sample, plan.videos, draws.stream(campaign.seed, "elsewhere", item=plan.keys[drawn.sample])
        )
        for drawn in deal.items
    }
    materials = _materials(campaign, deal.items, elsewhere)
    items = []
    for position, drawn in enumerate(deal.items, 1):
        key = plan.keys[drawn.sample]
        seed = draws.seed(
            campaign.seed, "item", rater=rater.pseudonym, sitting=assignment.number, item=f"{drawn.purpose} {key}"
        )
        cards, nulls = rules.cards(options, materials[drawn.sample], drawn, seed)
        items.append(
            Item(
                assignment=assignment,
                sample_id=drawn.sample,
                position=position,
                purpose=drawn.purpose,
                seed=seed,
                cards=cards,
                nulls=nulls,
            )
        )
    return items


def _materials(campaign: Campaign, drawn: list[Drawn], elsewhere: Mapping[int, list[int]]) -> dict[int, Material]:
    samples = {d.sample for d in drawn}
    wanted = sorted(samples.union(*elsewhere.values()))
    texts: dict[int, list[Text]] = {}
    for sample, text in manifest.outputs(campaign, wanted):
        texts.setdefault(sample, []).append(text)
    rules, options = campaign.rules, campaign.options
    rows = Sample.objects.filter(testset=campaign.testset_id)
    if len(samples) <= manifest.MANY:
        rows = rows.filter(pk__in=samples)
    return {
        pk: Material(
            campaign_seed=campaign.seed,
            sample=key,
            texts=[t for t in texts.get(pk, []) if t.system != HUMAN and rules.shown(options, t)],
            human=[t for t in texts.get(pk, []) if t.system == HUMAN and rules.shown(options, t)],
            elsewhere=[replace(t, kind="decoy") for o in elsewhere[pk] for t in texts.get(o, []) if t.system == HUMAN],
            references=references,
            context=[comment["text"] for comment in context],
        )
        for pk, key, references, context in rows.values_list("pk", "key", "references", "context")
        if pk in samples
    }
