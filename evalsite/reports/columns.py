"""Numbers straight from the database into arrays, with no Python object for each row that could be spared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Aggregate, Case, IntegerField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

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


def codes(column: str, words: Sequence[str]) -> Case:
    """SQL for the place of a word in a list, UNKNOWN where it is not there."""
    return Case(
        *(When(**{column: word}, then=Value(code)) for code, word in enumerate(words)),
        default=Value(UNKNOWN),
        output_field=IntegerField(),
    )


class Listed(Aggregate):
    """A column of a group as one text, commas or a separator between: one row where there would be a hundred thousand.

    NULLs are left out. Several of one query keep step with each other, for the database meets the rows once.
    """

    function = "GROUP_CONCAT"
    output_field = TextField()

    def __init__(self, expression: Any, separator: str = ",", **extra: Any) -> None:
        super().__init__(expression, Value(separator), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        column, separator = self.source_expressions
        listed = self.copy()
        listed.source_expressions = [Cast(column, TextField()), separator]
        return listed.as_sql(compiler, connection, function="STRING_AGG", **extra)


def unlisted(text: str | None) -> Ints:
    """The numbers of a `Listed` text."""
    return np.fromstring(text or "", dtype=np.int64, sep=",")


def lists(text: str | None) -> tuple[Ints, Ints]:
    """Lists of numbers as JSON, semicolons between: the place of the list of each number, and the number."""
    plain = (text or "").replace("[]", "[-1]")
    letters = np.frombuffer(plain.encode(), dtype=np.uint8)
    commas, ends = np.flatnonzero(letters == ord(",")), np.flatnonzero(letters == ord("]"))
    size = np.diff(np.searchsorted(commas, ends), prepend=0) + 1
    found = unlisted(plain.replace(";", ",").replace("[", "").replace("]", ""))
    known = found >= 0
    return np.repeat(np.arange(len(ends)), size)[known], found[known]


def lookup(keys: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` stands in `keys` (unique, any order); -1 where it is not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    low, high = int(keys.min()), int(keys.max())
    place = np.full(high - low + 2, -1, dtype=np.int64)
    place[keys - low] = np.arange(len(keys))
    inside = (wanted >= low) & (wanted <= high)
    return place[np.where(inside, wanted - low, high - low + 1)]


def stretches(first: Ints, last: Ints, gap: int, longest: int) -> Iterator[tuple[int, int]]:
    """Intervals of ids, ends included, that hold all those from `first` (N,) to `last` (N,): no more than `longest` ids
    in each, and no hole as wide as `gap`.
    """
    order = np.argsort(first)
    starts, reached = first[order], np.maximum.accumulate(last[order])
    new = np.flatnonzero(starts[1:] - reached[:-1] > gap) + 1
    if len(order):
        for low, high in zip(starts[[0, *new]].tolist(), reached[[*(new - 1), -1]].tolist(), strict=True):
            for start in range(low, high + 1, longest):
                yield start, min(start + longest - 1, high)
