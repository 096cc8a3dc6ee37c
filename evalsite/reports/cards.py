"""The cards of items, from their JSON to arrays: which output stood where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalsite.reports.columns import lookup
from evalsite.reports.estimators.codes import places
from evalsite.reports.estimators.results import Ints

if TYPE_CHECKING:
    import pyarrow as pa

_NONE: Ints = np.zeros(0, dtype=np.int64)
BETWEEN = '}\n{"c":'
"""What stands between the cards of two items, so that all together are lines of JSON."""


@dataclass(frozen=True)
class Parsed:
    """Cards of items: how many each has (I,); the item's row, the place from 1 and the key of every output on them."""

    count: Ints
    row: Ints
    position: Ints
    output: Ints


def parse(text: str | None) -> Parsed:
    """Cards of items as JSON, BETWEEN between: some four times faster than json.loads, and no Python object for each
    card.
    """
    if not text:
        return Parsed(_NONE, _NONE, _NONE, _NONE)
    column = _column(f'{{"c":{text}}}'.encode())
    row, cards = _flatten(column)
    count = np.bincount(row, minlength=len(column))
    card, found = _flatten(cards.field("outputs"))
    place = places(count) + 1
    return Parsed(count, row[card], place[card], np.from_dlpack(found).astype(np.int64))


def _column(lines: bytes) -> pa.Array:
    """Lines of JSON as one Arrow column, which is loaded on use: the process that asks for the reading needs it not."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    cards = pa.list_(pa.struct([("outputs", pa.list_(pa.int64()))]))
    table = arrow_json.read_json(
        pa.BufferReader(lines),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([("c", cards)]), unexpected_field_behavior="ignore"
        ),
    )
    return table.column("c").combine_chunks()


def _flatten(column: pa.Array) -> tuple[Ints, pa.Array]:
    """The row of each element of a list column, and the elements. By offsets and as tensors: to tell lengths Arrow
    would import its compute functions, and to make arrays all of pandas; both take longer than the rest.
    """
    sizes = np.diff(np.from_dlpack(column.offsets))
    return np.repeat(np.arange(len(column)), sizes), column.flatten()


class Cards:
    """Every output on every card that was looked at: item, output, position from 1; `count` (I,) cards of each item."""

    def __init__(self, pieces: Iterable[tuple[Ints, Parsed]], item_pks: Ints, output_pks: Ints) -> None:
        """A piece is the keys of items, and what was read of their cards."""
        items, outputs, positions = [_NONE], [_NONE], [_NONE]
        self.count: Ints = np.zeros(len(item_pks), dtype=np.int64)
        for keys, cards in pieces:
            item = lookup(item_pks, keys)  # -1: dealt while we read
            known = item[cards.row] >= 0
            items.append(item[cards.row][known])
            outputs.append(lookup(output_pks, cards.output)[known])
            positions.append(cards.position[known])
            self.count[item[item >= 0]] = cards.count[item >= 0]
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
