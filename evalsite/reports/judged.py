"""Judgments from the database to arrays: by far the longest table, so nearly all rows come packed into one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Case, F, Value, When
from django.db.models.functions import Coalesce

from evalsite.rating.models import Judgment
from evalsite.reports.columns import Listed, fetch, lookup, stretches, unlisted
from evalsite.reports.estimators.results import Floats, Ints
from evalsite.reports.tables import NO_OUTPUT

KNOWN_CRITERIA = ("fake", "best", "none", "check")

STRETCH = 1 << 14
"""Ids of items asked for at once. Asking by ids and not by campaign spares a million joins."""
GAP = 1_000
"""So many ids in a row of other campaigns' items are left out; fewer are read and dropped."""
BITS = 36
"""Ids of outputs are below 2 to this power."""
DIGIT = 3
"""So many bits hold criterion and value."""
OTHER = -(1 << 60)
"""Makes the number of a row negative that cannot be packed. Packed ones take 14 + BITS + DIGIT bits, far from it."""

COLUMNS = ("item_id", "revision", "output_id", "criterion", "value")
Part = tuple[Ints, Ints, Ints, Ints, Floats]
"""Item, revision, output (NO_OUTPUT: of the whole item), criterion, value: one row a judgment."""


@dataclass(frozen=True)
class Said:
    """Judgments as they were read: packed numbers by the first id of their stretch, other rows, and the criteria."""

    packed: list[tuple[int, Ints]]
    others: list[Part]
    criteria: tuple[str, ...]


def read(first: Ints, last: Ints) -> Said:
    """Every judgment of items whose keys lie between `first` (N,) and `last` (N,), and perhaps of others.

    First answers of 0 or 1 by a known criterion come packed, all others row by row.
    """
    words = {word: code for code, word in enumerate(KNOWN_CRITERIA)}
    packed: list[tuple[int, Ints]] = []
    others: list[Part] = []
    for start, end in stretches(first, last, GAP, STRETCH):
        rows = Judgment.objects.filter(item__gte=start, item__lte=end).order_by()
        listed = unlisted(rows.aggregate(packed=Listed(_packed(start)))["packed"])
        known = listed >= 0
        packed.append((start, listed if known.all() else listed[known]))
        if not known.all():
            rest = rows.annotate(packed=_packed(start)).filter(packed__lt=0)
            others.extend(_plain(chunk, words) for chunk in fetch(rest.values_list(*COLUMNS)))
    return Said(packed, others, tuple(words))


def counting(said: Said, items: Ints, revision: Ints) -> Part:
    """The judgments of items with these keys (I,) by their current revisions (I,): items by their places, outputs by
    their keys.
    """
    parts = [_unpacked(_NONE, 0), *(_unpacked(numbers, start) for start, numbers in said.packed), *said.others]
    item, answer, output, criterion, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = lookup(items, item)
    counts = place >= 0
    counts[counts] = revision[place[counts]] == answer[counts]
    if counts.all():
        return place, answer, output, criterion, value
    return place[counts], answer[counts], output[counts], criterion[counts], value[counts]


_NONE: Ints = np.zeros(0, dtype=np.int64)


def _packed(first: int) -> Any:
    """SQL for item - first, output + 1, criterion and value, one above the other; negative where it cannot be."""
    item, output = F("item_id") - Value(first), Coalesce(F("output_id") + Value(1), Value(0))
    return (
        (item * Value(1 << BITS) + output) * Value(1 << DIGIT)
        + _one_of("criterion", {word: 2 * code for code, word in enumerate(KNOWN_CRITERIA)})
        + _one_of("value", {0: 0, 1: 1})
        + _one_of("revision", {1: 0})
    )


def _one_of(column: str, numbers: dict[Any, int]) -> Case:
    """SQL for the number that stands for a column's value, OTHER where none does."""
    whens = (When(**{column: value}, then=Value(number)) for value, number in numbers.items())
    return Case(*whens, default=Value(OTHER), output_field=BigIntegerField())


def _unpacked(packed: Ints, first: int) -> Part:
    output = (packed >> DIGIT) & ((1 << BITS) - 1)
    digit = packed & ((1 << DIGIT) - 1)
    item = (packed >> BITS + DIGIT) + first
    return item, np.ones_like(item), output - 1, digit >> 1, (digit & 1).astype(np.float64)


def _plain(chunk: Sequence[tuple[Any, ...]], words: dict[str, int]) -> Part:
    """Rows as the database gives them; new words are added to `words`."""
    item, revision, output, criterion, value = zip(*chunk, strict=True)
    code = [words.setdefault(word, len(words)) for word in criterion]
    key = [NO_OUTPUT if output_id is None else output_id for output_id in output]
    items, revisions, outputs, codes = (np.array(column, dtype=np.int64) for column in (item, revision, key, code))
    return items, revisions, outputs, codes, np.array(value, dtype=np.float64)
