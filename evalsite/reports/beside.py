"""Automatic metrics beside what people said, and how far the two agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalsite.reports import automatic
from evalsite.reports.estimators import correlation
from evalsite.reports.estimators.results import Floats, Ints
from evalsite.reports.measures.base import Measured
from evalsite.reports.tables import HUMAN, Tables

Row = dict[str, Any]

OUTPUTS_COMPARED = 5_000
"""Outputs in the correlation between outputs: so many, evenly taken where there are more."""


def rows(tables: Tables) -> tuple[list[Row], Floats]:
    """One row a system, and the sentence BLEU-4 of every output (O,; NaN: none).

    All outputs of the campaign's samples count. People's own comments have no BLEU here, for they are the references.
    """
    outputs, samples = tables.outputs, tables.samples
    which = np.flatnonzero(samples.shown[outputs.sample]) if len(outputs.text) else np.zeros(0, dtype=np.int64)
    texts = [outputs.text[code] for code in which.tolist()]
    system, sample = outputs.system[which], outputs.sample[which]
    real = automatic.chosen_references(tables.study.seed, samples.key, samples.references)
    sentence = np.full(len(outputs.text), np.nan)
    if not len(which):
        return [_row(tables, slug, 0, None, None, None) for slug in tables.systems], sentence
    found_grams = automatic.grams([*texts, *(words for row in real for words in row)])
    corpus, sentence[which] = automatic.bleu(texts, sample, real, system, found_grams)
    spread = automatic.diversity(texts, sample, system, found_grams)
    spoken = outputs.spoken[which].astype(np.float64)
    found = []
    for k, slug in enumerate(tables.systems):
        mine = system == k
        count = int(mine.sum())
        bleu4 = None if slug == HUMAN or not count else finite(corpus[k])
        rate = float(spoken[mine].mean()) if count else None
        found.append(_row(tables, slug, count, bleu4, finite(spread[k]) if count else None, rate))
    return found, sentence


def finite(value: float) -> float | None:
    """The number, or None where it is not one."""
    return float(value) if np.isfinite(value) else None


def _row(
    tables: Tables, slug: str, count: int, bleu4: float | None, diversity: float | None, rate: float | None
) -> Row:
    imported = dict(tables.study.evaluations.get(slug, {}))
    row = {
        "system": slug,
        "name": tables.study.names.get(slug, slug),
        "outputs": count,
        "bleu4": bleu4,
        "fluency": imported.pop("fluency", None),
        "diversity": diversity,
        "non_null_rate": rate,
    }
    return row | {name: value for name, value in sorted(imported.items()) if name not in row}


def correlations(tables: Tables, measured: Measured, found: list[Row], sentence: Floats) -> list[Row]:
    """Each metric's correlation with the human measure between systems, and BLEU's between outputs."""
    names = [name for name in (found[0] if found else {}) if name not in ("system", "name", "outputs")]
    cells = measured.cells
    by_system = []
    for name in names:
        values = [found[k].get(name) for k in cells.systems]
        metric = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        if np.isfinite(metric).sum() < 3:
            continue
        result = correlation.between_systems(cells.crossing, cells.successes, cells.trials, metric)
        by_system.append(_correlation(name, "systems", result))
    return [*by_system, *_between_outputs(tables, measured, sentence)]


def _between_outputs(tables: Tables, measured: Measured, sentence: Floats) -> list[Row]:
    picks = measured.picks
    metric = sentence[picks.output]
    generated = np.array([slug != HUMAN for slug in tables.systems] or [False])
    mine = generated[tables.outputs.system[picks.output]] & np.isfinite(metric) if len(metric) else metric > 0
    if not mine.any():
        return []
    judged = picks.picked == (measured.headline != "human_recall")  # escaped, or chosen
    kept = mine & _evenly(picks.unit, mine)
    item = picks.item[kept]
    result = correlation.between_outputs(
        tables.items.rater[item], tables.items.sample[item], picks.unit[kept], metric[kept], judged[kept]
    )
    return [_correlation("bleu4", "outputs", result)]


def _evenly(unit: Ints, mine: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows of every n-th unit, so that at most OUTPUTS_COMPARED remain."""
    names = np.flatnonzero(np.bincount(unit[mine]))
    step = max(1, -(-len(names) // OUTPUTS_COMPARED))
    chosen = np.zeros(int(unit.max(initial=0)) + 1, dtype=bool)
    chosen[names[::step]] = True
    return chosen[unit]


def _correlation(metric: str, level: str, found: correlation.Correlation) -> Row:
    return {
        "metric": metric,
        "level": level,
        "n": found.n,
        "pearson": found.pearson.value,
        "pearson_ci95": found.pearson.interval,
        "kendall": found.kendall.value,
        "kendall_ci95": found.kendall.interval,
        "kendall_p": found.tau_p,
        "reason": found.pearson.reason,
    }
