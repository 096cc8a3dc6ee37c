"""Numbers straight from the database into arrays, with no Python object for each row that could be spared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Aggregate, BigIntegerField, Case, Func, IntegerField, QuerySet, TextField, Value, When

from evalsite.reports.estimators.results import Ints

CHUNK = 10_000
UNKNOWN = -1
"""Stands for NULL in a column of whole numbers that are never negative."""


def fetch(query: QuerySet[Any, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a `values_list` query as the driver gives them, CHUNK at a time, from a server-side cursor where
    there is one. Django's converters, which cost more than the reading, are passed by.
    """
    sql, parameters = query.query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def numbers(query: QuerySet[Any, Any], columns: int, dtype: Any = np.int64) -> Any:
    """Rows (N, columns) of a `values_list` query of numbers, none of them NULL."""
    flat = chain.from_iterable(chain.from_iterable(fetch(query)))
    return np.fromiter(flat, dtype=dtype).reshape(-1, columns)


def codes(column: str, words: Sequence[str]) -> Case:
    """SQL for the place of a word in a list, UNKNOWN where it is not there."""
    return Case(
        *(When(**{column: word}, then=Value(code)) for code, word in enumerate(words)),
        default=Value(UNKNOWN),
        output_field=IntegerField(),
    )


class Seconds(Func):
    """A moment as whole seconds since 1970, what is below a second cut off."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        template = "CAST(STRFTIME('%%%%s', SUBSTR(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint", **extra)


class Listed(Aggregate):
    """All numbers of a group as one text, commas between: one row where there would be a hundred thousand."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="STRING_AGG((%(expressions)s)::text, ',')", **extra)


def unlisted(text: str | None) -> Ints:
    """The numbers of a `Listed` text."""
    return np.fromstring(text or "", dtype=np.int64, sep=",")


def lookup(keys: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` stands in `keys` (unique, any order); -1 where it is not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    low, high = int(keys.min()), int(keys.max())
    place = np.full(high - low + 2, -1, dtype=np.int64)
    place[keys - low] = np.arange(len(keys))
    inside = (wanted >= low) & (wanted <= high)
    return place[np.where(inside, wanted - low, high - low + 1)]


def stretches(keys: Ints, gap: int, longest: int) -> Iterator[tuple[int, int]]:
    """Intervals of ids, ends included, that hold all `keys`: no more than `longest` ids in each, and no hole as wide as
    `gap`.
    """
    ordered = np.sort(keys)
    for part in np.split(ordered, np.flatnonzero(np.diff(ordered) > gap) + 1):
        if len(part):
            last = int(part[-1])
            for first in range(int(part[0]), last + 1, longest):
                yield first, min(first + longest - 1, last)
