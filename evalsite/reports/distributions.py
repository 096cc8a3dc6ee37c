"""What the figures are drawn from: answers by day, time per item, positions, and each system on each sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalsite.rating.cards import key
from evalsite.reports.estimators import bias, quality
from evalsite.reports.estimators.results import Floats
from evalsite.reports.measures.base import Measured
from evalsite.reports.tables import HUMAN, Tables, card_step, first_rows

Row = dict[str, Any]

BINS = (0.0, *(round(2 ** (place / 2), 2) for place in range(-2, 18)))
"""Edges in seconds of the histogram of response times, half an octave apart; first and last bin are open."""
MAP_SAMPLES = 1_000
"""Samples on the map of systems and samples; evenly taken where there are more."""
EXAMPLES = 8
LEAST_FOR_EXAMPLE = 2


def by_day(tables: Tables) -> list[Row]:
    """Items answered and raters at work on each day, in UTC."""
    answered = tables.items.answered
    day = tables.items.received[answered].astype("datetime64[D]")
    days, code = np.unique(day, return_inverse=True)
    rater = tables.items.rater[answered]
    span = len(tables.raters) + 1
    items = np.bincount(code.reshape(-1), minlength=len(days))
    raters = np.bincount(np.unique(code.reshape(-1) * span + rater) // span, minlength=len(days))
    return [{"day": str(d), "items": int(n), "raters": int(r)} for d, n, r in zip(days, items, raters, strict=True)]


def response_times(tables: Tables) -> Row:
    """Quantiles, the trend over a sitting, and a histogram of seconds per item."""
    answered = tables.items.answered
    seconds = tables.items.seconds[answered]
    times = quality.response_times(seconds, tables.items.position[answered])
    known = seconds[np.isfinite(seconds)]
    counts, _ = np.histogram(known, bins=[*BINS, np.inf])
    return {
        "items": times.items,
        **times.quantiles,
        "slope": times.slope,
        "edges": list(BINS),
        "counts": counts.tolist(),
    }


def positions(tables: Tables, measured: Measured) -> Row:
    """How often cards were picked at each place, against what place without influence would give.

    `every` n-th item was looked at.
    """
    picks = measured.picks
    seen = picks.position > 0
    item, place, picked = picks.item[seen], picks.position[seen] - 1, picks.picked[seen]
    first = first_rows(item * (int(place.max(initial=0)) + 1) + place)
    found = bias.position_bias(item[first], place[first], picked[first])
    return {
        "items": len(np.unique(item)),
        "every": card_step(len(tables.items.rater)),
        "shown": list(found.shown),
        "picked": list(found.picked),
        "expected": list(found.expected),
        "chi_square": found.chi_square,
        "df": found.df,
        "p": found.p,
        "reason": found.reason,
    }


def lengths(tables: Tables, measured: Measured) -> Row:
    """How many characters longer picked cards are than the others of their item, systems' own lengths apart."""
    picks = measured.picks
    _code, size = tables.outputs.words
    if not len(picks.item):
        return {"difference": None, "ci95": None, "reason": None}
    found = bias.length_bias(
        tables.items.rater[picks.item],
        tables.items.sample[picks.item],
        picks.item,
        size[picks.output],
        picks.picked,
        tables.outputs.system[picks.output],
    )
    return {"difference": found.value, "ci95": found.interval, "reason": found.reason}


def map_of_samples(tables: Tables, measured: Measured) -> Row:
    """The measure of each system on each sample, samples in order of their mean: None where it was not judged."""
    cells = measured.cells
    crossing = cells.crossing
    successes, trials = crossing.by_sample(cells.successes), crossing.by_sample(cells.trials)
    value = np.divide(successes, trials, out=np.full(trials.shape, np.nan), where=trials > 0)
    total, number = successes.sum(axis=1), trials.sum(axis=1)
    order = np.argsort(-np.divide(total, number, out=np.zeros(len(total)), where=number > 0), kind="stable")
    order = order[:: max(1, -(-len(order) // MAP_SAMPLES))]
    keys = [tables.samples.key[code] for code in crossing.sample_ids[order].tolist()]
    values = {tables.systems[k]: _nulls(value[order, column]) for column, k in enumerate(cells.systems)}
    return {"samples": keys, "values": values}


def _nulls(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


def examples(tables: Tables, measured: Measured) -> Row:
    """The generated comments people believed (or chose) most and least often.

    Only comments judged twice or more where there are such; ordered by (hits + 1) / (judgments + 2), which draws
    rarely judged ones to the middle.
    """
    picks = measured.picks
    hit = picks.picked == (measured.headline != "human_recall")
    size = int(picks.unit.max(initial=-1)) + 1
    judged, hits = np.bincount(picks.unit, minlength=size), np.bincount(picks.unit, weights=hit, minlength=size)
    first = np.zeros(size, dtype=np.int64)
    first[picks.unit[::-1]] = np.arange(len(picks.unit))[::-1]
    generated = np.array([slug != HUMAN for slug in tables.systems] or [False])
    usable = (judged > 0) & (generated[tables.outputs.system[picks.output[first]]] if size else judged > 0)
    often = usable & (judged >= LEAST_FOR_EXAMPLE)
    units = np.flatnonzero(often if often.any() else usable)
    score = (hits[units] + 1) / (judged[units] + 2)
    order = units[np.lexsort((-judged[units], -score))]
    half = min(EXAMPLES, -(-len(order) // 2))
    most, least = order[:half].tolist(), order[::-1][: min(half, len(order) - half)].tolist()

    def rows(chosen: list[int]) -> list[Row]:
        return [_example(tables, measured, unit, first, judged, hits) for unit in chosen]

    return {"most": rows(most), "least": rows(least)}


def _example(tables: Tables, measured: Measured, unit: int, first: Any, judged: Any, hits: Any) -> Row:
    row = int(first[unit])
    output, item = int(measured.picks.output[row]), int(measured.picks.item[row])
    text, sample = tables.outputs.text[output], int(tables.items.sample[item])
    same = np.flatnonzero(tables.outputs.sample == tables.outputs.sample[output]).tolist()
    writers = {tables.systems[tables.outputs.system[o]] for o in same if key(tables.outputs.text[o]) == key(text)}
    return {
        "text": text.strip(),
        "systems": sorted(writers),
        "sample": tables.samples.key[sample],
        "video": tables.samples.video[sample],
        "time": float(tables.samples.time[sample]),
        "judged": int(judged[unit]),
        "hits": int(hits[unit]),
    }
