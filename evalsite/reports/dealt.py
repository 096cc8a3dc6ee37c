"""Items from the database to arrays: each column of some hundred assignments comes as one text, so that no Python
object is made for an item, and the bulky rows are read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    FilteredRelation,
    Func,
    Max,
    Min,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact

from evalsite.rating.models import Assignment, Campaign, Item
from evalsite.reports.cards import BETWEEN, Cards, Parsed, parse
from evalsite.reports.columns import UNKNOWN, Listed, codes, lists, lookup, stretches, unlisted
from evalsite.reports.estimators.results import Floats, Ints
from evalsite.reports.tables import PURPOSES, Items, Nulls, card_step, in_order

STRETCH = 256
"""Ids of assignments asked for at once; with a hundred items in each, their texts take some twenty megabytes."""
GAP = 64

WHOLE = ("pk", "assignment", "sample", "position", "purpose", "revision", "visible", "elapsed", "sent")


@dataclass(frozen=True)
class Dealt:
    """Items by rater, sitting and position, with keys and current revisions (I,); the cards that were looked at; the
    empty outputs.
    """

    pks: Ints
    revision: Ints
    items: Items
    cards: Cards
    nulls: Nulls


@dataclass(frozen=True)
class Sittings:
    """Sittings of people, or of simulated raters, practice apart (A,): key, rater's key, number, how many items, and
    the least and greatest of their keys.
    """

    asked: Q
    pk: Ints
    rater: Ints
    number: Ints
    count: Ints
    first: Ints
    last: Ints


def sittings(campaign: Campaign, *, simulated: bool) -> Sittings:
    """The campaign's sittings that have items."""
    whose = {"campaign": campaign, "practice": False, "rater__simulated": simulated}
    about = Assignment.objects.filter(**whose).order_by().values_list("pk", "rater", "number")
    asked = Q(**{f"assignment__{name}": value for name, value in whose.items()})
    told = {"count": Count("pk"), "first": Min("pk"), "last": Max("pk")}
    spans = Item.objects.filter(asked).order_by().values_list("assignment").annotate(**told)
    dealt = {pk: span for pk, *span in spans}
    rows = [(*row, *dealt[row[0]]) for row in about if row[0] in dealt]
    return Sittings(asked, *np.array(rows, dtype=np.int64).reshape(-1, 6).T)


def read(sittings: Sittings) -> list[Part]:
    """The sittings' items as the database has them."""
    step = card_step(int(sittings.count.sum()))
    return [_part(_items(sittings, span), step) for span in stretches(sittings.pk, sittings.pk, GAP, STRETCH)]


def in_place(parts: list[Part], sittings: Sittings, *, raters: Ints, samples: Ints, outputs: Ints) -> Dealt:
    """The items that were read. Of raters (R,), samples (S,) and outputs (O,) the keys are given; the items name their
    places.
    """
    whole = np.concatenate([_NONE, *(part.whole for part in parts)], axis=1)
    owner = lookup(sittings.pk, whole[1])
    rater, sitting, position = lookup(raters, sittings.rater)[owner], sittings.number[owner], whole[3]
    order = np.lexsort((position, sitting, rater))
    pks, _, sample, position, purpose, revision, visible, elapsed, sent = whole[:, order]
    cards = Cards([part.cards for part in parts], pks, outputs)
    items = Items(
        rater=rater[order],
        sample=lookup(samples, sample),
        sitting=sitting[order],
        position=position,
        purpose=purpose,
        cards=cards.count,
        received=np.where(sent < 0, NEVER, sent.astype(NEVER.dtype)),
        visible_ms=_known(visible),
        elapsed_ms=_known(elapsed),
    )
    return Dealt(pks, revision, items, cards, _nulls(parts, order, outputs))


NEVER = np.datetime64("NaT", "s")
_NONE: Ints = np.zeros((len(WHOLE), 0), dtype=np.int64)


@dataclass(frozen=True)
class Part:
    """Some assignments' items: whole numbers (9, I) as in WHOLE, cards, empty outputs by row."""

    whole: Ints
    cards: tuple[Ints, Parsed]
    empty: tuple[Ints, Ints]


def _part(items: QuerySet[Item], step: int) -> Part:
    found = items.aggregate(
        **{name: Listed(column) for name, column in _columns().items()},
        empty=Listed(Cast("nulls", TextField()), separator=";"),
        keys=Listed(_when_looked_at(step, F("pk"))),
        cards=Listed(_when_looked_at(step, Cast("cards", TextField())), separator=BETWEEN),
    )
    whole = np.stack([unlisted(found[f"n_{name}"]) for name in WHOLE])
    return Part(whole, (unlisted(found["keys"]), parse(found["cards"])), lists(found["empty"]))


def _items(sittings: Sittings, span: tuple[int, int]) -> QuerySet[Item]:
    """The items of the sittings with these keys, each beside the answer that counts.

    Told which items these can be, PostgreSQL reads their answers alone, and not those of all campaigns each time.
    """
    here = (sittings.pk >= span[0]) & (sittings.pk <= span[1])
    known = Q(submissions__item_id__gte=int(sittings.first[here].min()))
    known &= Q(submissions__item_id__lte=int(sittings.last[here].max()))
    counting = FilteredRelation("submissions", condition=Q(submissions__revision=F("revision")) & known)
    inside = Q(assignment__gte=span[0], assignment__lte=span[1])
    return Item.objects.filter(sittings.asked & inside).order_by().annotate(counting=counting)


def _columns() -> dict[str, Any]:
    """What `WHOLE` names, none of them NULL. Aggregates may not bear a field's own name."""
    told = {
        "purpose": codes("purpose", PURPOSES),
        "visible": Coalesce("counting__visible_ms", Value(UNKNOWN)),
        "elapsed": Coalesce("counting__elapsed_ms", Value(UNKNOWN)),
        "sent": Coalesce(Seconds("counting__received_at"), Value(UNKNOWN)),
    }
    return {f"n_{name}": told.get(name, F(name)) for name in WHOLE}


def _when_looked_at(step: int, column: Any) -> Case:
    """The column of every `step`-th item, NULL elsewhere: aggregates leave it out."""
    turn = (F("position") + F("assignment__number")) % Value(step)
    return Case(When(Exact(turn, 0), then=column))


class Seconds(Func):
    """A moment as whole seconds since 1970, what is below a second cut off: written and read faster than a date."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        template = "CAST(STRFTIME('%%%%s', SUBSTR(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        template = "CAST(FLOOR(DATE_PART('epoch', %(expressions)s)) AS bigint)"
        return self.as_sql(compiler, connection, template=template, **extra)


def _known(values: Ints) -> Floats:
    return np.where(values < 0, np.nan, values)


def _nulls(parts: list[Part], order: Ints, outputs: Ints) -> Nulls:
    """Empty outputs by the places that `order` gave their items."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    rows, codes, before = [order[:0]], [order[:0]], 0
    for part in parts:
        row, output = part.empty
        rows.append(place[row + before])
        codes.append(lookup(outputs, output))
        before += part.whole.shape[1]
    return in_order(Nulls(np.concatenate(rows), np.concatenate(codes)))
