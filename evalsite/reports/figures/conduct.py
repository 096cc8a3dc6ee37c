"""Figures of how the study went: agreement, time per item, positions, progress by day."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from matplotlib.figure import Figure

from evalsite.reports.definitions import definition
from evalsite.reports.figures.style import WIDTH, Chart, Ink, plain
from evalsite.reports.presentation import count, number, percent, probability

Report = dict[str, Any]
Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
COEFFICIENTS = {
    "pairwise": "pairwise_ci95",
    "gwet_ac1": "gwet_ac1_ci95",
    "krippendorff_alpha": "ci95",
    "fleiss_kappa": "",
}


# -- agreement --------------------------------------------------------------------------------------------------


def _coefficients(report: Report) -> list[tuple[str, float, list[float] | None]]:
    found = report["agreement"]
    return [(key, found[key], found.get(span)) for key, span in COEFFICIENTS.items() if found[key] is not None]


def _sided(report: Report) -> list[float]:
    return [row["majority_agreement"] for row in report["raters"] if row["majority_agreement"] is not None]


def _agreement(figure: Figure, report: Report, ink: Ink) -> None:
    """Coefficients above; below, one dot a rater: how often they sided with the majority of the others."""
    found, sided = _coefficients(report)[::-1], _sided(report)
    axes = figure.subplots()
    axes.axvline(0, color=ink.muted, linewidth=1)
    for place, (_key, value, span) in enumerate(found, 1):
        if span:
            axes.plot(span, [place, place], color=ink.accent, linewidth=5, alpha=0.35, solid_capstyle="round")
        axes.plot(value, place, "o", color=ink.accent, markersize=7)
        axes.annotate(number(value), (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                      annotation_clip=False)  # fmt: skip
    heights = 0.26 * np.sin(np.arange(len(sided)) * 2.399963)  # the golden angle keeps dots apart, and is no chance
    axes.plot(sided, heights, "o", color=ink.colours[1], alpha=0.55, markersize=4.5, markeredgewidth=0,
              rasterized=len(sided) > 300)  # fmt: skip
    labels = [gettext("Each rater with the majority"), *(str(definition(key).name) for key, _value, _span in found)]
    axes.set_yticks(range(len(labels)), labels)
    low = min([0.0, *(span[0] for _k, _v, span in found if span), *(value for _k, value, _s in found)])
    axes.set_xlim(max(-1.0, low - 0.05), 1.0)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    plain(axes, ink)


def _agreement_table(report: Report) -> Table:
    rows = [["coefficient", key, value, *(span or (None, None))] for key, value, span in _coefficients(report)]
    raters = [["rater", row["rater"], row["majority_agreement"], None, None] for row in report["raters"]]
    return ["kind", "name", "value", "ci95_low", "ci95_high"], [*rows, *raters]


def _say_agreement(report: Report) -> str:
    return "; ".join(f"{definition(key).name} {number(value)}" for key, value, _span in _coefficients(report))


# -- time -------------------------------------------------------------------------------------------------------


def _times(figure: Figure, report: Report, ink: Ink) -> None:
    """Items by how long they took, on a logarithmic scale; the median as a line."""
    found = report["response_times"]
    edges, counts = np.array(found["edges"]), np.array(found["counts"])
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1])
    axes = figure.subplots()
    axes.bar(np.arange(first, last + 1) + 0.5, counts[first : last + 1], width=0.94, color=ink.accent)
    ticks = [place for place in range(max(first, 1), min(last + 2, len(edges))) if float(edges[place]).is_integer()]
    axes.set_xticks(ticks, [f"{edges[place]:g}" for place in ticks])
    median = found["p50"]
    middle = float(np.interp(np.log2(max(median, 0.5)), np.log2(edges[1:]), np.arange(1, len(edges))))
    axes.axvline(middle, color=ink.colours[1], linewidth=1.8)
    label = gettext("median %(seconds)s s") % {"seconds": f"{median:.1f}"}
    axes.set_title(label, fontsize=9, loc="right", color=ink.colours[1])
    plain(axes, ink, grid="y")
    axes.set_xlabel(gettext("seconds an item took, page in view (logarithmic)"))
    axes.set_ylabel(gettext("items"))


def _bins(found: Report) -> list[str]:
    edges = found["edges"]
    return [*(f"{a:g}–{b:g}" for a, b in pairwise(edges)), f"{edges[-1]:g}+"]


def _say_times(report: Report) -> str:
    found = report["response_times"]
    words = {key: number(found[key]) for key in ("p5", "p25", "p50", "p75", "p95")}
    return (
        gettext("Median %(p50)s s; half of the items took %(p25)s to %(p75)s s, nine in ten %(p5)s to %(p95)s s.")
        % words
    )


# -- positions --------------------------------------------------------------------------------------------------


def _positions(figure: Figure, report: Report, ink: Ink) -> None:
    """How often the card at each place was picked, against what chance alone would give."""
    found = report["position_bias"]
    shown = np.maximum(np.array(found["shown"], dtype=float), 1)
    place = np.arange(1, len(shown) + 1)
    axes = figure.subplots()
    axes.bar(place, np.array(found["picked"]) / shown, width=0.7, color=ink.accent, label=gettext("picked"))
    axes.plot(place, np.array(found["expected"]) / shown, "_", color=ink.colours[1], markersize=22, markeredgewidth=2.4,
              label=gettext("expected without influence of place"))  # fmt: skip
    axes.set_xticks(place)
    axes.yaxis.set_major_formatter(lambda value, _place: f"{100 * value:.0f}%")
    axes.set_xlabel(gettext("place of the card"))
    plain(axes, ink, grid="y")
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8.5, handlelength=1.6, columnspacing=1.2)


def _positions_table(report: Report) -> Table:
    found = report["position_bias"]
    rows = zip(found["shown"], found["picked"], found["expected"], strict=True)
    return ["position", "shown", "picked", "expected"], [[place, *row] for place, row in enumerate(rows, 1)]


def _say_positions(report: Report) -> str:
    found = report["position_bias"]
    shares = [percent(p / s) if s else "–" for p, s in zip(found["picked"], found["shown"], strict=True)]
    test = gettext("chi-square test that place has no influence: p = %(p)s") % {"p": probability(found["p"])}
    return f"{', '.join(f'{place}: {share}' for place, share in enumerate(shares, 1))}; {test}"


def _sampled(report: Report) -> str:
    """Of large campaigns only some cards are looked at (see `tables.card_step`)."""
    found = report["position_bias"]
    if found.get("every", 1) == 1:
        return ""
    text = gettext("Counted on %(items)s items, one in %(every)s of those dealt out: enough to show any influence.")
    return text % {"items": count(found["items"]), "every": found["every"]}


# -- days -------------------------------------------------------------------------------------------------------


def _days(figure: Figure, report: Report, ink: Ink) -> None:
    """Items answered on each day that had any, and all until then."""
    rows = report["days"][-60:]
    axes = figure.subplots()
    axes.bar(range(len(rows)), [row["items"] for row in rows], width=0.8, color=ink.accent)
    step = max(1, len(rows) // 8)
    places = range(0, len(rows), step)
    axes.set_xticks(places, [rows[place]["day"][5:] for place in places])
    axes.set_xlim(-0.9, max(len(rows), 6) - 0.1)
    plain(axes, ink, grid="y")
    axes.set_ylabel(gettext("items answered"))
    axes.set_xlabel(gettext("day (UTC)"))


def _say_days(report: Report) -> str:
    rows = report["days"]
    return gettext("%(items)d items on %(days)d days, from %(first)s to %(last)s.") % {
        "items": sum(row["items"] for row in rows),
        "days": len(rows),
        "first": rows[0]["day"],
        "last": rows[-1]["day"],
    }


CHARTS = (
    Chart(
        "agreement",
        _("How far raters agree"),
        _("Coefficients over all comments judged by two raters or more, with 95% intervals; below, one dot a rater."),
        lambda report: bool(_coefficients(report)),
        _say_agreement,
        _agreement_table,
        _agreement,
        lambda report: (WIDTH, 1.1 + 0.46 * (1 + len(_coefficients(report)))),
    ),
    Chart(
        "times",
        _("Time per item"),
        _("Time the page was in view before the answer that counts; each bar is half an octave."),
        lambda report: bool(report["response_times"]["items"]),
        _say_times,
        lambda report: (
            ["seconds", "items"],
            [
                list(row)
                for row in zip(_bins(report["response_times"]), report["response_times"]["counts"], strict=True)
            ],
        ),
        _times,
        blind=True,
    ),
    Chart(
        "positions",
        _("Does the place of a card matter?"),
        _("Cards are shuffled for every rater, so no system gains from a favoured place; it only adds noise."),
        lambda report: sum(report["position_bias"]["shown"]) > 0,
        _say_positions,
        _positions_table,
        _positions,
        lambda _report: (WIDTH, 2.8),
        note=_sampled,
    ),
    Chart(
        "days",
        _("Progress by day"),
        _("Items answered each day."),
        lambda report: bool(report["days"]),
        _say_days,
        lambda report: (
            ["day", "items", "raters"],
            [[row["day"], row["items"], row["raters"]] for row in report["days"]],
        ),
        _days,
        lambda _report: (WIDTH, 2.4),
        blind=True,
    ),
)
