"""The cards of items, from their JSON to arrays: which output stood where, and which stayed unseen."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db.models import QuerySet
from pyarrow import json as arrow_json

from evalsite.reports.columns import fetch, lookup, unlisted
from evalsite.reports.estimators.results import Ints
from evalsite.reports.tables import Nulls

CARDS = pa.list_(pa.struct([("outputs", pa.list_(pa.int64()))]))
_NONE: Ints = np.zeros(0, dtype=np.int64)

Parsed = tuple[Ints, pa.Array]
"""Keys of items, and their cards as one Arrow column."""


def parsed(query: QuerySet[Any, Any]) -> Iterator[Parsed]:
    """A `values_list` query of item keys and their cards as JSON text, piece by piece."""
    for rows in fetch(query):
        keys, texts = zip(*rows, strict=True)
        yield np.array(keys, dtype=np.int64), _parse(texts)


def _parse(texts: Sequence[str]) -> pa.Array:
    """JSON texts as one Arrow column: some four times faster than json.loads, and no Python object for each card."""
    block = ('{"c":' + '}\n{"c":'.join(texts) + "}").encode()
    table = arrow_json.read_json(
        io.BytesIO(block),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([("c", CARDS)]), unexpected_field_behavior="ignore"
        ),
    )
    return table.column("c").combine_chunks()


def _flatten(column: pa.Array) -> tuple[Ints, pa.Array]:
    """The row of each element of a list column, and the elements. By offsets: asking Arrow for lengths would import
    its compute functions, which takes longer than all the rest.
    """
    sizes = np.diff(np.asarray(column.offsets))
    return np.repeat(np.arange(len(column)), sizes), column.flatten()


class Cards:
    """Every output on every card that was looked at: item, output, position from 1; `count` (I,) cards of each item."""

    def __init__(self, pieces: Iterable[Parsed], item_pks: Ints, output_pks: Ints) -> None:
        items, outputs, positions = [_NONE], [_NONE], [_NONE]
        self.count: Ints = np.zeros(len(item_pks), dtype=np.int64)
        for keys, column in pieces:
            item = lookup(item_pks, keys)  # -1: dealt while we read
            row, cards = _flatten(column)
            count = np.bincount(row, minlength=len(column))
            card, found = _flatten(cards.field("outputs"))
            place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 1
            known = item[row[card]] >= 0
            items.append(item[row[card]][known])
            outputs.append(lookup(output_pks, np.asarray(found, dtype=np.int64))[known])
            positions.append(place[card][known])
            self.count[item[item >= 0]] = count[item >= 0]
        self.item, self.output, self.position = map(np.concatenate, (items, outputs, positions))

    def place(self, item: Ints, output: Ints, outputs: int) -> Ints:
        """Position of the card that showed `output` in `item`; 0 where none did or it was not looked at."""
        found = np.zeros(len(item), dtype=np.int64)
        asked = np.flatnonzero((self.count[item] > 0) & (output >= 0))
        if len(asked):
            keys = self.item * (outputs + 1) + self.output
            order = np.argsort(keys, kind="stable")
            wanted = item[asked] * (outputs + 1) + output[asked]
            row = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
            found[asked] = np.where(keys[row] == wanted, self.position[row], 0)
        return found


def nulls(query: QuerySet[Any, Any], item_pks: Ints, output_pks: Ints) -> Nulls:
    """The outputs that were empty, of each item: a `values_list` query of item keys and lists of ids, none of them [].

    The lists are JSON, but plain enough to be read all at once.
    """
    items, outputs = [_NONE], [_NONE]
    for rows in fetch(query):
        keys, texts = zip(*rows, strict=True)
        sizes = [text.count(",") + 1 for text in texts]
        found = unlisted(",".join(texts).replace("[", "").replace("]", ""))
        item = np.repeat(lookup(item_pks, np.array(keys, dtype=np.int64)), sizes)
        items.append(item[item >= 0])
        outputs.append(lookup(output_pks, found)[item >= 0])
    return Nulls(np.concatenate(items), np.concatenate(outputs))
