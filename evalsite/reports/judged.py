"""Judgments from the database to arrays: by far the longest table, so nearly all rows come packed into one number."""

from __future__ import annotations

from collections.abc import Sequence
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
OUTPUTS = 1 << 36
"""Ids of outputs are below this."""
DIGIT = 2 * len(KNOWN_CRITERIA)
OTHER = -(1 << 60)
"""Makes the number of a row negative that cannot be packed. STRETCH * OUTPUTS * DIGIT is 2^53, far from it."""

COLUMNS = ("item_id", "revision", "output_id", "criterion", "value")
Part = tuple[Ints, Ints, Ints, Ints, Floats]
"""Item, revision, output (NO_OUTPUT: of the whole item), criterion, value: one row a judgment."""


def judgments(items: Ints, revision: Ints) -> tuple[tuple[str, ...], Part]:
    """The criteria, and the judgments that count, of items with these keys (I,) and current revisions (I,).

    Items come back as places in `items`, outputs as keys. First answers of 0 or 1 by a known criterion come packed,
    all others row by row.
    """
    words = {word: code for code, word in enumerate(KNOWN_CRITERIA)}
    parts = [_unpacked(_NONE, 0)]
    for first, last in stretches(items, GAP, STRETCH):
        rows = Judgment.objects.filter(item__gte=first, item__lte=last).order_by()
        listed = unlisted(rows.aggregate(packed=Listed(_packed(first)))["packed"])
        parts.append(_unpacked(listed[listed >= 0], first))
        if (listed < 0).any():
            others = rows.annotate(packed=_packed(first)).filter(packed__lt=0)
            parts.extend(_plain(chunk, words) for chunk in fetch(others.values_list(*COLUMNS)))
    item, answer, output, criterion, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = lookup(items, item)
    counts = place >= 0
    counts[counts] = revision[place[counts]] == answer[counts]
    return tuple(words), (place[counts], answer[counts], output[counts], criterion[counts], value[counts])


_NONE: Ints = np.zeros(0, dtype=np.int64)


def _packed(first: int) -> Any:
    """SQL for ((item - first) * OUTPUTS + output + 1) * DIGIT + 2 * criterion + value; negative where it cannot be."""
    item, output = F("item_id") - Value(first), Coalesce(F("output_id") + Value(1), Value(0))
    return (
        (item * Value(OUTPUTS) + output) * Value(DIGIT)
        + _one_of("criterion", {word: 2 * code for code, word in enumerate(KNOWN_CRITERIA)})
        + _one_of("value", {0: 0, 1: 1})
        + _one_of("revision", {1: 0})
    )


def _one_of(column: str, numbers: dict[Any, int]) -> Case:
    """SQL for the number that stands for a column's value, OTHER where none does."""
    whens = (When(**{column: value}, then=Value(number)) for value, number in numbers.items())
    return Case(*whens, default=Value(OTHER), output_field=BigIntegerField())


def _unpacked(packed: Ints, first: int) -> Part:
    digit = packed % DIGIT
    item, output = np.divmod(packed // DIGIT, OUTPUTS)
    return item + first, np.ones_like(item), output - 1, digit // 2, (digit % 2).astype(np.float64)


def _plain(chunk: Sequence[tuple[Any, ...]], words: dict[str, int]) -> Part:
    """Rows as the database gives them; new words are added to `words`."""
    item, revision, output, criterion, value = zip(*chunk, strict=True)
    code = [words.setdefault(word, len(words)) for word in criterion]
    key = [NO_OUTPUT if output_id is None else output_id for output_id in output]
    items, revisions, outputs, codes = (np.array(column, dtype=np.int64) for column in (item, revision, key, code))
    return items, revisions, outputs, codes, np.array(value, dtype=np.float64)
