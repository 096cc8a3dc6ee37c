"""Human Recall and automatic metrics as Table 1 of the E-GA paper, its row below each of ours."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.errors import UserError
from generation.tables import names
from generation.tables.grid import Grid

# Lv et al., "Gossiping the Videos: An Embedding-Based Generative Adversarial Framework for Time-Sync Comments
# Generation", PAKDD 2019, Table 1: Human Recall, BLEU-4, Fluency, Diversity.
PUBLISHED: Mapping[str, tuple[float, float, float, float]] = {
    "encoder_decoder": (0.4572, 0.168214, 0.678827, 0.904757),
    "cvae": (0.5580, 0.174298, 0.733117, 0.948959),
    "simple_gan": (0.3454, 0.129924, 0.440087, 0.705946),
    "e_ga": (0.6274, 0.177638, 0.845072, 0.964757),
}
HEADS = ("system", "Human Recall", "BLEU-4 corpus", "BLEU-4 sentence", "Fluency", "Diversity", "non-null")
METRICS = ("bleu4", "bleu4_sentence", "fluency", "diversity", "non_null_rate")
NONE = "-"
NOTES = (
    "BLEU-4 of characters: of the corpus without smoothing, and the mean over sentences with smoothing method 1.",
    "The paper does not say which of the two, nor how smoothed, its BLEU-4 is; it is printed under the first.",
)


@dataclass(frozen=True)
class Result:
    """Automatic metrics of several outputs a moment, of one system."""

    slug: str
    name: str
    metrics: Mapping[str, float | None]


@dataclass(frozen=True)
class People:
    """Human Recall by system with its 95 % interval, from the report of a campaign. Simulated raters are no people."""

    recall: Mapping[str, tuple[float, tuple[float, float] | None]]
    raters: int
    simulated: bool


def read(path: Path, name: str = "") -> Result:
    """One result of `evaluate`, named as wanted."""
    try:
        return result(_load(path), name)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} has no automatic metrics of outputs; make it with: python -m generation evaluate ... --out, "
            "without --generate 0."
        ) from error


def result(data: Mapping[str, Any], name: str = "") -> Result:
    """What `evaluate` found; KeyError where it wrote no outputs."""
    metrics = data["automatic"]["sampled"]
    found = {key: None if metrics[key] is None else float(metrics[key]) for key in METRICS}
    return Result(str(data["system"]), name or names.shown(str(data["system"])), found)


def read_people(path: Path) -> People:
    """The human column, of `manage.py report CAMPAIGN --format json` where the protocol was human_recall."""
    data = _load(path)
    try:
        if data.get("blinded"):
            raise UserError(f"{path} is blinded, because its campaign was still running; close it and report again.")
        rows = {str(row["system"]): row for row in data["systems"] if row["human_recall"] is not None}
        recall = {slug: (float(row["human_recall"]), _ends(row.get("ci95"))) for slug, row in rows.items()}
        return People(recall, int(data["counts"]["raters"]), bool(data["counts"]["simulated"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} has no Human Recall; make it with: manage.py report CAMPAIGN --format json --out FILE, "
            "of a campaign of the protocol human_recall."
        ) from error


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.") from error


def _ends(interval: Sequence[Any] | None) -> tuple[float, float] | None:
    return None if interval is None else (float(interval[0]), float(interval[1]))


def grid(results: Iterable[Result], people: People | None = None, *, published: bool = True) -> Grid:
    """The paper's systems in its order, then others, then people's own comments; below ours the published row."""
    found: dict[str, list[Result]] = {slug: [] for slug in PUBLISHED}
    for one in results:
        found.setdefault(one.slug, []).append(one)
    recall = people.recall if people else {}
    lines = []
    for slug, ours in found.items():
        lines += [[r.name, _recall(recall.get(slug)), *(_cell(r.metrics[m]) for m in METRICS)] for r in ours]
        lines += [_published(slug)] if published and slug in PUBLISHED else []
    if "human" in recall:
        lines.append([names.shown("human"), _recall(recall["human"]), *[NONE] * len(METRICS)])
    return Grid([("", len(HEADS))], HEADS, lines)


def _published(slug: str) -> list[str]:
    recall, bleu, fluency, diversity = (f"{value:.4f}" for value in PUBLISHED[slug])
    return [f"{names.shown(slug)} (published)", recall, bleu, NONE, fluency, diversity, NONE]


def _recall(found: tuple[float, tuple[float, float] | None] | None) -> str:
    if found is None:
        return NONE
    value, ends = found
    return f"{value:.4f}" if ends is None else f"{value:.4f} [{ends[0]:.3f}, {ends[1]:.3f}]"


def _cell(value: float | None) -> str:
    return NONE if value is None else f"{value:.4f}"


def notes(people: People | None) -> list[str]:
    """What has to be said below the table."""
    if people is None:
        return ["No Human Recall of ours: give a campaign's report with --human.", *NOTES]
    who = "SIMULATED raters, not people" if people.simulated else "raters"
    return [f"Human Recall of ours: {people.raters} {who}.", *NOTES]
