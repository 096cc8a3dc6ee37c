"""How all figures look: two themes, colours that colour-blind readers can tell apart, letters in two scripts."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import cache
from threading import Lock
from typing import Any

import matplotlib as mpl
from django.utils.functional import Promise
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Report = dict[str, Any]

# Okabe and Ito's palette (2008), darkened or lightened for each ground; order: most to least used.
LIGHT = ("#0072b2", "#d55e00", "#009e73", "#b0568c", "#a67c00", "#3b8fc4", "#5a5f6b")
DARK = ("#6cb8ee", "#ff9a57", "#4fd1a5", "#e69ac8", "#e6bd4a", "#a5d5f5", "#b3b8c4")

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
)
"""Fonts with Chinese letters, the first installed is used; where there is none, SVG still leaves it to the reader's."""

WIDTH = 6.0
NARROW = 4.0
"""Inches: half a wide page, and a phone; letters keep their size."""
DPI = 200
PAD = 0.08
BAR = 0.12
"""Inches: around the axes, and the breadth of a bar of colours."""

_LOCK = Lock()  # Matplotlib's settings are one for the process
for _noisy in ("matplotlib.font_manager", "fontTools"):  # missing fonts are looked for on purpose
    logging.getLogger(_noisy).setLevel(logging.ERROR)


@dataclass(frozen=True)
class Ink:
    """Colours of one theme."""

    text: str
    muted: str
    line: str
    ground: str
    accent: str
    soft: str
    colours: Sequence[str]
    low: str
    high: str
    nothing: str


THEMES = {
    "light": Ink(
        "#191b22", "#555a68", "#d9dce5", "#ffffff", LIGHT[0], "#c9d9ea", LIGHT, "#f3e9d2", "#0b4f7d", "#eceef4"
    ),
    "dark": Ink("#eceef5", "#a6acbd", "#3a4052", "#181b24", DARK[0], "#2d4a63", DARK, "#2a2f3d", "#8fd0ff", "#222633"),
}


@dataclass(frozen=True)
class Chart:
    """One figure: what it is called, what it says, what it is drawn from. `blind` ones tell nothing of the systems."""

    name: str
    title: str | Promise
    caption: str | Promise
    has: Callable[[Report], bool]
    describe: Callable[[Report], str]
    table: Callable[[Report], tuple[Sequence[str], Sequence[Sequence[Any]]]]
    draw: Callable[[Figure, Report, Ink], None]
    size: Callable[[Report], tuple[float, float]] = field(default=lambda _report: (WIDTH, 3.2))
    blind: bool = False
    note: Callable[[Report], str] = field(default=lambda _report: "")
    """What must be said beside the caption of this very report; mostly nothing."""


@cache
def families() -> list[str]:
    """Latin letters first, then the installed Chinese font."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *[name for name in FONTS if name in installed][:1]]


@contextmanager
def canvas(size: tuple[float, float], theme: str) -> Iterator[tuple[Figure, Ink]]:
    """A figure without pyplot's global state, drawn and written by one thread at a time."""
    ink = THEMES.get(theme, THEMES["light"])
    rules: Any = {
        "font.family": families(),
        "font.size": 9.5,
        "svg.fonttype": "none",
        "svg.hashsalt": "danmaku",
        "pdf.fonttype": 42,
        "text.color": ink.text,
        "axes.labelcolor": ink.muted,
        "axes.edgecolor": ink.line,
        "axes.facecolor": "none",
        "xtick.color": ink.muted,
        "ytick.color": ink.text,
        "figure.facecolor": ink.ground,
        "axes.unicode_minus": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "hatch.linewidth": 0.6,
    }
    with _LOCK, mpl.rc_context(rules):
        figure = Figure(figsize=size, dpi=DPI)
        FigureCanvasAgg(figure)
        yield figure, ink


def write(figure: Figure, form: str) -> bytes:
    """The figure's bytes, the same for the same figure: no date, no random ids."""
    _arrange(figure)
    buffer = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[form]
    figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def _arrange(figure: Figure) -> None:
    """Gives the first axes all the room that names, numbers and legends around it leave; others follow at its right.

    One look suffices, where Matplotlib's own layout, made for grids of axes, takes three, and longer than drawing.
    """
    width, height = figure.bbox.size
    left, right, below, above = _around(figure.axes[0])
    for legend in figure.legends:
        box = legend.get_window_extent()
        if box.y0 > height / 2:
            above += box.height
        else:
            below += box.height
    bars = figure.axes[1:]
    taken = [BAR * figure.dpi + _around(bar)[1] for bar in bars]
    pad = PAD * figure.dpi
    low, high = (below + pad) / height, 1 - (above + pad) / height
    start, end = (left + pad) / width, 1 - (right + pad + sum(taken) + pad * len(taken)) / width
    figure.axes[0].set_position((start, low, end - start, high - low))
    for bar, room in zip(bars, taken, strict=True):
        end += pad / width
        bar.set_position((end, low, BAR * figure.dpi / width, high - low))
        end += room / width


def _around(axes: Axes) -> tuple[float, float, float, float]:
    """How far what belongs to the axes reaches beyond them, in pixels: left, right, below, above."""
    inner, outer = axes.bbox, axes.get_tightbbox(for_layout_only=True)
    if outer is None:
        return 0.0, 0.0, 0.0, 0.0
    return (
        max(inner.x0 - outer.x0, 0.0),
        max(outer.x1 - inner.x1, 0.0),
        max(inner.y0 - outer.y0, 0.0),
        max(outer.y1 - inner.y1, 0.0),
    )


def darkened(svg: bytes) -> bytes:
    """A light figure without pixels in the colours of the dark theme."""
    dyes = dict(zip(_colours(THEMES["light"]), _colours(THEMES["dark"]), strict=True))
    return re.sub(rb"#[0-9a-f]{6}", lambda found: dyes.get(found[0].decode(), found[0].decode()).encode(), svg)


def _colours(ink: Ink) -> list[str]:
    return [colour for part in astuple(ink) for colour in ([part] if isinstance(part, str) else part)]


def percent_axis(axes: Axes, *, high: float = 1.0) -> None:
    """The x axis as percentages."""
    axes.set_xlim(0, high)
    axes.xaxis.set_major_formatter(lambda value, _place: f"{100 * value:.0f}%")


def plain(axes: Axes, ink: Ink, *, grid: str = "x") -> None:
    """Quiet axes: hairlines behind the data, no ticks where names stand."""
    axes.grid(axis=grid, color=ink.line, linewidth=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("left", "bottom") if grid == "both" else (("left",) if grid == "x" else ("bottom",)):
        axes.spines[side].set_color(ink.line)
    if grid == "x":
        axes.spines["bottom"].set_visible(False)
    else:
        axes.spines["left"].set_visible(False)
