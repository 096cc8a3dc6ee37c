"""Ranking results as Tables III and IV of the KLVCG paper: its figures beside ours, and those of a random order."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.errors import UserError
from generation.tables import names
from generation.tables.grid import Grid

METRICS = ("R@1", "R@5", "R@10", "MR", "MRR")
DIGITS = (2, 2, 2, 2, 3)
RANDOM = "random order"
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
    """A line of the table: what, on what, the five metrics, and the ends of each 95 % interval where it is known.

    ``density`` is the share of the surrounding comments that the system was shown.
    """

    system: str
    corpus: str
    values: Numbers
    ends: tuple[tuple[float, float] | None, ...] = (None,) * len(METRICS)
    density: float = 1.0

    @property
    def name(self) -> str:
        """What the row is called: the system, and how much of the context it saw unless that was all."""
        return self.system if self.density == 1 else f"{self.system}, {self.density:.0%} context"


def read(path: Path, name: str = "") -> tuple[Row, Row]:
    """(the system's row, the random baseline for its items' own numbers of truths) of one result of `evaluate`."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        ranking = data["ranking"]
        found = [ranking["metrics"][metric] for metric in METRICS]
        ends = tuple((float(m["ci95"][0]), float(m["ci95"][1])) if m["ci95"] else None for m in found)
        easier = "" if data.get("plausible", True) else ", no plausible negatives"
        easier += ", by mutual information" if data.get("pmi") else ""
        corpus = f"{data['corpus']}, {data['items']} items, {ranking['mean_truths']:.2f} truths{easier}"
        title, density = name or names.shown(str(data["system"])), float(data["density"])
        baseline = _numbers(ranking["random"][metric] for metric in METRICS)
        return Row(title, corpus, _numbers(m["estimate"] for m in found), ends, density), Row(RANDOM, corpus, baseline)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is no ranking result; make one with: python -m generation evaluate ... --out."
        ) from error


def _numbers(values: Iterable[Any]) -> Numbers:
    first, second, third, fourth, fifth = map(float, values)
    return first, second, third, fourth, fifth


def side_by_side(results: Iterable[tuple[Row, Row]], table: str, *, published: bool = True) -> Grid:
    """The paper's layout: a row is a system, five columns are a data set; the published ones first, then ours.

    So our figures stand in the row of the published ones. The random order of each of our sets of items is a row of its
    own; what it would be for the published ones, nobody knows, since the papers do not say how many truths items had.
    """
    blocks: dict[str, dict[str, Row]] = {}
    order: dict[str, None] = {RANDOM: None}
    for corpus, part in TABLES[table].items() if published else ():
        blocks[f"{corpus} (published)"] = {name: Row(name, corpus, values) for name, values in part.items()}
        order |= dict.fromkeys(part)
    for row, random in results:
        ours = blocks.setdefault(row.corpus, {RANDOM: random})
        if ours[RANDOM].values != random.values:
            raise UserError(f"Two results on {row.corpus} are of different items; give each its own table.")
        if row.name in ours:
            raise UserError(f"Two results are {row.name} on {row.corpus}; name one of them: NAME=FILE.")
        ours[row.name] = row
        order[row.name] = None
    used = [name for name in order if any(name in block for block in blocks.values())]
    groups = [("", 1), *((title, len(METRICS)) for title in blocks)]
    lines = [line for name in used for line in _lines(name, [block.get(name) for block in blocks.values()])]
    return Grid(groups, ["system", *[metric for _ in blocks for metric in METRICS]], lines)


def _lines(name: str, blocks: Sequence[Row | None]) -> list[list[str]]:
    """The estimates of one system on all data sets, and below them the intervals there are."""
    first, second = [name], [""]
    for row in blocks:
        first += [""] * len(METRICS) if row is None else _estimates(row)
        second += [""] * len(METRICS) if row is None else _intervals(row)
    return [first, second] if any(second) else [first]


def by_line(results: Iterable[tuple[Row, Row]], table: str, *, published: bool = True) -> Grid:
    """A line for each system and data set, the interval behind its estimate: narrow, and good for many data sets."""
    paper = TABLES[table].items() if published else ()
    found = [Row(f"{name} (published)", corpus, values) for corpus, part in paper for name, values in part.items()]
    ours: dict[str, dict[Row, None]] = {}
    for row, random in results:
        ours.setdefault(row.corpus, {})[random] = None
        ours[row.corpus][row] = None
    rows = found + [row for part in ours.values() for row in part]
    cells = [[row.corpus, row.name, *(f"{e} {i}".rstrip() for e, i in _pairs(row))] for row in rows]
    return Grid([("", 2 + len(METRICS))], ["data set", "system", *METRICS], cells, names=2)


def _pairs(row: Row) -> Iterable[tuple[str, str]]:
    return zip(_estimates(row), _intervals(row), strict=True)


def _estimates(row: Row) -> list[str]:
    return [f"{value:.{digits}f}" for value, digits in zip(row.values, DIGITS, strict=True)]


def _intervals(row: Row) -> list[str]:
    pairs = zip(row.ends, DIGITS, strict=True)
    return ["" if ends is None else f"[{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]" for ends, digits in pairs]
