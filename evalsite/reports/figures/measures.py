"""Figures of the measures: intervals, shares with none, d', and every system on every sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from evalsite.reports.definitions import definition
from evalsite.reports.figures.style import WIDTH, Chart, Ink, percent_axis, plain
from evalsite.reports.presentation import number, percent

Report = dict[str, Any]
Row = dict[str, Any]
Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


def _ranked(report: Report) -> list[Row]:
    """Systems with a value, the best first."""
    key = report["headline"]
    return sorted((row for row in report["systems"] if row[key] is not None), key=lambda row: -row[key])


def _height(report: Report) -> tuple[float, float]:
    return WIDTH, 1.25 + 0.46 * max(1, len(_ranked(report)))


# -- intervals --------------------------------------------------------------------------------------------------


def _intervals(figure: Figure, report: Report, ink: Ink) -> None:
    """A dot and its interval for each system; Wilson's, too narrow, as a hairline; the paper's value as a diamond."""
    key, rows = report["headline"], _ranked(report)[::-1]
    axes = figure.subplots()
    published = {row["system"]: row.get(key) for row in report["published"]}
    for place, row in enumerate(rows):
        colour = ink.muted if row["role"] == "human" else ink.accent
        if row["ci95"]:
            axes.plot(row["ci95"], [place, place], color=colour, linewidth=5, alpha=0.35, solid_capstyle="round")
        if row.get("wilson95"):
            axes.plot(row["wilson95"], [place, place], color=colour, linewidth=1.2)
        axes.plot(row[key], place, "o", color=colour, markersize=7)
        if published.get(row["system"]) is not None:
            axes.plot(
                published[row["system"]], place, "D", color=ink.ground, markeredgecolor=ink.colours[1], markersize=6
            )
        label = percent(row[key]) if key != "mean" else number(row[key])
        axes.annotate(
            label, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=9, annotation_clip=False
        )
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    if key != "mean":
        ends = [row["ci95"][1] for row in rows if row["ci95"]] + [row[key] for row in rows]
        percent_axis(axes, high=1.0 if max(ends, default=1) > 0.6 else 0.75)
    plain(axes, ink)
    axes.set_xlabel(str(definition(key).name))
    _interval_legend(figure, report, ink, published)


def _interval_legend(figure: Figure, report: Report, ink: Ink, published: Row) -> None:
    handles = [
        Line2D([], [], color=ink.accent, linewidth=5, alpha=0.35, label=gettext("95% interval")),
        Line2D([], [], color=ink.accent, linewidth=1.2, label=gettext("Wilson (naive)")),
    ]
    if any(published.get(row["system"]) is not None for row in report["systems"]):
        mark = {"marker": "D", "linestyle": "", "color": ink.ground, "markeredgecolor": ink.colours[1]}
        handles.append(Line2D([], [], **mark, label=gettext("published")))  # type: ignore[arg-type]
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=8.5,
        handlelength=1.6,
        columnspacing=1.2,
    )


def _intervals_table(report: Report) -> Table:
    key = report["headline"]
    header = ["system", key, "ci95_low", "ci95_high", "wilson95_low", "wilson95_high"]
    return header, [
        [row["system"], row[key], *(row["ci95"] or (None, None)), *(row.get("wilson95") or (None, None))]
        for row in report["systems"]
    ]


def _say_intervals(report: Report) -> str:
    key = report["headline"]
    write = number if key == "mean" else percent
    parts = [
        f"{row['name']} {write(row[key])}"
        + (f" ({write(row['ci95'][0])}–{write(row['ci95'][1])})" if row["ci95"] else "")
        for row in _ranked(report)
    ]
    return f"{definition(key).name}: {'; '.join(parts)}"


# -- shares -----------------------------------------------------------------------------------------------------


def _parts(report: Report) -> list[tuple[str, float]]:
    shares = [(row["name"], row["share"]) for row in _ranked(report)]
    return [*shares, (gettext("None of them"), report["none"]["share"] or 0.0)]


def _shares(figure: Figure, report: Report, ink: Ink) -> None:
    """One bar of all choices, here and as published: each part named where it is, none hatched."""
    axes = figure.subplots()
    rows = [(gettext("here"), _parts(report))]
    if published := _published_parts(report):
        rows.append((gettext("published"), published))
    order = [name for name, _share in rows[0][1]]
    unnamed: dict[str, Patch] = {}
    for place, (_label, parts) in enumerate(rows[::-1]):
        left = 0.0
        for name, share in parts:
            none = name in (gettext("None of them"), gettext("not reported"))
            colour = ink.nothing if none else ink.colours[order.index(name) % len(ink.colours)]
            look = {"hatch": "////", "edgecolor": ink.muted, "linewidth": 0.4} if none else {"edgecolor": ink.ground}
            axes.barh(place, share, left=left, color=colour, height=0.62, **look)
            if _fits(name, share, figure):
                ground = {"facecolor": ink.nothing, "edgecolor": "none", "pad": 1.5} if none else None
                axes.text(left + share / 2, place, f"{name}\n{percent(share)}", ha="center", va="center", fontsize=8.5,
                          color=ink.text if none else ink.ground, bbox=ground)  # fmt: skip
            else:
                unnamed[f"{rows[::-1][place][0]}: {name} {percent(share)}"] = Patch(facecolor=colour, **look)
            left += share
    axes.set_yticks(range(len(rows)), [label for label, _ in rows[::-1]])
    percent_axis(axes)
    plain(axes, ink)
    axes.grid(visible=False)
    if unnamed:
        _name_below(figure, unnamed)


def _name_below(figure: Figure, unnamed: dict[str, Patch]) -> None:
    """A legend in two columns, in one where names are too long for two."""
    for columns in (2, 1):
        legend = figure.legend(
            unnamed.values(), unnamed.keys(), loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5
        )
        if columns == 1 or legend.get_window_extent().width < figure.bbox.width:
            return
        legend.remove()


def _fits(name: str, share: float, figure: Figure) -> bool:
    """Whether a part of the bar is wide enough for its name; Chinese letters take two places."""
    places = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in name), 5)
    return share * (figure.get_figwidth() - 0.9) * 72 > places * 5.4


def _published_parts(report: Report) -> list[tuple[str, float]]:
    """The paper's shares of the systems that took part here, and what it leaves unexplained."""
    known = {row["system"]: row.get("share") for row in report["published"]}
    parts = [(row["name"], known[row["system"]]) for row in _ranked(report) if known.get(row["system"])]
    if not parts:
        return []
    return [*parts, (gettext("not reported"), 1 - sum(share for _name, share in parts))]


def _shares_table(report: Report) -> Table:
    rows = [[row["system"], row["share"], row["share_when_present"], row["worth"]] for row in report["systems"]]
    none = report["none"]
    return ["system", "share", "share_when_present", "worth"], [*rows, ["none", none["share"], None, none["worth"]]]


def _say_shares(report: Report) -> str:
    return "; ".join(f"{name} {percent(share)}" for name, share in _parts(report))


# -- d' ---------------------------------------------------------------------------------------------------------


def _detected(report: Report) -> list[Row]:
    return [row for row in _ranked(report) if row["role"] == "system" and row.get("d_prime") is not None]


def _d_prime(figure: Figure, report: Report, ink: Ink) -> None:
    """d' of each system with its interval, and the line where nobody can tell it from people."""
    rows = sorted(_detected(report), key=lambda row: -row["d_prime"])
    axes = figure.subplots()
    axes.axvline(0, color=ink.muted, linewidth=1.2, linestyle=(0, (4, 3)))
    for place, row in enumerate(rows):
        if row["d_prime_ci95"]:
            axes.plot(
                row["d_prime_ci95"], [place, place], color=ink.accent, linewidth=5, alpha=0.35, solid_capstyle="round"
            )
        axes.plot(row["d_prime"], place, "o", color=ink.accent, markersize=7)
        axes.annotate(number(row["d_prime"]), (1.01, place), xycoords=("axes "
            "fraction", "data"), va="center", fontsize=9,
                      annotation_clip=False)  # fmt: skip
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    plain(axes, ink)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -0.5), max(high, 0.5))  # so that noise around 0 does not fill the picture
    axes.set_xlabel(gettext("d′: 0 means that nobody can tell the system from people"))


def _d_prime_table(report: Report) -> Table:
    header = ["system", "d_prime", "ci95_low", "ci95_high", "hit_rate", "false_alarm_rate", "criterion"]
    return header, [
        [row["system"], row["d_prime"], *(row["d_prime_ci95"] or (None, None)), row["hit_rate"],
         row["false_alarm_rate"], row["criterion"]]
        for row in report["systems"]
    ]  # fmt: skip


def _say_d_prime(report: Report) -> str:
    return "; ".join(f"{row['name']} {number(row['d_prime'])}" for row in _detected(report))


# -- system x sample --------------------------------------------------------------------------------------------


def _map(figure: Figure, report: Report, ink: Ink) -> None:
    """One strip a system, one hair a sample, from the sample people liked best to the one they liked least."""
    found = report["map"]
    names = {row["system"]: row["name"] for row in report["systems"]}
    systems = [row["system"] for row in _ranked(report) if row["system"] in found["values"]]
    grid = np.array([[np.nan if v is None else v for v in found["values"][slug]] for slug in systems], dtype=float)
    axes = figure.subplots()
    colours = LinearSegmentedColormap.from_list("danmaku", [ink.low, ink.high]).with_extremes(bad=ink.nothing)
    if report["headline"] == "human_recall":
        grid = np.ma.masked_invalid(grid)
    image = axes.imshow(
        np.ma.masked_invalid(grid), aspect="auto", interpolation="nearest", cmap=colours, vmin=0, vmax=1
    )
    axes.set_yticks(range(len(systems)), [names[slug] for slug in systems])
    axes.set_xticks([])
    axes.set_xlabel(gettext("%(count)d samples, best first") % {"count": grid.shape[1]})
    axes.tick_params(length=0)
    for place in range(1, len(systems)):
        axes.axhline(place - 0.5, color=ink.ground, linewidth=3)
    for spine in axes.spines.values():
        spine.set_visible(False)
    beside = figure.add_axes((0.9, 0.1, 0.05, 0.8))
    bar = figure.colorbar(image, cax=beside, format=lambda value, _place: f"{100 * value:.0f}%")
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8.5, labelcolor=ink.muted)


def _map_table(report: Report) -> Table:
    found = report["map"]
    systems = sorted(found["values"])
    rows = zip(found["samples"], *(found["values"][slug] for slug in systems), strict=True)
    return ["sample", *systems], [list(row) for row in rows]


def _say_map(report: Report) -> str:
    return gettext("%(systems)d systems on %(samples)d samples; darker is better. The numbers are in the CSV file.") % {
        "systems": len(report["map"]["values"]),
        "samples": len(report["map"]["samples"]),
    }


CHARTS = (
    Chart(
        "intervals",
        _("How the systems compare"),
        _(
            "Dots: the measure. Bands: 95% intervals for other raters and samples. Intervals that overlap may still "
            "differ: pairs are tested below."
        ),
        lambda report: bool(_ranked(report)),
        _say_intervals,
        _intervals_table,
        _intervals,
        _height,
    ),
    Chart(
        "shares",
        _("What raters chose"),
        _(
            "All answered items. The hatched part is “none of them”; in the published study, what the paper does not "
            "report."
        ),
        lambda report: report["headline"] == "share" and bool(_ranked(report)),
        _say_shares,
        _shares_table,
        _shares,
        lambda report: (WIDTH, 2.6 if _published_parts(report) else 1.7),
    ),
    Chart(
        "d_prime",
        _("Can people tell?"),
        _(
            "Sensitivity d′ against real comments of the same moments, with 95% intervals. It does not depend on how "
            "freely raters click."
        ),
        lambda report: report["headline"] == "human_recall" and bool(_detected(report)),
        _say_d_prime,
        _d_prime_table,
        _d_prime,
        lambda report: (WIDTH, 1.0 + 0.46 * max(1, len(_detected(report)))),
    ),
    Chart(
        "map",
        _("Each system on each sample"),
        _("One line a sample. Gray: not judged."),
        lambda report: bool(report["map"]["samples"]) and report["headline"] != "mean",
        _say_map,
        _map_table,
        _map,
        lambda report: (WIDTH, 1.0 + 0.5 * max(1, len(report["map"]["values"]))),
    ),
)
