"""Judgments as tidy columns: what every report is computed from, whether it comes from the database or a package.

Plain data: nothing here asks a database, so a report is a pure function of these tables. Codes are dense indices
into the lists beside them, in the order of a package's files (raters by pseudonym, samples as in the test set,
outputs by system, sample and rank), so that both sources give the very same arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from evalsite.rating.cards import is_null, key
from evalsite.reports.estimators.codes import in_order as by_value
from evalsite.reports.estimators.results import Bools, Floats, Ints

FORMAT = 1
"""Of the report that is made of these tables: another one where its numbers or their names are not the same."""

HUMAN = "human"
NO_OUTPUT = -1
"""The output of a judgment of the item as a whole (`none`, `check`)."""

PURPOSES = ("regular", "anchor", "check")
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Study:
    """What is known of the campaign apart from its judgments."""

    slug: str
    title: str
    protocol: str
    state: str
    seed: int
    settings: Mapping[str, Any]
    manifest: Mapping[str, Any]
    digest: str
    software: str
    names: Mapping[str, str] = field(default_factory=dict)
    """Display names of systems by slug."""
    started_at: str | None = None
    closed_at: str | None = None
    enrolled: int = 0
    """Raters who consented (of the kind this report is about)."""
    withdrawn: int = 0
    withdrawn_judgments: int = 0
    simulated: bool = False
    """Whether the raters here are simulated; people and simulated raters never mix."""
    seen_early: Sequence[Mapping[str, str]] = ()
    """When someone looked at the results before the end, and why."""
    evaluations: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Metrics of systems from evaluations that were imported: Fluency and ranking, by system."""


@dataclass(frozen=True)
class Samples:
    """Moments, in the order of the test set; `shown` (S,) says which of them the campaign asks about."""

    key: Sequence[str]
    video: Sequence[str]
    time: Floats
    references: Sequence[Sequence[str]]
    shown: Bools


@dataclass(frozen=True)
class Outputs:
    """Comments: `system` and `sample` are codes (O,), `text` "" is a null."""

    system: Ints
    sample: Ints
    rank: Ints
    text: Sequence[str]

    @cached_property
    def words(self) -> tuple[Ints, Ints]:
        """Codes of the texts as cards show them (equal codes share a card), and how many letters each has (O,)."""
        codes: dict[str, int] = {}
        shown = [codes.setdefault(key(text), len(codes)) for text in self.text]
        code = np.array(shown, dtype=np.int64)
        letters = np.array([len(text) for text in codes] or [0], dtype=np.int64)
        return code, letters[code] if len(code) else code

    @cached_property
    def spoken(self) -> Bools:
        """Which outputs say something (O,): the rest are nulls. Printable text is null only where it is all blanks."""
        return np.array([bool(t.strip()) if t.isprintable() else not is_null(t) for t in self.text], dtype=bool)


@dataclass(frozen=True)
class Items:
    """Items that were dealt (I,). `received` is NaT where unanswered; times are NaN where unknown; `cards` counts the
    cards of items that were looked at (see `card_step`), 0 of others.
    """

    rater: Ints
    sample: Ints
    sitting: Ints
    position: Ints
    purpose: Ints
    cards: Ints
    received: Times
    visible_ms: Floats
    elapsed_ms: Floats

    @property
    def answered(self) -> Bools:
        return ~np.isnat(self.received)

    @property
    def seconds(self) -> Floats:
        """How long each item took: time in view where the browser told it, else from shown to sent."""
        return np.where(np.isnan(self.visible_ms), self.elapsed_ms, self.visible_ms) / 1000


@dataclass(frozen=True)
class Judgments:
    """The judgments that count (J,): the current revision of each answered item.

    `position` is the place of the judged card among those shown, from 1 (0: of the whole item, or not looked at, see
    `card_step`).
    """

    item: Ints
    output: Ints
    criterion: Ints
    value: Floats
    position: Ints


@dataclass(frozen=True)
class Nulls:
    """Empty outputs of dealt items, which were not shown (N,)."""

    item: Ints
    output: Ints


@dataclass(frozen=True)
class Tables:
    """One campaign's data, complete enough for every number of its report."""

    study: Study
    systems: tuple[str, ...]
    criteria: tuple[str, ...]
    raters: tuple[str, ...]
    samples: Samples
    outputs: Outputs
    items: Items
    judgments: Judgments
    nulls: Nulls

    def of(self, criterion: str) -> Judgments:
        """Judgments by one criterion."""
        return take(self.judgments, self.judgments.criterion == self.code(criterion))

    def code(self, criterion: str) -> int:
        """The code of a criterion; -1 where nobody judged by it."""
        return self.criteria.index(criterion) if criterion in self.criteria else -1

    def system_of(self, output: Ints) -> Ints:
        """System code of each output code; -1 for NO_OUTPUT."""
        return pick(self.outputs.system, output)

    def among(self, kept: Bools) -> Tables:
        """The same study as if only the raters `kept` (R,) had taken part."""
        rows = kept[self.items.rater]
        number = np.cumsum(rows) - 1
        judged, empty = rows[self.judgments.item], rows[self.nulls.item]
        judgments, nulls = take(self.judgments, judged), take(self.nulls, empty)
        return replace(
            self,
            items=take(self.items, rows),
            judgments=replace(judgments, item=number[judgments.item]),
            nulls=replace(nulls, item=number[nulls.item]),
        )


def shown(study: Study, keys: Sequence[str]) -> Bools:
    """Which of the test set's samples the campaign asks about: those of its manifest; of a draft, all."""
    frozen = study.manifest.get("samples")
    return np.array([frozen is None or key in frozen for key in keys], dtype=bool)


LOOKED_AT = 20_000


def card_step(items: int) -> int:
    """Cards of every so-manieth item are looked at for bias of position: where (sitting + position) divides by it.

    The cards are by far the bulkiest column, and twenty thousand items show any bias worth the name.
    """
    return max(1, -(-items // LOOKED_AT))


def first_rows(keys: Ints) -> Ints:
    """The first row of each distinct key, keys ascending."""
    rows, _ordered, new = by_value(keys)
    return rows[new]


Rows = TypeVar("Rows", Items, Judgments, Nulls)


def take(rows: Rows, which: npt.NDArray[Any]) -> Rows:
    """The rows of a table that a mask or index array names."""
    if which.dtype == bool and which.all():
        return rows
    return type(rows)(**{name: column[which] for name, column in vars(rows).items()})


Marks = TypeVar("Marks", Judgments, Nulls)


def in_order(rows: Marks) -> Marks:
    """Rows by item, then output: the order of a package."""
    span = int(rows.output.max(initial=0)) + 2
    keys = rows.item * span + rows.output + 1
    if (np.diff(keys) >= 0).all():
        return rows
    last = rows.criterion if isinstance(rows, Judgments) else np.zeros_like(keys)
    return take(rows, np.lexsort((last, keys)))


def pick(values: Ints, codes: Ints) -> Ints:
    """`values[codes]`, and -1 where the code is negative."""
    if not len(values):
        return np.full(len(codes), -1, dtype=np.int64)
    return np.where(codes >= 0, values[codes], -1)
