"""The report as data: one dictionary, ready for JSON, from which page, command, API, tables and figures are made.

`summarise` is a pure function of the tables, so a replication package gives the very same numbers as the database.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from evalsite.rating import protocols
from evalsite.reports import aside, beside, distributions, findings, measures, people
from evalsite.reports.estimators import agreement
from evalsite.reports.measures.base import Measured
from evalsite.reports.people import People
from evalsite.reports.published import published
from evalsite.reports.tables import FORMAT, PURPOSES, Tables

Report = dict[str, Any]


def summarise(tables: Tables, *, seed: int | None = None) -> Report:
    """The whole report. `seed` is recorded; every estimator here is closed-form, so no number depends on it."""
    criterion = protocols.load(tables.study.protocol).criterion
    metrics = aside.start(lambda: beside.rows(tables))
    kept, measured = tables, measures.measure(tables, criterion)
    everyone, (automatic, sentence) = measured, metrics()
    correlations = aside.start(lambda: beside.correlations(tables, everyone, automatic, sentence))
    agreed = _agreed(measured)
    raters = people.people(tables, measured, agreed.by_rater if agreed else {})
    if raters.excluded:
        kept = tables.among(raters.kept)
        measured = measures.measure(kept, criterion)
        agreed = _agreed(measured)
        correlations = aside.start(lambda: beside.correlations(kept, measured, automatic, sentence))
    spread = _distributions(tables, kept, measured)
    report = {
        **_head(tables, criterion, measured, seed),
        "counts": _counts(tables, kept, raters),
        "systems": measured.systems,
        **measured.extra,
        "comparisons": measured.comparisons,
        "not_separable": measured.not_separable,
        "agreement": _agreement(agreed),
        "raters": people.rows(tables, raters, everyone),
        "exclusions": dict(tables.study.settings.get("exclusions", {})),
        "without_exclusions": _whole(everyone) if raters.excluded else None,
        "automatic": automatic,
        "correlations": correlations(),
        "published": published(tables.study.protocol),
        **spread,
    }
    report["findings"] = findings.in_all_languages(report)
    cleaned: Report = clean(report)
    return cleaned


def _head(tables: Tables, criterion: str, measured: Measured, seed: int | None) -> Report:
    study = tables.study
    return {
        "format": FORMAT,
        "campaign": study.slug,
        "title": study.title,
        "protocol": study.protocol,
        "criterion": criterion,
        "headline": measured.headline,
        "state": study.state,
        "started_at": study.started_at,
        "closed_at": study.closed_at,
        "manifest": study.digest or None,
        "software": study.software,
        "seed": study.seed if seed is None else seed,
        "settings": dict(study.settings),
        "simulated": study.simulated,
        "seen_early": [dict(look) for look in study.seen_early],
    }


def _counts(tables: Tables, kept: Tables, raters: People) -> dict[str, int]:
    """What the numbers rest on. Items and judgments are those that count; `dealt` and `enrolled` tell of the rest."""
    items, answered = kept.items, kept.items.answered
    sittings = np.unique(items.rater * (int(items.sitting.max(initial=0)) + 1) + items.sitting)
    return {
        "enrolled": tables.study.enrolled,
        "raters": len(np.unique(items.rater[answered])),
        "assignments": len(sittings),
        "samples": int(tables.samples.shown.sum()),
        "samples_judged": len(np.unique(items.sample[answered & (items.purpose != PURPOSES.index("check"))])),
        "items_dealt": len(items.rater),
        "items_answered": int(answered.sum()),
        "judgments": len(kept.judgments.item),
        "excluded_raters": len(raters.excluded),
        "withdrawn_raters": tables.study.withdrawn,
        "withdrawn_judgments": tables.study.withdrawn_judgments,
        "simulated": len(np.unique(items.rater[answered])) if tables.study.simulated else 0,
    }


def _agreed(measured: Measured) -> agreement.Agreement | None:
    return agreement.agreement(measured.ratings) if measured.ratings is not None else None


def _agreement(found: agreement.Agreement | None) -> Report:
    if found is None:
        return dict.fromkeys(
            ("krippendorff_alpha", "ci95", "gwet_ac1", "gwet_ac1_ci95", "fleiss_kappa", "pairwise", "pairwise_ci95")
        ) | {"items_with_overlap": 0, "units": 0, "reasons": {}}
    estimates = {
        "krippendorff_alpha": found.krippendorff_alpha,
        "gwet_ac1": found.gwet_ac1,
        "fleiss_kappa": found.fleiss_kappa,
        "pairwise": found.pairwise,
    }
    return {
        **{name: estimate.value for name, estimate in estimates.items()},
        "ci95": found.krippendorff_alpha.interval,
        "gwet_ac1_ci95": found.gwet_ac1.interval,
        "pairwise_ci95": found.pairwise.interval,
        "items_with_overlap": found.overlapping,
        "units": found.units,
        "reasons": {name: e.reason for name, e in estimates.items() if e.reason},
    }


def _whole(everyone: Measured) -> Report:
    """The same measure with every rater in it."""
    return {"systems": everyone.systems, **everyone.extra, "comparisons": everyone.comparisons}


def _distributions(tables: Tables, kept: Tables, measured: Measured) -> Report:
    return {
        "days": distributions.by_day(tables),
        "response_times": distributions.response_times(kept),
        "position_bias": distributions.positions(tables, measured),
        "length_bias": distributions.lengths(kept, measured),
        "map": distributions.map_of_samples(kept, measured),
        "examples": distributions.examples(kept, measured),
    }


def progress(report: Report) -> Report:
    """What may be seen while a campaign runs: how far it is and how precise, never which system leads.

    Widths go without names, because the width of a proportion's interval tells how far it is from one half.
    """
    widths = sorted((row["ci95"][1] - row["ci95"][0]) / 2 for row in report["systems"] if row["ci95"])
    seen = ("format", "campaign", "title", "protocol", "state", "started_at", "closed_at", "manifest", "software")
    blind_raters = [
        {name: value for name, value in row.items() if name != "majority_compared"} for row in report["raters"]
    ]
    return {
        **{name: report[name] for name in (*seen, "seed", "simulated", "counts", "days", "response_times")},
        "blinded": True,
        "half_widths": {"widest": widths[-1], "narrowest": widths[0]} if widths else None,
        "raters": blind_raters,
        "flagged": [row for row in blind_raters if row["flags"]],
    }


def clean(value: Any) -> Any:
    """The same with plain Python numbers, and None for what is not finite: JSON has no NaN."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is str or kind is int:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(name): clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
