"""Ranking results laid out as Tables III and IV of the KLVCG paper, its rows and the random baseline beside."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.errors import UserError

METRICS = ("R@1", "R@5", "R@10", "MR", "MRR")
Numbers = tuple[float, float, float, float, float]

# Chen et al., "Knowledge Enhanced Model for Live Video Comment Generation", Table III.
TABLE_III: Mapping[str, Mapping[str, Numbers]] = {
    "Livebot": {
        "UT": (9.65, 35.48, 53.62, 14.98, 0.230),
        "MML-CG": (10.42, 36.43, 54.81, 15.64, 0.239),
        "KLVCG": (13.49, 41.43, 59.31, 13.09, 0.276),
        "KLVCG+": (14.88, 44.81, 62.50, 11.91, 0.295),
    },
    "MovieLC": {
        "UT": (6.24, 18.98, 31.98, 23.76, 0.147),
        "MML-CG": (6.25, 17.81, 30.64, 24.70, 0.143),
        "KLVCG": (7.36, 19.26, 29.92, 24.87, 0.154),
        "KLVCG+": (8.01, 20.51, 31.68, 23.71, 0.163),
    },
    "VideoIC": {
        "UT": (30.46, 55.17, 68.92, 9.96, 0.428),
        "MML-CG": (31.26, 55.15, 68.70, 10.23, 0.433),
        "KLVCG": (34.08, 57.22, 71.37, 9.51, 0.458),
        "KLVCG+": (34.11, 57.33, 71.32, 9.43, 0.459),
    },
}
# Table IV of the same paper: KLVCG's parts, one more in each row.
TABLE_IV: Mapping[str, Mapping[str, Numbers]] = {
    "Livebot": {
        "Basic": (12.33, 39.98, 56.57, 14.09, 0.262),
        "+MLM": (12.54, 40.42, 57.57, 13.32, 0.266),
        "+KG": (12.90, 41.61, 58.90, 13.18, 0.272),
        "+AC": (13.29, 41.35, 58.57, 13.22, 0.273),
        "+Period": (13.49, 41.43, 59.31, 13.09, 0.276),
    },
    "MovieLC": {
        "Basic": (6.41, 18.77, 29.50, 25.53, 0.146),
        "+MLM": (7.30, 18.30, 28.68, 25.39, 0.151),
        "+KG": (7.30, 19.03, 29.32, 25.00, 0.153),
        "+AC": (7.35, 18.81, 29.69, 24.82, 0.154),
        "+Period": (7.36, 19.26, 29.92, 24.87, 0.154),
    },
}
TABLES = {"III": TABLE_III, "IV": TABLE_IV}


@dataclass(frozen=True)
class Row:
    """A line of the table: what, on what, the five metrics, and the ends of each 95 % interval where it is known."""

    name: str
    corpus: str
    values: Numbers
    ends: tuple[tuple[float, float] | None, ...] = (None,) * len(METRICS)


def read(path: Path, name: str = "") -> tuple[Row, Row]:
    """(the system's row, the random baseline for its items' own numbers of truths) of one result of `evaluate`."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        ranking = data["ranking"]
        found = [ranking["metrics"][metric] for metric in METRICS]
        ends = tuple((float(m["ci95"][0]), float(m["ci95"][1])) if m["ci95"] else None for m in found)
        corpus, random = f"{data['corpus']}, {data['items']} items", ranking["random"]
        about = f"random, {ranking['mean_truths']:.2f} truths"
        density = "" if data["density"] == 1 else f", {data['density']:.0%} context"
        title = (name or str(data["system"])) + density
        baseline = _numbers(random[metric] for metric in METRICS)
        return Row(title, corpus, _numbers(m["estimate"] for m in found), ends), Row(about, corpus, baseline)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is no ranking result; make one with: python -m generation evaluate ... --out."
        ) from error


def _numbers(values: Iterable[Any]) -> Numbers:
    first, second, third, fourth, fifth = map(float, values)
    return first, second, third, fourth, fifth


def rows(results: Iterable[tuple[Row, Row]], table: str, *, published: bool = True) -> list[Row]:
    """The published rows of a table, then by corpus each random baseline once, followed by the systems."""
    paper = TABLES[table].items() if published else ()
    found = [Row(f"{name} (published)", corpus, values) for corpus, part in paper for name, values in part.items()]
    ours: dict[str, dict[Row, None]] = {}
    for row, random in results:
        ours.setdefault(row.corpus, {})[random] = None
        ours[row.corpus][row] = None
    return found + [row for part in ours.values() for row in part]


def text(lines: Sequence[Row]) -> str:
    """Aligned columns; the interval follows its estimate."""
    cells = [("data set", "system", *METRICS), *map(_cells, lines)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def latex(lines: Sequence[Row]) -> str:
    """A booktabs table."""
    body = [" & ".join(map(_escaped, _cells(line))) + r" \\" for line in lines]
    head = " & ".join(["data set", "system", *METRICS]) + r" \\"
    return "\n".join(
        [r"\begin{tabular}{llrrrrr}", r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]
    )


def _cells(row: Row) -> tuple[str, ...]:
    digits = [3 if metric == "MRR" else 2 for metric in METRICS]
    values = [_cell(*parts) for parts in zip(row.values, row.ends, digits, strict=True)]
    return (row.corpus, row.name, *values)


def _cell(value: float, ends: tuple[float, float] | None, digits: int) -> str:
    interval = "" if ends is None else f" [{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]"
    return f"{value:.{digits}f}{interval}"


def _escaped(cell: str) -> str:
    for character in "&%#_":
        cell = cell.replace(character, "\\" + character)
    return cell
