"""Any other criterion: its mean by system. A new protocol has a report the day it is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalsite.reports.estimators import agreement, intervals, quality, significance
from evalsite.reports.estimators.clusters import cross, ratios, tabulate
from evalsite.reports.estimators.results import Bools, Floats
from evalsite.reports.estimators.significance import Comparison
from evalsite.reports.measures import base
from evalsite.reports.measures.base import Cells, Measured, Row
from evalsite.reports.tables import Judgments, Tables


def measure(tables: Tables, criterion: str) -> Measured:
    """The mean of the criterion for each system, with paired comparisons on the scale of the criterion."""
    rows = base.regular(tables, criterion, of_outputs=True)
    rater, sample = tables.items.rater[rows.item], tables.items.sample[rows.item]
    system = tables.system_of(rows.output)
    low, width = _scale(rows.value)
    crossing = cross(rater, sample)
    trials = tabulate(crossing, system, len(tables.systems))
    scaled = tabulate(crossing, system, len(tables.systems), (rows.value - low) / width)
    present = [k for k in range(len(tables.systems)) if trials[:, k].sum()]
    comparisons = [_unscaled(pair, width) for pair in significance.compare(ratios(crossing, scaled, trials), present)]
    spans = base.ranks(comparisons, tables.systems) or {tables.systems[k]: [1, 1] for k in present}
    unit = base.units(tables, rows)
    return Measured(
        headline="mean",
        systems=[_row(tables, k, rows, system == k, spans.get(tables.systems[k])) for k in range(len(tables.systems))],
        comparisons=base.compare_rows(comparisons, tables.systems),
        not_separable=base.groups(comparisons, tables.systems),
        cells=Cells(crossing, scaled[:, present], trials[:, present], tuple(present)),
        ratings=agreement.ratings(rater, unit, rows.value, sample) if len(rater) else None,
        picks=base.picks(tables, rows, rows.value > low + width / 2),
        answers=_answers(tables, rows),
        rater_rate=("mean", quality.group_rates(rater, rows.value)),
    )


def _scale(values: Floats) -> tuple[float, float]:
    """Least value and range, so that (value - least) / range lies in [0, 1]."""
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return low, (high - low) or 1.0


def _unscaled(pair: Comparison, width: float) -> Comparison:
    """The comparison on the criterion's own scale; tests do not change with the scale."""

    def back(value: float | None) -> float | None:
        return None if value is None else value * width

    return replace(pair, difference=back(pair.difference), low=back(pair.low), high=back(pair.high), se=back(pair.se))


def _row(tables: Tables, k: int, rows: Judgments, mine: Bools, span: list[int] | None) -> Row:
    item = rows.item[mine]
    found = intervals.mean_of(tables.items.rater[item], tables.items.sample[item], rows.value[mine])
    slug = tables.systems[k]
    return {
        "system": slug,
        "name": tables.study.names.get(slug, slug),
        "role": "system",
        "judged": int(mine.sum()),
        "mean": found.value,
        "ci95": found.interval,
        "method": found.method,
        "rank_range": span,
        "se": found.se,
        "df": found.df,
        "reasons": base.reasons(mean=found),
    }


def _answers(tables: Tables, rows: Judgments) -> Floats:
    """The item's mean value: a rater who always says the same has one long run."""
    size = len(tables.items.rater)
    count = np.bincount(rows.item, minlength=size)
    total = np.bincount(rows.item, weights=rows.value, minlength=size)
    return np.asarray(np.divide(total, count, out=np.full(size, np.nan), where=count > 0))
