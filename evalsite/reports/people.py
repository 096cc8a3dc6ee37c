"""Raters one by one, how they worked, and whom the campaign's frozen rules leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalsite.reports.estimators import bias, quality
from evalsite.reports.estimators.agreement import RaterAgreement
from evalsite.reports.estimators.quality import RaterQuality, Rule
from evalsite.reports.estimators.results import Bools
from evalsite.reports.measures.base import Measured
from evalsite.reports.tables import Tables

Row = dict[str, Any]

RULES: Mapping[str, str] = {
    "checks_failed_over": "checks_failed_above",
    "median_seconds_under": "median_seconds_below",
    "items_under": "items_below",
    "longest_run_over": "longest_run_above",
    "agreement_under": "majority_agreement_below",
}
"""A campaign's exclusion rules and the estimators' names of them."""

RUSHED = 0.4
"""A median below this share of all raters' median is flagged: too fast to have read what others read."""
LONG_RUN = 15
"""So many items in a row with the same answer are flagged."""
LEAST_AGREEMENT = 0.5
ENOUGH = 10
"""Items (or comparisons) below which nobody is flagged."""


@dataclass(frozen=True)
class People:
    """Quality by rater code, how each sided with the majority, the rules that exclude some, and the mask (R,) of those
    who stay.
    """

    quality: Mapping[int | str, RaterQuality]
    sided: Mapping[int | str, RaterAgreement]
    excluded: Mapping[int | str, list[str]]
    kept: Bools


def people(tables: Tables, measured: Measured, sided: Mapping[int | str, RaterAgreement]) -> People:
    """Quality of every rater with answers, from all judgments; exclusion rules as frozen with the campaign."""
    items, answered = tables.items, tables.items.answered
    rater = items.rater[answered]
    counts = dict(zip(*(part.tolist() for part in np.unique(rater, return_counts=True)), strict=True))
    medians = quality.group_quantiles(rater, items.seconds[answered])
    checks, failed = _checks(tables)
    known = ~np.isnan(measured.answers)
    order = items.sitting[known] * (int(items.position.max(initial=0)) + 1) + items.position[known]
    runs = bias.longest_runs(items.rater[known], order, measured.answers[known])
    found: dict[int | str, RaterQuality] = {
        code: RaterQuality(
            items=count,
            median_seconds=medians.get(code),
            pick_rate=measured.rater_rate[1].get(code),
            checks=checks.get(code, 0),
            checks_failed=failed.get(code, 0),
            longest_run=runs.get(code),
            majority_agreement=sided[code].rate if code in sided else None,
        )
        for code, count in counts.items()
    }
    excluded = quality.excluded_by(found, rules(tables))
    kept = np.array([code not in excluded for code in range(len(tables.raters))], dtype=bool)
    return People(found, sided, excluded, kept)


def rules(tables: Tables) -> list[Rule]:
    """The campaign's exclusion rules."""
    settings = tables.study.settings
    return [Rule(RULES[name], float(limit)) for name, limit in settings.get("exclusions", {}).items() if name in RULES]


def _checks(tables: Tables) -> tuple[dict[int, int], dict[int, int]]:
    """Attention checks answered and failed, by rater code."""
    rows = tables.of("check")
    rater = tables.items.rater[rows.item]
    size = len(tables.raters)
    seen = np.bincount(rater, minlength=size)
    failed = np.bincount(rater, weights=rows.value < 0.5, minlength=size).astype(np.int64)
    return dict(enumerate(seen.tolist())), dict(enumerate(failed.tolist()))


def rows(tables: Tables, found: People, measured: Measured) -> list[Row]:
    """The report's rows of raters, sorted by pseudonym."""
    names = {rule: name for name, rule in RULES.items()}
    medians = [q.median_seconds for q in found.quality.values() if q.median_seconds is not None]
    usual = float(np.median(medians)) if medians else None
    compared = {code: found.sided[code].compared if code in found.sided else 0 for code in found.quality}
    return [
        {
            "rater": tables.raters[int(code)],
            "items": q.items,
            "median_seconds": q.median_seconds,
            measured.rater_rate[0]: q.pick_rate,
            "checks": q.checks,
            "checks_failed": q.checks_failed,
            "longest_run": q.longest_run,
            "majority_agreement": q.majority_agreement,
            "majority_compared": compared[code],
            "flags": flags(q, usual, compared[code]),
            "excluded_by": ", ".join(names[rule] for rule in found.excluded.get(code, [])) or None,
        }
        for code, q in sorted(found.quality.items())
    ]


def flags(q: RaterQuality, usual: float | None, compared: int) -> list[str]:
    """What a person should look at: signs, not verdicts."""
    found = []
    if q.checks_failed:
        found.append("failed_check")
    if q.items >= ENOUGH and usual and q.median_seconds is not None and q.median_seconds < RUSHED * usual:
        found.append("fast")
    if q.longest_run is not None and q.longest_run >= LONG_RUN:
        found.append("long_run")
    if q.majority_agreement is not None and compared >= ENOUGH and q.majority_agreement < LEAST_AGREEMENT:
        found.append("disagrees")
    return found
