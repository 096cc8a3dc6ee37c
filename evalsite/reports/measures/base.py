"""What every measure hands to the report, and the few rows all of them print alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalsite.reports.estimators.agreement import Ratings
from evalsite.reports.estimators.clusters import Crossing
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.results import Bools, Estimate, Floats, Ints
from evalsite.reports.estimators.significance import Comparison, not_separable, rank_ranges
from evalsite.reports.tables import NO_OUTPUT, PURPOSES, Judgments, Tables, first_rows, pick, take

Row = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """Totals (C, K) by (rater, sample) cell of K systems: what correlations and maps of samples need."""

    crossing: Crossing
    successes: Floats
    trials: Floats
    systems: tuple[int, ...]


@dataclass(frozen=True)
class Picks:
    """Cards that were judged and whether they were picked (N,): marked fake, or chosen.

    `unit` names a text of a sample; `position` counts from 1, 0 unknown.
    """

    item: Ints
    output: Ints
    unit: Ints
    position: Ints
    picked: Bools


@dataclass(frozen=True)
class Measured:
    """A measure's part of the report: `systems` rows sorted by slug, `headline` the key of the number that counts."""

    headline: str
    systems: list[Row]
    comparisons: list[Row]
    not_separable: list[list[str]]
    cells: Cells
    ratings: Ratings | None
    picks: Picks
    answers: Floats
    """One number for each answered item (I,), equal where a rater gave the same answer; NaN: no answer, or one that
    is no sign of haste."""
    rater_rate: tuple[str, dict[int | str, float]]
    """What a rater's habit is called in the report, and each rater's."""
    extra: Row = field(default_factory=dict)


Rule = Callable[[Tables, str], Measured]


def regular(tables: Tables, criterion: str, *, of_outputs: bool = False) -> Judgments:
    """Judgments by one criterion of items that are no attention checks; those of whole items may be left out."""
    rows = tables.judgments
    asked = tables.items.purpose != PURPOSES.index("check")
    which = asked[rows.item] & (rows.criterion == tables.code(criterion))
    return take(rows, which & (rows.output >= 0) if of_outputs else which)


def units(tables: Tables, judgments: Judgments) -> Ints:
    """What is judged: one code for each text at each sample (J,), whoever wrote it. Cards are texts, not outputs."""
    text, _letters = tables.outputs.words
    sample = tables.items.sample[judgments.item]
    return encode(sample * (len(text) + 1) + pick(text, judgments.output))[0]


def picks(tables: Tables, judgments: Judgments, picked: Bools, unit: Ints | None = None) -> Picks:
    """One row a card: where systems share a card, their judgments are one. `unit` are the judgments' `units`."""
    unit = units(tables, judgments) if unit is None else unit
    first = first_rows(judgments.item * (int(unit.max(initial=0)) + 1) + unit)
    which = first[judgments.output[first] != NO_OUTPUT]
    return Picks(judgments.item[which], judgments.output[which], unit[which], judgments.position[which], picked[which])


def interval(estimate: Estimate) -> list[float] | None:
    """[low, high] or None, for JSON."""
    return estimate.interval


def reasons(**estimates: Estimate | None) -> dict[str, str]:
    """Why numbers or their intervals are missing, by the name of the number."""
    return {name: estimate.reason for name, estimate in estimates.items() if estimate and estimate.reason}


def compare_rows(comparisons: Sequence[Comparison], systems: Sequence[str]) -> list[Row]:
    """Comparisons as the report prints them; columns are codes into `systems`."""
    return [
        {
            "a": systems[pair.a],
            "b": systems[pair.b],
            "difference": pair.difference,
            "ci95": pair.interval,
            "p": pair.p,
            "p_holm": pair.p_holm,
            "differs": pair.differs(),
            "method": pair.method,
            "reason": pair.reason,
        }
        for pair in comparisons
    ]


def ranks(comparisons: Sequence[Comparison], systems: Sequence[str]) -> dict[str, list[int]]:
    """The ranks each system may hold."""
    return {systems[column]: list(span) for column, span in rank_ranges(comparisons).items()}


def groups(comparisons: Sequence[Comparison], systems: Sequence[str]) -> list[list[str]]:
    """Sets of two or more systems of which no pair differs."""
    return [[systems[k] for k in group] for group in not_separable(comparisons) if len(group) > 1]
