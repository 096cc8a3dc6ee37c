"""Human Recall: escaped / shown, with what keeps it honest beside it (E-GA, section 3.2)."""

from __future__ import annotations

import numpy as np

from evalsite.reports import aside
from evalsite.reports.estimators import agreement, measures, quality, significance
from evalsite.reports.estimators.results import Ints
from evalsite.reports.measures import base
from evalsite.reports.measures.base import Cells, Measured, Row
from evalsite.reports.tables import HUMAN, Judgments, Tables


def measure(tables: Tables, criterion: str) -> Measured:
    """Human Recall of every system; real comments are the upper anchor, those of another video the lower one."""
    rows = base.regular(tables, criterion)
    marked = rows.value > 0.5
    slugs = (*tables.systems, "decoys")
    human = slugs.index(HUMAN) if HUMAN in slugs else None
    estimated = aside.start(lambda: _estimate(tables, rows, len(slugs), human))
    picked = base.picks(tables, rows, marked)
    rater, sample = tables.items.rater[picked.item], tables.items.sample[picked.item]
    ratings = agreement.ratings(rater, picked.unit, picked.picked, sample, categories=2) if len(rater) else None
    table = estimated()
    shown = [k for k in range(len(tables.systems)) if k != human or table.systems[k].shown]
    compared = [k for k in shown if k != human]
    comparisons = significance.compare(table.table, compared)
    spans = base.ranks(comparisons, slugs) or {slugs[k]: [1, 1] for k in compared}
    return Measured(
        headline="human_recall",
        systems=[_row(tables, slugs[k], table.systems[k], spans.get(slugs[k])) for k in shown],
        comparisons=base.compare_rows(comparisons, slugs),
        not_separable=base.groups(comparisons, slugs),
        cells=Cells(table.crossing, table.escaped[:, compared], table.shown[:, compared], tuple(compared)),
        ratings=ratings,
        picks=picked,
        answers=_extremes(tables, rows),
        rater_rate=("fake_rate", quality.group_rates(rater, picked.picked)),
        extra=_extra(table, human, len(tables.systems)),
    )


def columns(tables: Tables, rows: Judgments, decoys: int) -> Ints:
    """The column of each judgment: its output's system, or `decoys` where the comment came from another sample."""
    elsewhere = tables.outputs.sample[rows.output] != tables.items.sample[rows.item]
    return np.where(elsewhere, decoys, tables.system_of(rows.output))


def _estimate(tables: Tables, rows: Judgments, systems: int, human: int | None) -> measures.RecallTable:
    """Judged comments, and beneath them the nulls of answered items."""
    column = columns(tables, rows, len(tables.systems))
    empty = tables.items.answered[tables.nulls.item]
    null_item, null_output = tables.nulls.item[empty], tables.nulls.output[empty]
    item = np.concatenate([rows.item, null_item])
    return measures.human_recall(
        tables.items.rater[item],
        tables.items.sample[item],
        np.concatenate([column, tables.system_of(null_output)]),
        np.concatenate([1 - rows.value, np.zeros(len(null_item))]),
        systems,
        human=human,
        null=np.repeat([0.0, 1.0], [len(rows.item), len(null_item)]),
    )


def _row(tables: Tables, slug: str, found: measures.Recall, span: list[int] | None) -> Row:
    d, c, ratio = found.detection.d_prime, found.detection.criterion, found.ratio
    return {
        "system": slug,
        "name": tables.study.names.get(slug, slug),
        "role": "human" if slug == HUMAN else "system",
        "shown": found.shown,
        "escaped": found.escaped,
        "human_recall": found.recall.value,
        "ci95": found.recall.interval,
        "method": found.recall.method,
        "wilson95": list(found.wilson) if found.wilson else None,
        "nulls": found.nulls,
        "human_recall_strict": found.strict.value,
        "strict_ci95": found.strict.interval,
        "hit_rate": found.detection.hit_rate,
        "false_alarm_rate": found.detection.false_alarm_rate,
        "d_prime": d.value,
        "d_prime_ci95": d.interval,
        "criterion": c.value,
        "criterion_ci95": c.interval,
        "humanness_ratio": ratio.value if ratio else None,
        "humanness_ratio_ci95": ratio.interval if ratio else None,
        "rank_range": span,
        "se": found.recall.se,
        "df": found.recall.df,
        "reasons": base.reasons(human_recall=found.recall, d_prime=d, humanness_ratio=ratio),
    }


def _extra(table: measures.RecallTable, human: int | None, decoys: int) -> Row:
    """The two anchors: how often real comments, and real comments out of place, escaped."""
    names = {"controls": human, "decoys": decoys}
    anchors: Row = {}
    for name, column in names.items():
        found = None if column is None else table.systems[column]
        anchors[name] = (
            {"shown": found.shown, "escaped": found.escaped, "rate": found.recall.value, "ci95": found.recall.interval}
            if found and found.shown
            else None
        )
    return anchors


def _extremes(tables: Tables, rows: Judgments) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """0 where a rater marked nothing of an item, 1 where everything; other answers are each their own."""
    size = len(tables.items.rater)
    shown = np.bincount(rows.item, minlength=size)
    marks = np.bincount(rows.item, weights=rows.value, minlength=size)
    answers = np.where(marks <= 0, 0.0, np.where(marks >= shown, 1.0, 2.0 + np.arange(size)))
    return np.where(shown > 0, answers, np.nan)
