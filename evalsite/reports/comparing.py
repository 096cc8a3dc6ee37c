"""Two campaigns side by side: the systems both judged, and how their measure differs between them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evalsite.reports.estimators.results import Estimate
from evalsite.reports.estimators.significance import holm, independent_difference
from evalsite.reports.presentation import Column, Sheet, systems

Report = dict[str, Any]


class Unlike(Exception):
    """The two campaigns measure different things; the text says what."""


def compare(a: Report, b: Report) -> Report:
    """Differences a − b of every common system, by Welch's t-test on the two-way standard errors, Holm-corrected.

    Raters of the two campaigns are taken for different people. Where both used the same samples, the true interval is
    narrower, so the test errs on the safe side. Raises Unlike.
    """
    key = a["headline"]
    if b["headline"] != key or a["criterion"] != b["criterion"]:
        raise Unlike(
            f"Campaigns {a['campaign']} ({a['protocol']}) and {b['campaign']} ({b['protocol']}) measure different "
            f"things."
        )
    mine, theirs = ({row["system"]: row for row in report["systems"]} for report in (a, b))
    common = [slug for slug in mine if slug in theirs]
    pairs = [independent_difference(_estimate(mine[slug], key), _estimate(theirs[slug], key)) for slug in common]
    corrected = holm([pair.p for pair in pairs])
    rows = [
        {
            "system": slug,
            "name": mine[slug]["name"],
            "a": mine[slug][key],
            "a_ci95": mine[slug]["ci95"],
            "b": theirs[slug][key],
            "b_ci95": theirs[slug]["ci95"],
            "difference": pair.difference,
            "ci95": pair.interval,
            "p": pair.p,
            "p_holm": p_holm,
            "reason": pair.reason,
        }
        for slug, pair, p_holm in zip(common, pairs, corrected, strict=True)
    ]
    only = {"a": sorted(mine.keys() - theirs.keys()), "b": sorted(theirs.keys() - mine.keys())}
    return {"headline": key, "a": a, "b": b, "differences": rows, "only": only}


def _estimate(row: dict[str, Any], key: str) -> Estimate:
    low, high = row["ci95"] or (None, None)
    return Estimate(row[key], low, high, row["se"], row["df"], row["method"], row["reasons"].get(key))


def sheets(found: Report) -> list[Sheet]:
    """The differences, then each campaign's own table."""
    kind = "number" if found["headline"] == "mean" else "percent"
    columns = (
        Column("system"),
        Column("a", kind, "a_ci95"),
        Column("b", kind, "b_ci95"),
        Column("difference", "number" if kind == "number" else "points", "ci95"),
        Column("p", "probability"),
        Column("p_holm", "probability"),
    )
    rows = [{**row, "system": row["name"]} for row in found["differences"]]
    both = Sheet("between", _("Difference of each system between the campaigns"), columns, rows)
    parts = [systems(found[side], found[side]["campaign"], name=f"systems-{side}") for side in ("a", "b")]
    return [sheet for sheet in (both, *parts) if sheet.rows]


def sentences(found: Report) -> list[str]:
    """What differs, in words."""
    names = {"a": found["a"]["campaign"], "b": found["b"]["campaign"]}
    differing = [row["name"] for row in found["differences"] if row["p_holm"] is not None and row["p_holm"] <= 0.05]
    said = [
        gettext("Significantly different between %(a)s and %(b)s: %(systems)s.")
        % {**names, "systems": ", ".join(differing)}
        if differing
        else gettext("No system differs significantly between %(a)s and %(b)s.") % names
    ]
    if not found["differences"]:
        said = [gettext("%(a)s and %(b)s have no system in common.") % names]
    said.append(gettext("Two campaigns differ in raters, time and often samples; only systems of both are compared."))
    return said
