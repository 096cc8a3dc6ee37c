"""Reads a campaign's tables from the database: one narrow query a table, columns straight into arrays.

A million judgments pass through here without a model instance, and without a Python object each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import QuerySet

from evalsite.rating.models import Campaign, Event, Rater
from evalsite.reports import aside, dealt, judged
from evalsite.reports.columns import fetch, lookup
from evalsite.reports.dealt import Dealt
from evalsite.reports.estimators.results import Ints
from evalsite.reports.tables import Judgments, Outputs, Samples, Study, Tables, in_order, shown
from evalsite.testsets.models import Output, Sample, System


def load(campaign: Campaign, *, simulated: bool = False, meanwhile: Callable[[], object] = int) -> Tables:
    """The tables of people's judgments, or of the simulated raters'; practice is left out, late answers are kept.

    `meanwhile` is called while the database is being read.
    """
    sittings = dealt.sittings(campaign, simulated=simulated)
    said = aside.start(lambda: judged.read(sittings.first, sittings.last))
    parts = aside.start(lambda: dealt.read(sittings))
    raters = sorted(_raters(campaign, simulated).values_list("pk", "pseudonym"), key=lambda row: row[1])
    about = study(campaign, simulated=simulated)
    samples, sample_pks = _samples(campaign, about)
    systems = tuple(sorted(set(campaign.runs.values_list("system__slug", flat=True))))
    outputs, output_pks = _outputs(campaign, systems, sample_pks)
    meanwhile()
    rater_pks = np.array([pk for pk, _ in raters], dtype=np.int64)
    read = dealt.in_place(parts(), sittings, raters=rater_pks, samples=sample_pks, outputs=output_pks)
    answers = said()
    return Tables(
        study=about,
        systems=systems,
        criteria=answers.criteria,
        raters=tuple(pseudonym for _, pseudonym in raters),
        samples=samples,
        outputs=outputs,
        items=read.items,
        judgments=_judgments(answers, read, output_pks),
        nulls=read.nulls,
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
    runs = dict(campaign.runs.values_list("pk", "system__slug"))
    numbers: list[Ints] = [np.zeros((4, 0), dtype=np.int64)]
    texts: list[str] = []
    for chunk in fetch(Output.objects.filter(run__in=list(runs)).order_by().values_list(*OUTPUT)):
        *whole, words = zip(*chunk, strict=True)
        numbers.append(np.array(whole, dtype=np.int64))
        texts += words
    pk, run, sample, rank = np.concatenate(numbers, axis=1)
    code = np.array([systems.index(slug) for slug in runs.values()], dtype=np.int64)
    system = code[lookup(np.array(list(runs), dtype=np.int64), run)]
    place = lookup(sample_pks, sample)
    order = np.lexsort((rank, place, system))
    return Outputs(system[order], place[order], rank[order], [texts[k] for k in order.tolist()]), pk[order]


OUTPUT = ("pk", "run_id", "sample_id", "rank", "text")


def _judgments(said: judged.Said, read: Dealt, output_pks: Ints) -> Judgments:
    """The judgments that count."""
    item, _revision, key, criterion, value = judged.counting(said, read.pks, read.revision)
    output = lookup(output_pks, key)
    position = read.cards.place(item, output, len(output_pks))
    return in_order(Judgments(item, output, criterion, value, position))
