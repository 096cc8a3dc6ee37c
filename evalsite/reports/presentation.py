"""A report as sheets: the tables that the page, the text, the one-file report, LaTeX and CSV all print alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evalsite.reports.definitions import DEFINITIONS, definition

Report = dict[str, Any]
Row = dict[str, Any]
BLANK = "–"


@dataclass(frozen=True)
class Column:
    """One column: the number's key, how it is written, and the key of its interval, which is printed with it."""

    key: str
    kind: str = "text"
    interval: str = ""

    @property
    def name(self) -> str | Promise:
        return definition(self.key).name

    @property
    def defined(self) -> bool:
        return self.key in DEFINITIONS

    @property
    def numeric(self) -> bool:
        return self.kind != "text"

    def write(self, row: Row) -> str:
        """The cell as text in the active language."""
        value = row.get(self.key)
        if self.kind == "text":
            return words(value)
        text = WRITERS[self.kind](value)
        if self.interval and row.get(self.interval):
            low, high = (WRITERS[self.kind](end) for end in row[self.interval])
            return f"{text} [{low}, {high}]"
        return text


@dataclass(frozen=True)
class Sheet:
    """A table of the report. `note` says what to keep in mind; `name` is its address and file name."""

    name: str
    title: str | Promise
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str | Promise = ""

    @property
    def written(self) -> list[list[str]]:
        """All cells as text."""
        return [[column.write(row) for column in self.columns] for row in self.rows]


def words(value: Any) -> str:
    """Text, or several texts, as they are; nothing as a dash."""
    if isinstance(value, list | tuple):
        return ", ".join(str(SIGNS.get(str(part), part)) for part in value) or BLANK
    return BLANK if value in (None, "") else str(value)


def _signed(text: str) -> str:
    """With a true minus, and none before zero."""
    return text.replace("-", "−") if text.strip("+-0.") else text.lstrip("+-")


def percent(value: float | None) -> str:
    """62.7%"""
    return BLANK if value is None else f"{100 * value:.1f}%"


def points(value: float | None) -> str:
    """A difference of shares in percentage points, with its sign."""
    return BLANK if value is None else _signed(f"{100 * value:+.1f}")


def number(value: float | None) -> str:
    """Three significant places at most, as a person reads them."""
    return BLANK if value is None else _signed(f"{value:.2f}")


def fine(value: float | None) -> str:
    """Four places: metrics that differ in the third."""
    return BLANK if value is None else _signed(f"{value:.4f}")


def count(value: float | None) -> str:
    """Thousands apart; credits may be fractional."""
    if value is None:
        return BLANK
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def probability(value: float | None) -> str:
    """p-values as journals print them."""
    if value is None:
        return BLANK
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def ranks(value: Sequence[int] | None) -> str:
    """1, or 1–3."""
    if not value:
        return BLANK
    low, high = value
    return str(low) if low == high else f"{low}–{high}"


WRITERS: dict[str, Callable[[Any], str]] = {
    "percent": percent,
    "points": points,
    "number": number,
    "fine": fine,
    "count": count,
    "probability": probability,
    "ranks": ranks,
}

SIGNS = {
    "failed_check": _("failed a check"),
    "fast": _("fast"),
    "long_run": _("long run"),
    "disagrees": _("disagrees"),
}

SYSTEMS: dict[str, tuple[Column, ...]] = {
    "human_recall": (
        Column("system"),
        Column("human_recall", "percent", "ci95"),
        Column("rank_range", "ranks"),
        Column("d_prime", "number", "d_prime_ci95"),
        Column("humanness_ratio", "number", "humanness_ratio_ci95"),
        Column("shown", "count"),
        Column("escaped", "count"),
        Column("nulls", "count"),
        Column("human_recall_strict", "percent"),
        Column("wilson95", "text"),
    ),
    "share": (
        Column("system"),
        Column("share", "percent", "ci95"),
        Column("rank_range", "ranks"),
        Column("share_when_present", "percent", "share_when_present_ci95"),
        Column("worth", "percent", "worth_ci95"),
        Column("non_null_rate", "percent"),
        Column("answered", "count"),
        Column("credit", "count"),
        Column("present", "count"),
        Column("wilson95", "text"),
    ),
    "mean": (
        Column("system"),
        Column("mean", "number", "ci95"),
        Column("rank_range", "ranks"),
        Column("judged", "count"),
    ),
}


def sheets(report: Report) -> list[Sheet]:
    """All tables of a full report, those without rows left out."""
    found = [
        systems(report, _("Systems")),
        comparisons(report),
        agreement(report),
        _everybody(report),
        automatic(report),
        _correlations(report),
        _published(report),
        raters(report),
    ]
    return [sheet for sheet in found if sheet.rows]


def systems(report: Report, title: str | Promise, rows: Sequence[Row] | None = None, name: str = "systems") -> Sheet:
    """The main table; in preference "none of them" is its last row."""
    columns = SYSTEMS[report["headline"]]
    found = [_named(row) for row in (report["systems"] if rows is None else rows)]
    none = report.get("none")
    if none and rows is None and found:
        last = {
            "system": gettext("None of them"),
            "share": none["share"],
            "ci95": none["ci95"],
            "credit": none["count"],
        }
        last |= {"worth": none["worth"], "worth_ci95": none["worth_ci95"], "answered": found[0]["answered"]}
        found.append(_wilson(last | {"wilson95": none["wilson95"]}))
    unanswerable = report.get("unanswerable")
    note = ""
    if unanswerable:
        note = gettext("%(count)d samples could not be asked about because every system was silent.") % {
            "count": unanswerable
        }
    return Sheet(name, title, columns, found, note)


def _named(row: Row) -> Row:
    return _wilson({**row, "system": row["name"]})


def _wilson(row: Row) -> Row:
    bounds = row.get("wilson95")
    return {**row, "wilson95": f"{percent(bounds[0])}–{percent(bounds[1])}" if bounds else None}


def comparisons(report: Report) -> Sheet:
    """Every pair of systems."""
    names = {row["system"]: row["name"] for row in report["systems"]}
    kind = "number" if report["headline"] == "mean" else "points"
    rows = [
        {**pair, "pair": f"{names.get(pair['a'], pair['a'])} − {names.get(pair['b'], pair['b'])}"}
        for pair in report["comparisons"]
    ]
    columns = (
        Column("pair"),
        Column("difference", kind, "ci95"),
        Column("p", "probability"),
        Column("p_holm", "probability"),
    )
    note = "" if kind == "number" else _("Differences are in percentage points.")
    return Sheet("comparisons", _("Differences between systems"), columns, rows, note)


def agreement(report: Report) -> Sheet:
    """Coefficients of agreement, one a row."""
    found = report["agreement"]
    spans = {"krippendorff_alpha": "ci95", "gwet_ac1": "gwet_ac1_ci95", "pairwise": "pairwise_ci95", "fleiss_kappa": ""}
    rows = [
        {
            "coefficient": str(definition(key).name),
            "value": found[key],
            "ci95": found.get(span),
            "reason": gettext(found["reasons"][key]) if found.get("reasons", {}).get(key) else "",
        }
        for key, span in spans.items()
        if report["counts"]["items_answered"]
    ]
    note = gettext("%(count)s of %(all)s things judged were judged by two raters or more.") % {
        "count": count(found["items_with_overlap"]),
        "all": count(found["units"]),
    }
    columns = (Column("coefficient"), Column("value", "number", "ci95"), Column("reason"))
    return Sheet("agreement", _("Agreement between raters"), columns, rows, note)


def _everybody(report: Report) -> Sheet:
    whole = report["without_exclusions"]
    title = _("Systems, with every rater counted")
    return systems(report, title, whole["systems"] if whole else [], "everybody")


def automatic(report: Report) -> Sheet:
    """Automatic metrics; those nobody has are left out, ranking metrics that were imported come last."""
    known = ("outputs", "bleu4", "fluency", "diversity", "non_null_rate")
    rows = [_named(row) for row in report["automatic"]]
    extra = sorted({key for row in rows for key in row} - {*known, "system", "name", "wilson95"})
    kinds = {"outputs": "count", "non_null_rate": "percent"}
    keys = [key for key in (*known, *extra) if any(row.get(key) is not None for row in rows)]
    columns = (Column("system"), *(Column(key, kinds.get(key, "fine")) for key in keys))
    return Sheet("automatic", _("Automatic metrics beside people"), columns, rows)


def _correlations(report: Report) -> Sheet:
    levels = {"systems": gettext("between systems"), "outputs": gettext("between outputs")}
    rows = [
        {**row, "metric": str(definition(row["metric"]).name), "level": levels[row["level"]]}
        for row in report["correlations"]
    ]
    columns = (
        Column("metric"),
        Column("level"),
        Column("n", "count"),
        Column("pearson", "number", "pearson_ci95"),
        Column("kendall", "number", "kendall_ci95"),
        Column("kendall_p", "probability"),
    )
    return Sheet("correlations", _("Do automatic metrics follow people?"), columns, rows)


def _published(report: Report) -> Sheet:
    """The paper's numbers beside ours of the same system, where it took part."""
    ours = {row["system"]: row for row in report["systems"]}
    headline = report["headline"]
    rows = [
        {
            "system": row["name"],
            "published": row.get(headline),
            "published_non_null": row.get("non_null_rate"),
            "here": ours.get(row["system"], {}).get(headline),
            "ci95": ours.get(row["system"], {}).get("ci95"),
        }
        for row in report["published"]
    ]
    columns = (
        Column("system"),
        Column("published", "percent"),
        *([Column("published_non_null", "percent")] if headline == "share" else []),
        Column("here", "percent", "ci95"),
    )
    sources = ". ".join(dict.fromkeys(str(row["source"]) for row in report["published"]))
    caution = gettext("Other videos, other raters, other comments: the comparison is of orders of size, not a test.")
    note = f"{sources}. {caution}"
    return Sheet("published", _("Beside the published numbers"), columns, rows, note)


def raters(report: Report) -> Sheet:
    """Raters one by one."""
    rate = next((key for key in ("fake_rate", "none_rate") if any(key in row for row in report["raters"])), "")
    columns = (
        Column("rater"),
        Column("items", "count"),
        Column("median_seconds", "number"),
        *([Column(rate, "percent")] if rate else []),
        Column("checks", "count"),
        Column("checks_failed", "count"),
        Column("longest_run", "count"),
        Column("majority_agreement", "percent"),
        Column("flags"),
        Column("excluded_by"),
    )
    return Sheet("raters", _("Raters"), columns, report["raters"])


NAMES: dict[str, str | Promise] = {
    "pair": _("Pair"),
    "coefficient": _("Coefficient"),
    "value": _("Value"),
    "reason": _("Remark"),
    "metric": _("Metric"),
    "level": _("Level"),
    "n": _("n"),
    "kendall_p": _("p of τ"),
    "published": _("Published"),
    "published_non_null": _("Non-null, published"),
    "here": _("Here"),
    "source": _("Source"),
    "rater": _("Rater"),
    "judged": _("Judged"),
}
"""Headings of columns that need no definition."""


def heading(column: Column) -> str:
    """The column's heading in the active language."""
    return str(NAMES.get(column.key, column.name))
