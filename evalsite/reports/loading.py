"""Reads a campaign's tables from the database: one query a table, columns straight into arrays.

A million judgments pass through here without a model instance, and without a Python object each that outlives its
row.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import Case, F, FilteredRelation, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from pyarrow import json as arrow_json

from evalsite.rating.models import Campaign, Event, Item, Judgment, Rater
from evalsite.reports.estimators.results import Floats, Ints
from evalsite.reports.tables import (
    NO_OUTPUT,
    PURPOSES,
    Items,
    Judgments,
    Nulls,
    Outputs,
    Samples,
    Study,
    Tables,
    Times,
    card_step,
    in_order,
    shown,
    take,
)
from evalsite.testsets.models import Output, Sample, System

CHUNK = 10_000
KNOWN_CRITERIA = ("fake", "best", "none", "check")


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
    query = Output.objects.filter(run__in=list(runs)).order_by()
    rows = list(query.values_list("pk", "run_id", "sample_id", "rank", "text").iterator(chunk_size=CHUNK))
    pk, run, sample, rank = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4).T
    system = np.array([code[runs[key]] for key in run.tolist()], dtype=np.int64)
    place = lookup(sample_pks, sample)
    order = np.lexsort((rank, place, system))
    texts = [rows[k][4] for k in order.tolist()]
    return Outputs(system[order], place[order], rank[order], texts), pk[order]


class _Reader:
    """Items, then their judgments; remembers the items' keys between the two."""

    def __init__(self, dealt: Q, rater_pks: Ints) -> None:
        self.dealt = dealt
        self.rater_pks = rater_pks
        self.item_pks: Ints = np.zeros(0, dtype=np.int64)

    def items(self, sample_pks: Ints, output_pks: Ints) -> tuple[Items, _Cards, Nulls]:
        numbers, received, spent, cards, nulls = [_NO_KEYS], [_NO_TIMES], [_NO_SPANS], [], []
        step = card_step(Item.objects.filter(self.dealt).count())
        for rows in fetch(_items(self.dealt, step)):
            columns = list(zip(*rows, strict=True))
            numbers.append(np.array(columns[:6], dtype=np.int64).T)
            received.append(_times(columns[6]))
            spent.append(np.array(columns[7:9], dtype=np.float64).T)
            cards.append(_parse(columns[9], _CARDS))
            nulls.append(_parse(columns[10], _NULLS))
        table, milliseconds = np.concatenate(numbers), np.concatenate(spent)
        cards_seen, empty = _Cards(cards, output_pks), _nulls(nulls, output_pks)
        items = Items(
            rater=lookup(self.rater_pks, table[:, 1]),
            sample=lookup(sample_pks, table[:, 2]),
            sitting=table[:, 3],
            position=table[:, 4],
            purpose=table[:, 5],
            cards=cards_seen.count,
            received=np.concatenate(received),
            visible_ms=milliseconds[:, 0],
            elapsed_ms=milliseconds[:, 1],
        )
        order = np.lexsort((items.position, items.sitting, items.rater))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        self.item_pks = table[order, 0]
        cards_seen.item = place[cards_seen.item]
        return take(items, order), cards_seen, in_order(Nulls(place[empty.item], empty.output))

    def judgments(self, output_pks: Ints, cards: _Cards) -> tuple[tuple[str, ...], Judgments]:
        criteria: tuple[str, ...] = KNOWN_CRITERIA
        query = Judgment.objects.filter(
            Q(**{f"item__{name}": value for name, value in self.dealt.children}),  # type: ignore[misc]
            revision=F("item__revision"),
        ).order_by()
        numbers = _numbers(query, criteria)
        if (numbers[:, 2] < 0).any():  # a protocol with words of its own
            criteria = tuple(dict.fromkeys([*criteria, *query.values_list("criterion", flat=True).distinct()]))
            numbers = _numbers(query, criteria)
        keys = numbers[:, :3].astype(np.int64)
        item, output = lookup(self.item_pks, keys[:, 0]), lookup(output_pks, keys[:, 1])
        position = cards.place(item, output, len(output_pks))
        return criteria, in_order(Judgments(item, output, keys[:, 2], numbers[:, 3], position))


def _items(dealt: Q, step: int) -> QuerySet[Item, tuple[Any, ...]]:
    """Every dealt item beside its counting answer; cards of every `step`-th."""
    looked_at = Case(When(turn=0, then=Cast("cards", TextField())), default=Value("[]"), output_field=TextField())
    return (
        Item.objects.filter(dealt)
        .order_by()
        .annotate(counting=FilteredRelation("submissions", condition=Q(submissions__revision=F("revision"))))
        .annotate(purpose_code=_codes("purpose", PURPOSES), received=Cast("counting__received_at", TextField()))
        .annotate(turn=(F("position") + F("assignment__number")) % step)
        .annotate(cards_text=looked_at, nulls_text=Cast("nulls", TextField()))
        .values_list(
            "pk",
            "assignment__rater",
            "sample",
            "assignment__number",
            "position",
            "purpose_code",
            "received",
            "counting__visible_ms",
            "counting__elapsed_ms",
            "cards_text",
            "nulls_text",
        )
    )


_NO_KEYS: Ints = np.zeros((0, 6), dtype=np.int64)
_NO_TIMES: Times = np.zeros(0, dtype="datetime64[s]")
_NO_SPANS: Floats = np.zeros((0, 2))


def _times(texts: Sequence[str | None]) -> Times:
    """Times as the database writes them (in UTC), to the second."""
    return np.array([text[:19] if text else "NaT" for text in texts], dtype="datetime64[s]")


def _numbers(query: QuerySet[Judgment], criteria: Sequence[str]) -> Floats:
    """Rows (J, 4) of item, output (or NO_OUTPUT), criterion code and value."""
    columns = query.annotate(
        output_key=Coalesce("output_id", Value(NO_OUTPUT)), criterion_code=_codes("criterion", criteria)
    ).values_list("item_id", "output_key", "criterion_code", "value")
    flat = chain.from_iterable(chain.from_iterable(fetch(columns)))
    return np.fromiter(flat, dtype=np.float64).reshape(-1, 4)


def _codes(column: str, words: Sequence[str]) -> Case:
    """SQL for the place of a word in a list, -1 where it is not there."""
    return Case(
        *(When(**{column: word}, then=Value(code)) for code, word in enumerate(words)),
        default=Value(-1),
        output_field=IntegerField(),
    )


def lookup(keys: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` stands in `keys` (unique, any order); -1 where it is not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    low, high = int(keys.min()), int(keys.max())
    place = np.full(high - low + 2, -1, dtype=np.int64)
    place[keys - low] = np.arange(len(keys))
    inside = (wanted >= low) & (wanted <= high)
    return place[np.where(inside, wanted - low, high - low + 1)]


def fetch(query: QuerySet[Any, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a `values_list` query as the driver gives them, CHUNK at a time, from a server-side cursor where
    there is one. Django's converters, which cost more than the reading, are passed by.
    """
    sql, parameters = query.query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


_CARDS = pa.list_(pa.struct([("outputs", pa.list_(pa.int64()))]))
_NULLS = pa.list_(pa.int64())


def _parse(texts: Sequence[str], kind: pa.DataType) -> pa.Array:
    """JSON texts as one Arrow column: some four times faster than json.loads, and no Python object for each card."""
    if all(text == "[]" for text in texts):
        return pa.array([[]] * len(texts), type=kind)
    block = ('{"c":' + '}\n{"c":'.join(texts) + "}").encode()
    table = arrow_json.read_json(
        io.BytesIO(block),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([("c", kind)]), unexpected_field_behavior="ignore"
        ),
    )
    return table.column("c").combine_chunks()


def _flatten(column: pa.Array) -> tuple[Ints, pa.Array]:
    """The row of each element of a list column, and the elements."""
    sizes = np.asarray(column.value_lengths().fill_null(0), dtype=np.int64)
    return np.repeat(np.arange(len(column)), sizes), column.flatten()


class _Cards:
    """Every output on every card that was looked at: item, output, position from 1; `count` (I,) cards of each item."""

    def __init__(self, columns: Sequence[pa.Array], output_pks: Ints) -> None:
        rows, outputs, positions, counts, base = [_NONE], [_NONE], [_NONE], [_NONE], 0
        for column in columns:
            row, cards = _flatten(column)
            count = np.bincount(row, minlength=len(column))
            card, keys = _flatten(cards.field("outputs"))
            rows.append(row[card] + base)
            outputs.append(lookup(output_pks, np.asarray(keys, dtype=np.int64)))
            positions.append((np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 1)[card])
            counts.append(count)
            base += len(column)
        self.item, self.output, self.position = map(np.concatenate, (rows, outputs, positions))
        self.count = np.concatenate(counts)

    def place(self, item: Ints, output: Ints, outputs: int) -> Ints:
        """Position of the card that showed `output` in `item`; 0 where none did or it was not looked at."""
        if not len(self.item):
            return np.zeros(len(item), dtype=np.int64)
        keys = self.item * (outputs + 1) + self.output
        order = np.argsort(keys, kind="stable")
        wanted = item * (outputs + 1) + output
        row = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
        return np.where((keys[row] == wanted) & (output >= 0), self.position[row], 0)


_NONE: Ints = np.zeros(0, dtype=np.int64)


def _nulls(columns: Sequence[pa.Array], output_pks: Ints) -> Nulls:
    rows, values, base = [_NONE], [_NONE], 0
    for column in columns:
        row, outputs = _flatten(column)
        rows.append(row + base)
        values.append(lookup(output_pks, np.asarray(outputs, dtype=np.int64)))
        base += len(column)
    return Nulls(np.concatenate(rows), np.concatenate(values))
