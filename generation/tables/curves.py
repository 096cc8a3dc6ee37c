"""How systems fare with fewer surrounding comments: the sparse-context figure of the KLVCG paper (its Fig. 3)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.errors import UserError
from generation.tables.ranking import METRICS, RANDOM, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".pdf", ".png")
PANELS = ("R@1", "R@5", "R@10", "MRR")
# Okabe and Ito's colours, which the colour-blind tell apart, in an order that also differs in lightness; line and
# marker differ too, for print in black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (8, 2)))
MARKERS = "osD^vPX"


def curves(results: Sequence[tuple[Row, Row]]) -> dict[str, list[Row]]:
    """Rows by system, each by rising density; refused where they make no curves of one set of items."""
    corpora = sorted({row.corpus for row, _ in results})
    if len(corpora) > 1:
        raise UserError(f"A figure is of one set of items; these are {corpora[0]}, and {corpora[1]}.")
    found: dict[str, list[Row]] = {}
    for row, _ in sorted(results, key=lambda pair: pair[0].density):
        known = found.setdefault(row.system, [])
        if known and known[-1].density == row.density:
            raise UserError(f"Two results are {row.name}; name one of them: NAME=FILE.")
        known.append(row)
    if all(len(rows) < 2 for rows in found.values()):
        raise UserError(
            "A curve needs a system at two densities at least: evaluate with --density 0.2, 0.5, 0.8 and 1."
        )
    if len(found) > len(COLOURS):
        raise UserError(f"{len(found)} systems cannot be told apart in one figure; {len(COLOURS)} at most.")
    order = {row.system: i for i, (row, _) in reversed(list(enumerate(results)))}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def draw(results: Sequence[tuple[Row, Row]], out: Path) -> None:
    """Four panels over the density, with 95 % intervals; dotted, a random order of the same candidates."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    if out.suffix.lower() not in FORMATS:
        raise UserError(f"{out} is no file for a figure; its name must end in {', '.join(FORMATS)}.")
    found, random = curves(results), results[0][1]
    with matplotlib.rc_context({"svg.hashsalt": "density", "svg.fonttype": "path", "font.size": 9}):
        figure = Figure(figsize=(9.6, 3.1), layout="constrained")
        for axes, metric in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
            _panel(axes, metric, found, random)
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axes.set_xlabel("surrounding comments kept")
        known = dict(zip(*reversed(figure.axes[0].get_legend_handles_labels()), strict=True))
        labels = [*found, RANDOM]
        figure.legend([known[label] for label in labels], labels, loc="outside lower center", ncols=8, frameon=False)
        figure.suptitle(random.corpus, fontsize=9)
        _save(figure, out)


def _panel(axes: "Axes", metric: str, found: dict[str, list[Row]], random: Row) -> None:
    i = METRICS.index(metric)
    styles = zip(COLOURS, DASHES, MARKERS, strict=True)
    for (system, rows), (colour, dash, marker) in zip(found.items(), styles, strict=False):
        values = [row.values[i] for row in rows]
        ends = [row.ends[i] or (row.values[i], row.values[i]) for row in rows]
        errors = [[v - low for v, (low, _) in zip(values, ends, strict=True)]]
        errors += [[high - v for v, (_, high) in zip(values, ends, strict=True)]]
        style = {"color": colour, "linestyle": dash, "marker": marker, "markersize": 5, "linewidth": 1.6, "capsize": 2}
        axes.errorbar([row.density for row in rows], values, errors, label=system, elinewidth=0.8, **style)
    axes.axhline(random.values[i], color="#767676", linestyle=":", linewidth=1.2, label=RANDOM)
    axes.set_title(metric if metric == "MRR" else f"{metric} (%)", fontsize=9)
    axes.set_xticks(sorted({row.density for rows in found.values() for row in rows}))
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: "Figure", out: Path) -> None:
    """Whole or not at all; the same bytes for the same results."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": None}
    figure.savefig(part, format=out.suffix.lower()[1:], dpi=200, metadata=dates[out.suffix.lower()])
    part.replace(out)
