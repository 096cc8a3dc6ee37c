"""Preference: the share of choices each system wins, and that of "none of them" (KLVCG, section V-E)."""

from __future__ import annotations

import numpy as np

from evalsite.reports import aside
from evalsite.reports.estimators import agreement, choice_models, measures, quality, significance
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.results import Bools, Estimate, Floats, Ints
from evalsite.reports.measures import base
from evalsite.reports.measures.base import Cells, Measured, Row
from evalsite.reports.tables import HUMAN, Judgments, Tables, take

NONE = "none"
NOT_CHOSEN = -1


def measure(tables: Tables, criterion: str) -> Measured:
    """Shares of the systems and of none; worths as if all had always been present."""
    rows, nones = base.regular(tables, criterion, of_outputs=True), base.regular(tables, NONE)
    slugs, unit = _compared(tables), base.units(tables, rows)
    item, card, chosen = _choices(tables, rows, unit, nones, slugs)
    rater, sample = tables.items.rater[item], tables.items.sample[item]
    worthy = aside.start(lambda: choice_models.luce(rater, sample, card, chosen))
    table = measures.preference(rater, sample, card, chosen)
    comparisons = significance.compare(table.table, range(len(slugs)))
    spans = base.ranks(comparisons, slugs) or {slug: [1, 1] for slug in slugs}
    spoken = non_null_rates(tables)
    _, taken = choice_models.canonical(card, chosen)
    ratings = agreement.ratings(rater, sample, taken, categories=len(slugs) + 1) if len(item) else None
    picks = base.picks(tables, rows, rows.value > 0.5, unit)
    worths = worthy()
    found = zip(slugs, table.systems, worths.worth, strict=True)
    answered = np.bincount(table.crossing.cell, minlength=table.crossing.cells).astype(np.float64)
    return Measured(
        headline="share",
        systems=[_row(tables, slug, share, worth, spans[slug], spoken.get(slug)) for slug, share, worth in found],
        comparisons=base.compare_rows(comparisons, slugs),
        not_separable=base.groups(comparisons, slugs),
        cells=Cells(
            table.crossing,
            table.credit[:, :-1],
            np.repeat(answered[:, None], len(slugs), axis=1),
            tuple(tables.systems.index(slug) for slug in slugs),
        ),
        ratings=ratings,
        picks=picks,
        answers=_places(tables, rows, nones),
        rater_rate=("none_rate", quality.group_rates(rater, taken == len(slugs))),
        extra=_none(table, worths) | {"unanswerable": unanswerable(tables, slugs)},
    )


def _compared(tables: Tables) -> tuple[str, ...]:
    """The systems whose outputs were candidates; people's own comments only where they were among the cards."""
    if HUMAN not in tables.systems:
        return tables.systems
    human = (tables.system_of(tables.of("best").output) == tables.systems.index(HUMAN)).any()
    return tuple(slug for slug in tables.systems if slug != HUMAN or human)


def choices(tables: Tables, criterion: str, slugs: tuple[str, ...]) -> tuple[Ints, Ints, Ints]:
    """Answered items (I,), the card of each system in each (I, K; -1: null) and the card chosen (I,; -1: none).

    Cards are named by their text, so systems that wrote the same share one.
    """
    rows = base.regular(tables, criterion, of_outputs=True)
    return _choices(tables, rows, base.units(tables, rows), base.regular(tables, NONE), slugs)


def _choices(
    tables: Tables, rows: Judgments, unit: Ints, nones: Judgments, slugs: tuple[str, ...]
) -> tuple[Ints, Ints, Ints]:
    code, item = encode(np.concatenate([rows.item, nones.item]))
    code = code[: len(rows.item)]
    column = np.array([slugs.index(s) if s in slugs else -1 for s in tables.systems] or [-1])
    card = np.full((len(item), len(slugs)), -1, dtype=np.int64)
    chosen = np.full(len(item), NOT_CHOSEN, dtype=np.int64)
    card[code, column[tables.system_of(rows.output)]] = unit
    won = rows.value > 0.5
    chosen[code[won]] = unit[won]
    return item.astype(np.int64), card, chosen


def _row(
    tables: Tables, slug: str, found: measures.Share, worth: Estimate, span: list[int], spoken: float | None
) -> Row:
    return {
        "system": slug,
        "name": tables.study.names.get(slug, slug),
        "role": "human" if slug == HUMAN else "system",
        "answered": found.answered,
        "credit": found.credit,
        "share": found.share.value,
        "ci95": found.share.interval,
        "method": found.share.method,
        "wilson95": list(found.wilson) if found.wilson else None,
        "present": found.present,
        "present_rate": found.present_rate,
        "share_when_present": found.when_present.value,
        "share_when_present_ci95": found.when_present.interval,
        "non_null_rate": spoken,
        "worth": worth.value,
        "worth_ci95": worth.interval,
        "rank_range": span,
        "se": found.share.se,
        "df": found.share.df,
        "reasons": base.reasons(share=found.share, share_when_present=found.when_present, worth=worth),
    }


def _none(table: measures.ShareTable, worths: choice_models.Worths) -> Row:
    none = table.none
    return {
        "none": {
            "count": round(none.credit),
            "share": none.share.value,
            "ci95": none.share.interval,
            "wilson95": list(none.wilson) if none.wilson else None,
            "worth": worths.none.value if worths.none else None,
            "worth_ci95": worths.none.interval if worths.none else None,
        }
    }


def first_choices(tables: Tables) -> tuple[Ints, Bools]:
    """Rank-1 outputs of the campaign's samples (codes), and which of them say something."""
    which = np.flatnonzero((tables.outputs.rank == 1) & tables.samples.shown[tables.outputs.sample])
    return which, tables.outputs.spoken[which]


def non_null_rates(tables: Tables) -> dict[str, float]:
    """How often each system had something to say, over the campaign's samples."""
    which, spoken = first_choices(tables)
    samples = int(tables.samples.shown.sum())
    count = np.bincount(tables.outputs.system[which], weights=spoken, minlength=len(tables.systems))
    return {slug: float(count[k] / samples) for k, slug in enumerate(tables.systems)} if samples else {}


def unanswerable(tables: Tables, slugs: tuple[str, ...]) -> int:
    """Samples of the campaign for which every candidate is null: they are counted, not shown."""
    which, spoken = first_choices(tables)
    compared = np.isin(tables.outputs.system[which], [tables.systems.index(slug) for slug in slugs])
    speakable = np.zeros(len(tables.samples.key), dtype=bool)
    speakable[tables.outputs.sample[which[spoken & compared]]] = True
    return int((tables.samples.shown & ~speakable).sum())


def _places(tables: Tables, rows: Judgments, nones: Judgments) -> Floats:
    """The place of the chosen card, 0 for none of them, NaN where unknown."""
    answers = np.full(len(tables.items.rater), np.nan)
    won = take(rows, (rows.value > 0.5) & (rows.position > 0))
    answers[won.item] = won.position
    answers[nones.item[nones.value > 0.5]] = 0
    return answers
